"""The service over real HTTP, and calls that reach it at the same moment."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Thread
from typing import TypeVar

import httpx
import uvicorn
from fastapi import FastAPI

Answer = TypeVar("Answer")

START_TIMEOUT_S = 30


@contextmanager
def serve(application: FastAPI) -> Iterator[httpx.Client]:
    """Serve on a free loopback port, and give a client that opens as many connections as asked."""
    config = uvicorn.Config(
        application, host="127.0.0.1", port=0, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            assert thread.is_alive(), "the server has stopped"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        # A new connection a request: a kept one may be closed by the server as it is used again.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", limits=limits, timeout=60, trust_env=False
        ) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Make all calls at the same moment, each in a thread of its own; answers in their order."""
    barrier = Barrier(len(calls))

    def call_together(call: Callable[[], Answer]) -> Answer:
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call_together, calls))
