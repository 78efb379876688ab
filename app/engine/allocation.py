"""An authority judged as a whole, and its places given out, as the rooms above need it.

`AllocationProblem` and what is made of it are matching's own; they pass through here so that the
rooms above need not import it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

import matching
from app.engine.problem import Holdings, Situation
from app.engine.service import NEED_COLUMNS, make_live
from app.engine.warm import WarmCatalogue
from matching import (
    REFUSAL_CAUSES,
    Allocation,
    AllocationProblem,
    Arrangement,
    Child,
    EquityRow,
    Repair,
    equity,
    first_come,
    pure_lottery,
    second_round,
)

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

NONE: Final = -1
# A score of 1 as an integer.
SCORE_OF_ONE: Final = 100_000
FUNDING_BIT: Final = {funding: 1 << bit for bit, funding in enumerate(matching.FUNDINGS)}
# Of `Support.essential`: met as it is, met by a limited place, arranged by the authority.
PROVIDED: Final = 0
LIMITED: Final = 1
AUTHORITY: Final = 3
# Pairs a child, among which is looked for what else runs out once something has.
CLOSEST: Final = 10
TIME_BIT: Final = 1 << matching.BLOCKING_REASONS.index("time")


class NotProved(Exception):
    """The independent checker found something wrong with an allocation; it is never kept."""


@dataclass(frozen=True)
class Judged:
    """Every child against every session of a span of one month."""

    session_ids: Sequence[UUID]
    starts_us: Integers
    ends_us: Integers
    iso_week: Integers
    places_left: Integers
    # By funding: whether the session and the child's entitlement allow it, (n_children, n).
    funded_by: Mapping[str, Mask]
    blocked: NDArray[np.uint16]
    # In units of `1 / SCORE_OF_ONE`.
    score: NDArray[np.int32]
    # By need column: how each session would meet it, and its limited places left.
    how: Mapping[int, NDArray[np.uint8]]
    limited_left: Mapping[int, Integers]
    # Which needs are essential to which child, of shape (n_children, n_needs).
    essential: Mask


def judge_everybody(
    warm: WarmCatalogue,
    children: Sequence[tuple[Child, Holdings]],
    *,
    situation: Situation,
    starts_from: datetime,
    starts_before: datetime,
    now: datetime,
) -> Judged:
    """Judge all children against the sessions of a span within a month, in one pass."""
    live = make_live(warm, situation, now=now)
    arrays = warm.arrays
    span = arrays.span(starts_from, starts_before)
    judged = matching.judge_many(arrays, children, live, span=span, weights=warm.weights)
    essential = np.zeros((len(children), len(matching.NEED_CODES)), dtype=bool)
    for position, (child, _) in enumerate(children):
        essential[position, list(child.essential_needs())] = True
    wanted = np.flatnonzero(essential.any(axis=0))
    how = _how_needs_are_met(warm, live, span, wanted)
    # In place: a score for each pair is the most that is kept of an authority.
    score = np.multiply(judged.score, SCORE_OF_ONE, out=judged.score)
    return Judged(
        session_ids=arrays.session_ids[span],
        starts_us=arrays.sessions.starts_us[span],
        ends_us=arrays.sessions.ends_us[span],
        iso_week=arrays.sessions.iso_week[span].astype(np.int64),
        places_left=np.maximum(live.places_left[span], 0).astype(np.int64),
        funded_by={name: judged.funding & bit != 0 for name, bit in FUNDING_BIT.items()},
        blocked=judged.mask,
        score=np.rint(score, out=score).astype(np.int32),
        how=how,
        limited_left={need: _limited_left(warm, live, span, need) for need in how},
        essential=essential,
    )


def _how_needs_are_met(
    warm: WarmCatalogue, live: matching.Live, span: slice, wanted: Integers
) -> dict[int, NDArray[np.uint8]]:
    """Ask of each need that any child has how each session meets it: it is the same for all."""
    codes = [code for code, column in NEED_COLUMNS.items() if column in wanted]
    everything = Child(date(2000, 1, 1), needs=tuple(matching.Need(code) for code in codes))
    support = matching.eligible(warm.arrays, everything, Holdings(), live, span).support
    return {need: answer.how for need, answer in support.essential.items()}


def _limited_left(warm: WarmCatalogue, live: matching.Live, span: slice, need: int) -> Integers:
    sessions, profiles = warm.arrays.sessions, warm.arrays.profiles
    left = profiles.limited[:, need][sessions.profile[span]].astype(np.int64)
    for session, of_need, count in live.limited_taken.tolist():
        if of_need == need and span.start <= session < span.stop:
            left[session - span.start] -= count
    return np.maximum(left, 0)


def blocking_reasons(mask: int) -> list[str]:
    """Name the blocking reasons of a mask."""
    return [name for bit, name in enumerate(matching.BLOCKING_REASONS) if mask >> bit & 1]


@dataclass(frozen=True)
class Draws:
    """Support that pairs take beside the pool they draw on, of stocks that several sessions share
    or that a second need of the child takes from: which pair, which stock, and how much is left.
    """

    pair: Integers
    stock: Integers
    left: Integers

    def used(self, given: Mask) -> Integers:
        """Count what given pairs take of each stock."""
        return np.bincount(self.stock[given[self.pair]], minlength=len(self.left))


@dataclass(frozen=True)
class Solved:
    """An allocation that has been checked, and what none can surpass."""

    problem: AllocationProblem
    allocation: Allocation
    # Of the problem as it was asked; that of the allocation, unless stocks ran out.
    bound: tuple[int, ...]
    # Whether prices prove it, by the independent checker.
    proved: bool
    # Of each stock, how much is taken.
    used: Integers

    @property
    def gap(self) -> tuple[str, int] | None:
        """Give the first level that is not proved and by how much it may fall short, or None."""
        names = self.allocation.level_names
        for name, reached, bound in zip(names, self.allocation.reached, self.bound, strict=True):
            if reached != bound:
                return name, bound - reached
        return None


def solve(problem: AllocationProblem, draws: Draws) -> Solved:
    """Give places out as well as can be, within what is left of all stocks, and check it.

    A stock that does not reach is kept for those who come first by waiting, value and lottery;
    the others are solved for without it. The first bound still holds, so the gap is proven.
    """
    kept = np.ones(len(problem.pair_child), dtype=bool)
    kept_for: dict[int, set[int]] = {}
    part, first, given = _solve_among(problem, kept)
    allocation = first
    near = np.zeros(len(kept), dtype=bool)
    while True:
        among = np.flatnonzero(kept)
        if not _close_what_is_short(problem, draws, kept, given, kept_for):
            break
        # What else runs out is looked for among the pairs that come closest; then all pairs show
        # whether that was all.
        near[among] |= matching.closest_pairs(part, allocation, CLOSEST * len(problem.child_ids))
        while True:
            _, _, given = _solve_among(problem, kept & near)
            if not _close_what_is_short(problem, draws, kept, given, kept_for):
                break
        part, allocation, given = _solve_among(problem, kept, promising=near)
    verdict = matching.check_allocation(part, allocation)
    if verdict.breaches:
        raise NotProved(verdict.breaches[0])
    proved = verdict.proved and first.bound == allocation.reached
    return Solved(part, allocation, first.bound, proved, draws.used(given))


def _solve_among(
    problem: AllocationProblem,
    kept: Mask,
    *,
    promising: Mask | None = None,
) -> tuple[AllocationProblem, Allocation, Mask]:
    """Solve with some of the pairs; tell which of all pairs are given."""
    positions = np.flatnonzero(kept)
    part = problem if len(positions) == len(kept) else problem.among(positions)
    start = None if promising is None else promising[positions]
    allocation = matching.allocate(part, promising=start)
    given = np.zeros(len(kept), dtype=bool)
    given[positions[allocation.pair_of_child[allocation.placed]]] = True
    return part, allocation, given


def _close_what_is_short(
    problem: AllocationProblem,
    draws: Draws,
    kept: Mask,
    given: Mask,
    kept_for: dict[int, set[int]],
) -> bool:
    """Keep each stock that does not reach for the first of those who use it; tell if one did."""
    short = np.flatnonzero(draws.used(given) > draws.left)
    for stock in short.tolist():
        _keep_for_the_first(problem, draws, kept, given, stock, kept_for)
    return bool(short.size)


def _keep_for_the_first(
    problem: AllocationProblem,
    draws: Draws,
    kept: Mask,
    given: Mask,
    stock: int,
    kept_for: dict[int, set[int]],
) -> None:
    """Keep a stock for the first of those who use it, and close it to everybody else.

    Were it left open to those who do not use it yet, they would move in as others are moved out.
    Whoever another stock is kept for comes after all others, or that one would be left unused;
    `kept_for` names the stocks kept for each child.
    """
    drawing = draws.pair[draws.stock == stock]
    users = np.unique(drawing[given[drawing]])
    child = problem.pair_child[users]
    # A pair may draw on several stocks: those that are kept for its child are used as well.
    elsewhere = [
        bool(kept_for.get(one, set()) - set(draws.stock[draws.pair == pair].tolist()))
        for one, pair in zip(child.tolist(), users.tolist(), strict=True)
    ]
    order = np.lexsort(
        (
            problem.child_position[child],
            -problem.pair_value[users],
            problem.band[child],
            elsewhere,
        )
    )
    first = child[order[: draws.left[stock]]]
    for one in first.tolist():
        kept_for.setdefault(one, set()).add(stock)
    kept[drawing[~np.isin(problem.pair_child[drawing], first)]] = False


def explain(solved: Solved) -> matching.Refusals:
    """Tell of every choice that a child did not get why that is so."""
    return matching.explain_allocation(solved.problem, solved.allocation)


def refill(problem: AllocationProblem, pair_of_child: Integers) -> Repair:
    """Find who is next for what is free, with nobody else moved, and check it."""
    found = matching.repair(problem, pair_of_child, [])
    verdict = matching.check_allocation(found.problem, found.allocation)
    if verdict.breaches:
        raise NotProved(verdict.breaches[0])
    return found


@dataclass(frozen=True)
class Look:
    """What stands against one pair now, and the support it takes."""

    blocking: Sequence[str]
    limited_needs: Sequence[str]
    arrangements: Sequence[Arrangement]
    family_stays: bool


def look_again(
    warm: WarmCatalogue,
    pairs: Sequence[tuple[Child, Holdings, UUID]],
    *,
    situation: Situation,
    now: datetime,
) -> list[Look]:
    """Judge some pairs as things stand for all of them at once, without scores."""
    live = make_live(warm, situation, now=now)
    stays = NEED_COLUMNS["family_stay"]
    # What is the same for all who look at a session is found once.
    everything = matching.SpanJudge(warm.arrays, live)
    judges: dict[int, matching.SpanJudge] = {}
    looks = []
    for child, holdings, session_id in pairs:
        at = warm.arrays.session_index[session_id]
        if at not in judges:
            judges[at] = everything.within(slice(at, at + 1))
        judged = judges[at].judge(child, holdings)
        support = judged.support
        limited = [need for need, one in support.essential.items() if one.how[0] == LIMITED]
        helpful = support.helpful.get(stays)
        looks.append(
            Look(
                blocking=blocking_reasons(int(judged.mask[0])),
                limited_needs=sorted(matching.NEED_CODES[need] for need in limited),
                arrangements=support.arrangements(0),
                family_stays=stays in support.essential
                or (helpful is not None and bool(helpful.how[0] == PROVIDED)),
            )
        )
    return looks


__all__ = [
    "REFUSAL_CAUSES",
    "Allocation",
    "AllocationProblem",
    "Arrangement",
    "Child",
    "Draws",
    "EquityRow",
    "Judged",
    "Look",
    "NotProved",
    "Repair",
    "Solved",
    "blocking_reasons",
    "equity",
    "explain",
    "first_come",
    "judge_everybody",
    "look_again",
    "pure_lottery",
    "refill",
    "second_round",
    "solve",
]
