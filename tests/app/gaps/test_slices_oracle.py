"""Counts and remedies of random months against the plainest way to find them, fact by fact."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from app.codes import NEED_CODES, WEEKDAYS
from app.engine.gaps import BLOCKING_REASONS, OUTCOMES, SETTINGS
from app.gaps.counts import need_counts
from app.gaps.remedies import best_remedies, remedies
from app.gaps.slices import DIMENSIONS, Dimension, choose, count, lacking_needs, no_facts, total
from app.gaps.warm import MonthFacts

CHILDREN, SESSIONS, ACTIVITIES = 40, 12, 4
CONCEPTS = ("angling", "dance", "swimming")
AREAS, AGES, SEN = ("ST3", "ST4", "unknown"), ("5-7", "8-10"), ("ASD", "PMLD")


def random_month(seed: int) -> MonthFacts:
    """Draw a month; a child may want the same text twice."""
    rng = np.random.default_rng(seed)
    empty = no_facts("2027-03")
    child = np.repeat(np.arange(CHILDREN, dtype=np.int32), rng.integers(0, 6, CHILDREN))
    n = len(child)
    outcome = rng.integers(0, len(OUTCOMES), n).astype(np.uint8)
    blocked = (outcome >= 2) & (outcome < len(OUTCOMES) - 1)
    first = np.where(blocked, outcome.astype(np.int64) - 2, 0)
    more = np.where(rng.random(n) < 0.3, 1 << rng.integers(first, 12), 0)
    mask = np.where(blocked, 1 << first | more, 0)
    support = (mask & (1 << 1 | 1 << 7)) != 0
    lacking = np.where(support, 1 << rng.integers(0, 3, n), 0)
    lacking |= np.where(support & (rng.random(n) < 0.3), 1 << rng.integers(0, 34, n), 0)
    sessions = replace(
        empty.sessions,
        ids=[UUID(int=at) for at in range(SESSIONS)],
        activity_ids=[UUID(int=at % ACTIVITIES) for at in range(SESSIONS)],
        weekday=rng.integers(0, 7, SESSIONS).astype(np.int8),
        setting=rng.integers(0, 3, SESSIONS).astype(np.int8),
        places_left=rng.integers(0, 3, SESSIONS),
        stands=np.ones(SESSIONS, dtype=np.bool_),
        serves=[()] * SESSIONS,
    )
    return replace(
        empty,
        child_ids=np.frombuffer(rng.bytes(16 * CHILDREN), dtype="V16"),
        age_bands=AGES,
        age_band=rng.integers(0, 2, CHILDREN).astype(np.int16),
        areas=AREAS,
        area=rng.integers(0, 3, CHILDREN).astype(np.int16),
        needs=rng.integers(0, 8, CHILDREN) | rng.integers(0, 2, CHILDREN) << 33,
        sen_names=SEN,
        sen_types=rng.integers(0, 4, CHILDREN),
        child=child,
        concepts=CONCEPTS,
        concept=rng.integers(-1, 3, n).astype(np.int32),
        outcome=outcome,
        mask=mask.astype(np.uint16),
        lacking=lacking,
        session=np.where(outcome < len(OUTCOMES) - 1, rng.integers(0, SESSIONS, n), -1).astype(
            np.int32
        ),
        sessions=sessions,
    )


def names(mask: int, of: Any) -> list[str]:
    return [name for bit, name in enumerate(of) if mask >> bit & 1]


def values(facts: MonthFacts, at: int) -> dict[Dimension, list[str]]:
    """Tell every value of one fact."""
    child, session = facts.child[at], facts.session[at]
    outcome = OUTCOMES[facts.outcome[at]]
    return {
        "interest": [CONCEPTS[facts.concept[at]] if facts.concept[at] >= 0 else "other"],
        "need": names(int(facts.needs[child]), NEED_CODES) or ["none"],
        "reason": [] if outcome in ("met", "available") else [outcome],
        "area": [AREAS[facts.area[child]]],
        "age_band": [AGES[facts.age_band[child]]],
        "sen_type": names(int(facts.sen_types[child]), SEN) or ["none"],
        "weekday": [WEEKDAYS[facts.sessions.weekday[session]] if session >= 0 else "none"],
        "setting": [SETTINGS[facts.sessions.setting[session]] if session >= 0 else "none"],
    }


def kept(facts: MonthFacts, filters: dict[Dimension, str]) -> Iterator[int]:
    """Give the facts that have every value of some filters."""
    for at in range(len(facts.child)):
        own = values(facts, at)
        if all(value in own[name] for name, value in filters.items()):
            yield at


def figures(facts: MonthFacts, some: list[int]) -> list[int]:
    outcomes = Counter(min(int(facts.outcome[at]), 2) for at in some)
    children = {facts.child[at] for at in some}
    unmet = {facts.child[at] for at in some if facts.outcome[at] >= 2}
    return [len(children), len(unmet), len(some), outcomes[0], outcomes[1], outcomes[2]]


def obstacle(facts: MonthFacts, at: int) -> tuple[Any, ...] | None:
    """Name what alone stands in the way of a fact: reason, need, activity, weekday, interest."""
    outcome = OUTCOMES[facts.outcome[at]]
    if outcome == "nothing_on_offer" and facts.concept[at] >= 0:
        return outcome, None, None, None, CONCEPTS[facts.concept[at]]
    reasons = names(int(facts.mask[at]), BLOCKING_REASONS)
    needs = names(int(facts.lacking[at]), NEED_CODES)
    if len(reasons) != 1 or (reasons[0] in ("need", "lead_time") and len(needs) != 1):
        return None
    if reasons == ["entitlement"]:
        return reasons[0], None, None, None, None
    session = facts.session[at]
    need = needs[0] if reasons[0] in ("need", "lead_time") else None
    activity, day = facts.sessions.activity_ids[session], int(facts.sessions.weekday[session])
    return reasons[0], need, activity, day, None


def served_by(facts: MonthFacts, some: list[int]) -> dict[tuple[Any, ...], int]:
    """Count by remedy the children that it alone serves."""
    children = defaultdict(set)
    for at in some:
        if (one := obstacle(facts, at)) is not None:
            children[one].add(facts.child[at])
    return {remedy: len(served) for remedy, served in children.items()}


def most_served(facts: MonthFacts, some: list[int]) -> tuple[int, list[tuple[Any, ...]]]:
    """Tell how many children one remedy serves at most, and which remedies do."""
    served = served_by(facts, some)
    most = max(served.values(), default=0)
    return most, [one for one, children in served.items() if children == most]


FILTERS: list[dict[Dimension, str]] = [
    {},
    {"need": NEED_CODES[1]},
    {"area": "ST4", "interest": "dance"},
    {"reason": "need", "sen_type": "none"},
    {"weekday": "none"},
    {"setting": "specialist", "age_band": "8-10"},
    {"area": "ZZ9"},
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("filters", FILTERS, ids=lambda one: ",".join(one) or "all")
def test_counts_and_remedies_are_those_of_the_facts(
    seed: int, filters: dict[Dimension, str]
) -> None:
    facts = random_month(seed)
    chosen, some = choose(facts, filters), list(kept(facts, filters))

    assert total(facts, chosen) == figures(facts, some)
    most, best = most_served(facts, some)
    found = best_remedies(facts, chosen)
    served = served_by(facts, some)
    assert [one.children for one in found] == sorted(served.values(), reverse=True)[:10]
    for one in found:
        parts = (one.reason, one.need, one.activity_id, one.weekday, one.interest)
        assert served[parts] == one.children
    assert (found[0].children if found else 0) == most
    for dimension in DIMENSIONS:
        of_value: dict[str, list[int]] = defaultdict(list)
        for at in some:
            for value in values(facts, at)[dimension]:
                of_value[value].append(at)
        counted = count(facts, dimension, chosen).by_name()
        told = {name: numbers for name, numbers in counted.items() if numbers[0]}
        assert told == {name: figures(facts, of) for name, of in of_value.items()}, dimension
        remedy_of = remedies(facts, dimension, chosen, list(told))
        for name, of in of_value.items():
            most, best = most_served(facts, of)
            remedy = remedy_of.get(name)
            if remedy is None:
                assert most == 0
                continue
            parts = (remedy.reason, remedy.need, remedy.activity_id, remedy.weekday)
            assert (*parts, remedy.interest) in best
            assert remedy.children == most


@pytest.mark.parametrize("seed", range(4))
def test_needs_are_counted_alike_in_two_ways(seed: int) -> None:
    facts = random_month(seed)
    everything = np.ones(len(facts.child), dtype=np.bool_)
    counted, lacks = count(facts, "need", None).by_name(), lacking_needs(facts, None)

    for one in need_counts(facts, everything):
        assert counted[one.need][0] == one.children
        assert counted[one.need][3:] == [one.met, one.available, one.unmet]
        assert (lacks.lacking[one.need], lacks.only[one.need]) == (one.lacking, one.only)
