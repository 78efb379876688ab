"""Changed arrays against the same change made in the rows and read anew; and budgets that fall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import OUTCOMES, Catalogue, GapFacts, Live, OfferRow, SessionRow, find_gaps
from matching.errors import InvalidProblem
from matching.gaps.scenarios import cut_places, moved, with_need_met, without_sessions
from tests.matching.gaps.worlds import draw
from tests.matching.worlds import FEW_NEEDS, World

Change = Callable[[SessionRow], SessionRow]
SEEDS = range(24)


def chosen(world: World, seed: int) -> list[SessionRow]:
    """Choose a third of the sessions."""
    rng = Random(seed)
    return rng.sample(world.sessions, max(1, len(world.sessions) // 3))


def anew(world: World, rows: list[SessionRow], change: Change) -> tuple[Catalogue, Live]:
    """Change rows, and read the whole world again."""
    ids = {row.id for row in rows}
    sessions = [change(row) if row.id in ids else row for row in world.sessions]
    changed = replace(world, sessions=sessions)
    catalogue = changed.catalogue()
    return catalogue, changed.live(catalogue)


def at(catalogue: Catalogue, rows: list[SessionRow]) -> list[int]:
    return [catalogue.session_index[row.id] for row in rows]


def told(facts: GapFacts, catalogue: Catalogue) -> list[tuple[Any, ...]]:
    """Tell facts by the names of their sessions, as positions may differ."""
    ids = catalogue.session_ids
    return [
        (
            int(facts.child[row]),
            int(facts.want[row]),
            OUTCOMES[facts.outcome[row]],
            int(facts.mask[row]),
            int(facts.needs[row]),
            ids[facts.session[row]] if facts.session[row] >= 0 else None,
            int(facts.could_go[row]),
        )
        for row in range(len(facts.child))
    ]


def same(world: World, children: Any, mine: tuple[Catalogue, Live], rows: Any) -> bool:
    """Hold changed arrays to what is read anew, and tell whether anything differs from today."""
    theirs, live = rows
    expected = told(find_gaps(theirs, children, live), theirs)
    assert told(find_gaps(mine[0], children, mine[1]), mine[0]) == expected
    today = world.catalogue()
    return told(find_gaps(today, children, world.live(today)), today) == expected


class TestAgainstReadingAnew:
    """Each change of arrays gives the facts of the changed rows, and leaves the old arrays."""

    @pytest.mark.parametrize("seed", SEEDS)
    def test_cancelled(self, seed: int) -> None:
        world, children, _ = draw(seed)
        catalogue, rows = world.catalogue(), chosen(world, seed)
        live = world.live(catalogue)
        before = told(find_gaps(catalogue, children, live), catalogue)

        changed = without_sessions(catalogue, at(catalogue, rows))

        again = anew(world, rows, lambda row: replace(row, cancelled=True))
        same(world, children, (changed, live), again)
        assert told(find_gaps(catalogue, children, live), catalogue) == before

    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_need_met(self, seed: int) -> None:
        world, children, _ = draw(seed)
        catalogue, rows = world.catalogue(), chosen(world, seed)
        live, need = world.live(catalogue), Random(seed).choice(FEW_NEEDS)
        before = told(find_gaps(catalogue, children, live), catalogue)

        changed = with_need_met(catalogue, at(catalogue, rows), need)

        def meet(row: SessionRow) -> SessionRow:
            others = tuple(offer for offer in row.offers if offer.need != need)
            return replace(row, offers=(*others, OfferRow(need)))

        same(world, children, (changed, live), anew(world, rows, meet))
        assert told(find_gaps(catalogue, children, live), catalogue) == before

    @pytest.mark.parametrize("seed", SEEDS)
    def test_moved(self, seed: int) -> None:
        world, children, _ = draw(seed)
        catalogue, rows = world.catalogue(), chosen(world, seed)
        live, rng = world.live(catalogue), Random(seed)
        by = {row.id: timedelta(days=rng.randrange(-5, 6), hours=rng.randrange(6)) for row in rows}
        before = told(find_gaps(catalogue, children, live), catalogue)
        where = at(catalogue, rows)
        shift = np.array([by[row.id] // timedelta(microseconds=1) for row in rows])

        changed = moved(
            catalogue,
            live,
            where,
            catalogue.sessions.starts_us[where] + shift,
            catalogue.sessions.ends_us[where] + shift,
        )

        def move(row: SessionRow) -> SessionRow:
            starts, ends = row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC)
            return replace(row, starts_at=starts + by[row.id], ends_at=ends + by[row.id])

        same(world, children, changed, anew(world, rows, move))
        assert told(find_gaps(catalogue, children, live), catalogue) == before

    def test_the_changes_matter(self) -> None:
        differing = 0
        for seed in SEEDS:
            world, children, _ = draw(seed)
            catalogue, rows = world.catalogue(), chosen(world, seed)
            changed = without_sessions(catalogue, at(catalogue, rows)), world.live(catalogue)
            again = anew(world, rows, lambda row: replace(row, cancelled=True))
            differing += not same(world, children, changed, again)
        assert differing > len(SEEDS) // 3

    def test_no_such_need(self) -> None:
        world, _, _ = draw(1)
        with pytest.raises(InvalidProblem, match="need"):
            with_need_met(world.catalogue(), [0], "flying")


PLACES = st.integers(0, 9)
SESSIONS = st.lists(st.tuples(PLACES, st.integers(-1, 9), st.integers(0, 5)), max_size=8)


class TestCutPlaces:
    @given(SESSIONS, st.integers(1, 20), st.integers(0, 20))
    def test_takes_what_is_wanted_from_the_least_used_and_from_no_child(
        self, sessions: list[tuple[int, int, int]], old: int, new: int
    ) -> None:
        new = min(old, new)
        capacity, left, cost = (
            np.array([one[at] for one in sessions], dtype=np.int64) for at in range(3)
        )

        cut = cut_places(capacity, left, cost, old_budget=old, new_budget=new)

        free = np.clip(left, 0, capacity)
        assert cut.bought == sum(c * p for c, _, p in sessions)
        assert cut.wanted == cut.bought * (old - new) // old
        assert cut.saved == int((cut.places * cost).sum())
        assert ((cut.places >= 0) & (cut.places <= free)).all()
        takes = np.flatnonzero(cut.places)
        could = np.flatnonzero((free > 0) & (cost > 0))
        if cut.saved < cut.wanted:
            assert (cut.places[could] == free[could]).all()
        elif takes.size:
            # One place less of the last session would not do, and all before it are empty.
            order = sorted(
                could, key=lambda s: ((capacity[s] - free[s]) / capacity[s], -cost[s], -s)
            )
            *first, last = order[: takes.size]
            assert set(takes) == {*first, last}
            assert (cut.places[first] == free[first]).all()
            assert cut.saved - int(cost[last]) < cut.wanted

    @pytest.mark.parametrize(("old", "new"), [(0, 0), (1, 2), (5, -1)])
    def test_a_budget_that_does_not_fall(self, old: int, new: int) -> None:
        one = np.array([1], dtype=np.int64)
        with pytest.raises(InvalidProblem, match="budgets"):
            cut_places(one, one, one, old_budget=old, new_budget=new)
