"""The worked example: one girl's month, from what she likes to what she cannot have yet.

Every step asks the service and keeps its answer; nothing here decides anything itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.bookings import allowances, placing
from app.bookings import service as bookings
from app.bookings.entitlement_schemas import EntitlementRead
from app.bookings.errors import EntitlementExhausted
from app.bookings.schemas import BookingCreate, BookingQuery, BookingRead
from app.catalogue import service as catalogue
from app.catalogue.filters import ActivityFilter, ProviderFilter
from app.catalogue.schemas import ActivityRead, ProviderRead, SessionRead
from app.children import service as children
from app.children.schemas import ChildRead
from app.clock import local_date, month_bounds, month_of
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.errors import AppError
from app.matches import service as matches
from app.matches.schemas import MatchesRead, MatchRead
from app.pagination import PageRequest
from app.samples import queries
from app.wishes import actions
from app.wishes import service as wishes
from app.wishes.action_schemas import WishActionCreate
from app.wishes.schemas import WishCreate, WishQuery, WishRead

HOUSEHOLD: Final = "sample-worked-example"
WISH: Final = "go and see a falconry display and hold a falcon"
WISH_WORD: Final = "falconry"
MOST_MATCHES: Final = 100
ASKED: Final = 3


@dataclass(frozen=True)
class Booked:
    """A booking with what it is a place in, and whether an earlier start made it."""

    booking: BookingRead
    session: SessionRead
    activity: ActivityRead
    is_earlier: bool


@dataclass(frozen=True)
class Refused:
    """A second free place that was asked for, and the service's refusal."""

    wanted: MatchRead
    refusal: AppError


@dataclass(frozen=True)
class WorkedExample:
    """Everything that the example showed."""

    child: ChildRead
    month: str
    before: MatchesRead
    # None where nothing suits that is free.
    booked: Booked | None
    after: EntitlementRead
    # None where the authority's policy leaves another free place.
    refused: Refused | None
    # What the catalogue has for the wish.
    serving_the_wish: Sequence[ActivityRead]
    wish: WishRead
    # Who have been asked whether they could do something for it.
    asked: Sequence[ProviderRead]


def make_maya(today: date) -> dict[str, Any]:
    """Make the profile of the worked example's child, who is twelve on the day."""
    return {
        "given_name": "Maya",
        "date_of_birth": today - timedelta(days=round(12.4 * 365.25)),
        "gender": "female",
        "home": {"postcode": "ST4 6QG", "latitude": 52.99, "longitude": -2.171},
        "travel": {"max_km": 12, "accessible_transport_only": False},
        "communication": {"methods": ["speech", "aac"], "contact": "child", "language": "en"},
        "interests": [
            {"text": "fishing with my grandad", "feeling": "love", "voice": "child"},
            {"text": "donkeys and ponies", "feeling": "like", "voice": "child"},
            {"text": "making films", "feeling": "curious", "voice": "child"},
            {"text": "swimming in warm water", "feeling": "like", "voice": "parent"},
            {"text": "loud noise and crowds", "feeling": "avoid", "voice": "parent"},
        ],
        "needs": [
            {"code": "wheelchair_access", "importance": "essential", "note": "powered chair"},
            {"code": "step_free", "importance": "essential"},
            {"code": "accessible_toilet", "importance": "essential"},
            {"code": "one_to_one", "importance": "essential", "note": "by water and on outings"},
            {"code": "quiet_space", "importance": "helpful", "note": "ear defenders help"},
        ],
        "availability": [
            {"weekday": "wednesday", "start": "15:30", "end": "19:30"},
            {"weekday": "saturday", "start": "09:00", "end": "17:00"},
            {"weekday": "sunday", "start": "10:00", "end": "16:00"},
        ],
        "sen_types": ["PD"],
    }


def choose_month(now: datetime) -> str:
    """Choose the month after this one: all of it is ahead and in the catalogue on any day."""
    return month_of(month_bounds(month_of(now))[1])


