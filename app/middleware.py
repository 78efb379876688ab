"""Around every request: its id, the headers of every answer, and a net under everything."""

import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.ids import new_id
from app.problems import MEDIA_TYPE, answer_too_large, answer_unexpected

log = structlog.get_logger()

SECURITY_HEADERS: Final = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"referrer-policy", b"no-referrer"),
]
CLOSED_POLICY: Final = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
# The documentation is a page with its own script and style; everything else is data.
DOCUMENTATION_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; frame-ancestors 'none'",
)


def closing_headers(request_id: str) -> list[tuple[bytes, bytes]]:
    """Give the headers of every answer that is data."""
    return [*SECURITY_HEADERS, CLOSED_POLICY, (b"x-request-id", request_id.encode())]


class LargeBodyMiddleware:
    """Make a problem document of the framework's own answer to a body over the limit.

    It belongs outside everything: that answer is plain text, sent past all layers within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        replaced = False

        async def send_problem(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and message["status"] == 413:
                replaced = (b"content-type", MEDIA_TYPE.encode()) not in message["headers"]
                if replaced:
                    response = answer_too_large()
                    request_id = str(scope.get("state", {}).get("request_id", new_id()))
                    response.raw_headers.extend(closing_headers(request_id))
                    await response(scope, receive, send)
            if not replaced:
                await send(message)

        await self.app(scope, receive, send_problem)


class RequestMiddleware:
    """Give each request an id, each answer its headers, and each fault an answer.

    Plain ASGI: nothing above it may see an exception, because servers log its text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                documentation = scope["path"].startswith("/docs")
                policy = DOCUMENTATION_POLICY if documentation else CLOSED_POLICY
                # A page of ours names what it is made of; both policies would hold, and hide it.
                own = any(name == policy[0] for name, _ in message["headers"])
                message["headers"] = [
                    *message["headers"],
                    *SECURITY_HEADERS,
                    *([] if own else [policy]),
                    (b"x-request-id", str(request_id).encode()),
                ]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            response = answer_unexpected(str(request_id), error)
            if status == 0:
                await response(scope, receive, send_with_headers)
        finally:
            # The route's own name, never the path or query, which a caller fills.
            route = scope.get("route")
            log.info(
                "request",
                method=scope["method"],
                route=getattr(route, "name", None),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
                request_id=str(request_id),
            )
