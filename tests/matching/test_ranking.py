"""Ranking: what is put forward, in which order, and that nothing else changes it."""

from __future__ import annotations

import pickle
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import (
    FACTORS,
    Child,
    Holdings,
    Interest,
    Live,
    Match,
    build_catalogue,
    eligible,
    explain_fit,
    judge_many,
    match,
    score,
)
from matching.ranking import pick_best
from tests.matching.worlds import SMALL_VOCABULARY, World, draw_easy_world, draw_world

EVERYTHING = 10_000


def all_matches(world: World) -> list[tuple[Match, ...]]:
    catalogue = world.catalogue()
    live = world.live(catalogue)
    return [
        match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False).items
        for child, holdings in world.children
    ]


class TestMatch:
    @pytest.mark.parametrize("seed", range(12))
    def test_reasons_add_up_and_the_order_is_by_score_start_id(self, seed: int) -> None:
        world = draw_easy_world(Random(seed))
        by_id = {one.id: one for one in world.sessions}
        found = 0
        for items in all_matches(world):
            keys = []
            for item in items:
                found += 1
                total = sum(reason.contribution for reason in item.reasons)
                assert total == pytest.approx(item.score, abs=1e-9)
                assert 0 <= item.score <= 1
                assert all(reason.text for reason in item.reasons)
                order = [FACTORS.index(reason.factor) for reason in item.reasons]
                assert order == sorted(order)
                session = by_id[item.session_id]
                keys.append((-item.score, session.starts_at, session.id.bytes))
            assert keys == sorted(keys)
        assert found

    def test_lists_what_is_eligible_and_counts_the_rest(self) -> None:
        world = draw_easy_world(Random(3))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        for child, holdings in world.children:
            mask = eligible(catalogue, child, holdings, live).mask
            result = match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False)
            open_to = {catalogue.session_ids[at] for at in np.flatnonzero(mask == 0)}
            assert {item.session_id for item in result.items} == open_to
            assert sum(result.blocked.values()) + len(result.items) == result.considered

    def test_limit_takes_the_best(self) -> None:
        world = draw_easy_world(Random(5))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        for child, holdings in world.children:
            everything = match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False).items
            for limit in (0, 1, 3):
                some = match(catalogue, child, holdings, live, limit=limit, fold=False).items
                assert some == everything[:limit]

    @settings(max_examples=15, deadline=None)
    @given(st.integers(0, 10**9))
    def test_the_order_of_rows_is_irrelevant(self, seed: int) -> None:
        world = draw_easy_world(Random(seed), n_sessions=20, n_children=3)
        shuffled = replace(
            world,
            activities=Random(seed).sample(world.activities, len(world.activities)),
            sessions=Random(seed).sample(world.sessions, len(world.sessions)),
            limited_taken=dict(reversed(world.limited_taken.items())),
            services=tuple(reversed(world.services)),
            policies=tuple(reversed(world.policies)),
        )
        assert all_matches(world) == all_matches(shuffled)

    @pytest.mark.parametrize("seed", range(5))
    def test_a_pair_scores_the_same_whatever_else_is_asked_for(self, seed: int) -> None:
        world = draw_easy_world(Random(seed))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        for child, holdings in world.children:
            whole = eligible(catalogue, child, holdings, live)
            totals = score(catalogue, child, holdings, whole).total
            for start in range(0, len(catalogue.session_ids), 7):
                span = slice(start, start + 3)
                part = eligible(catalogue, child, holdings, live, span)
                assert (part.mask == whole.mask[span]).all()
                assert (score(catalogue, child, holdings, part).total == totals[span]).all()

    def test_fewer_sessions_change_no_score(self) -> None:
        world = draw_easy_world(Random(8))
        fewer = replace(world, sessions=world.sessions[::3])
        kept = {one.id for one in fewer.sessions}
        expected = [
            [item for item in items if item.session_id in kept] for items in all_matches(world)
        ]
        assert [list(items) for items in all_matches(fewer)] == expected
        assert any(expected)

    def test_span_limits_by_start(self) -> None:
        world = draw_easy_world(Random(2))
        catalogue = world.catalogue()
        starts = sorted(one.starts_at for one in world.sessions)
        span = catalogue.span(starts[10], starts[40])
        inside = {one.id for one in world.sessions if starts[10] <= one.starts_at < starts[40]}
        assert set(catalogue.session_ids[span]) == inside
        child, holdings = world.children[0]
        result = match(catalogue, child, holdings, world.live(catalogue), span=span)
        assert result.considered == len(inside)
        assert catalogue.span(None, None) == slice(0, 60)
        assert catalogue.span(starts[-1], starts[0]).stop == catalogue.span(starts[-1], None).start

    def test_empty_catalogue(self) -> None:
        catalogue = build_catalogue([], [], SMALL_VOCABULARY)
        world = draw_easy_world(Random(0))
        live = Live(world.now, np.zeros(0, dtype=int))
        for child, holdings in world.children:
            result = match(catalogue, child, holdings, live)
            assert (result.items, result.blocked, result.considered) == ((), {}, 0)

    @pytest.mark.parametrize(
        "interests",
        [
            (),
            (Interest(""), Interest("   ...   ")),
            (Interest("🎣🚂⚽🏳️‍🌈"),),
            (Interest("uwielbia pływanie i psy"), Interest("他喜欢足球", "avoid")),
            tuple(Interest(f"thing number {n}", "love") for n in range(50)),
            (Interest("football and dogs but no music, " * 62 + "x"),),
            (Interest("\ud800\x00\u202e"),),
        ],
    )
    def test_any_words_are_answered(self, interests: tuple[Interest, ...]) -> None:
        world = draw_easy_world(Random(4))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        found = 0
        for child, holdings in world.children:
            asked = replace(child, interests=interests, goals=tuple(i.text for i in interests))
            for item in match(catalogue, asked, holdings, live).items:
                found += 1
                assert 0 <= item.score <= 1
                total = sum(reason.contribution for reason in item.reasons)
                assert total == pytest.approx(item.score, abs=1e-9)
        assert found


