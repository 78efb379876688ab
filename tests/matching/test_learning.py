"""Learned weights: planted ones come back, nothing is turned round, the default is hard to beat."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
import pytest
from numpy.typing import NDArray

from matching import (
    DEFAULT_WEIGHTS,
    MEASURES,
    InUse,
    InvalidProblem,
    LearnedWeights,
    Learning,
    Weights,
    learn,
)
from matching.blend import probability
from matching.calibration import calibration_curve, calibration_error
from tests.matching.test_learned_scores import PLANTED, SIGNS


class Evidence:
    """Past bookings that went as some weights say."""

    def __init__(
        self, n: int, weights: Weights | LearnedWeights, seed: int, unrated: float = 0.0
    ) -> None:
        rng = np.random.default_rng(seed)
        columns = {name: rng.random(n) for name in MEASURES}
        columns["ready"] = (rng.random(n) < 0.7).astype(float)
        columns["arrange"] = 1 - columns["ready"]
        columns["helpful_unmet"] = 1 - columns["helpful_met"]
        columns["friends"] = rng.choice([0.0, 0.0, 0.5], n)
        columns["dislike"] *= rng.random(n) < 0.3
        self.measures = np.column_stack([columns[name] for name in MEASURES])
        log_odds = sum(
            SIGNS.get(name, 1.0) * getattr(weights, name) * columns[name] for name in MEASURES
        )
        if isinstance(weights, LearnedWeights):
            log_odds = log_odds + weights.intercept
        else:
            log_odds = 6 * (log_odds + weights.base) - 3
        self.p = 1 / (1 + np.exp(-log_odds))
        # A good outcome is to come and to like it; each half of the way has its chance.
        self.attended = rng.random(n) < np.sqrt(self.p)
        self.liked = (rng.random(n) < np.sqrt(self.p)).astype(float)
        self.liked[rng.random(n) < unrated] = np.nan
        self.starts_us = np.arange(n, dtype=np.int64) * 3_600_000_000

    def learn(self, rows: NDArray[np.intp] | slice = slice(None)) -> Learning:
        return learn(
            self.measures[rows], self.attended[rows], self.liked[rows], self.starts_us[rows]
        )


def foretold(learning: Learning, measures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the probabilities that learned weights speak of."""
    assert learning.weights is not None
    weights = [SIGNS.get(name, 1.0) * getattr(learning.weights, name) for name in MEASURES]
    return probability(measures @ np.array(weights) + learning.weights.intercept)


@pytest.fixture(scope="module")
def planted() -> tuple[Evidence, Learning]:
    evidence = Evidence(4000, PLANTED, seed=1)
    return evidence, evidence.learn()


