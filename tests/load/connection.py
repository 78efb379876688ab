"""A kept HTTP/1.1 connection that costs next to nothing: the load shares the server's two cores.

Only what the service answers is understood: a status line, headers, and a body of a length that is
told beforehand.
"""

import asyncio
import json
import re
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 60.0
LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and the body's bytes."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body)

    @property
    def slug(self) -> str:
        """Give the reason of a refusal."""
        return str(self.json()["type"].rsplit("/", 1)[-1])


class Unanswered(ConnectionError):
    """The connection ended, or nothing came in time: what became of the request is unknown."""


class NotSent(ConnectionError):
    """Nobody took the connection: the request was never made."""


class _Protocol(asyncio.Protocol):
    def __init__(self) -> None:
        self.waiting: asyncio.Future[Answer] | None = None
        self.closed = False
        self._received = b""
        self._body_at = self._end = -1
        self._last = False

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._body_at < 0:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return
            length = LENGTH.search(self._received, 0, head)
            self._last = LAST.search(self._received, 0, head) is not None
            self._body_at = head + 4
            self._end = self._body_at + (int(length[1]) if length else 0)
        if len(self._received) >= self._end:
            answer = Answer(int(self._received[9:12]), self._received[self._body_at : self._end])
            self._received = self._received[self._end :]
            self._body_at = -1
            # Whoever asked again here would ask a server that listens no more.
            self.closed = self._last
            if self.waiting is not None and not self.waiting.done():
                self.waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(Unanswered("the connection ended"))


class Connection:
    """One client's connection to the service; opened at its first use and after each loss."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._protocol = _Protocol()

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        key: str | None = None,
        body: dict[str, Any] | None = None,
        form: str | None = None,
    ) -> Answer:
        """Ask, and wait for the answer; raise `Unanswered` if none comes."""
        await self.open()
        loop = asyncio.get_running_loop()
        assert self._transport is not None
        content = form or ("" if body is None else json.dumps(body))
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {kind}"]
        if token is not None:
            lines.append(f"Authorization: Bearer {token}")
        if key is not None:
            lines.append(f"Idempotency-Key: {key}")
        lines.append(f"Content-Length: {len(content)}")
        self._protocol.waiting = loop.create_future()
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n" + content).encode())
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._protocol.waiting
        except TimeoutError:
            self.close()
            raise Unanswered("no answer came in time") from None
        finally:
            self._protocol.waiting = None

    async def open(self) -> None:
        """Connect, unless it is; raise `NotSent` if nobody is there."""
        loop = asyncio.get_running_loop()
        if self._transport is not None and not self._protocol.closed:
            return
        self.close()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                self._transport, self._protocol = await loop.create_connection(
                    _Protocol, "127.0.0.1", self._port
                )
        except (OSError, TimeoutError) as error:
            raise NotSent from error

    def close(self) -> None:
        """Close it, if it is open."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
