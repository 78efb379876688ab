"""Support that has to be put in place, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.access.guards import ArrangementsRead, ArrangementsWrite, BookingsRead, SessionDep
from app.bookings import arranging, service
from app.bookings.arrangement_schemas import (
    ArrangementQuery,
    ArrangementRead,
    ArrangementUpdate,
    TaskRead,
)
from app.bookings.errors import ArrangementSettled, SupportUnavailable
from app.bookings.models import Arrangement
from app.dependencies import IfMatchDep, NowDep, PageDep, with_etag
from app.errors import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["bookings"])


@router.get(
    "/bookings/{booking_id}/arrangements",
    response_model=Page[ArrangementRead],
    responses=responses(NotFound),
)
def list_arrangements(
    booking_id: UUID, caller: BookingsRead, session: SessionDep, now: NowDep
) -> Page[Arrangement]:
    """List the support that has to be put in place for a booking."""
    booking = service.get_booking(session, caller, booking_id, now=now)
    return Page(items=booking.arrangements)


@router.get("/arrangements", response_model=Page[TaskRead])
def list_tasks(
    query: Annotated[ArrangementQuery, Depends()],
    page: PageDep,
    caller: ArrangementsRead,
    session: SessionDep,
    now: NowDep,
) -> Page[TaskRead]:
    """List the support to be arranged, by the day it is due."""
    return arranging.list_tasks(session, caller, query, page, now=now)


@router.get(
    "/arrangements/{arrangement_id}", response_model=TaskRead, responses=responses(NotFound)
)
def read_task(
    arrangement_id: UUID,
    caller: ArrangementsRead,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> TaskRead:
    """Read one support task."""
    shown, task = arranging.get_task(session, caller, arrangement_id, now=now)
    with_etag(response, task)
    return shown


@router.patch(
    "/arrangements/{arrangement_id}",
    response_model=TaskRead,
    responses=responses(
        NotFound,
        SupportUnavailable,
        ArrangementSettled,
        PreconditionFailed,
        Invalid,
        PreconditionRequired,
    ),
)
def update_task(
    arrangement_id: UUID,
    patch: ArrangementUpdate,
    if_match: IfMatchDep,
    caller: ArrangementsWrite,
    session: SessionDep,
    now: NowDep,
    response: Response,
) -> TaskRead:
    """Say that support is in place, is not needed after all, or is to be arranged again."""
    shown, task = arranging.update_task(
        session, caller, arrangement_id, patch, if_match=if_match, now=now
    )
    with_etag(response, task)
    return shown
