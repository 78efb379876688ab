"""The input of matching: rows of the catalogue, a child, what the child holds, the live counts.

Plain frozen dataclasses with Python values. Each checks itself when it is made and raises
`InvalidProblem`, so that everything behind the front door may trust what it is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching import codes
from matching.border import check_aware, check_code, check_not_negative, check_position
from matching.errors import InvalidProblem
from matching.interests.phrases import Phrase
from matching.local_time import to_microseconds


@dataclass(frozen=True, slots=True)
class OfferRow:
    """How an activity or a session meets one need.

    Attributes
    ----------
    need : str
        One of `NEED_CODES`.
    kind : str
        `provided`, `limited` or `on_request`.
    per_session : int
        Places of a limited offer, 1 or more; unused otherwise.
    lead_days : int
        Whole days of notice that an offer on request takes.
    cost_pence : int
        What arranging an offer on request costs.
    """

    need: str
    kind: str = "provided"
    per_session: int = 0
    lead_days: int = 0
    cost_pence: int = 0

    def __post_init__(self) -> None:
        check_code(self.need, codes.NEED_INDEX, "offer.need")
        check_code(self.kind, codes.OFFER_KINDS, "offer.kind")
        if self.kind == "limited" and self.per_session < 1:
            raise InvalidProblem("offer.per_session must be 1 or more for a limited offer")
        check_not_negative(self.lead_days, "offer.lead_days")
        check_not_negative(self.cost_pence, "offer.cost_pence")


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """One activity of the catalogue.

    Attributes
    ----------
    id : UUID
    title, description : str
        What its interest index is made of.
    latitude, longitude : float or None
        Degrees; None when the venue's position is unknown.
    min_age, max_age : int
        Whole years, both inclusive.
    gender : str or None
        `female`, `male`, or None for anyone.
    setting, break_type : str
    funding : tuple of str
        How a place may be taken: `free`, `contributory` or both.
    price_pence, cost_pence : int
        What the family pays for a contributory place, and what a place costs altogether.
    concepts : tuple of str
        Notations of the concepts it carries; those the vocabulary does not hold stand alone.
    offers : tuple of OfferRow
    """

    id: UUID
    title: str
    description: str = ""
    latitude: float | None = None
    longitude: float | None = None
    min_age: int = 0
    max_age: int = 18
    gender: str | None = None
    setting: str = "supported"
    break_type: str = "group_specialist"
    funding: tuple[str, ...] = ("free", "contributory")
    price_pence: int = 0
    cost_pence: int = 0
    concepts: tuple[str, ...] = ()
    offers: tuple[OfferRow, ...] = ()

    def __post_init__(self) -> None:
        check_position(self.latitude, self.longitude)
        if not 0 <= self.min_age <= self.max_age <= 150:
            raise InvalidProblem("activity.min_age and max_age must be 0 <= min <= max <= 150")
        check_code(self.gender, (None, "female", "male"), "activity.gender")
        check_code(self.setting, codes.SETTINGS, "activity.setting")
        check_code(self.break_type, codes.BREAK_TYPES, "activity.break_type")
        if not self.funding:
            raise InvalidProblem("activity.funding must not be empty")
        for funding in self.funding:
            check_code(funding, codes.FUNDINGS, "activity.funding")
        check_not_negative(self.price_pence, "activity.price_pence")
        check_not_negative(self.cost_pence, "activity.cost_pence")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One dated occurrence of an activity.

    Attributes
    ----------
    id, activity_id : UUID
    starts_at, ends_at : datetime
        With a time zone, the end after the start.
    cancelled : bool
    offers : tuple of OfferRow
        For the same need they replace the activity's.
    """

    id: UUID
    activity_id: UUID
    starts_at: datetime
    ends_at: datetime
    cancelled: bool = False
    offers: tuple[OfferRow, ...] = ()

    def __post_init__(self) -> None:
        check_aware(self.starts_at, "session.starts_at")
        check_aware(self.ends_at, "session.ends_at")
        if to_microseconds(self.ends_at) <= to_microseconds(self.starts_at):
            # Not compared as datetimes: within one zone those ignore the repeated hour.
            raise InvalidProblem("session.ends_at must be after session.starts_at")


