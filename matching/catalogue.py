"""The catalogue as arrays, frozen per version: activities, sessions, offers, interest index.

Sessions stand in the order of their start, then of their id, and activities in the order of
their id. So the order of the rows handed in changes nothing, an index is a tie-break, and a span
of time is a slice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching import offers
from matching.codes import BREAK_TYPES, FUNDINGS, SETTINGS
from matching.errors import InvalidProblem
from matching.interests.index import InterestIndex
from matching.interests.listings import Listing
from matching.interests.vocabulary import Vocabulary
from matching.local_time import local_calendar, to_microseconds
from matching.problem import ActivityRow, SessionRow

# An activity's gender in one byte: 0 takes anyone.
GENDER_CODE = {None: 0, "female": 1, "male": 2}
_MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True)
class Activities:
    """Activities as arrays; index order is the order of ids.

    Attributes
    ----------
    ids : tuple of UUID
    titles : tuple of str
    latitude, longitude : ndarray of float64
        Radians; NaN is unknown.
    gender : ndarray of uint8
        0 anyone, 1 female, 2 male.
    min_age, max_age : ndarray of int32
        Whole years, inclusive.
    setting : ndarray of uint8
        Position in `SETTINGS`.
    break_type : ndarray of uint8
        Position in `BREAK_TYPES`.
    price_pence, cost_pence : ndarray of int64
    """

    ids: tuple[UUID, ...]
    titles: tuple[str, ...]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    gender: NDArray[np.uint8]
    min_age: NDArray[np.int32]
    max_age: NDArray[np.int32]
    setting: NDArray[np.uint8]
    break_type: NDArray[np.uint8]
    price_pence: NDArray[np.int64]
    cost_pence: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions as arrays; index order is start, then id.

    Attributes
    ----------
    ids : tuple of UUID
    activity : ndarray of int32
        Index of the activity.
    starts_us, ends_us : ndarray of int64
        Microseconds since 1970 in UTC.
    date_number : ndarray of int32
        Local start date as YYYYMMDD.
    born_from, born_until : ndarray of int32
        The activity's ages on that date as dates of birth YYYYMMDD: a child fits if
        `born_from < date of birth <= born_until`.
    month : ndarray of int32
        Index into `months`.
    months : tuple of str
        `YYYY-MM`, ascending.
    iso_week : ndarray of int32
        year * 100 + week.
    minutes : ndarray of int64
        Every begun minute counts.
    nights : ndarray of int64
        Local midnights that it goes through, if the break is overnight.
    cancelled : ndarray of bool
    funding : ndarray of uint8
        Bit 0 free, bit 1 contributory.
    profile : ndarray of int32
        Row of the offer profiles.
    segment : ndarray of int32
        Row of `segments` for the first local day.
    further_session, further_segment : ndarray of int32
        The segments of later days, ordered by session.
    segments : ndarray of shape (m, 3), int64
        Distinct rows of weekday, start and end in seconds of the local day.
    """

    ids: tuple[UUID, ...]
    activity: NDArray[np.int32]
    starts_us: NDArray[np.int64]
    ends_us: NDArray[np.int64]
    date_number: NDArray[np.int32]
    born_from: NDArray[np.int32]
    born_until: NDArray[np.int32]
    month: NDArray[np.int32]
    months: tuple[str, ...]
    iso_week: NDArray[np.int32]
    minutes: NDArray[np.int64]
    nights: NDArray[np.int64]
    cancelled: NDArray[np.bool_]
    funding: NDArray[np.uint8]
    profile: NDArray[np.int32]
    segment: NDArray[np.int32]
    further_session: NDArray[np.int32]
    further_segment: NDArray[np.int32]
    segments: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One version of an authority's catalogue, ready to be matched.

    Attributes
    ----------
    activities : Activities
    sessions : Sessions
    profiles : OfferProfiles
    interests : InterestIndex
    vocabulary : Vocabulary
    activity_index, session_index : mapping of UUID to int
    longest_us : int
        The longest session's duration in microseconds.
    """

    activities: Activities
    sessions: Sessions
    profiles: offers.OfferProfiles
    interests: InterestIndex
    vocabulary: Vocabulary
    activity_index: Mapping[UUID, int]
    session_index: Mapping[UUID, int]
    longest_us: int

    @property
    def session_ids(self) -> tuple[UUID, ...]:
        """Give the ids of the sessions.

        Returns
        -------
        tuple of UUID
            In index order.
        """
        return self.sessions.ids

    def span(self, starts_from: datetime | None, starts_before: datetime | None) -> slice:
        """Give the sessions that start in a half-open span of time.

        Parameters
        ----------
        starts_from, starts_before : datetime or None
            None leaves that side open.

        Returns
        -------
        slice
            Of session indices.
        """
        starts = self.sessions.starts_us
        low, high = 0, len(starts)
        if starts_from is not None:
            low = int(np.searchsorted(starts, to_microseconds(starts_from)))
        if starts_before is not None:
            high = int(np.searchsorted(starts, to_microseconds(starts_before)))
        return slice(low, max(low, high))


def build_catalogue(
    activities: Iterable[ActivityRow],
    sessions: Iterable[SessionRow],
    vocabulary: Vocabulary,
) -> Catalogue:
    """Turn rows into arrays and fit the interest index.

    Parameters
    ----------
    activities : iterable of ActivityRow
        Activities without a session are kept: they count for the weights of words.
    sessions : iterable of SessionRow
    vocabulary : Vocabulary

    Returns
    -------
    Catalogue

    Raises
    ------
    InvalidProblem
        If an id stands twice or a session names an unknown activity.

    Notes
    -----
    The order of the rows is irrelevant. About 0.4 ms an activity that was not read lately, and
    10 us a session.
    """
    activity_rows = sorted(activities, key=lambda row: row.id.bytes)
    session_rows = sorted(sessions, key=lambda row: (to_microseconds(row.starts_at), row.id.bytes))
    activity_index = {row.id: index for index, row in enumerate(activity_rows)}
    session_index = {row.id: index for index, row in enumerate(session_rows)}
    if len(activity_index) < len(activity_rows) or len(session_index) < len(session_rows):
        raise InvalidProblem("an id stands twice in the rows")
    if any(row.activity_id not in activity_index for row in session_rows):
        raise InvalidProblem("a session names an activity that is not among the rows")

    profile_of: dict[offers.ProfileKey, int] = {}
    plain = [offers.profile_key(row.offers, ()) for row in activity_rows]
    activity_of = [activity_index[row.activity_id] for row in session_rows]
    profile = []
    for row, owner in zip(session_rows, activity_of, strict=True):
        key = plain[owner]
        if row.offers:
            key = offers.profile_key(activity_rows[owner].offers, row.offers)
        profile.append(profile_of.setdefault(key, len(profile_of)))

    arrays = _activity_arrays(activity_rows)
    timed = _session_arrays(session_rows, activity_rows, arrays, activity_of, profile)
    listings = [Listing(row.title, row.description, row.concepts) for row in activity_rows]
    return Catalogue(
        activities=arrays,
        sessions=timed,
        profiles=offers.tabulate(list(profile_of)),
        interests=InterestIndex(vocabulary).fit(listings),
        vocabulary=vocabulary,
        activity_index=activity_index,
        session_index=session_index,
        longest_us=int((timed.ends_us - timed.starts_us).max(initial=0)),
    )


def _activity_arrays(rows: list[ActivityRow]) -> Activities:
    def degrees(values: list[float | None]) -> NDArray[np.float64]:
        known = [np.nan if value is None else value for value in values]
        return np.radians(np.array(known, dtype=np.float64))

    return Activities(
        ids=tuple(row.id for row in rows),
        titles=tuple(row.title for row in rows),
        latitude=degrees([row.latitude for row in rows]),
        longitude=degrees([row.longitude for row in rows]),
        gender=np.array([GENDER_CODE[row.gender] for row in rows], dtype=np.uint8),
        min_age=np.array([row.min_age for row in rows], dtype=np.int32),
        max_age=np.array([row.max_age for row in rows], dtype=np.int32),
        setting=np.array([SETTINGS.index(row.setting) for row in rows], dtype=np.uint8),
        break_type=np.array([BREAK_TYPES.index(row.break_type) for row in rows], dtype=np.uint8),
        price_pence=np.array([row.price_pence for row in rows], dtype=np.int64),
        cost_pence=np.array([row.cost_pence for row in rows], dtype=np.int64),
    )


def _session_arrays(
    rows: list[SessionRow],
    activity_rows: list[ActivityRow],
    activities: Activities,
    activity_of: list[int],
    profile: list[int],
) -> Sessions:
    starts = np.array([to_microseconds(row.starts_at) for row in rows], dtype=np.int64)
    ends = np.array([to_microseconds(row.ends_at) for row in rows], dtype=np.int64)
    calendar = local_calendar(starts, ends)
    activity = np.array(activity_of, dtype=np.int32)
    funding_bits = np.array(
        [sum(1 << FUNDINGS.index(one) for one in set(row.funding)) for row in activity_rows],
        dtype=np.uint8,
    )
    months, month = np.unique(calendar.month_number, return_inverse=True)
    segments, segment = np.unique(calendar.segments, axis=0, return_inverse=True)
    first = np.searchsorted(calendar.segment_owner, np.arange(len(rows)))
    later = np.ones(len(segment), dtype=np.bool_)
    later[first] = False
    days_later = np.bincount(calendar.segment_owner[later], minlength=len(rows))
    return Sessions(
        ids=tuple(row.id for row in rows),
        activity=activity,
        starts_us=starts,
        ends_us=ends,
        date_number=calendar.date_number,
        born_from=calendar.date_number - (activities.max_age[activity] + 1) * np.int32(10_000),
        born_until=calendar.date_number - activities.min_age[activity] * np.int32(10_000),
        month=month.astype(np.int32),
        months=tuple(f"{number // 100:04d}-{number % 100:02d}" for number in months.tolist()),
        iso_week=calendar.iso_week,
        minutes=-((starts - ends) // _MINUTE_US),
        nights=days_later * (activities.break_type[activity] == BREAK_TYPES.index("overnight")),
        cancelled=np.array([row.cancelled for row in rows], dtype=np.bool_),
        funding=funding_bits[activity],
        profile=np.array(profile, dtype=np.int32),
        segment=segment[first].astype(np.int32),
        further_session=calendar.segment_owner[later].astype(np.int32),
        further_segment=segment[later].astype(np.int32),
        segments=segments,
    )
