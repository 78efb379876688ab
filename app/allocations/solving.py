"""A round's months solved in their order, each knowing who got what before.

In each month every child can be given one free place first. What is left is then given to families
that asked for more, as long as there is entitlement and no overlap: as further free places where
more than one a month is allowed, then as contributory places; each time at most one a child.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.allocations.inputs import Inputs, band_of
from app.allocations.wishing import weigh
from app.allocations.yearly import YearlyUse
from app.clock import month_bounds
from app.codes import NEED_CODES
from app.engine.allocation import (
    AUTHORITY,
    LIMITED,
    NONE,
    TIME_BIT,
    AllocationProblem,
    Draws,
    Integers,
    Judged,
    Mask,
    Solved,
    judge_everybody,
    second_round,
    solve,
)
from app.engine.warm import WarmCatalogue

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FUNDINGS: Final = ("free", "contributory")
ONE_MICROSECOND: Final = timedelta(microseconds=1)
# Told before each stage of the work: what it is.
Step = Callable[[str], None]
# Support services: the places of a need in an ISO week (year * 100 + week).
Week = tuple[int, int]


@dataclass(frozen=True)
class Part:
    """One month and funding, solved."""

    month: str
    funding: str
    # How many of the funding a child may have been given before; and who may be given one more.
    number: int
    entitled: Mask
    judged: Judged
    # As it was asked, before anything was cut.
    problem: AllocationProblem
    solved: Solved

    def given(self) -> Iterator[tuple[int, int, int]]:
        """Give child, session and value of each place, in the order of children."""
        problem = self.solved.problem
        for child, pair in enumerate(self.solved.allocation.pair_of_child.tolist()):
            if pair != NONE:
                yield child, int(problem.pair_session[pair]), int(problem.pair_value[pair])


@dataclass
class Given:
    """What a run has given so far."""

    times: defaultdict[int, list[tuple[datetime, datetime]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    last_breaks: dict[UUID, datetime] = field(default_factory=dict)
    weeks: Counter[Week] = field(default_factory=Counter)
    # Limited places by need and session, whether or not a pool counts them.
    limited: Counter[tuple[int, UUID]] = field(default_factory=Counter)
    yearly: YearlyUse | None = None


def stages_of(months: int) -> int:
    """Count the stages of a run that is told of its steps: reading, three a month, three after."""
    return 1 + 3 * months + 3


def solve_round(inputs: Inputs, warm: WarmCatalogue, seed: int, step: Step) -> list[Part]:
    """Solve month after month."""
    given, parts = Given(yearly=YearlyUse(inputs)), list[Part]()
    for month in inputs.months:
        step(f"judging {month}")
        starts_from, starts_before = month_bounds(month)
        judged = judge(
            inputs, warm, month, given, starts_from=starts_from, starts_before=starts_before
        )
        first: Part | None = None
        for funding in FUNDINGS:
            step(f"{funding} places of {month}")
            asked = np.array(_asked(inputs, month, funding), dtype=np.int64)
            # Everybody may have one free place; every other is for a family that asked for it.
            for number in range(max(first is None, asked.max(initial=0))):
                part = solve_part(
                    *(inputs, judged, month, funding, given, seed),
                    number=number,
                    entitled=asked > number,
                    first=first,
                )
                _note(inputs, part, given)
                parts.append(part)
                first = part
                if not part.solved.allocation.placed.any():
                    break
    return parts


def judge(
    inputs: Inputs,
    warm: WarmCatalogue,
    month: str,
    given: Given,
    *,
    starts_from: datetime,
    starts_before: datetime,
) -> Judged:
    """Judge every child against the sessions of a span within a month."""
    return judge_everybody(
        warm,
        [
            (
                subject,
                inputs.holdings(profile, month, given.times.get(row, ()), held_by=inputs.held_by),
            )
            for row, (subject, profile) in enumerate(
                zip(inputs.subjects, inputs.profiles, strict=True)
            )
        ],
        situation=inputs.situation,
        starts_from=starts_from,
        starts_before=starts_before,
        now=inputs.as_of,
    )


def solve_part(
    inputs: Inputs,
    judged: Judged,
    month: str,
    funding: str,
    given: Given,
    seed: int,
    *,
    number: int,
    entitled: Mask,
    first: Part | None,
) -> Part:
    """Solve one month and funding: everybody's first place, or on what the part before has left."""
    mask, value, groups = weigh(inputs, judged, month, funding, further=first is not None)
    if given.yearly is not None:
        given.yearly.close(mask, judged.session_ids, month, funding)
    if first is not None:
        mask &= entitled[:, None]
        for child, times in given.times.items():
            for starts_at, ends_at in times:
                apart = (judged.starts_us >= _us(ends_at)) | (judged.ends_us <= _us(starts_at))
                mask[child] &= apart
    problem = pose(inputs, judged, month, mask, value, groups, given, seed)
    if first is not None:
        # The part before may itself have begun with less than the sessions have.
        same = replace(
            problem,
            capacity=first.solved.problem.capacity,
            pool_capacity=first.solved.problem.pool_capacity,
            minimum=first.solved.problem.minimum,
        )
        problem = second_round(same, first.solved.problem, first.solved.allocation.pair_of_child)
        problem = replace(problem, pool_capacity=_pools_left(judged, problem, given))
    solved = solve(problem, draw(judged, problem, given, inputs))
    return Part(month, funding, number, entitled, judged, problem, solved)