class TestLearn:
    def test_recovers_what_was_planted(self, planted: tuple[Evidence, Learning]) -> None:
        _, learning = planted

        assert learning.verdict == "better"
        assert learning.weights is not None
        for name, value in asdict(PLANTED).items():
            if name != "goal" and not name.startswith("helpful"):
                assert getattr(learning.weights, name) == pytest.approx(value, abs=0.75), name
        assert learning.quality is not None
        assert learning.default_quality is not None
        assert learning.quality.auc > learning.default_quality.auc + 0.05
        assert learning.quality.log_loss < learning.default_quality.log_loss

    def test_four_in_five_is_what_it_says(self, planted: tuple[Evidence, Learning]) -> None:
        _, learning = planted
        assert learning.calibration_error is not None
        assert learning.calibration_error < 0.05
        assert sum(point.n_bookings for point in learning.curve) == learning.n_held_back == 1000
        predicted = [point.predicted for point in learning.curve]
        assert predicted == sorted(predicted)
        assert predicted[0] < 0.3 < predicted[-1]

    def test_the_unrated_do_not_shift_the_whole(self) -> None:
        evidence = Evidence(6000, PLANTED, seed=2, unrated=0.6)

        learning = evidence.learn()

        assert learning.n_unrated > 1000
        assert learning.n_outcomes + learning.n_unrated == 6000
        held_back = evidence.p[-learning.n_held_back :]
        mean = sum(p.predicted * p.n_bookings for p in learning.curve) / learning.n_held_back
        assert mean == pytest.approx(held_back.mean(), abs=0.03)

    def test_the_unrated_do_not_weaken_a_factor(self) -> None:
        evidence = Evidence(6000, PLANTED, seed=2, unrated=0.6)

        learning = evidence.learn()

        # Four in five is four in five of all, also of those that nobody rated.
        said = foretold(learning, evidence.measures[learning.n_training :])
        truth = evidence.p[learning.n_training :]
        assert calibration_error(calibration_curve(said, truth)) < 0.02
        assert truth[np.abs(said - 0.8) < 0.05].mean() == pytest.approx(0.8, abs=0.02)

    def test_is_judged_by_the_latest(self, planted: tuple[Evidence, Learning]) -> None:
        evidence, learning = planted
        assert learning.n_training == 3000
        dates = (learning.first_us, learning.held_back_from_us, learning.last_us)
        assert dates == tuple(evidence.starts_us[[0, 3000, -1]])
        # What was held back changed its ways: the weights cannot know, the verdict must.
        turned = Evidence(4000, PLANTED, seed=1)
        turned.liked[3000:] = 1 - turned.liked[3000:]
        turned.attended[3000:] = ~turned.attended[3000:]
        other = turned.learn()
        assert other.weights == learning.weights
        assert other.verdict == "not_better"

    def test_equal_starts_stay_on_one_side(self) -> None:
        evidence = Evidence(800, PLANTED, seed=3)
        evidence.starts_us = evidence.starts_us // (100 * 3_600_000_000)

        learning = evidence.learn()

        assert (learning.n_training, learning.n_held_back) == (600, 200)
        evidence.starts_us[:] = 7
        assert evidence.learn().verdict == "not_enough_evidence"

    @pytest.mark.parametrize("seed", range(5))
    def test_no_better_than_the_default(self, seed: int) -> None:
        learning = Evidence(600, DEFAULT_WEIGHTS, seed).learn()

        assert learning.verdict == "not_better"
        assert learning.weights is not None
        assert learning.quality is not None

    def test_nothing_is_turned_round(self) -> None:
        contrary = Evidence(3000, PLANTED, seed=4)
        # Whatever is near, in time and befriended goes badly here.
        score = contrary.measures[:, [MEASURES.index(n) for n in ("distance", "time", "friends")]]
        chance = 1 / (1 + np.exp(4 * score.sum(axis=1) - 4))
        contrary.liked = (np.random.default_rng(0).random(3000) < chance).astype(float)

        weights = contrary.learn().weights

        assert weights is not None
        assert weights.distance == weights.time == weights.friends == 0.0

    def test_a_factor_never_seen_keeps_its_place(self) -> None:
        evidence = Evidence(2000, DEFAULT_WEIGHTS, seed=5)
        evidence.measures[:, MEASURES.index("goal")] = 0.0

        weights = evidence.learn().weights

        assert weights is not None
        assert weights.goal == pytest.approx(0.05 * weights.interest / 0.48, rel=0.5)

    def test_signs_hold_whatever_the_outcomes(self) -> None:
        for seed in range(3):
            noise = Evidence(400, PLANTED, seed)
            rng = np.random.default_rng(seed)
            noise.attended, noise.liked = rng.random(400) < 0.7, (rng.random(400) < 0.6) * 1.0
            weights = noise.learn().weights
            assert weights is not None
            low = {name: getattr(weights, name) for name in set(MEASURES) - {"novelty"}}
            assert min(low.values()) >= 0, low

    @pytest.mark.parametrize("n", [0, 1, 150])
    def test_too_few(self, n: int) -> None:
        learning = Evidence(n, PLANTED, seed=6).learn()

        assert learning.verdict == "not_enough_evidence"
        assert learning.weights is None
        assert learning.n_outcomes == n

    def test_too_few_of_a_kind(self) -> None:
        evidence = Evidence(1000, PLANTED, seed=7)
        evidence.liked[:] = 1.0
        evidence.attended[:] = True
        evidence.attended[:39] = False

        assert evidence.learn().verdict == "not_enough_evidence"
        evidence.attended[900:901] = False
        assert evidence.learn().verdict != "not_enough_evidence"

    def test_same_evidence_same_answer(self, planted: tuple[Evidence, Learning]) -> None:
        evidence, learning = planted

        assert Evidence(4000, PLANTED, seed=1).learn() == learning
        assert evidence.learn(np.random.default_rng(9).permutation(4000)) == learning

    def test_refuses_what_does_not_belong_together(self) -> None:
        evidence = Evidence(10, PLANTED, seed=8)
        with pytest.raises(InvalidProblem, match="belong together"):
            learn(evidence.measures, evidence.attended[1:], evidence.liked, evidence.starts_us)
        with pytest.raises(InvalidProblem, match="between 0 and 1"):
            learn(2 * evidence.measures, evidence.attended, evidence.liked, evidence.starts_us)

    def test_who_the_child_is_is_no_measure(self) -> None:
        assert not {"age", "gender", "sen", "name", "ethnicity"} & set(MEASURES)
        names = {field.name for field in fields(LearnedWeights)} - {"intercept"}
        assert names == set(MEASURES)