@dataclass(frozen=True, slots=True)
class Interest:
    """What a child likes or avoids, in somebody's words.

    Attributes
    ----------
    text : str
    feeling : str
        `love`, `like`, `curious`, `dislike` or `avoid`.
    voice : str
        `child`, `parent`, `professional` or `observed`: who said it.
    phrases : tuple of Phrase or None
        What `Vocabulary.encode(text)` gave when the text was written; None: encoded on use.
    """

    text: str
    feeling: str = "like"
    voice: str = "child"
    phrases: tuple[Phrase, ...] | None = None

    def __post_init__(self) -> None:
        check_code(self.feeling, codes.FEELINGS, "interest.feeling")
        check_code(self.voice, codes.VOICES, "interest.voice")


@dataclass(frozen=True, slots=True)
class Need:
    """One coded support need of a child, `essential` or `helpful`."""

    code: str
    importance: str = "essential"

    def __post_init__(self) -> None:
        check_code(self.code, codes.NEED_INDEX, "need.code")
        check_code(self.importance, codes.IMPORTANCES, "need.importance")


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours of one weekday in which the child is free; an end of 23:59 means midnight."""

    weekday: str
    start: time
    end: time

    def __post_init__(self) -> None:
        check_code(self.weekday, codes.WEEKDAYS, "window.weekday")
        if self.end <= self.start:
            raise InvalidProblem("window.end must be after window.start")


@dataclass(frozen=True, slots=True)
class Child:
    """The profile of one child: what changes only when somebody edits it.

    Attributes
    ----------
    date_of_birth : date
    gender : str or None
        `female`, `male`, `other`, or None when unknown.
    latitude, longitude : float or None
        Home, in degrees.
    max_km : float or None
        How far the family travels, as the crow flies; None: any distance.
    accessible_transport_only : bool
        Makes `accessible_transport` an essential need.
    interests : tuple of Interest
    needs : tuple of Need
        A code given twice counts as essential if either says so.
    availability : tuple of Window
        Empty: any time.
    settings : tuple of str
        Settings the family prefers; empty: no preference.
    goals : tuple of str
        Goals and their next steps, in words.
    """

    date_of_birth: date
    gender: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    max_km: float | None = None
    accessible_transport_only: bool = False
    interests: tuple[Interest, ...] = ()
    needs: tuple[Need, ...] = ()
    availability: tuple[Window, ...] = ()
    settings: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_code(self.gender, (None, *codes.GENDERS), "child.gender")
        check_position(self.latitude, self.longitude)
        if self.max_km is not None:
            check_not_negative(self.max_km, "child.max_km")
        for setting in self.settings:
            check_code(setting, codes.SETTINGS, "child.settings")

    def essential_needs(self) -> tuple[int, ...]:
        """Give the columns of the needs that must be met, ascending.

        Returns
        -------
        tuple of int
            Positions in `NEED_CODES`.
        """
        essential = {codes.NEED_INDEX[n.code] for n in self.needs if n.importance == "essential"}
        if self.accessible_transport_only:
            essential.add(codes.NEED_INDEX["accessible_transport"])
        return tuple(sorted(essential))

    def helpful_needs(self) -> tuple[int, ...]:
        """Give the columns of the needs that are only helpful, ascending.

        Returns
        -------
        tuple of int
            Positions in `NEED_CODES`, none of them essential.
        """
        every = {codes.NEED_INDEX[n.code] for n in self.needs}
        return tuple(sorted(every.difference(self.essential_needs())))


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a child may still book in one month, and on which terms; None is unlimited.

    Attributes
    ----------
    free, contributory : int or None
        Places of the month.
    minutes, nights, pence : int or None
        Of the year that the month is in; the pence are the authority's.
    uncounted : tuple of str
        Break types that use nothing of all this.
    contribution_pence : int or None
        The most that the family pays for a contributory place; None: the activity's price.
    """

    free: int | None = 1
    contributory: int | None = 1
    minutes: int | None = None
    nights: int | None = None
    pence: int | None = None
    uncounted: tuple[str, ...] = ()
    contribution_pence: int | None = None

    def __post_init__(self) -> None:
        for kind in self.uncounted:
            check_code(kind, codes.BREAK_TYPES, "remaining.uncounted")


