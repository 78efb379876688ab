"""What each factor gives and takes, one difference at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    DEFAULT_WEIGHTS,
    SETTINGS,
    ActivityRow,
    Child,
    Holdings,
    Interest,
    InvalidProblem,
    Live,
    Match,
    Need,
    OfferRow,
    SessionRow,
    SupportService,
    Weights,
    Window,
    build_catalogue,
    load_vocabulary,
    match,
)

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STARTS = datetime(2026, 6, 13, 9, tzinfo=UTC)  # Saturday, 10:00 in London.
CHILD = Child(date(2016, 1, 1), latitude=53.0, longitude=-2.2, max_km=20.0)


def row(number: int, title: str = "Fun", **changes: object) -> ActivityRow:
    return ActivityRow(UUID(int=number), title, **changes)


def matches(
    child: Child,
    *activities: ActivityRow,
    holdings: Holdings | None = None,
    services: tuple[SupportService, ...] = (),
    weights: Weights = DEFAULT_WEIGHTS,
) -> list[Match]:
    """Match a child with one session of each activity; session n belongs to activity n."""
    sessions = [
        SessionRow(UUID(int=one.id.int + 100), one.id, STARTS, STARTS + timedelta(hours=2))
        for one in activities
    ]
    catalogue = build_catalogue(activities, sessions, load_vocabulary())
    live = Live(NOW, np.full(len(sessions), 3), services=services)
    return list(
        match(catalogue, child, holdings or Holdings(), live, weights=weights, fold=False).items
    )


def order(*args: object, **kwargs: object) -> list[int]:
    return [one.activity_id.int for one in matches(*args, **kwargs)]


def part(one: Match, factor: str) -> float:
    return sum(reason.contribution for reason in one.reasons if reason.factor == factor)


def text(one: Match, factor: str) -> str:
    return "; ".join(reason.text for reason in one.reasons if reason.factor == factor)


class TestInterest:
    def test_dominates_everything_else(self) -> None:
        child = replace(CHILD, interests=(Interest("fishing", "love"),))
        far_fishing = row(2, "Junior angling", latitude=53.15, longitude=-2.2)
        near_chess = row(1, "Chess", latitude=53.0, longitude=-2.2)
        found = matches(child, near_chess, far_fishing)
        assert [one.activity_id.int for one in found] == [2, 1]
        assert text(found[0], "interest") == "fishing: Junior angling"

    def test_love_over_like_over_curious_and_child_over_parent(self) -> None:
        said = [
            Interest("fishing", "love"),
            Interest("fishing", "love", "parent"),
            Interest("fishing", "like"),
            Interest("fishing", "curious"),
        ]
        amounts = [
            part(matches(replace(CHILD, interests=(one,)), row(1, "Angling"))[0], "interest")
            for one in said
        ]
        assert amounts == sorted(amounts, reverse=True)
        assert len(set(amounts)) == 4

    def test_dislike_lowers_and_says_so(self) -> None:
        child = replace(CHILD, interests=(Interest("loud drums", "avoid", "parent"),))
        found = matches(child, row(1, "Loud drums workshop"), row(2, "Quiet reading"))
        assert [one.activity_id.int for one in found] == [2, 1]
        assert part(found[1], "interest") < -0.05
        assert text(found[1], "interest") == "avoids loud drums, which sounds like this"

    def test_the_childs_voice_overrules_a_dislike(self) -> None:
        parent_only = replace(CHILD, interests=(Interest("fishing", "dislike", "parent"),))
        with_child = replace(
            CHILD, interests=(*parent_only.interests, Interest("fishing", "love", "child"))
        )
        assert part(matches(parent_only, row(1, "Angling"))[0], "interest") < 0
        alone = replace(CHILD, interests=(Interest("fishing", "love", "child"),))
        amount = part(matches(with_child, row(1, "Angling"))[0], "interest")
        assert amount == part(matches(alone, row(1, "Angling"))[0], "interest")

    def test_a_goal_counts(self) -> None:
        child = replace(CHILD, goals=("learn to swim without armbands",))
        found = matches(child, row(1, "Chess"), row(2, "Swimming lessons"))
        assert found[0].activity_id.int == 2
        assert part(found[0], "goal") > 0.02


class TestDistance:
    def test_nearer_over_farther_relative_to_reach(self) -> None:
        near = row(2, latitude=53.01, longitude=-2.2)
        far = row(1, latitude=53.1, longitude=-2.2)
        found = matches(CHILD, near, far)
        assert [one.activity_id.int for one in found] == [2, 1]
        assert text(found[0], "distance") == "1.1 km of your 20 km"
        wider = matches(replace(CHILD, max_km=40.0), far)[0]
        assert part(wider, "distance") > part(found[1], "distance") > 0

    def test_unknown_gives_nothing(self) -> None:
        found = matches(CHILD, row(1))[0]
        assert found.distance_km is None
        assert part(found, "distance") == 0


class TestSupport:
    def test_ready_over_arrange(self) -> None:
        child = replace(CHILD, needs=(Need("one_to_one"),))
        ready = row(2, offers=(OfferRow("one_to_one"),))
        service = SupportService("one_to_one", 7, 4500)
        found = matches(child, row(1), ready, services=(service,))
        assert [(one.activity_id.int, one.support) for one in found] == [
            (2, "ready"),
            (1, "arrange"),
        ]
        assert text(found[0], "support") == "a one-to-one worker is provided"
        assert text(found[1], "support") == (
            "a one-to-one worker can be arranged by the authority in 7 days for £45.00"
        )

    def test_helpful_raises_and_lowers(self) -> None:
        child = replace(CHILD, needs=(Need("quiet_space", "helpful"),))
        found = matches(child, row(1), row(2, offers=(OfferRow("quiet_space"),)))
        assert [one.activity_id.int for one in found] == [2, 1]
        without = matches(CHILD, row(1))[0]
        assert found[0].score > without.score > found[1].score


class TestTime:
    @pytest.mark.parametrize(
        ("window", "amount"),
        [
            ((time(9, 30), time(12, 30)), 1.0),
            ((time(9, 45), time(12, 30)), 0.5),
            ((time(0), time(12, 30)), 1.0),
            ((time(10), time(12)), 0.5),
        ],
    )
    def test_comfort(self, window: tuple[time, time], amount: float) -> None:
        child = replace(CHILD, availability=(Window("saturday", *window),))
        found = matches(child, row(1))[0]
        assert part(found, "time") == pytest.approx(DEFAULT_WEIGHTS.time * amount)


class TestCompanyAndNovelty:
    def test_friends_count(self) -> None:
        holdings = Holdings(friends={UUID(int=102): 1})
        assert order(CHILD, row(1), row(2), holdings=holdings) == [2, 1]

    def test_new_over_known(self) -> None:
        holdings = Holdings(visits={UUID(int=1): 2})
        found = matches(CHILD, row(1), row(2), holdings=holdings)
        assert [one.activity_id.int for one in found] == [2, 1]
        assert [text(one, "novelty") for one in found] == [
            "new to this child",
            "known to this child",
        ]

    def test_strangers_and_unknown_activities_change_nothing(self) -> None:
        holdings = Holdings(friends={UUID(int=999): 1}, visits={UUID(int=999): 1})
        assert matches(CHILD, row(1), holdings=holdings) == matches(CHILD, row(1))

    def test_preferred_setting(self) -> None:
        child = replace(CHILD, settings=("universal",))
        rows = (row(1, setting="specialist"), row(2, setting="universal"))
        assert order(child, *rows) == [2, 1]

    @pytest.mark.parametrize(
        ("preferred", "shares"),
        [
            ((), [0.5, 0.5, 0.5]),
            (("specialist",), [1.0, 0.5, 0.0]),
            (("supported",), [0.5, 1.0, 0.5]),
            (("universal",), [0.0, 0.5, 1.0]),
            (("specialist", "universal"), [1.0, 0.5, 1.0]),
        ],
    )
    def test_settings_are_a_ladder(self, preferred: tuple[str, ...], shares: list[float]) -> None:
        rows = [row(at, setting=name) for at, name in enumerate(SETTINGS)]
        found = matches(replace(CHILD, settings=preferred), *rows)
        for one in found:
            at = one.activity_id.int
            given = part(one, "setting")
            assert given == pytest.approx(DEFAULT_WEIGHTS.setting * shares[at])
            said = {0.0: "", 0.5: "a step from what you prefer", 1.0: "as you prefer"}
            if preferred:
                assert said[shares[at]] in text(one, "setting")


class TestWeights:
    def test_default_is_the_whole_range(self) -> None:
        weights = DEFAULT_WEIGHTS
        gains = [weights.base, weights.interest, weights.goal, weights.distance, weights.time]
        gains += [weights.ready, weights.helpful_met, weights.setting, weights.friends]
        assert sum([*gains, weights.novelty]) == pytest.approx(1.0)
        assert weights.base == pytest.approx(weights.dislike + weights.helpful_unmet)

    @pytest.mark.parametrize(
        "changes", [{"interest": 0.6}, {"base": 0.1}, {"arrange": 0.06}, {"arrange": -0.1}]
    )
    def test_refuses_what_leaves_the_range(self, changes: dict[str, float]) -> None:
        with pytest.raises(InvalidProblem, match="weights"):
            Weights(**changes)

    def test_other_weights_are_used(self) -> None:
        weights = Weights(novelty=0.0)
        assert part(matches(CHILD, row(1), weights=weights)[0], "novelty") == 0


def test_funding_is_free_first_and_priced_otherwise() -> None:
    both = row(1, price_pence=500)
    paid = row(2, price_pence=500, funding=("contributory",))
    by_activity = {one.activity_id.int: one for one in matches(CHILD, both, paid)}
    assert (by_activity[1].funding, by_activity[1].price_pence) == ("free", 0)
    assert (by_activity[2].funding, by_activity[2].price_pence) == ("contributory", 500)