class TestInUse:
    """Weights in use, judged along with new ones."""

    @staticmethod
    def judge(
        evidence: Evidence, learning: Learning, rows: slice = slice(None), *, saw_until: int = 0
    ) -> InUse | None:
        return learn(
            evidence.measures[rows],
            evidence.attended[rows],
            evidence.liked[rows],
            evidence.starts_us[rows],
            in_use=learning.weights,
            in_use_saw_until_us=saw_until or learning.held_back_from_us or 0,
        ).in_use

    @staticmethod
    def later_on(weights: Weights | LearnedWeights) -> Evidence:
        """Give 4,000 outcomes as PLANTED says, then 2,000 as other weights say."""
        before, after = Evidence(4000, PLANTED, 1), Evidence(2000, weights, 2)
        after.starts_us = after.starts_us + before.starts_us[-1] + 1
        for name, value in vars(after).items():
            setattr(after, name, np.concatenate([getattr(before, name), value]))
        return after

    def test_stays_while_it_is_better(self, planted: tuple[Evidence, Learning]) -> None:
        evidence, learning = planted
        assert learning.in_use is None

        # By what judged it before, then by what came later.
        again = self.judge(evidence, learning)
        later = self.judge(self.later_on(PLANTED), learning)

        assert again is not None
        assert again.still_better
        assert (again.quality, again.default_quality, again.calibration_error) == (
            learning.quality,
            learning.default_quality,
            learning.calibration_error,
        )
        assert later is not None
        assert (later.still_better, later.n_held_back) == (True, 1500)

    def test_goes_once_it_is_not(self, planted: tuple[Evidence, Learning]) -> None:
        judged = self.judge(self.later_on(DEFAULT_WEIGHTS), planted[1])

        assert judged is not None
        assert not judged.still_better
        assert judged.quality.log_loss > judged.default_quality.log_loss

    def test_what_it_learned_from_does_not_judge_it(
        self, planted: tuple[Evidence, Learning]
    ) -> None:
        evidence, learning = planted
        # As after erasures: the latest quarter of the rest begins before its own hold-back.
        rest = slice(500, 3300)

        judged = self.judge(evidence, learning, rest)

        assert judged is not None
        assert (judged.n_held_back, judged.held_back_from_us) == (300, learning.held_back_from_us)
        few = int(evidence.starts_us[3290])
        assert self.judge(evidence, learning, rest, saw_until=few) is None
