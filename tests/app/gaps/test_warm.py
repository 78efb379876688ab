"""Months as arrays: the same as their rows, loaded once, and anew when they change."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.db import transaction
from app.engine.gaps import OUTCOMES
from app.gaps import warm as warm_module
from app.gaps.warm import MonthFacts, WarmMonths
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import MARCH, facts_of, refresh, rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
SWIMMING = {"text": "swimming", "feeling": "like", "voice": "parent"}
STRANGE = {"text": "zzyzx qwrtp", "feeling": "like", "voice": "parent"}


def get(world: World, warm: WarmMonths, months: list[str] | None = None) -> list[MonthFacts]:
    with transaction(world.sessions, world.authority_id) as session:
        return warm.get(session, months)


@pytest.fixture
def filled(world: World) -> World:
    """Make a month with children of many kinds in it."""
    hoist = [{"code": "hoist", "importance": "essential"}]
    add_child(world, interests=[FISHING, SWIMMING], needs=hoist, sen_types=["ASD", "PMLD"])
    add_child(world)
    add_child(world, interests=[STRANGE, SWIMMING], home={"postcode": "CW1 1AA"})
    add_child(world, interests=[FISHING], date_of_birth="2010-01-01", sen_types=["ASD"])
    lake = add_activity(world, concepts=["angling"], setting="universal")
    session = add_session(world, lake)
    add_session(world, lake, SATURDAY + timedelta(days=1), capacity=1)
    other = add_child(world, interests=[FISHING])
    book(world, other, session)
    refresh(world)
    return world


def told(facts: MonthFacts) -> dict[tuple[UUID, str | None], tuple[Any, ...]]:
    """Put facts as rows."""
    rows = {}
    for row, at in enumerate(facts.child.tolist()):
        concept = int(facts.concept[row])
        number = int(facts.session[row])
        rows[facts.child_id(at), facts.concepts[concept] if concept >= 0 else None] = (
            OUTCOMES[facts.outcome[row]],
            None if number < 0 else str(facts.sessions.ids[number]),
        )
    return rows


def test_arrays_tell_what_the_rows_tell(filled: World) -> None:
    (facts,) = get(filled, WarmMonths())
    expected = {
        (row.child_id, want): (fact.outcome, fact.session_id)
        for row in rows_of(filled, "SELECT child_id FROM gap_children")
        for want, fact in facts_of(filled, str(row.child_id)).items()
    }

    assert told(facts) == expected
    assert len(facts.child_ids) == 5
    assert {fact[0] for fact in expected.values()} >= {"met", "need", "nothing_on_offer"}
    assert None in {want for _, want in expected}
    assert "" not in facts.concepts


def test_children_carry_what_they_are_sliced_by(filled: World) -> None:
    (facts,) = get(filled, WarmMonths())
    rows = rows_of(filled, "SELECT * FROM gap_children ORDER BY child_id")
    for at, row in enumerate(rows):
        assert facts.child_id(at) == row.child_id
        assert facts.age_bands[facts.age_band[at]] == row.age_band
        assert facts.areas[facts.area[at]] == row.area
        assert facts.needs[at] == row.needs
        mask = int(facts.sen_types[at])
        names = [name for bit, name in enumerate(facts.sen_names) if mask >> bit & 1]
        assert sorted(names) == sorted(row.sen_types)
        pairs = facts.going_session[facts.going_child == at].tolist()
        assert pairs == row.going
    assert set(facts.areas) == {"ST4", "CW1"}
    assert set(facts.age_bands) == {"8-10", "17-18"}


def test_a_month_is_loaded_once_and_anew_when_it_changes(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[list[str]] = []
    load = warm_module.load_months

    def note(session: Any, months: list[str]) -> Any:
        loaded.append(list(months))
        return load(session, months)

    monkeypatch.setattr(warm_module, "load_months", note)
    warm = WarmMonths()
    first = get(filled, warm)
    assert get(filled, warm) == first

    child = rows_of(filled, "SELECT child_id FROM gap_children LIMIT 1")[0].child_id
    rows_of(filled, "DELETE FROM children WHERE id = :id RETURNING 1", id=child)
    (after,) = get(filled, warm)

    assert loaded == [[MARCH], [MARCH]]
    assert child not in {after.child_id(at) for at in range(len(after.child_ids))}


def test_a_month_without_children_and_one_that_is_not_there(world: World) -> None:
    refresh(world)

    (facts,) = get(world, WarmMonths())

    assert (len(facts.child), len(facts.child_ids), facts.concepts) == (0, 0, ())
    assert get(world, WarmMonths(), ["2031-01"]) == []


def test_the_months_asked_for_longest_ago_make_room(filled: World) -> None:
    warm = WarmMonths(most_facts=1)
    refresh(filled, "2027-04")

    assert [one.month for one in get(filled, warm)] == [MARCH, "2027-04"]
    assert len(warm._warm) == 1


def test_another_authority_gets_none_of_it(filled: World, other_world: World) -> None:
    warm = WarmMonths()
    assert len(get(filled, warm)) == 1
    assert get(other_world, warm) == []
