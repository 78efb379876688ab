"""A child's profile as matching and booking need it, read in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.access.caller import Caller
from app.children.models import AvailabilityWindow, Child, Friendship, Goal, Interest, Need, Step
from app.codes import NEED_CODES
from app.errors import NotFound

# Spoken to in any other language, a child is helped by an interpreter.
ENGLISH: Final = ("en", "eng")


@dataclass(frozen=True)
class Profile:
    """What decides which sessions suit a child; no name and no note."""

    authority_id: UUID
    id: UUID
    household_id: UUID
    date_of_birth: date
    gender: str | None
    latitude: float | None
    longitude: float | None
    max_km: float | None
    accessible_transport_only: bool
    communication_methods: tuple[str, ...]
    language: str
    # Those the family prefers; empty: no preference.
    settings: tuple[str, ...]
    # Text, feeling, voice, what the text was read as, and by which version of the encoder.
    interests: tuple[tuple[str, str, str, list[dict[str, Any]], str], ...]
    # Code, importance.
    needs: tuple[tuple[str, str], ...]
    # Weekday (0 is Monday), start, end.
    windows: tuple[tuple[int, time, time], ...]
    # Open goals, each followed by its first open step.
    goals: tuple[str, ...]
    # Children whose places may be told: see `_companions`.
    companions: tuple[UUID, ...]

    @property
    def need_codes(self) -> set[str]:
        """Name every need, those of transport and communication included."""
        return self._stated_codes.union(self.communication_needs)

    @property
    def communication_needs(self) -> tuple[str, ...]:
        """Name what helps as the child communicates so, unless it is stated as a need anyway."""
        codes = {method.lower().replace(" ", "_") for method in self.communication_methods}
        if self.language.partition("-")[0].lower() not in ENGLISH:
            codes.add("interpreter")
        return tuple(code for code in NEED_CODES if code in codes - self._stated_codes)

    @property
    def _stated_codes(self) -> set[str]:
        codes = {code for code, _ in self.needs}
        return codes | {"accessible_transport"} if self.accessible_transport_only else codes


def get_profile(session: Session, caller: Caller, child_id: UUID, *, lock: bool = False) -> Profile:
    """Get the profile of a child that is the caller's business."""
    mine = Child.id == child_id
    if not caller.sees_every_household:
        # Without a family's grant this compares with null, which no household equals.
        mine = mine & (Child.household_id == caller.household_id)
    if lock:
        # Before the read, not with it: a row that was waited for shows its newest version, but
        # the lists that hang on it would still be those of the statement's beginning.
        session.execute(select(Child.id).where(mine).with_for_update(key_share=True))
    row = session.execute(PROFILES.where(mine)).one_or_none()
    if row is None:
        raise NotFound
    return _profile(row)


def list_profiles(
    session: Session, *, born_after: date, born_until: date, gender: str | None
) -> list[Profile]:
    """List the profiles of all the authority's children of some ages, and of a gender if given."""
    statement = PROFILES.where(Child.date_of_birth > born_after, Child.date_of_birth <= born_until)
    if gender is not None:
        statement = statement.where(Child.gender == gender)
    return [_profile(row) for row in session.execute(statement.order_by(Child.id))]


def _profile(row: Row[*tuple[Any, ...]]) -> Profile:
    fields = dict(row._mapping)
    return Profile(
        **fields
        | {
            "communication_methods": tuple(row.communication_methods),
            "settings": tuple(row.settings),
            "interests": tuple(map(tuple, row.interests)),
            "needs": tuple(map(tuple, row.needs)),
            "windows": tuple(
                (weekday, time.fromisoformat(starts), time.fromisoformat(ends))
                for weekday, starts, ends in row.windows
            ),
            "goals": tuple(text for texts in row.goals for text in texts if text is not None),
            "companions": tuple(map(UUID, row.companions)),
        }
    )


def _list_of(
    columns: Sequence[InstrumentedAttribute[Any]], order: InstrumentedAttribute[Any]
) -> ScalarSelect[Any]:
    """Gather the rows of a child's table into one JSON list of lists."""
    table = columns[0].class_
    listed = func.jsonb_agg(aggregate_order_by(func.jsonb_build_array(*columns), order))
    return (
        select(func.coalesce(listed, func.jsonb_build_array(), type_=JSONB))
        .where(_same_child(table.authority_id, table.child_id))
        .scalar_subquery()
    )


def _same_child(
    authority_id: InstrumentedAttribute[UUID], child_id: InstrumentedAttribute[UUID]
) -> ColumnElement[bool]:
    return and_(authority_id == Child.authority_id, child_id == Child.id)


def _open_goals() -> ScalarSelect[Any]:
    """Gather the open goals into one JSON list, each with its first open step or null."""
    step = (
        select(Step.text)
        .where(
            Step.authority_id == Goal.authority_id, Step.goal_id == Goal.id, Step.status == "open"
        )
        .order_by(Step.position)
        .limit(1)
        .correlate(Goal)
        .scalar_subquery()
    )
    listed = func.jsonb_agg(aggregate_order_by(func.jsonb_build_array(Goal.text, step), Goal.id))
    return (
        select(func.coalesce(listed, func.jsonb_build_array(), type_=JSONB))
        .where(_same_child(Goal.authority_id, Goal.child_id), Goal.status == "open")
        .correlate(Child)
        .scalar_subquery()
    )


def _companions() -> ScalarSelect[Any]:
    """Gather the friends whose places may be told: siblings, and friends who both said so.

    A friend whom only one side names would otherwise tell that side where the other child is.
    """
    back, other = aliased(Friendship), aliased(Child)
    mutual = exists().where(
        back.authority_id == Friendship.authority_id,
        back.child_id == Friendship.friend_id,
        back.friend_id == Friendship.child_id,
    )
    sibling = (
        exists()
        .where(
            other.authority_id == Friendship.authority_id,
            other.id == Friendship.friend_id,
            other.household_id == Child.household_id,
        )
        .correlate(Child, Friendship)
    )
    listed = func.jsonb_agg(Friendship.friend_id)
    return (
        select(func.coalesce(listed, func.jsonb_build_array(), type_=JSONB))
        .where(_same_child(Friendship.authority_id, Friendship.child_id), or_(mutual, sibling))
        .correlate(Child)
        .scalar_subquery()
    )


PROFILES = select(
    Child.authority_id,
    Child.id,
    Child.household_id,
    Child.date_of_birth,
    Child.gender,
    Child.home_latitude.label("latitude"),
    Child.home_longitude.label("longitude"),
    Child.travel_max_km.label("max_km"),
    Child.accessible_transport_only,
    Child.communication_methods,
    Child.language,
    Child.preferred_settings.label("settings"),
    _list_of(
        [Interest.text, Interest.feeling, Interest.voice, Interest.phrases, Interest.encoder],
        Interest.position,
    ).label("interests"),
    _list_of([Need.code, Need.importance], Need.position).label("needs"),
    _list_of(
        [AvailabilityWindow.weekday, AvailabilityWindow.starts, AvailabilityWindow.ends],
        AvailabilityWindow.id,
    ).label("windows"),
    _open_goals().label("goals"),
    _companions().label("companions"),
)