def pose(
    inputs: Inputs,
    judged: Judged,
    month: str,
    mask: Mask,
    value: NDArray[np.int32],
    groups: Integers,
    given: Given,
    seed: int,
) -> AllocationProblem:
    """Put children, sessions and pairs as a problem; a pair draws on its scarcest limited need."""
    child, session = np.nonzero(mask)
    pools = scarce_pools(judged)
    pool_of = {pool: number for number, pool in enumerate(pools)}
    left = np.array([judged.limited_left[need][at] for need, at in pools], dtype=np.int64)
    pair_pool = np.full(len(child), NONE)
    scarcest = np.full(len(child), np.iinfo(np.int64).max)
    for need in sorted(judged.how):
        number = np.full(len(judged.session_ids), NONE)
        for at in np.flatnonzero(judged.how[need] == LIMITED).tolist():
            number[at] = pool_of.get((need, at), NONE)
        drawn = judged.essential[child, need] & (number[session] != NONE)
        of_it = judged.limited_left[need][session]
        scarcer = drawn & (of_it < scarcest)
        pair_pool[scarcer], scarcest[scarcer] = number[session][scarcer], of_it[scarcer]
    breaks = inputs.last_breaks[month]
    bands = [
        band_of(_latest(breaks.get(one.id), given.last_breaks.get(one.id)), month)
        for one in inputs.profiles
    ]
    terms = [inputs.sessions.get(id_) for id_ in judged.session_ids]
    return AllocationProblem(
        child_ids=[profile.id for profile in inputs.profiles],
        band=np.array(bands, dtype=np.int64),
        session_ids=judged.session_ids,
        capacity=judged.places_left,
        pair_child=child,
        pair_session=session,
        pair_value=value[child, session].astype(np.int64),
        pair_pool=pair_pool,
        pool_session=np.array([at for _, at in pools], dtype=np.int64),
        pool_kind=np.array([need for need, _ in pools], dtype=np.int64),
        pool_capacity=left,
        group=groups,
        minimum=np.array(
            [max(0, one.min_group - one.taken) if one else 0 for one in terms], dtype=np.int64
        ),
        starts=judged.starts_us,
        ends=judged.ends_us,
        seed=seed,
    )


def scarce_pools(judged: Judged) -> list[tuple[int, int]]:
    """Name the limited places, by need and session, that could be wanted by more than there are.

    The others bind nobody. It depends on what was judged alone, so that all parts of a month have
    the same pools.
    """
    possible = judged.blocked & ~np.uint16(TIME_BIT) == 0
    pools = []
    for need in sorted(judged.how):
        wanted = possible[judged.essential[:, need]].sum(axis=0)
        fewest = np.minimum(wanted, judged.places_left)
        scarce = (judged.how[need] == LIMITED) & (fewest > judged.limited_left[need])
        pools += [(need, at) for at in np.flatnonzero(scarce).tolist()]
    return pools