class TestPickBest:
    def test_ties_go_by_position_also_at_the_limit(self) -> None:
        mask = np.array([0, 1, 0, 0, 0], dtype=np.uint16)
        total = np.array([0.5, 0.9, 0.7, 0.5, 0.5])
        assert pick_best(mask, total, 2) == [2, 0]
        assert pick_best(mask, total, 3) == [2, 0, 3]
        assert pick_best(mask, total, 9) == [2, 0, 3, 4]
        assert pick_best(mask, total, 0) == []


class TestJudgeMany:
    def test_equals_one_child_at_a_time(self) -> None:
        world = draw_easy_world(Random(6))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        together = judge_many(catalogue, world.children, live)
        for row, (child, holdings) in enumerate(world.children):
            alone = eligible(catalogue, child, holdings, live)
            assert (together.mask[row] == alone.mask).all()
            assert (together.support[row] == alone.support.state).all()
            assert (together.score[row] == score(catalogue, child, holdings, alone).total).all()

    def test_no_children(self) -> None:
        world = draw_easy_world(Random(6))
        catalogue = world.catalogue()
        assert judge_many(catalogue, [], world.live(catalogue)).mask.shape == (0, 60)


class TestExplainFit:
    @pytest.mark.parametrize("seed", range(6))
    def test_says_what_match_says_and_names_every_obstacle(self, seed: int) -> None:
        world = draw_world(Random(seed), n_sessions=40, n_children=3)
        catalogue = world.catalogue()
        live = world.live(catalogue)
        for child, holdings in world.children:
            judged = eligible(catalogue, child, holdings, live)
            items = match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False).items
            matched = {item.session_id: item for item in items}
            for at, session_id in enumerate(catalogue.session_ids):
                fit = explain_fit(catalogue, child, holdings, live, session_id)
                bits = sum(1 << k for k in range(12) if judged.mask[at] >> k & 1)
                assert len(fit.obstacles) == bits.bit_count()
                assert fit.eligible is (session_id in matched)
                assert len(fit.needs) == len(child.essential_needs()) + len(child.helpful_needs())
                total = sum(reason.contribution for reason in fit.reasons)
                assert total == pytest.approx(fit.score, abs=1e-9)
                if fit.eligible:
                    item = matched[session_id]
                    assert (fit.score, fit.reasons) == (item.score, item.reasons)
                    assert (fit.funding, fit.price_pence) == (item.funding, item.price_pence)
                    assert (fit.support, fit.arrangements) == (item.support, item.arrangements)


def test_a_child_without_a_profile_is_open_to_everything_open() -> None:
    world = draw_easy_world(Random(9))
    catalogue = world.catalogue()
    child = Child(world.sessions[0].starts_at.date().replace(year=2016, day=1))
    result = match(
        catalogue, child, Holdings(), world.live(catalogue), limit=EVERYTHING, fold=False
    )
    assert set(result.blocked) <= {"age", "gender", "full", "cancelled", "past"}


def test_a_catalogue_can_be_sent_to_another_process() -> None:
    world = draw_easy_world(Random(1))
    catalogue = world.catalogue()
    live = world.live(catalogue)
    sent = pickle.loads(pickle.dumps(catalogue))
    for child, holdings in world.children:
        assert match(sent, child, holdings, live) == match(catalogue, child, holdings, live)


class TestFold:
    def test_one_match_an_activity_with_its_next_sessions(self) -> None:
        world = draw_easy_world(Random(11))
        catalogue = world.catalogue()
        live = world.live(catalogue)
        seen = 0
        for child, holdings in world.children:
            flat = match(catalogue, child, holdings, live, limit=EVERYTHING, fold=False).items
            folded = match(catalogue, child, holdings, live, limit=EVERYTHING).items
            firsts = list({item.activity_id: item for item in reversed(flat)}.values())[::-1]
            assert [item.session_id for item in folded] == [
                item.session_id for item in sorted(firsts, key=flat.index)
            ]
            for item in folded:
                others = [
                    other.session_id
                    for other in flat
                    if other.activity_id == item.activity_id and other.session_id != item.session_id
                ]
                assert set(item.next_session_ids) == set(others)
                starts = [
                    catalogue.sessions.starts_us[catalogue.session_index[id_]]
                    for id_ in item.next_session_ids
                ]
                assert starts == sorted(starts)
                seen += len(others)
        assert seen
