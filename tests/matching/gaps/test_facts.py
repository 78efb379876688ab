"""Gap facts against the oracle of pairs, with planted gaps, and with the code broken on purpose."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest

import matching
from matching import (
    NEED_CODES,
    OUTCOMES,
    Holdings,
    Interest,
    Live,
    OfferRow,
    Remaining,
    find_gaps,
    load_vocabulary,
    outcome_counts,
    wants_of,
)
from matching.gaps import facts, nearest
from matching.gaps.nearest import MissingNeeds
from tests.matching.gaps.worlds import (
    differences,
    draw,
    facts_of,
    living_at,
    plain_world,
    saturday_only,
    wanting,
    with_need,
    words,
)

SWIMMING = "swimming"


@pytest.mark.parametrize("seed", range(60))
def test_the_oracle_finds_the_same_facts(seed):
    assert differences(*draw(seed)) == []


def test_the_random_worlds_know_every_outcome():
    seen: Counter[str] = Counter()
    for seed in range(60):
        world, children, _ = draw(seed)
        catalogue = world.catalogue()
        seen.update(outcome_counts(find_gaps(catalogue, children, world.live(catalogue))))
    assert set(seen) == set(OUTCOMES)


def _ranked_backwards() -> np.ndarray:
    return nearest.RANKS.max() - nearest.RANKS


@pytest.mark.parametrize(
    ("module", "name", "broken"),
    [
        (nearest, "RANKS", _ranked_backwards()),
        (nearest, "RANKS", np.arange(len(nearest.RANKS), dtype=np.uint16)),
        (nearest, "FIRST_REASON", np.zeros_like(nearest.FIRST_REASON)),
        (facts, "_BUT_FULL", np.uint16(0xFFFF)),
        (nearest, "missing_needs", lambda *_: MissingNeeds(*np.zeros((2, 60), np.int64))),
    ],
)
def test_broken_code_is_found_out(monkeypatch, module, name, broken):
    monkeypatch.setattr(module, name, broken)
    assert any(differences(*draw(seed)) for seed in range(12))


def test_children_judged_in_blocks_have_the_same_facts(monkeypatch):
    world, children, _ = draw(5)
    catalogue = world.catalogue()
    live = world.live(catalogue)
    whole = find_gaps(catalogue, children, live, near_within=2)
    monkeypatch.setattr(facts, "_AT_ONCE", 3)
    parts = find_gaps(catalogue, children, live, near_within=2)
    for name in ("child", "want", "concept", "outcome", "mask", "needs", "session", "going_child"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name
    for name in ("fact", "session", "mask", "needs"):
        assert np.array_equal(getattr(whole.near, name), getattr(parts.near, name)), name


def test_only_the_entitlement_stands_in_the_way_of_who_has_used_it_up():
    world = plain_world(Random(1))
    used_up = Holdings(remaining={"2026-06": Remaining(free=0, contributory=0)})
    world.children = [(one, used_up) for one, _ in world.children[:4]] + world.children[4:]
    assert outcome_counts(facts_of(world)[0]) == {"available": 6, "entitlement": 4}
    world.places_left = dict.fromkeys(world.places_left, 0)
    found, ids = facts_of(world)
    assert outcome_counts(found) == {"full": 10}
    # Places alone keep six from every session; four could not go to any of them anyway.
    assert sorted(found.could_go.tolist()) == [0] * 4 + [len(ids)] * 6


def test_a_plain_world_has_no_gap():
    found, _ = facts_of(plain_world(Random(1)))
    assert outcome_counts(found) == {"available": 10}


def test_the_only_hoist_is_missed():
    world = plain_world(Random(1))
    world.children = [(with_need(one, "hoist"), held) for one, held in world.children]
    assert outcome_counts(facts_of(world)[0]) == {"available": 10}
    world.activities = [replace(one, offers=()) for one in world.activities]
    found, ids = facts_of(world)
    assert outcome_counts(found) == {"need": 10}
    assert {tuple(words(needs, NEED_CODES)) for needs in found.needs.tolist()} == {("hoist",)}
    # The first session of all is the nearest, and a hoist at any of them would do.
    assert {ids[at] for at in found.session.tolist()} == {ids[0]}
    assert Counter(found.near.fact.tolist()) == dict.fromkeys(range(10), len(ids))


def test_the_only_saturday_is_missed():
    world = plain_world(Random(1))
    world.children = [(saturday_only(one), held) for one, held in world.children]
    assert outcome_counts(facts_of(world)[0]) == {"available": 10}
    world.sessions = [one for one in world.sessions if one.starts_at.weekday() != 5]
    assert outcome_counts(facts_of(world)[0]) == {"time": 10}


def test_the_only_session_of_an_area_is_missed():
    world = plain_world(Random(1))
    far = world.activities[1]
    world.children = [(living_at(one, far.latitude), held) for one, held in world.children]
    assert outcome_counts(facts_of(world)[0]) == {"available": 10}
    world.sessions = [one for one in world.sessions if one.activity_id != far.id]
    assert outcome_counts(facts_of(world)[0]) == {"distance": 10}
    world.sessions = []
    assert outcome_counts(facts_of(world)[0]) == {"nothing_on_offer": 10}


def test_a_place_meets_every_want_it_serves_and_no_other():
    world = plain_world(Random(1))
    child = replace(
        world.children[0][0], interests=(Interest("swimming"), Interest("sports"), Interest("dogs"))
    )
    catalogue = world.catalogue()
    place = world.sessions[9].id
    found = find_gaps(
        catalogue, [wanting(child, Holdings(), places=[place])], world.live(catalogue)
    )
    outcomes = dict(zip(found.concepts, (OUTCOMES[code] for code in found.outcome), strict=True))
    assert outcomes == {"dogs": "nothing_on_offer", "sport": "met", "swimming": "met"}
    assert [catalogue.session_ids[at] for at in found.session[1:]] == [place, place]


def test_nobody_and_nothing_give_empty_facts():
    world = plain_world(Random(1))
    catalogue = world.catalogue()
    live = world.live(catalogue)
    assert len(find_gaps(catalogue, [], live).child) == 0
    empty = find_gaps(catalogue, [wanting(*world.children[0])], live, span=slice(3, 3))
    assert outcome_counts(empty) == {"nothing_on_offer": 1}


def test_a_text_without_a_concept_is_served_by_likeness():
    vocabulary = load_vocabulary()
    world = plain_world(Random(1))
    texts = ["zzyzx qwrtp", "the Oswestry Otters"]
    assert not any(phrase.concepts for text in texts for phrase in vocabulary.encode(text))
    world.activities[0] = replace(world.activities[0], title="Oswestry Otters", concepts=())
    world.vocabulary = vocabulary
    catalogue = world.catalogue()
    child = replace(world.children[0][0], interests=tuple(Interest(text, "love") for text in texts))
    wants = wants_of(child.interests, [], vocabulary)
    assert [want.concept for want in wants] == [None, None]
    found = find_gaps(
        catalogue, [matching.Wanting(child, Holdings(), wants)], world.live(catalogue)
    )
    by_text = {
        want.phrases[0].text: OUTCOMES[code]
        for want, code in zip(wants, found.outcome, strict=True)
    }
    assert sorted(by_text.values()) == ["available", "nothing_on_offer"]
    assert by_text["zzyzx qwrtp"] == "nothing_on_offer"


def test_a_limited_place_that_is_taken_is_a_missing_need():
    world = plain_world(Random(1))
    world.children = [(with_need(one, "one_to_one"), held) for one, held in world.children]
    world.activities = [
        replace(one, offers=(OfferRow("one_to_one", "limited", per_session=1),))
        for one in world.activities
    ]
    assert outcome_counts(facts_of(world)[0]) == {"available": 10}
    world.limited_taken = {(one.id, "one_to_one"): 1 for one in world.sessions}
    assert outcome_counts(facts_of(world)[0]) == {"need": 10}


def test_live_counts_of_another_catalogue_are_refused():
    world = plain_world(Random(1))
    live = Live(world.now, np.zeros(3, np.int64))
    with pytest.raises(matching.InvalidProblem):
        find_gaps(world.catalogue(), [wanting(*world.children[0])], live)
