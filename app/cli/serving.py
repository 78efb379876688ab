"""`shortbreaks serve`: the API over HTTP."""

import errno
import os
import signal
import socket
import sys
from contextlib import nullcontext, suppress
from typing import Final

import typer
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.supervisors import Multiprocess

from app.clock import now_utc
from app.jobs import make_queue, worker_beside
from app.server import configure_logging, master_keys, signing_keys
from app.settings import Settings
from app.storage import Database, open_database

# A request line and headers larger than this are nobody's honest request.
LARGEST_HEADER = 16 * 1024
GRACE_S = 15
# What a client has sent before it could know of the end has arrived by then.
LINGER_S = 0.3
LAST_ANSWER: Final = (b"connection", b"close")


class Connection(H11Protocol):
    """A connection that ends, when the service does, without losing a request.

    Left to itself the server closes it after the answer that is under way without having said so,
    and at once where none is: whoever was just sending the next request would get no answer.
    """

    def shutdown(self) -> None:
        """Say with the next answer that it is the last one; close if nothing more is asked for."""
        headers = self.server_state.default_headers
        if LAST_ANSWER not in headers:
            self.server_state.default_headers = [*headers, LAST_ANSWER]
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.default_headers = [*self.cycle.default_headers, LAST_ANSWER]
        self.loop.call_later(LINGER_S, super().shutdown)


class Supervisor(Multiprocess):
    """The parent of several serving processes."""

    def terminate_all(self) -> None:
        """Let nobody connect any more, before the processes stop to answer."""
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def serve(
    host: str = typer.Option("127.0.0.1", help="The address to listen on."),
    port: int = typer.Option(8000, min=1, max=65535, help="The port to listen on."),
    workers: int = typer.Option(1, min=1, max=64, help="Serving processes."),
    worker: bool = typer.Option(True, help="Run the jobs beside the API."),
) -> None:
    """Serve the API until told to stop."""
    settings = Settings()
    check_port(host, port)
    configure_logging(settings)
    # Before anything starts: a process that lacks its keys would be started again and again.
    signing_keys(settings)
    master_keys(settings)
    with open_database(settings, newest=settings.environment != "production") as database:
        typer.echo(f"Serving on http://{host}:{port}, documentation at /docs.", err=True)
        serve_database(database, host, port, workers=workers, worker=worker)


def serve_database(
    database: Database, host: str, port: int, *, workers: int = 1, worker: bool = True
) -> None:
    """Serve an open database, with a worker beside the API unless there is one elsewhere."""
    queue = make_queue(database.engine, database.sessions, now_utc)
    with worker_beside(queue) if worker else nullcontext():
        run_server(host, port, workers=workers)


def run_server(host: str, port: int, *, workers: int = 1) -> None:
    """Serve in this process, or in several below it."""
    # uvicorn raises SIGTERM again once it has shut down; it must end the blocks around this
    # call, which stop the worker and the database, and not just the process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if workers > 1:
        # Each of them enforces its share of the rate limits.
        os.environ["SHORTBREAKS_PROCESSES"] = str(workers)
    config = uvicorn.Config(
        "app.server:build",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=Connection,
        # The request log is the middleware's: uvicorn's would hold whole URLs.
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEADER,
        # Longer than clients keep idle connections, so that none is closed under a new request.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_S,
        # One that is still starting on a busy machine is not hung.
        timeout_worker_healthcheck=60,
    )
    server = uvicorn.Server(config)
    with suppress(KeyboardInterrupt):
        if workers > 1:
            Supervisor(config, [config.bind_socket()]).run()
        else:
            server.run()
            if not server.started:
                sys.exit(1)


def check_port(host: str, port: int) -> None:
    """Say at once, and plainly, that a port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
                raise
            reason = {
                errno.EADDRINUSE: "is taken by another program",
                errno.EACCES: "may not be used by this account",
                errno.EADDRNOTAVAIL: "is not on this machine",
            }[error.errno]
            typer.echo(f"{host}:{port} {reason}. Choose another with --port.", err=True)
            raise typer.Exit(1) from None
