"""How fast places are given out, beside the same flow in bare OR-tools and the same in HiGHS.

`python -m tests.benchmarks.allocation` draws an authority's month, 8,000 children x 800 sessions
with 20 to 60 options each, in clusters and with favourites, at 0.8, 1.0 and 1.25 children a place.
It prints medians, and ratios taken side by side in each turn. Expected: coverage and value with
the certificate in at most 1.3 times what bare `SimpleMinCostFlow` takes on the same full graph, at
least 40 times faster than HiGHS simplex, with the same objective to the unit; the whole objective
(waiting bands, supported places, lottery) in under 3 s; a declined place repaired in under 50 ms;
under 1 GiB. HiGHS takes up to a minute; `--no-highs` leaves it out. `--siblings` adds siblings and
minimum sizes.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from scipy.optimize import linprog
from scipy.sparse import coo_array

from matching import (
    AllocationProblem,
    allocate,
    check_allocation,
    explain_allocation,
    first_come,
    pure_lottery,
    repair,
)

LOADS = (0.8, 1.0, 1.25)


def draw_month(
    seed: int, n_children: int, n_sessions: int, load: float, *, ranked: bool = False
) -> AllocationProblem:
    """Draw children and sessions in clusters, favourites, bands and supported places."""
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, 30, (12, 2))
    homes = towns[rng.integers(12, size=n_children)] + rng.normal(0, 2.5, (n_children, 2))
    venues = towns[rng.integers(12, size=n_sessions)] + rng.normal(0, 2.5, (n_sessions, 2))
    km = np.hypot(*(homes[:, None, axis] - venues[None, :, axis] for axis in (0, 1)))
    liking = np.log(rng.pareto(1.5, n_sessions) + 0.2) - km / 4
    liking += rng.gumbel(size=(n_children, n_sessions))
    n_options = rng.integers(min(20, n_sessions), min(60, n_sessions) + 1, n_children)
    rank = np.argsort(np.argsort(-liking, axis=1), axis=1)
    child, session = np.nonzero(rank < n_options[:, None])
    spread = 500 + 100 * rng.normal(size=len(child)) + 50 * liking[child, session]
    value = np.clip(spread, 0, 1_000).astype(np.int64)
    if ranked:
        # Three choices in order, and nothing to tell the others apart.
        value = np.maximum(0, 3 - rank[child, session])
    capacity = rng.integers(4, 31, n_sessions) * (n_children / load / (17 * n_sessions))
    capacity = np.maximum(1, np.rint(capacity)).astype(np.int64)
    supported = np.arange(0, n_sessions, 2)
    pool = np.full(n_sessions, -1)
    pool[supported] = np.arange(len(supported))
    needs = rng.random(n_children) < 0.3
    return AllocationProblem(
        child_ids=[UUID(int=int(one)) for one in rng.permutation(n_children)],
        band=rng.integers(0, 4, n_children),
        session_ids=[UUID(int=int(one)) for one in rng.permutation(n_sessions)],
        capacity=capacity,
        pair_child=child,
        pair_session=session,
        pair_value=value,
        pair_pool=np.where(needs[child], pool[session], -1),
        pool_session=supported,
        pool_kind=np.zeros(len(supported), dtype=int),
        pool_capacity=capacity[supported] // 3,
        seed=seed,
    )


def plain(problem: AllocationProblem) -> AllocationProblem:
    """Leave out bands and supported places: what the bare flow is given."""
    return replace(
        problem,
        band=np.zeros_like(problem.band),
        pair_pool=[],
        pool_session=[],
        pool_kind=[],
        pool_capacity=[],
    )


def bare_flow(problem: AllocationProblem) -> tuple[int, int]:
    """Solve coverage and value by OR-tools alone; give both."""
    n_children, n_sessions = len(problem.child_ids), len(problem.session_ids)
    n_pairs = len(problem.pair_child)
    source = n_children + n_sessions
    flow = SimpleMinCostFlow()
    everybody, every_session = np.arange(n_children), n_children + np.arange(n_sessions)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate((np.full(n_children, source), problem.pair_child, every_session)),
        np.concatenate(
            (everybody, n_children + problem.pair_session, np.full(n_sessions, source + 1))
        ),
        np.concatenate((np.ones(n_children + n_pairs, dtype=np.int64), problem.capacity)),
        np.concatenate(
            (
                np.zeros(n_children, dtype=np.int64),
                -problem.pair_value,
                np.zeros(n_sessions, dtype=np.int64),
            )
        ),
    )
    flow.set_node_supply(source, n_children)
    flow.set_node_supply(source + 1, -n_children)
    if flow.solve_max_flow_with_min_cost() != SimpleMinCostFlow.Status.OPTIMAL:
        raise RuntimeError("the bare flow was not solved")
    used = np.asarray(flow.flows(arcs))[n_children : n_children + n_pairs] > 0
    return int(used.sum()), int(problem.pair_value[used].sum())


def highs_simplex(problem: AllocationProblem) -> tuple[int, int]:
    """Solve the same by HiGHS simplex, with a weight on coverage that outweighs all value."""
    n_pairs = len(problem.pair_child)
    n_children, n_sessions = len(problem.child_ids), len(problem.session_ids)
    rows = np.concatenate((problem.pair_child, n_children + problem.pair_session))
    columns = np.tile(np.arange(n_pairs), 2)
    shape = (n_children + n_sessions, n_pairs)
    coverage = int(problem.pair_value.max()) * (n_sessions + 2)
    answer = linprog(
        -(problem.pair_value + coverage).astype(float),
        A_ub=coo_array((np.ones(2 * n_pairs), (rows, columns)), shape=shape).tocsr(),
        b_ub=np.concatenate((np.ones(n_children), problem.capacity)),
        bounds=(0, 1),
        method="highs-ds",
    )
    used = np.rint(answer.x).astype(bool)
    return int(used.sum()), int(problem.pair_value[used].sum())


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Call once; give the seconds and the answer."""
    started = time.perf_counter()
    answer = work()
    return time.perf_counter() - started, answer