def _pools_left(judged: Judged, problem: AllocationProblem, given: Given) -> Integers:
    """Count the supported places left, also without those that second needs have taken."""
    left = [
        judged.limited_left[need][at] - given.limited[need, judged.session_ids[at]]
        for need, at in zip(problem.pool_kind.tolist(), problem.pool_session.tolist(), strict=True)
    ]
    return np.maximum(np.array(left, dtype=np.int64), 0)


def draw(judged: Judged, problem: AllocationProblem, given: Given, inputs: Inputs) -> Draws:
    """Find what pairs take beside their pool: second limited needs, and the authority's weeks."""
    stocks: dict[tuple[int, ...], int] = {}
    left: list[int] = []
    pairs, numbers = [], []
    child, session = problem.pair_child, problem.pair_session
    pool_left = {
        (int(kind), int(at)): int(count)
        for kind, at, count in zip(
            problem.pool_kind, problem.pool_session, problem.pool_capacity, strict=True
        )
    }
    own = np.where(
        problem.pair_pool == NONE,
        NONE,
        problem.pool_kind[problem.pair_pool] if len(problem.pool_kind) else NONE,
    )

    def add(of_it: Integers, key: tuple[int, ...], count: int) -> None:
        if key not in stocks:
            stocks[key] = len(left)
            left.append(max(0, count))
        pairs.append(of_it)
        numbers.append(np.full(len(of_it), stocks[key]))

    for need, how in sorted(judged.how.items()):
        wanted = judged.essential[child, need]
        second = np.flatnonzero(wanted & (how[session] == LIMITED) & (own != need))
        for at in np.unique(session[second]).tolist():
            # Who draws on the same pool as its own takes from the stock as well.
            if (need, at) in pool_left:
                both = np.flatnonzero(wanted & (session == at))
                add(both, (need, at, 0), pool_left[need, at])
        arranged = np.flatnonzero(wanted & (how[session] == AUTHORITY))
        weeks = judged.iso_week[session[arranged]]
        for week in np.unique(weeks).tolist():
            free = _service_left(inputs, need, week) - given.weeks[need, week]
            add(arranged[weeks == week], (need, week), free)
    empty = np.empty(0, dtype=np.int64)
    return Draws(
        pair=np.concatenate([empty, *pairs]),
        stock=np.concatenate([empty, *numbers]),
        left=np.array(left, dtype=np.int64),
    )


def _service_left(inputs: Inputs, need: int, week: int) -> int:
    name = f"{week // 100}-W{week % 100:02d}"
    services = {
        str(one.id): one.per_week
        for one in inputs.situation.services
        if one.need == NEED_CODES[need]
    }
    taken = sum(
        used
        for id_, in_week, used in inputs.situation.taken.weeks
        if in_week == name and id_ in services
    )
    return sum(services.values()) - taken


def _asked(inputs: Inputs, month: str, funding: str) -> list[int]:
    """Count the places of a funding that each family has asked for and may still have."""
    counts = []
    for profile in inputs.profiles:
        found = inputs.lists.get(profile.id)
        asked = sum(
            one.month == month and one.funding == funding
            for one in (found.choices if found else ())
        )
        if asked:
            left = inputs.terms(profile, month).left(funding, inputs.used_by(profile, month))
            asked = asked if left is None else min(asked, left)
        counts.append(asked)
    return counts


def _note(inputs: Inputs, part: Part, given: Given) -> None:
    """Remember what a part has given, for those that come after it."""
    for child, session, _ in part.given():
        session_id = part.judged.session_ids[session]
        starts_at, ends_at = (
            EPOCH + int(times[session]) * ONE_MICROSECOND
            for times in (part.judged.starts_us, part.judged.ends_us)
        )
        given.times[child].append((starts_at, ends_at))
        child_id = inputs.profiles[child].id
        latest = _latest(given.last_breaks.get(child_id), starts_at)
        if latest is not None:
            given.last_breaks[child_id] = latest
        if given.yearly is not None:
            given.yearly.note(child, session_id, part.month, part.funding)
        week = int(part.judged.iso_week[session])
        for need, how in part.judged.how.items():
            if part.judged.essential[child, need] and how[session] == AUTHORITY:
                given.weeks[need, week] += 1
            if part.judged.essential[child, need] and how[session] == LIMITED:
                given.limited[need, session_id] += 1


def _us(moment: datetime) -> int:
    return (moment - EPOCH) // ONE_MICROSECOND


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