def run_worked_example(
    sessions: sessionmaker[Session], caller: Caller, *, now: datetime
) -> WorkedExample:
    """Go through the example; a second time it finds what the first time left."""
    month = choose_month(now)
    warm = WarmCatalogues()
    with transaction(sessions, caller.tenant) as session:
        child_id = queries.find_child(session, HOUSEHOLD)
        child = ChildRead.model_validate(children.read_child(session, caller, child_id, now=now))
    before = _list_matches(sessions, warm, caller, child_id, month, now=now)
    booked = _book_free_place(sessions, warm, caller, before, now=now)
    with transaction(sessions, caller.tenant) as session:
        after = allowances.get_entitlement(session, caller, child_id, month, now=now)
    refused = None
    if after.free.remaining == 0:
        refused = _ask_for_another(sessions, warm, caller, child_id, month, now=now)
    with transaction(sessions, caller.tenant) as session:
        page = PageRequest()
        serving = catalogue.list_activities(session, ActivityFilter(q=WISH_WORD), page)
        wish = _record_wish(session, caller, child_id, now=now)
        asked = _ask_providers(session, caller, wish, now=now)
    return WorkedExample(child, month, before, booked, after, refused, serving.items, wish, asked)


def _list_matches(
    sessions: sessionmaker[Session],
    warm: WarmCatalogues,
    caller: Caller,
    child_id: UUID,
    month: str,
    *,
    now: datetime,
) -> MatchesRead:
    span = matches.choose_span(month, None, None, now=now)
    with transaction(sessions, caller.tenant) as session:
        listed = matches.list_matches(
            session, warm, caller, child_id, span, limit=MOST_MATCHES, now=now
        )
    return MatchesRead.model_validate(listed, from_attributes=True)


def _book_free_place(
    sessions: sessionmaker[Session],
    warm: WarmCatalogues,
    caller: Caller,
    found: MatchesRead,
    *,
    now: datetime,
) -> Booked | None:
    """Book the best free match, or find the free place that an earlier start booked."""
    with transaction(sessions, caller.tenant) as session:
        query = BookingQuery(child_id=found.child_id, month=found.month)
        made = bookings.list_bookings(session, caller, query, PageRequest(), now=now)
        earlier = [
            booking
            for booking in made.items
            if booking.funding == "free" and booking.uses_entitlement
        ]
        if earlier:
            booking = earlier[0]
        else:
            best = next((match for match in found.items if match.funding == "free"), None)
            if best is None:
                return None
            order = BookingCreate(
                child_id=found.child_id, session_id=best.session_id, funding="free"
            )
            key = f"worked-example-{best.session_id}"
            booking = placing.place_booking(session, warm, caller, order, key=key, now=now).booking
        place = catalogue.get_session(session, booking.session_id)
        activity = catalogue.get_activity(session, place.activity_id)
        return Booked(BookingRead.model_validate(booking), place, activity, bool(earlier))


def _ask_for_another(
    sessions: sessionmaker[Session],
    warm: WarmCatalogues,
    caller: Caller,
    child_id: UUID,
    month: str,
    *,
    now: datetime,
) -> Refused | None:
    """Ask for a second free place, in the best session that gives free places."""
    left = _list_matches(sessions, warm, caller, child_id, month, now=now)
    for match in left.items:
        order = BookingCreate(child_id=child_id, session_id=match.session_id, funding="free")
        try:
            with transaction(sessions, caller.tenant) as session:
                if "free" not in catalogue.get_activity(session, match.activity_id).funding:
                    continue
                key = f"worked-example-second-{match.session_id}"
                placing.place_booking(session, warm, caller, order, key=key, now=now)
        except EntitlementExhausted as refusal:
            return Refused(match, refusal)
    return None


def _record_wish(session: Session, caller: Caller, child_id: UUID, *, now: datetime) -> WishRead:
    """Record the wish, unless an earlier start did."""
    query = WishQuery(child_id=child_id)
    known = wishes.page_of_wishes(session, caller, query, PageRequest(), now=now)
    for wish in known.items:
        if wish.text == WISH:
            return WishRead.model_validate(wish)
    form = WishCreate(child_id=child_id, text=WISH, voice="child")
    return WishRead.model_validate(wishes.record_wish(session, caller, form, now=now))


def _ask_providers(
    session: Session, caller: Caller, wish: WishRead, *, now: datetime
) -> Sequence[ProviderRead]:
    """Write down that some providers were asked, unless an earlier start did, and name them."""
    done = actions.page_of_actions(session, caller, wish.id, PageRequest(limit=1), now=now).items
    if not done:
        some = catalogue.list_providers(session, ProviderFilter(), PageRequest(limit=ASKED)).items
        form = WishActionCreate(
            kind="asked_providers",
            happened_on=local_date(now),
            provider_ids=[provider.id for provider in some],
        )
        done = [actions.record_action(session, caller, wish.id, form, now=now)]
    return [
        ProviderRead.model_validate(catalogue.get_provider(session, id_))
        for id_ in done[0].provider_ids
    ]
