"""Which sessions are open to a child: every blocking reason of every session as one bitmask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import GENDER_CODE, Catalogue, Sessions
from matching.codes import BLOCKING_REASONS, REASON_BIT
from matching.entitlement import open_fundings, terms_of_months
from matching.errors import InvalidProblem
from matching.local_time import date_number, to_microseconds
from matching.problem import Booked, Child, Holdings, Live, PolicyAges, Remaining, Window
from matching.scoring.distance import distances_km
from matching.scoring.preferences import Preferences, weigh_voices
from matching.scoring.timing import slack_s
from matching.support import Support, SupportJudge

_BIT: Final = {reason: np.uint16(bit) for reason, bit in REASON_BIT.items()}
_N_MASKS: Final = 1 << len(BLOCKING_REASONS)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What blocks a child from each session of a span, and what was found out on the way.

    Attributes
    ----------
    span : slice
        Of session indices; every array over sessions starts at its start.
    mask : ndarray of shape (n,), uint16
        Bit k set: `BLOCKING_REASONS[k]` blocks. 0 is eligible.
    support : Support
    distance_km : ndarray of shape (n_activities,), float64
        NaN when unknown.
    funding : ndarray of shape (n,), uint8
        Bits of what the activity allows and the child has left: 1 free, 2 contributory.
    slack_s : ndarray of shape (n,), int64, or None
        Seconds to spare around the session; None if the child is free at any time.
    preferences : Preferences
    """

    span: slice
    mask: NDArray[np.uint16]
    support: Support
    distance_km: NDArray[np.float64]
    funding: NDArray[np.uint8]
    slack_s: NDArray[np.int64] | None
    preferences: Preferences


def eligible(
    catalogue: Catalogue,
    child: Child,
    holdings: Holdings,
    live: Live,
    span: slice | None = None,
) -> Eligibility:
    """Judge one child against every session of a span.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    holdings : Holdings
    live : Live
    span : slice or None
        Of session indices, as `Catalogue.span` gives it; None: all.

    Returns
    -------
    Eligibility

    Raises
    ------
    InvalidProblem
        If `live` does not belong to the catalogue.

    Notes
    -----
    Every reason is judged, not only the first. O(n_sessions * n_needs + n_activities).
    """
    return SpanJudge(catalogue, live, span).judge(child, holdings)


class SpanJudge:
    """Judges children against the sessions of a span; what is the same for all is found once.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    span : slice or None
        Of session indices; None: all.

    Raises
    ------
    InvalidProblem
        If `live` does not belong to the catalogue.
    """

    def __init__(self, catalogue: Catalogue, live: Live, span: slice | None = None) -> None:
        _check_live(catalogue, live)
        sessions = catalogue.sessions
        span = slice(0, len(sessions.ids)) if span is None else span
        self._catalogue, self._live, self._span = catalogue, live, span
        self._activity = sessions.activity[span]
        self._support = SupportJudge(catalogue, live, span)
        self._policies = _ages_in_force(sessions, live.policies, span)
        self._of_all: NDArray[np.uint16] = _BIT["full"] * (live.places_left[span] <= 0)
        self._of_all |= _BIT["cancelled"] * sessions.cancelled[span]
        now_us = to_microseconds(live.now)
        started = int(np.searchsorted(sessions.starts_us[span], now_us, side="right"))
        self._of_all[:started] |= _BIT["past"]
        self._whole: SpanJudge | None = None
        self._slack: dict[tuple[Window, ...], NDArray[np.int64]] = {}
        self._fundings: dict[tuple[Remaining, ...], NDArray[np.uint8]] = {}

    def within(self, span: slice) -> SpanJudge:
        """Give a judge of a part of the span, which shares what is found about needs and hours.

        Parameters
        ----------
        span : slice
            Of session indices, inside the whole.

        Returns
        -------
        SpanJudge
        """
        part = SpanJudge(self._catalogue, self._live, span)
        part._support, part._whole = self._support.within(span), self
        return part

    def judge(self, child: Child, holdings: Holdings) -> Eligibility:
        """Judge one child; see `eligible`.

        Parameters
        ----------
        child : Child
        holdings : Holdings

        Returns
        -------
        Eligibility
            Its arrays are not to be written to: children who are alike share them.
        """
        catalogue, span = self._catalogue, self._span
        support = self._support.judge(child)
        distance_km = distances_km(catalogue.activities, child)
        preferences = weigh_voices(child.interests, catalogue.vocabulary)
        slack = self._slack_of(child.availability) if child.availability else None
        funding = self._funding_of(holdings)

        mask = _activity_mask(catalogue, child, distance_km, preferences)[self._activity]
        mask |= self._of_all
        mask |= _BIT["age"] * self._wrong_age(child)
        if support.essential:
            mask |= _BIT["need"] * support.lacking
            mask |= _BIT["lead_time"] * support.late
        if slack is not None:
            mask |= _BIT["time"] * (slack < 0)
        _mark_overlaps(mask, catalogue, holdings.booked, span)
        mask |= _BIT["entitlement"] * (funding == 0)
        return Eligibility(span, mask, support, distance_km, funding, slack, preferences)

    def _slack_of(self, windows: tuple[Window, ...]) -> NDArray[np.int64]:
        slack = self._slack.get(windows)
        if slack is None:
            if self._whole is None:
                slack = slack_s(self._catalogue.sessions, windows, self._span)
            else:
                first = self._whole._span.start
                here = slice(self._span.start - first, self._span.stop - first)
                slack = self._whole._slack_of(windows)[here]
            self._slack[windows] = slack
        return slack

    def _funding_of(self, holdings: Holdings) -> NDArray[np.uint8]:
        terms = tuple(terms_of_months(self._catalogue, holdings))
        funding = self._fundings.get(terms)
        if funding is None:
            funding = open_fundings(self._catalogue, holdings, self._span)
            self._fundings[terms] = funding
        return funding

    def _wrong_age(self, child: Child) -> NDArray[np.bool_]:
        sessions, span = self._catalogue.sessions, self._span
        born = date_number(child.date_of_birth)
        wrong = (born > sessions.born_until[span]) | (born <= sessions.born_from[span])
        # Two dates as numbers differ by ten thousand a whole year, also for a birthday on
        # 29 February: in a common year it is reached on 1 March.
        day = sessions.date_number[span]
        for policy, in_force in self._policies:
            outside = (day < born + policy.min_age * 10_000) | (
                day >= born + (policy.max_age + 1) * 10_000
            )
            wrong |= outside if in_force is None else outside & in_force
        return wrong


