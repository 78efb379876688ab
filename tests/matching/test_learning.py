"""Learned weights: planted ones come back, nothing is turned round, the default is hard to beat."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray

from matching import (
    DEFAULT_WEIGHTS,
    MEASURES,
    ActivityRow,
    Child,
    Holdings,
    Interest,
    InvalidProblem,
    LearnedWeights,
    Learning,
    Live,
    Need,
    OfferRow,
    SessionRow,
    Weights,
    Window,
    build_catalogue,
    explain_fit,
    judge_many,
    learn,
    load_vocabulary,
    match,
)

# Friends and nearness decide, interest hardly: the opposite of the default.
PLANTED = LearnedWeights(
    intercept=-2.0,
    interest=0.5,
    goal=0.0,
    distance=2.5,
    time=0.5,
    ready=0.5,
    helpful_met=0.5,
    setting=0.5,
    friends=3.0,
    novelty=-1.0,
    dislike=1.0,
    helpful_unmet=0.5,
)
SIGNS = {"dislike": -1.0, "helpful_unmet": -1.0}


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


NOW = datetime(2026, 6, 1, tzinfo=UTC)
STARTS = datetime(2026, 6, 13, 9, tzinfo=UTC)
CHILD = Child(
    date(2016, 1, 1),
    latitude=53.0,
    longitude=-2.2,
    max_km=20.0,
    interests=(Interest("fishing", "love"), Interest("loud drums", "dislike", "parent")),
    needs=(Need("makaton"), Need("quiet_space", "helpful")),
    availability=(Window("saturday", STARTS.time(), (STARTS + timedelta(hours=8)).time()),),
)


def world(n: int = 40) -> tuple[object, Live]:
    rng = np.random.default_rng(3)
    titles = ("Junior angling", "Loud drums workshop", "Chess", "Swimming", "Fishing and drums")
    activities = [
        ActivityRow(
            UUID(int=k + 1),
            titles[k % 5],
            latitude=53.0 + 0.01 * float(rng.random()),
            longitude=-2.2,
            offers=(OfferRow("makaton"), *([OfferRow("quiet_space")] if k % 2 else [])),
        )
        for k in range(n)
    ]
    sessions = [
        SessionRow(UUID(int=one.id.int + 100), one.id, STARTS, STARTS + timedelta(hours=2))
        for one in activities
    ]
    catalogue = build_catalogue(activities, sessions, load_vocabulary())
    return catalogue, Live(NOW, np.full(n, 3))


HOLDINGS = Holdings(friends={UUID(int=102): 1}, visits={UUID(int=3): 2})


class TestScore:
    @pytest.mark.parametrize(
        "weights",
        [
            PLANTED,
            replace(PLANTED, intercept=0.0, **dict.fromkeys(set(MEASURES) - {"interest"}, 0.0)),
            LearnedWeights(0.3, *[0.0] * 11),
            LearnedWeights(-40.0, 60.0, *[0.0] * 10),
        ],
    )
    def test_reasons_add_up(self, weights: LearnedWeights) -> None:
        catalogue, live = world()

        found = match(catalogue, CHILD, HOLDINGS, live, limit=100, weights=weights)

        assert len(found.items) == 40
        for one in found.items:
            total = sum(reason.contribution for reason in one.reasons)
            assert total == pytest.approx(one.score, abs=1e-9)
            assert 0 <= one.score <= 1
            assert one.reasons[0].factor == "base"

    def test_is_the_probability_of_the_log_odds(self) -> None:
        catalogue, live = world()
        for number in range(101, 141):
            fit = explain_fit(catalogue, CHILD, HOLDINGS, live, UUID(int=number), weights=PLANTED)
            log_odds = PLANTED.intercept + sum(
                SIGNS.get(name, 1.0) * getattr(PLANTED, name) * value
                for name, value in fit.measures.items()
            )
            assert fit.score == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-12)

    def test_measures_are_what_the_default_multiplies(self) -> None:
        catalogue, live = world()
        for number in range(101, 141):
            fit = explain_fit(catalogue, CHILD, HOLDINGS, live, UUID(int=number))
            assert tuple(fit.measures) == MEASURES
            assert all(0 <= value <= 1 for value in fit.measures.values())
            score = DEFAULT_WEIGHTS.base + sum(
                SIGNS.get(name, 1.0) * getattr(DEFAULT_WEIGHTS, name) * value
                for name, value in fit.measures.items()
            )
            assert fit.score == pytest.approx(score, abs=1e-12)

    def test_one_pair_scores_as_many_do(self) -> None:
        catalogue, live = world()
        many = judge_many(catalogue, [(CHILD, HOLDINGS)], live, weights=PLANTED).score[0]
        alone = [
            explain_fit(catalogue, CHILD, HOLDINGS, live, id_, weights=PLANTED).score
            for id_ in catalogue.sessions.ids
        ]
        assert alone == many.tolist()

    def test_a_learned_weight_never_turns_a_factor_round(self) -> None:
        with pytest.raises(InvalidProblem, match="turn a factor round"):
            replace(PLANTED, distance=-0.1)
        with pytest.raises(InvalidProblem, match="finite"):
            replace(PLANTED, novelty=float("nan"))
