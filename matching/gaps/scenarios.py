"""What if: the catalogue and the live counts of a month with something changed.

Each function gives new arrays and leaves the old ones alone, so today and then can be judged by
the same code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue, Sessions
from matching.codes import NEED_INDEX
from matching.errors import InvalidProblem
from matching.local_time import local_calendar
from matching.offers import PROVIDED
from matching.problem import Live

Integers = NDArray[np.int64]

_NOT_ONE_EACH: Final = frozenset(
    {"ids", "months", "segments", "further_session", "further_segment"}
)


def without_sessions(catalogue: Catalogue, sessions: Sequence[int]) -> Catalogue:
    """Cancel sessions.

    Parameters
    ----------
    catalogue : Catalogue
    sessions : sequence of int
        Indices.

    Returns
    -------
    Catalogue
    """
    cancelled = catalogue.sessions.cancelled.copy()
    cancelled[list(sessions)] = True
    return replace(catalogue, sessions=replace(catalogue.sessions, cancelled=cancelled))


def with_need_met(catalogue: Catalogue, sessions: Sequence[int], need: str) -> Catalogue:
    """Let sessions provide for a need, for everybody who has it.

    Parameters
    ----------
    catalogue : Catalogue
    sessions : sequence of int
        Indices.
    need : str
        One of `NEED_CODES`.

    Returns
    -------
    Catalogue

    Raises
    ------
    InvalidProblem
        If there is no such need.
    """
    if need not in NEED_INDEX:
        raise InvalidProblem("need is not a code")
    at = np.array(sessions, dtype=np.int64)
    old, place = np.unique(catalogue.sessions.profile[at], return_inverse=True)
    profiles, count = catalogue.profiles, len(catalogue.profiles.first_means)
    means = profiles.first_means[old].copy()
    means[:, NEED_INDEX[need]] = PROVIDED
    profile = catalogue.sessions.profile.copy()
    profile[at] = count + place
    return replace(
        catalogue,
        sessions=replace(catalogue.sessions, profile=profile),
        profiles=replace(
            profiles,
            first_means=np.concatenate([profiles.first_means, means]),
            limited=np.concatenate([profiles.limited, profiles.limited[old]]),
            lead_days=np.concatenate([profiles.lead_days, profiles.lead_days[:, old]], axis=1),
            cost_pence=np.concatenate([profiles.cost_pence, profiles.cost_pence[:, old]], axis=1),
        ),
    )


def moved(
    catalogue: Catalogue,
    live: Live,
    sessions: Sequence[int],
    starts_us: Integers,
    ends_us: Integers,
) -> tuple[Catalogue, Live]:
    """Hold sessions at other times.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    sessions : sequence of int
        Indices.
    starts_us, ends_us : ndarray of int64
        Of each of them, microseconds since 1970 in UTC.

    Returns
    -------
    catalogue : Catalogue
        In the order of the new times, so indices may be others.
    live : Live
        In the same order.
    """
    old, at = catalogue.sessions, list(sessions)
    starts, ends = old.starts_us.copy(), old.ends_us.copy()
    starts[at], ends[at] = starts_us, ends_us
    ids = sorted(range(len(old.ids)), key=lambda index: (int(starts[index]), old.ids[index].bytes))
    order = np.array(ids, dtype=np.int64)
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    taken = live.limited_taken.copy()
    taken[:, 0] = position[taken[:, 0]]
    timed = _timed(catalogue, order, starts[order], ends[order])
    return (
        replace(
            catalogue,
            sessions=timed,
            session_index={id_: index for index, id_ in enumerate(timed.ids)},
            longest_us=int((timed.ends_us - timed.starts_us).max(initial=0)),
        ),
        replace(live, places_left=live.places_left[order], limited_taken=taken),
    )


def _timed(catalogue: Catalogue, order: Integers, starts: Integers, ends: Integers) -> Sessions:
    """Put sessions in another order, and tell anew what follows from their times."""
    old = catalogue.sessions
    activities, activity = catalogue.activities, old.activity[order]
    calendar = local_calendar(starts, ends)
    months, month = np.unique(calendar.month_number, return_inverse=True)
    segments, segment = np.unique(calendar.segments, axis=0, return_inverse=True)
    first = np.searchsorted(calendar.segment_owner, np.arange(len(order)))
    later = np.ones(len(segment), dtype=np.bool_)
    later[first] = False
    one_each = {
        one.name: getattr(old, one.name)[order]
        for one in fields(Sessions)
        if one.name not in _NOT_ONE_EACH
    }
    return Sessions(
        **one_each
        | {
            "ids": tuple(old.ids[index] for index in order.tolist()),
            "starts_us": starts,
            "ends_us": ends,
            "date_number": calendar.date_number,
            "born_from": calendar.date_number
            - (activities.max_age[activity] + 1) * np.int32(10_000),
            "born_until": calendar.date_number - activities.min_age[activity] * np.int32(10_000),
            "month": month.astype(np.int32),
            "months": tuple(f"{one // 100:04d}-{one % 100:02d}" for one in months.tolist()),
            "iso_week": calendar.iso_week,
            "segment": segment[first].astype(np.int32),
            "further_session": calendar.segment_owner[later].astype(np.int32),
            "further_segment": segment[later].astype(np.int32),
            "segments": segments,
        }
    )


@dataclass(frozen=True)
class Cut:
    """Places that a smaller budget does not buy.

    Attributes
    ----------
    places : ndarray of shape (n_sessions,), int64
        Of each session, how many go.
    bought : int
        Pence that all places of the sessions cost.
    wanted, saved : int
        Pence that should go, and that go with these places.
    """

    places: Integers
    bought: int
    wanted: int
    saved: int


def cut_places(
    capacity: Integers, places_left: Integers, cost: Integers, *, old_budget: int, new_budget: int
) -> Cut:
    """Buy fewer places, the least used sessions first, and take none from a child.

    Parameters
    ----------
    capacity, places_left, cost : ndarray of shape (n_sessions,), int64
        Places bought, those of them that nobody has, and pence of one.
    old_budget, new_budget : int
        Pence; the old one is more than 0 and no less than the new one.

    Returns
    -------
    Cut
        It saves less than wanted where too few places are left.

    Notes
    -----
    What is bought falls in the proportion of the budgets. Sessions give up the places that are
    left in the order of their use (taken for each place), ties by the dearer place, then by the
    later position; of the last one as many as are needed, rounded up.
    """
    if not 0 <= new_budget <= old_budget or not old_budget:
        raise InvalidProblem("budgets must be 0 <= new_budget <= old_budget, the old one not 0")
    left = np.clip(places_left, 0, capacity)
    bought = int((capacity * cost).sum())
    wanted = bought * (old_budget - new_budget) // old_budget
    used = np.divide(capacity - left, capacity, out=np.ones(len(cost)), where=capacity > 0)
    places, saved = np.zeros(len(cost), dtype=np.int64), 0
    for at in np.lexsort((-np.arange(len(cost)), -cost, used)).tolist():
        price = int(cost[at])
        if price <= 0 or saved >= wanted:
            continue
        places[at] = min(int(left[at]), -((saved - wanted) // price))
        saved += int(places[at]) * price
    return Cut(places, bought, wanted, saved)