@dataclass(frozen=True, slots=True)
class Booked:
    """A place the child holds: an interval that is closed at its start and open at its end."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        check_aware(self.starts_at, "booked.starts_at")
        check_aware(self.ends_at, "booked.ends_at")


@dataclass(frozen=True, slots=True)
class Holdings:
    """What the child holds and has done: what bookings change.

    Attributes
    ----------
    booked : tuple of Booked
        Places held; a session that intersects one is blocked.
    visits : mapping of activity id to int
        How often the child attended or booked the activity.
    friends : mapping of session id to int
        How many friends hold a place in the session.
    remaining : mapping of month (`YYYY-MM`) to Remaining
    remaining_otherwise : Remaining
        For the months that `remaining` does not name: the policy's whole allowance.
    """

    booked: tuple[Booked, ...] = ()
    visits: Mapping[UUID, int] = field(default_factory=dict)
    friends: Mapping[UUID, int] = field(default_factory=dict)
    remaining: Mapping[str, Remaining] = field(default_factory=dict)
    remaining_otherwise: Remaining = Remaining()


@dataclass(frozen=True, slots=True)
class SupportService:
    """What the authority itself can put in place for a need.

    Attributes
    ----------
    need : str
    lead_days : int
    cost_pence : int
    per_week : int or None
        Places in one ISO week of sessions; None is unlimited.
    taken : mapping of int to int
        Places already taken by ISO week, coded as year * 100 + week (202647).
    """

    need: str
    lead_days: int = 0
    cost_pence: int = 0
    per_week: int | None = None
    taken: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_code(self.need, codes.NEED_INDEX, "service.need")
        check_not_negative(self.lead_days, "service.lead_days")
        check_not_negative(self.cost_pence, "service.cost_pence")


@dataclass(frozen=True, slots=True)
class PolicyAges:
    """The ages an authority serves, both inclusive, for sessions from `starts_on` on."""

    starts_on: date = date.min
    min_age: int = 0
    max_age: int = 18


def _no_limited_taken() -> NDArray[np.int64]:
    return np.zeros((0, 3), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Live:
    """The state of one authority at one moment: what is the same for every child.

    Attributes
    ----------
    now : datetime
        With a time zone.
    places_left : ndarray of shape (n_sessions,), integer
        In the order of `Catalogue.session_ids`.
    limited_taken : ndarray of shape (n, 3), int64
        Rows of session index, need column and how many of the limited offer are taken; a pair
        without a row has none taken.
    services : tuple of SupportService
    policies : tuple of PolicyAges
        A session falls under the latest one that started on or before its local date; dates
        before the first one fall under the first.
    """

    now: datetime
    places_left: NDArray[np.integer[Any]]
    limited_taken: NDArray[np.int64] = field(default_factory=_no_limited_taken)
    services: tuple[SupportService, ...] = ()
    policies: tuple[PolicyAges, ...] = (PolicyAges(),)

    def __post_init__(self) -> None:
        check_aware(self.now, "live.now")
        if self.limited_taken.ndim != 2 or self.limited_taken.shape[1] != 3:
            raise InvalidProblem("live.limited_taken must have three columns")
        if not self.policies:
            raise InvalidProblem("live.policies must not be empty")
