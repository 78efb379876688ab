"""Bookings and entitlements over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Response

from app.access import guards
from app.access.guards import (
    AttendanceWrite,
    BookingsRead,
    BookingsWrite,
    FeedbackWrite,
    SessionDep,
)
from app.bookings import attendance, cancelling, feedback, placing, service
from app.bookings.errors import (
    AlreadyBooked,
    ArrangementsOpen,
    AttendanceRecorded,
    CauseNotAllowed,
    ConsentMissing,
    EntitlementExhausted,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    NotAttended,
    NotConfirmed,
    NotEligible,
    NotHeld,
    PolicyAge,
    SessionCancelled,
    SessionFull,
    SessionNotStarted,
    SessionOverlap,
    SessionStarted,
    SupportUnavailable,
    VoiceNotAllowed,
)
from app.bookings.models import Booking, BookingChange, Feedback
from app.bookings.schemas import (
    AttendanceCreate,
    AttendanceRead,
    BookingCancel,
    BookingCreate,
    BookingQuery,
    BookingRead,
    CancellationRead,
    ChangeRead,
    FeedbackCreate,
    FeedbackRead,
    PartyRead,
)
from app.dependencies import NowDep, PageDep, with_etag
from app.engine.dependencies import WarmCataloguesDep
from app.errors import NotFound
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["bookings"])


async def get_idempotency_key(
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=255, pattern=r"^[\x20-\x7e]+$")
    ] = None,
) -> str:
    """Insist on a key, so that a retry books nothing twice."""
    if idempotency_key is None:
        raise IdempotencyKeyMissing("Send a new Idempotency-Key with each new booking.")
    return idempotency_key


IdempotencyKeyDep = Annotated[str, Depends(get_idempotency_key)]


@router.post(
    "/bookings",
    status_code=placing.CREATED,
    response_model=BookingRead | PartyRead,
    responses=responses(
        IdempotencyKeyMissing,
        NotFound,
        ConsentMissing,
        PolicyAge,
        SessionStarted,
        SessionCancelled,
        NotEligible,
        SupportUnavailable,
        AlreadyBooked,
        SessionOverlap,
        EntitlementExhausted,
        SessionFull,
        IdempotencyKeyReused,
    ),
)
def place_booking(
    order: BookingCreate,
    caller: BookingsWrite,
    session: SessionDep,
    warm: WarmCataloguesDep,
    key: IdempotencyKeyDep,
    now: NowDep,
    response: Response,
) -> Booking | PartyRead:
    """Place a booking for a child, or for several together."""
    placed = placing.place_booking(session, warm, caller, order, key=key, now=now)
    response.status_code = placed.status
    if placed.party_id is not None:
        return PartyRead(
            party_id=placed.party_id,
            items=[BookingRead.model_validate(booking) for booking in placed.bookings],
        )
    response.headers["Location"] = f"/v1/bookings/{placed.booking.id}"
    return with_etag(response, placed.booking)


@router.get("/bookings", response_model=Page[BookingRead])
def list_bookings(
    query: Annotated[BookingQuery, Depends()],
    page: PageDep,
    caller: BookingsRead,
    session: SessionDep,
    now: NowDep,
) -> Page[Booking]:
    """List bookings."""
    return service.list_bookings(session, caller, query, page, now=now)


@router.get("/bookings/{booking_id}", response_model=BookingRead, responses=responses(NotFound))
def read_booking(
    booking_id: UUID, caller: BookingsRead, session: SessionDep, now: NowDep, response: Response
) -> Booking:
    """Read a booking."""
    return with_etag(response, service.get_booking(session, caller, booking_id, now=now))


@router.post(
    "/bookings/{booking_id}/confirm",
    response_model=BookingRead,
    responses=responses(NotFound, NotHeld, ArrangementsOpen),
)
def confirm_booking(
    booking_id: UUID, caller: BookingsWrite, session: SessionDep, now: NowDep
) -> Booking:
    """Confirm a held booking."""
    return service.confirm_booking(session, caller, booking_id, now=now)


@router.post(
    "/bookings/{booking_id}/cancel",
    response_model=CancellationRead,
    responses=responses(NotFound, CauseNotAllowed, SessionStarted, AttendanceRecorded),
)
def cancel_booking(
    booking_id: UUID,
    caller: BookingsWrite,
    session: SessionDep,
    now: NowDep,
    form: Annotated[BookingCancel | None, Body()] = None,
) -> dict[str, object]:
    """Cancel a booking, or all that were made together."""
    said = cancelling.cancel_booking(session, caller, booking_id, form or BookingCancel(), now=now)
    booking = BookingRead.model_validate(said.booking).model_dump()
    return booking | {name: getattr(said, name) for name in cancelling.SAID}


@router.get(
    "/bookings/{booking_id}/history",
    response_model=Page[ChangeRead],
    responses=responses(NotFound),
)
def list_history(
    booking_id: UUID, page: PageDep, caller: BookingsRead, session: SessionDep, now: NowDep
) -> Page[BookingChange]:
    """List every change of a booking, with who, when and why."""
    return service.list_history(session, caller, booking_id, page, now=now)


@router.post(
    "/bookings/{booking_id}/attendance",
    response_model=AttendanceRead,
    responses=responses(NotFound, NotConfirmed, SessionNotStarted),
)
def record_attendance(
    booking_id: UUID,
    form: AttendanceCreate,
    caller: AttendanceWrite,
    session: SessionDep,
    now: NowDep,
) -> Booking:
    """Record whether the child came."""
    return attendance.record_attendance(session, caller, booking_id, form, now=now)


@router.post(
    "/bookings/{booking_id}/feedback",
    response_model=FeedbackRead,
    responses=responses(NotFound, VoiceNotAllowed, NotAttended),
)
def give_feedback(
    booking_id: UUID, form: FeedbackCreate, caller: FeedbackWrite, session: SessionDep, now: NowDep
) -> Feedback:
    """Say what a session was like."""
    return feedback.give_feedback(session, caller, booking_id, form, now=now)


@router.get(
    "/bookings/{booking_id}/feedback",
    response_model=Page[FeedbackRead],
    responses=responses(NotFound),
)
def list_feedback(
    booking_id: UUID, caller: guards.FeedbackRead, session: SessionDep, now: NowDep
) -> Page[Feedback]:
    """List what was said of a session, one item a voice; a provider sees its own words alone."""
    return feedback.list_feedback(session, caller, booking_id, now=now)
