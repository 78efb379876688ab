"""The service: `create_app` is the one place where its parts are chosen."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session, sessionmaker
from starlette.types import ASGIApp
from threadpoolctl import threadpool_limits

from app import api, health, problems
from app.access.guards import check_routes
from app.access.tokens import Tokens
from app.clock import Clock, now_utc
from app.dependencies import Context
from app.documentation import serve_documentation
from app.encryption import MasterKeys
from app.engine.warm import WarmCatalogues
from app.gaps.warm import WarmMonths
from app.kinds_of_work import KINDS
from app.middleware import LargeBodyMiddleware, RequestMiddleware
from app.rate_limits import RateLimiter, Rates

LARGEST_BODY = 2 * 1024 * 1024

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Service(FastAPI):
    """The application, with one layer outside the framework's own."""

    def build_middleware_stack(self) -> ASGIApp:
        """Put the layer around the framework's, which refuses large bodies in plain text."""
        return LargeBodyMiddleware(super().build_middleware_stack())


def create_app(
    session_factory: sessionmaker[Session],
    tokens: Tokens,
    *,
    clock: Clock = now_utc,
    # Without a key nothing sealed can be written or read: that is refused, not left in the clear.
    master_keys: MasterKeys | None = None,
    most_at_once: int = 20,
    rate_limiter: RateLimiter | None = None,
    on_stop: Callable[[], Any] = lambda: None,
) -> FastAPI:
    """Put the service together from its parts, and refuse to if a route has no guard."""

    # Requests share the cores already; a second share within each of them costs more than it gains.
    threadpool_limits(limits=1, user_api="blas")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        on_stop()

    app = Service(
        title="Short Breaks",
        summary="Matches disabled children to activities: support first, every answer explained.",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        max_body_size=LARGEST_BODY,
        redirect_slashes=False,
    )
    app.state.context = Context(
        session_factory,
        clock,
        asyncio.Semaphore(most_at_once),
        master_keys=master_keys or MasterKeys(KeySet([])),
        parts={
            "tokens": tokens,
            "warm_catalogues": WarmCatalogues(),
            "warm_months": WarmMonths(),
            "kinds_of_work": KINDS,
            "rate_limiter": rate_limiter or RateLimiter(Rates(), clock),
        },
    )
    app.add_middleware(RequestMiddleware)
    problems.install(app)
    problems.document(app)
    app.include_router(health.router)
    app.include_router(api.oauth)
    app.router.routes.extend(api.v1.routes)
    serve_documentation(app)
    check_routes(app)
    return app
