"""The engine beside an independent oracle, over far more pairs than the tests have time for.

`python -m tests.benchmarks.oracle --pairs 100000 --seed 0` draws small worlds full of the dates and
times that go wrong, and compares for every pair of child and session: the set of all blocking
reasons, the support state, each arrangement chosen, funding, price and distance; that reasons add
up to the score within 1e-6, alone, in a list and among many; and that another order of rows
changes no answer. It prints how often each thing occurred, and the differences: there must be
none, and nothing that never occurred, else it exits with 1. Expected: 100,000 pairs in two minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random

from tests.matching.agreement import MUST_OCCUR, compare, compare_answers, compare_orders
from tests.matching.worlds import draw_world

MOST_SHOWN = 10


def main() -> None:
    """Compare and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first world")
    arguments = parser.parse_args()

    seen: Counter[str] = Counter()
    differences: dict[str, list[str]] = {"verdicts": [], "answers": [], "orders of rows": []}
    pairs, seed, began = 0, arguments.seed, time.perf_counter()
    while pairs < arguments.pairs:
        world = draw_world(Random(seed))
        differences["verdicts"] += compare(world, seen)
        differences["answers"] += compare_answers(world)
        differences["orders of rows"] += compare_orders(world, Random(seed))
        pairs += len(world.children) * len(world.sessions)
        seed += 1
    seconds = time.perf_counter() - began

    for name in (*MUST_OCCUR, *sorted(seen.keys() - set(MUST_OCCUR))):
        print(f"{seen[name]:>9,}  {name}")
    print(f"{pairs:,} pairs of {seed - arguments.seed:,} worlds in {seconds:.0f} s")
    for kind, found in differences.items():
        print(f"differences in {kind}: {len(found)}")
        for line in found[:MOST_SHOWN]:
            print(f"  {line}")
    unseen = [name for name in MUST_OCCUR if not seen[name]]
    if unseen:
        print(f"never occurred: {', '.join(unseen)}")
    sys.exit(bool(unseen) or any(differences.values()))


if __name__ == "__main__":
    main()