def count_blocked(mask: NDArray[np.uint16]) -> dict[str, int]:
    """Count sessions by their first blocking reason.

    Parameters
    ----------
    mask : ndarray of uint16

    Returns
    -------
    dict of str to int
        In the order of `BLOCKING_REASONS`, without those that block none.
    """
    by_mask = np.bincount(mask, minlength=_N_MASKS)
    counts = {}
    for bit, reason in enumerate(BLOCKING_REASONS):
        # Masks whose lowest bit is this one stand at odd multiples of it.
        first = int(by_mask[1 << bit :: 2 << bit].sum())
        if first:
            counts[reason] = first
    return counts


def reasons_of(mask: int) -> tuple[str, ...]:
    """Name the reasons of one mask.

    Parameters
    ----------
    mask : int

    Returns
    -------
    tuple of str
        In the order of `BLOCKING_REASONS`.
    """
    return tuple(reason for reason, bit in REASON_BIT.items() if mask & bit)


def policy_on(policies: tuple[PolicyAges, ...], day_number: int) -> PolicyAges:
    """Give the policy that holds on a date.

    Parameters
    ----------
    policies : tuple of PolicyAges
        Not empty, in any order.
    day_number : int
        YYYYMMDD.

    Returns
    -------
    PolicyAges
    """
    ordered = sorted(policies, key=lambda policy: policy.starts_on)
    begun = [policy for policy in ordered if date_number(policy.starts_on) <= day_number]
    return begun[-1] if begun else ordered[0]


def _check_live(catalogue: Catalogue, live: Live) -> None:
    count = len(catalogue.sessions.ids)
    if live.places_left.shape != (count,):
        raise InvalidProblem("live.places_left must have one entry for each session")
    taken = live.limited_taken
    if taken.size and (taken[:, 0].min() < 0 or taken[:, 0].max() >= count):
        raise InvalidProblem("live.limited_taken names a session outside the catalogue")


def _activity_mask(
    catalogue: Catalogue, child: Child, distance_km: NDArray[np.float64], preferences: Preferences
) -> NDArray[np.uint16]:
    activities = catalogue.activities
    wanted = activities.gender
    mask: NDArray[np.uint16] = _BIT["gender"] * (
        (wanted != 0) & (wanted != GENDER_CODE.get(child.gender, 255))
    )
    if child.max_km is not None:
        mask |= _BIT["distance"] * (distance_km > child.max_km)
    avoided = preferences.avoided()
    if avoided:
        mask |= _BIT["avoid"] * catalogue.interests.carrying(avoided)
    return mask


def _ages_in_force(
    sessions: Sessions, policies: tuple[PolicyAges, ...], span: slice
) -> list[tuple[PolicyAges, NDArray[np.bool_] | None]]:
    """Tell for each policy which sessions of a span are under it; None: all."""
    ordered = sorted(policies, key=lambda policy: policy.starts_on)
    if len(ordered) == 1:
        return [(ordered[0], None)]
    day = sessions.date_number[span]
    starts = [0, *(date_number(policy.starts_on) for policy in ordered[1:]), 100_000_000]
    in_force = (
        (policy, (begins <= day) & (day < ends))
        for policy, begins, ends in zip(ordered, starts[:-1], starts[1:], strict=True)
    )
    return [(policy, of_it) for policy, of_it in in_force if of_it.any()]


def _mark_overlaps(
    mask: NDArray[np.uint16], catalogue: Catalogue, booked: tuple[Booked, ...], span: slice
) -> None:
    starts, ends = catalogue.sessions.starts_us[span], catalogue.sessions.ends_us[span]
    for place in booked:
        begins, finishes = to_microseconds(place.starts_at), to_microseconds(place.ends_at)
        # No session that starts more than the longest one earlier can reach into the booking.
        low = int(np.searchsorted(starts, begins - catalogue.longest_us))
        high = int(np.searchsorted(starts, finishes))
        mask[low:high] |= _BIT["overlap"] * (ends[low:high] > begins)
