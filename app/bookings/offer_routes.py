"""Waiting lists and offers of places over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.access.guards import BookingsRead, BookingsWrite, SessionDep, WaitlistRead
from app.bookings import offers
from app.bookings.errors import (
    ConsentMissing,
    EntitlementExhausted,
    NotEligible,
    OfferClosed,
    OfferExpired,
    PolicyAge,
    SessionCancelled,
    SessionOverlap,
    SessionStarted,
    SupportUnavailable,
)
from app.bookings.offer_schemas import AnsweredOfferRead, OfferQuery, OfferRead, TurnRead
from app.bookings.waitlist_models import PlaceOffer
from app.dependencies import NowDep, PageDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import NotFound
from app.pagination import Page
from app.problems import responses

router = APIRouter(tags=["waiting lists"])


@router.get("/offers", response_model=Page[OfferRead])
def list_offers(
    query: Annotated[OfferQuery, Depends()],
    page: PageDep,
    caller: BookingsRead,
    session: SessionDep,
    now: NowDep,
) -> Page[PlaceOffer]:
    """List the places that are kept, or were, for children who waited."""
    return offers.list_offers(session, caller, query, page, now=now)


@router.post(
    "/offers/{offer_id}/accept",
    response_model=AnsweredOfferRead,
    responses=responses(
        NotFound,
        ConsentMissing,
        OfferClosed,
        OfferExpired,
        PolicyAge,
        SessionStarted,
        SessionCancelled,
        NotEligible,
        SupportUnavailable,
        SessionOverlap,
        EntitlementExhausted,
    ),
)
def accept_offer(
    offer_id: UUID,
    caller: BookingsWrite,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
) -> AnsweredOfferRead:
    """Take the place that is kept for a child."""
    return AnsweredOfferRead.of(*offers.accept_offer(session, warm, caller, offer_id, now=now))


@router.post(
    "/offers/{offer_id}/decline",
    response_model=AnsweredOfferRead,
    responses=responses(NotFound, OfferClosed),
)
def decline_offer(
    offer_id: UUID, caller: BookingsWrite, session: SessionDep, now: NowDep
) -> AnsweredOfferRead:
    """Let the place that is kept for a child go to the next."""
    return AnsweredOfferRead.of(*offers.decline_offer(session, caller, offer_id, now=now))


@router.get(
    "/sessions/{session_id}/waitlist",
    response_model=Page[TurnRead],
    responses=responses(NotFound),
)
def list_waitlist(
    session_id: UUID, page: PageDep, caller: WaitlistRead, session: SessionDep, now: NowDep
) -> Page[TurnRead]:
    """List who waits for a session, in the fair order."""
    return offers.list_waitlist(session, caller, session_id, page, now=now)
