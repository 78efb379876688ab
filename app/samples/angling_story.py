"""The angling story: a wish that nothing served, what was done about it, and how it came true.

Lived through the service with the clock of each of its days, some months before the sample is
loaded. Nothing here decides anything itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings import attendance, placing
from app.bookings.schemas import AttendanceCreate, BookingCreate
from app.catalogue import service as catalogue
from app.catalogue.filters import ProviderFilter
from app.catalogue.schemas import ActivityCreate, SessionCreate
from app.children import service as children
from app.children.schemas import ChildRead
from app.clock import LONDON, local_date
from app.engine.warm import WarmCatalogues
from app.outcomes import service as outcomes
from app.outcomes.schemas import ProgressionCreate, ProgressionRead, Role
from app.pagination import PageRequest
from app.samples import queries
from app.wishes import actions
from app.wishes import service as wishes
from app.wishes.action_schemas import WishActionCreate, WishActionRead
from app.wishes.schemas import WishCreate, WishQuery, WishRead

HOUSEHOLD: Final = "sample-angling-story"
CLUB: Final = "Trentside Voluntary Angling Club"
WISH: Final = "go fishing with people my age"
ASKED: Final = 3
# On a Saturday at least so long ago he went for the first time.
DAYS_AGO: Final = 120
# When he got each part in the club, in days after that.
PARTS: Final = dict(zip(get_args(Role), (0, 42, 112), strict=True))


@dataclass(frozen=True)
class AnglingStory:
    """Whose wish it was, what was done for it, and what came of it."""

    child: ChildRead
    wish: WishRead
    actions: Sequence[WishActionRead]
    parts: Sequence[ProgressionRead]


def make_kieran(today: date) -> dict[str, Any]:
    """Make the profile of the one who wishes to fish, who is seventeen on the day."""
    return {
        "given_name": "Kieran",
        "date_of_birth": today - timedelta(days=round(17.3 * 365.25)),
        "gender": "male",
        "home": {"postcode": "ST4 7PX", "latitude": 52.98, "longitude": -2.18},
        "travel": {"max_km": 15, "accessible_transport_only": False},
        "communication": {"methods": ["speech"], "contact": "child", "language": "en"},
        "interests": [{"text": "fishing", "feeling": "love", "voice": "child"}],
        "needs": [{"code": "small_group", "importance": "helpful"}],
        "availability": [{"weekday": "saturday", "start": "09:00", "end": "17:00"}],
        "sen_types": ["MLD"],
    }


def live_angling_story(session: Session, broker: Caller, *, now: datetime) -> None:
    """Record the story day by day, as a broker who lived through it would have, unless it is."""
    child_id = queries.find_child(session, HOUSEHOLD)
    query = WishQuery(child_id=child_id)
    if wishes.page_of_wishes(session, broker, query, PageRequest(limit=1), now=now).items:
        return
    first = local_date(now) - timedelta(days=DAYS_AGO)
    # Monday is 0; the Saturday before or on that day.
    first -= timedelta(days=(first.weekday() - 5) % 7)

    def at(days: int, hour: int = 12) -> datetime:
        return datetime.combine(first + timedelta(days=days), time(hour), LONDON)

    said = WishCreate(child_id=child_id, text=WISH, voice="child")
    wish = wishes.record_wish(session, broker, said, now=at(-56))

    def do(days: int, kind: str, **details: Any) -> None:
        form = {"kind": kind, "happened_on": local_date(at(days)), **details}
        action = WishActionCreate.model_validate(form)
        actions.record_action(session, broker, wish.id, action, now=at(days))

    providers = catalogue.list_providers(session, ProviderFilter(), PageRequest(limit=200)).items
    club = next(provider.id for provider in providers if provider.name == CLUB)
    others = [provider.id for provider in providers if provider.id != club]
    do(-49, "asked_providers", provider_ids=[club, *others[: ASKED - 1]])
    do(-42, "introduced", provider_id=club, note="rang the chairman, who fished as a boy")
    do(-21, "group_founded", provider_id=club)
    activity = catalogue.create_activity(session, broker, make_group(club), now=at(-15))
    do(-14, "activity_added", activity_id=activity.id)
    meeting = SessionCreate(
        activity_id=activity.id, starts_at=at(0, 10), ends_at=at(0, 12), capacity=8
    )
    place = catalogue.create_session(session, broker, meeting, now=at(-14, 13))
    order = BookingCreate(child_id=child_id, session_id=place.id, funding="free")
    booked = placing.place_booking(
        session, WarmCatalogues(), broker, order, key=HOUSEHOLD, now=at(-10)
    )
    came = AttendanceCreate(attended=True)
    attendance.record_attendance(session, broker, booked.booking.id, came, now=at(0, 13))
    for role, days in PARTS.items():
        part = ProgressionCreate(
            role=role, provider_id=club, since=local_date(at(days)), voice="child"
        )
        outcomes.record_progression(session, broker, child_id, part, now=at(days, 18))


def make_group(club: UUID) -> ActivityCreate:
    """Describe the group that the club founded, for young people of the wish's age."""
    return ActivityCreate.model_validate(
        {
            "provider_id": club,
            "title": "Young anglers",
            "description": "Coarse fishing with people of your age; rods and bait are there.",
            "setting": "universal",
            "break_type": "group_universal",
            "min_age": 15,
            "max_age": 18,
            "venue": {"name": "Mill Lane lock", "postcode": "ST4 7PX"},
            "funding": ["free"],
            "concepts": ["angling"],
        }
    )


def read_angling_story(session: Session, broker: Caller, *, now: datetime) -> AnglingStory:
    """Read the story as it is stored."""
    child_id = queries.find_child(session, HOUSEHOLD)
    page = PageRequest()
    wished = wishes.page_of_wishes(session, broker, WishQuery(child_id=child_id), page, now=now)
    [wish] = wished.items
    return AnglingStory(
        child=ChildRead.model_validate(children.read_child(session, broker, child_id, now=now)),
        wish=WishRead.model_validate(wish),
        actions=actions.page_of_actions(session, broker, wish.id, page, now=now).items,
        parts=outcomes.read_outcomes(session, broker, child_id, page, now=now).items,
    )
