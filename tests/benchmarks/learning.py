"""What learned weights are worth, on simulated bookings of which the truth is known.

`python -m tests.benchmarks.learning` draws bookings that go well with known chances, a third of the
attended ones unrated, and prints for several truths and sizes: how often the learned weights are
better than the default's and so used; the expected calibration error on held-back bookings, beside
what chance alone would give, and against the true chances; how many of those said to go well four
times in five really do; and the AUC beside the default's. Then it lets authorities learn every
week, and tells how soon weights are used, how often good ones are given up, and how soon they are
given up once they are wrong. Expected: two minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching import DEFAULT_WEIGHTS, MEASURES, LearnedWeights, Learning, learn
from matching.blend import probability
from matching.calibration import calibration_curve, calibration_error
from matching.weights import TAKING

Columns = dict[str, NDArray[np.float64]]

SIZES: Final = (400, 1_000, 4_000)
UNRATED: Final = 1 / 3
A_WEEK: Final = 60
WEEKS: Final = 26
WEEK_US: Final = 7 * 86_400_000_000
SIGNS: Final = np.array([-1.0 if name in TAKING else 1.0 for name in MEASURES])
DEFAULT: Final = np.array([getattr(DEFAULT_WEIGHTS, name) for name in MEASURES])


def as_default(of: Columns) -> NDArray[np.float64]:
    """Go by the default weights: there is nothing to learn."""
    score = np.column_stack([of[name] for name in MEASURES]) @ (SIGNS * DEFAULT)
    return probability(6 * (score + DEFAULT_WEIGHTS.base) - 3)


def near_friends(of: Columns) -> NDArray[np.float64]:
    """Go by who is there and how near it is, hardly by interest."""
    return probability(
        2.5 * of["distance"] + 3 * of["friends"] + 0.5 * of["interest"] - of["novelty"] - 1
    )


def only_together(of: Columns) -> NDArray[np.float64]:
    """Go well where it is liked and near at once: no sum of factors says so."""
    return probability(6 * of["interest"] * of["distance"] + 2 * of["friends"] - 2)


def by_threshold(of: Columns) -> NDArray[np.float64]:
    """Go well within half of the way, and where it is liked much: steps, not slopes."""
    return probability(3.0 * (of["distance"] > 0.5) + 1.5 * (of["interest"] > 0.6) - 1.5)


TRUTHS: Final = (as_default, near_friends, only_together, by_threshold)


class Bookings:
    """Past bookings that went as a truth says."""

    def __init__(
        self, n: int, truth: Callable[[Columns], NDArray[np.float64]], rng: np.random.Generator
    ) -> None:
        of = {name: rng.random(n) for name in MEASURES}
        of["ready"] = (rng.random(n) < 0.7) * 1.0
        of["arrange"], of["helpful_unmet"] = 1 - of["ready"], 1 - of["helpful_met"]
        of["friends"] = rng.choice([0.0, 0.0, 0.5], n)
        of["dislike"] *= rng.random(n) < 0.3
        self.measures = np.column_stack([of[name] for name in MEASURES])
        self.chance = truth(of)
        # To come and to like it: each half of the way has its chance.
        self.attended = rng.random(n) < np.sqrt(self.chance)
        self.liked = (rng.random(n) < np.sqrt(self.chance)) * 1.0
        self.liked[rng.random(n) < UNRATED] = np.nan
        self.starts_us = np.sort(rng.integers(0, WEEK_US * n // A_WEEK, n))

    def learn(
        self, until: int | None = None, in_use: LearnedWeights | None = None, saw_until_us: int = 0
    ) -> Learning:
        """Learn from the first so many."""
        return learn(
            self.measures[:until],
            self.attended[:until],
            self.liked[:until],
            self.starts_us[:until],
            in_use=in_use,
            in_use_saw_until_us=saw_until_us,
        )


def measure(
    truth: Callable[[Columns], NDArray[np.float64]], n: int, seed: int
) -> tuple[float, ...] | None:
    """Learn once, and hold what was learned to the truth."""
    rng = np.random.default_rng(seed)
    past = Bookings(n, truth, rng)
    found = past.learn()
    if found.weights is None or found.quality is None or found.default_quality is None:
        return None
    weights = SIGNS * np.array([getattr(found.weights, name) for name in MEASURES])
    said = probability(past.measures[found.n_training :] @ weights + found.weights.intercept)
    true = past.chance[found.n_training :]
    lucky = [(rng.random(len(said)) < said) * 1.0 for _ in range(20)]
    four_in_five = np.abs(said - 0.8) < 0.05
    return (
        found.verdict == "better",
        found.calibration_error or 0.0,
        float(np.mean([calibration_error(calibration_curve(said, one)) for one in lucky])),
        calibration_error(calibration_curve(said, true)),
        float(true[four_in_five].mean()) if four_in_five.sum() >= 5 else np.nan,
        found.quality.auc,
        found.default_quality.auc,
    )


def live_half_a_year_twice(first: str, then: str, seed: int) -> tuple[int | None, int | None, int]:
    """Learn every week, and change the truth halfway; tell what was used, and until when."""
    rng = np.random.default_rng(seed)
    truths = {one.__name__: one for one in TRUTHS}
    parts = [Bookings(A_WEEK * WEEKS, truths[name], rng) for name in (first, then)]
    both = parts[0]
    parts[1].starts_us += WEEK_US * WEEKS
    for name, later in vars(parts[1]).items():
        setattr(both, name, np.concatenate([getattr(both, name), later]))
    used: LearnedWeights | None = None
    saw_until, began, ended, given_up = 0, None, None, 0
    for week in range(1, 2 * WEEKS + 1):
        found = both.learn(int((both.starts_us < week * WEEK_US).sum()), used, saw_until)
        if found.verdict == "better":
            used, saw_until = found.weights, found.held_back_from_us or 0
            began = began or week
        elif used is not None and found.in_use is not None and not found.in_use.still_better:
            used = None
            if week <= WEEKS:
                given_up += 1
            else:
                ended = ended or week - WEEKS
    return began, ended, given_up


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)

    print("truth, bookings     used   error held back (by chance)  of the truth  of 0.8    AUC")
    for truth in TRUTHS:
        for n in SIZES:
            rows = [row for seed in seeds if (row := measure(truth, n, seed)) is not None]
            if not rows:
                continue
            used, error, chance, true, said, auc, default = np.nanmean(np.array(rows), axis=0)
            print(
                f"{truth.__name__:13} {n:>5,} {used:6.0%} {error:13.3f} ({chance:.3f}) "
                f"{true:18.3f} {said:10.3f}   {auc:.3f} against {default:.3f}"
            )
    print(f"\n{A_WEEK} bookings a week, learning every week, the truth changing after half a year")
    for first, then in (
        ("near_friends", "near_friends"),
        ("near_friends", "as_default"),
        ("as_default", "as_default"),
    ):
        for seed in seeds:
            began, ended, given_up = live_half_a_year_twice(first, then, seed)
            print(
                f"{first} then {then}, seed {seed}: used from week {began or '-'}, given up "
                f"{given_up} times while it was true, and {ended or '-'} weeks after it was not"
            )


if __name__ == "__main__":
    main()
