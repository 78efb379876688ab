"""Plans with many candidate items: how long each takes and which gap is proven.

    python -m tests.benchmarks.plans [--items 2000] [--children 8000]

Invented children in areas want what is missing there; items are new sessions, hoists, support
packages and transport, each serving children of its own area and some of its neighbours. Held
against: a plan under 30 seconds with a gap of 1 % at most. A second table leaves the integer
programme out, as for an instance that is too large for it.
"""

import argparse
import time

import numpy as np

from matching.gaps.planning import PlanProblem, curve, make_plan
from matching.gaps.planning_greedy import greedy

# Places, children who would be served, pounds.
KINDS = {
    "session": ((6, 16), (10, 60), (300, 1500)),
    "hoist": ((6, 12), (4, 25), (400, 900)),
    "package": ((1, 3), (2, 8), (150, 700)),
    "transport": ((20, 60), (10, 80), (800, 3000)),
}


def make_problem(n_items: int, n_children: int, *, budget: int, seed: int) -> PlanProblem:
    """Invent an authority's gaps."""
    rng = np.random.default_rng(seed)
    n_areas = 20
    area_of_child = rng.integers(0, n_areas, n_children)
    capacity, cost, area, provider = [], [], [], []
    pairs: list[tuple[int, int]] = []
    for item in range(n_items):
        places, serves, pounds = KINDS[list(KINDS)[item % len(KINDS)]]
        capacity.append(int(rng.integers(*places)))
        cost.append(int(rng.integers(*pounds)) * 100)
        area.append(int(rng.integers(0, n_areas)))
        provider.append(int(rng.integers(0, 60)))
        near = np.flatnonzero((area_of_child - area[-1]) % n_areas < 3)
        some = rng.choice(near, min(int(rng.integers(*serves)), len(near)), replace=False)
        pairs += [(item, int(child)) for child in some]
    return PlanProblem(
        item_cost=np.array(cost),
        item_capacity=np.array(capacity),
        child_weight=rng.integers(1, 13, n_children),
        pair_item=np.array([item for item, _ in pairs]),
        pair_child=np.array([child for _, child in pairs]),
        budget=budget,
        item_provider=np.array(provider),
        item_area=np.array(area),
        item_group=np.full(n_items, -1),
        most_providers=25,
        areas=tuple(range(n_areas)),
    )


def main() -> None:
    """Measure some budgets."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--items", type=int, default=2000)
    arguments.add_argument("--children", type=int, default=8000)
    chosen = arguments.parse_args()
    print("budget £ | pairs | s | items | children | gap % | by | greedy s | greedy gap %")
    for pounds in (25_000, 100_000, 250_000, 500_000):
        problem = make_problem(chosen.items, chosen.children, budget=pounds * 100, seed=1)
        started = time.perf_counter()
        plan = make_plan(problem, gap=0.005)
        planned = time.perf_counter() - started
        started = time.perf_counter()
        quick = greedy(problem, problem.children_of_items())
        greedy_s = time.perf_counter() - started
        short = (quick.bound - quick.total) / quick.bound * 100
        print(
            f"{pounds:8} | {len(problem.pair_item)} | {planned:.1f} | {len(plan.steps)} | "
            f"{len(plan.item_of_child)} | {plan.gap * 100:.2f} | {plan.method} | "
            f"{greedy_s:.1f} | {short:.2f}",
            flush=True,
        )
    started = time.perf_counter()
    points = curve(problem, plan, [problem.budget * part // 6 for part in range(1, 6)], gap=0.01)
    print(
        f"curve of {len(points)} budgets: {time.perf_counter() - started:.1f} s,",
        "gaps %",
        ", ".join(f"{(1 - one.weight / one.bound) * 100:.2f}" for one in points),
    )


if __name__ == "__main__":
    main()
