"""Support first: how each need of a child is met in each session, and what must be arranged.

What is offered is judged per distinct offer profile; only what no profile meets is looked at per
session, because lead times and weekly places depend on when the session is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.catalogue import Catalogue
from matching.codes import NEED_CODES
from matching.local_time import DAY_US, to_microseconds
from matching.offers import AUTHORITY, LIMITED, NOTHING, PROVIDER, TOO_LATE
from matching.problem import Child, Live, SupportService
from matching.result import Arrangement

MET_BY: Final = ("provided", "limited", "provider", "authority", "too_late", "nothing")

# An arrangement in one number whose order is the order of choice: cost, lead days, source.
_COST_STEP: Final = 1 << 22
_NO_WAY: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class NeedAnswer:
    """How one need is met in each session of a span.

    Attributes
    ----------
    how : ndarray of shape (n,), uint8
        `PROVIDED` to `NOTHING`, see `offers`; `MET_BY` names them.
    chosen : ndarray of shape (n,), int64
        The arrangement, coded; only meant where `how` is `PROVIDER` or `AUTHORITY`.
    """

    how: NDArray[np.uint8]
    chosen: NDArray[np.int64]

    def terms(self, at: int) -> tuple[int, int]:
        """Give the terms of the arrangement at one session.

        Parameters
        ----------
        at : int
            Position within the span.

        Returns
        -------
        tuple of int
            Lead days, and cost in pence.
        """
        code = int(self.chosen[at])
        return code % _COST_STEP >> 1, code // _COST_STEP


@dataclass(frozen=True, slots=True)
class Support:
    """The support of one child in each session of a span.

    Attributes
    ----------
    state : ndarray of shape (n,), uint8
        Position in `SUPPORT_STATES`.
    lacking, late : ndarray of shape (n,), bool
        Blocked because nothing meets an essential need; because it cannot be arranged in time.
    essential, helpful : mapping of int to NeedAnswer
        By need column.
    """

    state: NDArray[np.uint8]
    lacking: NDArray[np.bool_]
    late: NDArray[np.bool_]
    essential: Mapping[int, NeedAnswer]
    helpful: Mapping[int, NeedAnswer]

    def arrangements(self, at: int) -> tuple[Arrangement, ...]:
        """Give what must be arranged for the essential needs at one session.

        Parameters
        ----------
        at : int
            Position within the span.

        Returns
        -------
        tuple of Arrangement
            In the order of `NEED_CODES`; needs that nothing meets are left out.
        """
        found = []
        for need, answer in self.essential.items():
            how = int(answer.how[at])
            if how in {PROVIDER, AUTHORITY}:
                lead_days, cost_pence = answer.terms(at)
                found.append(Arrangement(NEED_CODES[need], MET_BY[how], lead_days, cost_pence))
        return tuple(found)


def judge_support(catalogue: Catalogue, child: Child, live: Live, span: slice) -> Support:
    """Judge every need of a child in every session of a span.

    Parameters
    ----------
    catalogue : Catalogue
    child : Child
    live : Live
    span : slice
        Of session indices.

    Returns
    -------
    Support

    Notes
    -----
    A need met by several means takes the first of: provided, limited, the cheapest arrangement
    that is possible in time, of these the one with the shortest lead, of these the provider's.
    """
    return SupportJudge(catalogue, live, span).judge(child)


class SupportJudge:
    """Judges the support of children in the sessions of a span; each need is looked up once.

    Parameters
    ----------
    catalogue : Catalogue
    live : Live
    span : slice
        Of session indices.
    """

    def __init__(self, catalogue: Catalogue, live: Live, span: slice) -> None:
        self._catalogue, self._live, self._span = catalogue, live, span
        self._answers: dict[int, NeedAnswer] = {}
        self._whole: SupportJudge | None = None

    def within(self, span: slice) -> SupportJudge:
        """Give a judge of a part of the span, which shares what is looked up.

        Parameters
        ----------
        span : slice
            Of session indices, inside the whole.

        Returns
        -------
        SupportJudge
        """
        part = SupportJudge(self._catalogue, self._live, span)
        part._whole = self
        return part

    def judge(self, child: Child) -> Support:
        """Judge one child; see `judge_support`.

        Parameters
        ----------
        child : Child

        Returns
        -------
        Support
        """
        essential = {need: self._answer_to(need) for need in child.essential_needs()}
        helpful = {need: self._answer_to(need) for need in child.helpful_needs()}
        count = self._span.stop - self._span.start
        lacking = np.zeros(count, dtype=np.bool_)
        late = np.zeros(count, dtype=np.bool_)
        state = np.zeros(count, dtype=np.uint8)
        for answer in essential.values():
            lacking |= answer.how == NOTHING
            late |= answer.how == TOO_LATE
            state |= (answer.how >= PROVIDER).view(np.uint8)
        if essential:
            state[lacking | late] = 2
        return Support(state, lacking, late, essential, helpful)

    def _answer_to(self, need: int) -> NeedAnswer:
        answer = self._answers.get(need)
        if answer is None:
            if self._whole is None:
                answer = _answer(self._catalogue, need, self._live, self._span)
            else:
                first = self._whole._span.start
                here = slice(self._span.start - first, self._span.stop - first)
                whole = self._whole._answer_to(need)
                answer = NeedAnswer(whole.how[here], whole.chosen[here])
            self._answers[need] = answer
        return answer


def _answer(catalogue: Catalogue, need: int, live: Live, span: slice) -> NeedAnswer:
    profiles, sessions = catalogue.profiles, catalogue.sessions
    profile = sessions.profile[span]
    how = profiles.first_means[:, need][profile]
    _use_up_limited(how, profiles.limited[:, need], profile, live.limited_taken, need, span)

    chosen = np.zeros(len(how), dtype=np.int64)
    unmet = np.flatnonzero(how == NOTHING)
    if not unmet.size:
        return NeedAnswer(how, chosen)
    notice_us = sessions.starts_us[span][unmet] - to_microseconds(live.now)
    best = np.full(len(unmet), _NO_WAY, dtype=np.int64)
    exists = np.zeros(len(unmet), dtype=np.bool_)
    for option in range(len(profiles.lead_days)):
        lead_of_profile = profiles.lead_days[option, :, need].astype(np.int64)
        if not (lead_of_profile >= 0).any():
            continue
        lead = lead_of_profile[profile[unmet]]
        code = profiles.cost_pence[option, :, need] * _COST_STEP + lead_of_profile * 2
        offered = lead >= 0
        possible = offered & (lead * DAY_US <= notice_us)
        best = np.where(possible, np.minimum(best, code[profile[unmet]]), best)
        exists |= offered
    for service in live.services:
        if NEED_CODES[need] != service.need:
            continue
        open_week = has_place(service, sessions.iso_week[span][unmet])
        possible = open_week & (service.lead_days * DAY_US <= notice_us)
        code_of_service = service.cost_pence * _COST_STEP + service.lead_days * 2 + 1
        best = np.where(possible, np.minimum(best, code_of_service), best)
        exists |= open_week
    arranged = best < _NO_WAY
    how[unmet] = np.where(
        arranged, PROVIDER + (best & 1), np.where(exists, TOO_LATE, NOTHING)
    ).astype(np.uint8)
    chosen[unmet] = np.where(arranged, best, 0)
    return NeedAnswer(how, chosen)


def _use_up_limited(
    how: NDArray[np.uint8],
    limited: NDArray[np.int32],
    profile: NDArray[np.int32],
    taken: NDArray[np.int64],
    need: int,
    span: slice,
) -> None:
    """Turn limited offers of which none is left into nothing, in place."""
    rows = taken[(taken[:, 1] == need) & (taken[:, 0] >= span.start) & (taken[:, 0] < span.stop)]
    for session, _, count in rows.tolist():
        at = session - span.start
        if how[at] == LIMITED and count >= limited[profile[at]]:
            how[at] = NOTHING


def has_place(service: SupportService, iso_week: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell in which weeks the authority's service has a place left.

    Parameters
    ----------
    service : SupportService
    iso_week : ndarray of shape (n,), int32
        Year * 100 + week.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    if service.per_week is None:
        return np.ones(len(iso_week), dtype=np.bool_)
    if service.per_week <= 0:
        return np.zeros(len(iso_week), dtype=np.bool_)
    full = [week for week, taken in service.taken.items() if taken >= service.per_week]
    return np.isin(iso_week, full, invert=True)
