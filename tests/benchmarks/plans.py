"""Plans with many candidate items: how long each takes and which gap is proven.

    python -m tests.benchmarks.plans [--items 2000] [--children 8000]

Invented children in areas want what is missing there; items are new sessions, hoists, support
packages and transport, each serving children of its own area and some of its neighbours. Held
against: a plan under 30 seconds with a gap of 1 % at most. A second table leaves the integer
programme out, as for an instance that is too large for it.
"""

import argparse
import time
import zlib

import numpy as np

from matching.gaps.planning import PlanProblem, curve, make_plan
from matching.gaps.planning_greedy import greedy

N_CONCEPTS, N_OUTCODES, N_NEEDS = 80, 20, 10
# Of a need met at an activity, a month of transport, more places; and of a new session.
POUNDS = {
    "need": (300, 1200),
    "transport": (600, 2500),
    "places": (150, 700),
    "session": (300, 1500),
}


def make_problem(n_items: int, n_children: int, *, budget: int, seed: int) -> PlanProblem:
    """Invent an authority's gaps: each unmet want has a reason, and items for reasons close it."""
    rng = np.random.default_rng(seed)
    home = rng.uniform(0, 30, (n_children, 2))
    centre = rng.uniform(0, 30, (N_OUTCODES, 2))
    outcode = np.linalg.norm(home[:, None] - centre[None], axis=2).argmin(axis=1)
    reach_km = rng.choice([4, 8, 15, 40], n_children, p=[0.2, 0.4, 0.3, 0.1])
    free_days = rng.random((n_children, 7)) < 0.5
    popular = 1 / np.arange(1, N_CONCEPTS + 1) ** 0.9
    wants_of_child = rng.poisson(1.2, n_children)
    child = np.repeat(np.arange(n_children), wants_of_child)
    concept = rng.choice(N_CONCEPTS, len(child), p=popular / popular.sum())
    reason = rng.choice(["nothing", "need", "distance", "full"], len(child), p=[0.4, 0.3, 0.2, 0.1])
    need = rng.integers(0, N_NEEDS, len(child))
    venue = rng.integers(0, 3, len(child))
    found: dict[tuple[object, ...], set[int]] = {}
    for at, one in enumerate(child.tolist()):
        about = (int(concept[at]), int(venue[at]))
        if reason[at] == "need":
            found.setdefault(("need", int(need[at]), *about), set()).add(one)
        elif reason[at] == "full":
            found.setdefault(("places", *about), set()).add(one)
        elif reason[at] == "distance":
            found.setdefault(("transport", int(outcode[one])), set()).add(one)
        if reason[at] == "need" and need[at] > 2:
            continue
        near = np.linalg.norm(centre - home[one], axis=1) <= reach_km[one]
        for place in np.flatnonzero(near).tolist():
            for day in np.flatnonzero(free_days[one]).tolist():
                key = ("session", int(concept[at]), place, day)
                found.setdefault(key, set()).add(one)
    # Those that would serve most are candidates.
    items = sorted(found, key=lambda key: (-len(found[key]), str(key)))[:n_items]
    pairs = [(item, one) for item, key in enumerate(items) for one in sorted(found[key])]
    places = {"need": (4, 13), "places": (2, 9), "transport": (8, 17), "session": (6, 13)}
    return PlanProblem(
        item_cost=np.array([rng.integers(*POUNDS[str(key[0])]) * 100 for key in items]),
        item_capacity=np.array([rng.integers(*places[str(key[0])]) for key in items]),
        child_weight=rng.integers(1, 13, n_children),
        pair_item=np.array([item for item, _ in pairs]),
        pair_child=np.array([one for _, one in pairs]),
        budget=budget,
        item_provider=np.array([hash_of(key) % 40 for key in items]),
        item_area=np.array([hash_of(key) // 40 % N_OUTCODES for key in items]),
        most_providers=25,
        areas=tuple(range(N_OUTCODES)),
    )


def hash_of(key: tuple[object, ...]) -> int:
    """Give a number that is the same in every process."""
    return zlib.crc32(repr(key).encode())


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
    points = curve(problem, plan, [problem.budget * part // 6 for part in range(1, 6)], gap=0.03)
    print(
        f"curve of {len(points)} budgets: {time.perf_counter() - started:.1f} s,",
        "gaps %",
        ", ".join(f"{(1 - one.weight / one.bound) * 100:.2f}" for one in points),
    )


if __name__ == "__main__":
    main()
