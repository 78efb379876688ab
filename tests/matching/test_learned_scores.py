"""Matches by learned weights: a probability, and still a sum of reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    DEFAULT_WEIGHTS,
    MEASURES,
    ActivityRow,
    Child,
    Holdings,
    Interest,
    InvalidProblem,
    LearnedWeights,
    Live,
    Need,
    OfferRow,
    SessionRow,
    Window,
    build_catalogue,
    explain_fit,
    judge_many,
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
