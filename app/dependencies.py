"""What any route may ask for that needs to know nothing of who calls."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session, sessionmaker

from app.clock import Clock
from app.encryption import MasterKeys
from app.errors import PreconditionRequired
from app.etags import etag_of
from app.pagination import DEFAULT_LIMIT, MAX_LIMIT, PageRequest

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Context:
    """The parts that `create_app` chose."""

    session_factory: sessionmaker[Session]
    clock: Clock
    # As many requests at once as there are database connections.
    admission: asyncio.Semaphore
    # Of what is encrypted at rest.
    master_keys: MasterKeys
    # Filled by the rooms above, which this module does not know.
    parts: dict[str, Any]


def context_of(request: Request) -> Context:
    """Give the parts of the application.

    What stands behind every route calls this instead of asking for `ContextDep`: each thing that
    is asked for is looked up anew wherever it is mentioned, at some cost.
    """
    context: Context = request.app.state.context
    return context


async def get_context(request: Request) -> Context:
    """Give a route the parts of the application."""
    return context_of(request)


ContextDep = Annotated[Context, Depends(get_context)]


async def get_admission(request: Request) -> AsyncIterator[None]:
    """Wait for a turn at the database, once the body has been read.

    Each request uses threads of one pool and a connection of another. Were more let in than there
    are connections, the threads could all wait for one while those who have one wait for a thread.
    """
    async with context_of(request).admission:
        yield


AdmissionDep = Annotated[None, Depends(get_admission, scope="function")]


async def in_turn(
    context: Context,
    call: Callable[Parameters, Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """Call in a thread what asks the database, once it is this request's turn."""
    async with context.admission:
        return await run_in_threadpool(call, *args, **kwargs)


async def get_now(request: Request) -> datetime:
    """Tell the time, once a request."""
    return context_of(request).clock()


async def get_master_keys(context: ContextDep) -> MasterKeys:
    """Give the keys of what is encrypted at rest."""
    return context.master_keys


async def get_request_id(request: Request) -> UUID:
    """Give the id of the request."""
    request_id: UUID = request.state.request_id
    return request_id


async def get_page(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> PageRequest:
    """Read which page is asked for."""
    return PageRequest(limit=limit, cursor=cursor)


async def get_if_match(
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> str:
    """Insist on If-Match, so that nobody overwrites what they have not seen."""
    if if_match is None:
        raise PreconditionRequired("Send the ETag that you read as If-Match.")
    return if_match


NowDep = Annotated[datetime, Depends(get_now)]
MasterKeysDep = Annotated[MasterKeys, Depends(get_master_keys)]
RequestIdDep = Annotated[UUID, Depends(get_request_id)]
PageDep = Annotated[PageRequest, Depends(get_page)]
IfMatchDep = Annotated[str, Depends(get_if_match)]


class Versioned(Protocol):
    """A row that counts its changes."""

    version: Any


Row = TypeVar("Row", bound=Versioned)


def with_etag(response: Response, row: Row) -> Row:
    """Name the row's version in the answer's ETag."""
    response.headers["ETag"] = etag_of(row.version)
    return row