def measure_flow(problem: AllocationProblem, turns: int) -> float:
    """Time the plain problem beside the bare flow; print, and give our median."""
    ours, bare, whole = [], [], []
    for _ in range(turns):
        seconds, flow = timed(lambda: bare_flow(problem))
        bare.append(seconds)
        making, fresh = timed(lambda: replace(problem))
        seconds, allocation = timed(lambda fresh=fresh: allocate(fresh, lottery=False))
        ours.append(seconds)
        whole.append(making + seconds)
    if allocation.reached != flow or not check_allocation(problem, allocation).proved:
        raise RuntimeError("the flows differ")
    ratio = statistics.median(a / b for a, b in zip(ours, bare, strict=True))
    with_problem = statistics.median(a / b for a, b in zip(whole, bare, strict=True))
    print(
        f"  coverage and value, certificate  {statistics.median(ours):7.3f} s\n"
        f"  bare OR-tools                    {statistics.median(bare):7.3f} s   "
        f"ratio {ratio:.2f}, {with_problem:.2f} with making the problem; placed, value {flow}"
    )
    return statistics.median(ours)


def measure_whole(problem: AllocationProblem, turns: int, name: str) -> None:
    """Time the whole objective and what follows it; print."""
    whole = [timed(lambda: allocate(problem)) for _ in range(turns)]
    allocation = whole[-1][1]
    checking, verdict = timed(lambda: check_allocation(problem, allocation))
    explaining, refusals = timed(lambda: explain_allocation(problem, allocation))
    repairs = []
    for child in np.flatnonzero(allocation.placed)[:: len(allocation.placed) // 20 or 1].tolist():
        repairs.append(
            timed(lambda child=child: repair(problem, allocation.pair_of_child, [child]))[0]
        )
    order = np.random.default_rng(1).permutation(len(problem.child_ids)).tolist()
    fewer = [int((plan >= 0).sum()) for plan in (first_come(problem, order), pure_lottery(problem))]
    print(
        f"  whole objective, {name:<15} {statistics.median(s for s, _ in whole):7.3f} s   "
        f"proved {verdict.proved}, reached {allocation.reached}\n"
        f"    check {checking:.3f} s, explain {explaining:.3f} s for {len(refusals.child):,} rows, "
        f"repair {statistics.median(repairs) * 1e3:.1f} ms (worst {max(repairs) * 1e3:.1f}); "
        f"first come places {fewer[0]:,}, a pure lottery {fewer[1]:,}"
    )


def measure_siblings(problem: AllocationProblem, time_limit_s: float) -> None:
    """Bind 480 pairs of neighbours and give a tenth of the sessions a minimum; print."""
    rng = np.random.default_rng(3)
    group = np.full(len(problem.child_ids), -1)
    options: list[set[int]] = [set() for _ in problem.child_ids]
    for child, session in zip(problem.pair_child, problem.pair_session, strict=True):
        options[child].add(int(session))
    waiting = rng.permutation(len(group)).tolist()
    for number in range(min(480, len(group) // 16)):
        child = waiting.pop()
        # Siblings live together, so they could go to much the same.
        sibling = max(waiting[:300], key=lambda one: len(options[one] & options[child]))
        waiting.remove(sibling)
        group[[child, sibling]] = number
    for name, rules in (
        ("siblings", {"group": group}),
        ("minimum sizes", {"minimum": np.where(rng.random(len(problem.capacity)) < 0.1, 4, 0)}),
    ):
        bound = replace(problem, **rules)
        seconds, allocation = timed(lambda bound=bound: allocate(bound, time_limit_s=time_limit_s))
        breaches = check_allocation(bound, allocation).breaches
        print(
            f"  {name:<32} {seconds:7.3f} s   gap {allocation.gap}, breaches {breaches}, "
            f"reached {allocation.reached}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    parser.add_argument("--sessions", type=int, default=800)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--no-highs", action="store_true")
    parser.add_argument("--siblings", type=float, metavar="SECONDS", default=0.0)
    asked = parser.parse_args()
    for load in LOADS:
        problem = draw_month(1, asked.children, asked.sessions, load)
        print(
            f"{asked.children:,} children x {asked.sessions} sessions, {load} a place, "
            f"{len(problem.pair_child):,} pairs"
        )
        ours = measure_flow(plain(problem), asked.turns)
        if not asked.no_highs:
            seconds, reached = timed(lambda problem=problem: highs_simplex(plain(problem)))
            same = reached == bare_flow(plain(problem))
            print(
                f"  HiGHS simplex                    {seconds:7.3f} s   "
                f"{seconds / ours:.0f} times ours, same objective: {same}"
            )
        measure_whole(problem, asked.turns, "values")
        ranked = draw_month(1, asked.children, asked.sessions, load, ranked=True)
        measure_whole(ranked, asked.turns, "three choices")
        if asked.siblings:
            measure_siblings(problem, asked.siblings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
