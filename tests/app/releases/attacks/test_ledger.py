"""T9: over budget, again, at once or cut off: one release a period, one charge, never undone."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from psycopg import errors as postgres_errors
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from app.db import transaction
from app.releases import queries
from app.releases.building import Cell
from app.releases.models import GapRelease
from tests.support.live_server import at_once, serve
from tests.support.releases import draw, draw_of, set_size, wanting, wants_in_vain
from tests.support.world import World

QUARTERS = [f"2027-Q{number}" for number in range(1, 5)]
UNMET = wants_in_vain(50)


@pytest.fixture
def sized(world: World) -> World:
    set_size(world)
    return world


def stored(world: World) -> dict[str, Any]:
    """Read what is kept: releases, cells, and what the year was charged."""
    with transaction(world.sessions, world.authority_id) as session:
        return {
            "releases": session.scalar(text("SELECT count(*) FROM gap_releases")),
            "cells": session.scalar(text("SELECT count(*) FROM gap_release_cells")),
            "charged": [
                tuple(row)
                for row in session.execute(
                    text(
                        "SELECT year, releases, rho_thousandths FROM release_budgets ORDER BY year"
                    )
                )
            ],
        }


def slug_of(answer: Any) -> str:
    return str(answer.json().get("type", "made")).removeprefix("/problems/")


class TestBudget:
    def test_a_second_release_of_a_period_is_refused(self, sized: World) -> None:
        release_id = draw_of(sized, UNMET)
        before = stored(sized)

        with wanting(UNMET):
            again = draw(sized)

        assert (again.status_code, slug_of(again)) == (409, "release-exists")
        assert again.json()["facts"] == {"release_id": release_id}
        assert stored(sized) == before == {**before, "releases": 1, "charged": [(2027, 1, 125)]}

    def test_a_fifth_release_of_a_year_is_refused(self, sized: World) -> None:
        for quarter in QUARTERS:
            draw_of(sized, UNMET, quarter)
        before = stored(sized)

        with wanting(UNMET):
            over = draw(sized, "2026-Q4")

        assert (over.status_code, slug_of(over)) == (409, "release-budget-spent")
        assert over.json()["facts"] == {"year": 2027, "releases": 4}
        assert stored(sized) == before
        assert before["charged"] == [(2027, 4, 500)]

    def test_the_next_year_has_its_own(self, sized: World) -> None:
        for quarter in QUARTERS:
            draw_of(sized, UNMET, quarter)
        sized.clock.now = datetime(2028, 1, 1, 0, 30, tzinfo=UTC)
        set_size(sized, year=2028)

        draw_of(sized, UNMET, "2026-Q4")

        assert stored(sized)["charged"] == [(2027, 4, 500), (2028, 1, 125)]

    def test_a_small_authority_has_one_release_a_year(self, world: World) -> None:
        set_size(world, "under_200")
        draw_of(world, UNMET)

        with wanting(UNMET):
            over = draw(world, "2027-Q2")

        assert slug_of(over) == "release-budget-spent"
        assert stored(world) == {"releases": 1, "cells": 33, "charged": [(2027, 1, 125)]}


class TestAtOnce:
    @pytest.fixture
    def live(self, sized: World, application: FastAPI) -> Any:
        with serve(application) as client:
            sized.http = client  # type: ignore[assignment]
            yield sized

    def race(self, world: World, periods: list[str]) -> Counter[str]:
        calls: list[Callable[[], Any]] = [lambda one=one: draw(world, one) for one in periods]
        with wanting(UNMET):
            return Counter(slug_of(answer) for answer in at_once(calls))

    def test_two_workers_draw_one_period(self, live: World) -> None:
        found = self.race(live, ["2027-Q1"] * 6)

        assert found == {"made": 1, "release-exists": 5}
        assert stored(live)["charged"] == [(2027, 1, 125)]
        assert stored(live)["releases"] == 1

    def test_the_last_of_the_year(self, live: World) -> None:
        for quarter in QUARTERS[:3]:
            draw_of(live, UNMET, quarter)

        found = self.race(live, ["2027-Q4", "2026-Q4", "2026-Q3", "2026-Q2"])

        assert found == {"made": 1, "release-budget-spent": 3}
        assert stored(live)["charged"] == [(2027, 4, 500)]
        assert stored(live)["releases"] == 4


class TestCutOff:
    def test_nothing_is_left_of_a_build_that_ends_midway(
        self, sized: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        insert_cells = queries.insert_cells

        def insert_and_die(session: Session, release: GapRelease, cells: list[Cell]) -> None:
            insert_cells(session, release, cells)
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        monkeypatch.setattr(queries, "insert_cells", insert_and_die)
        with wanting(UNMET):
            cut_off = draw(sized)
        monkeypatch.undo()

        assert cut_off.status_code == 503
        assert stored(sized) == {"releases": 0, "cells": 0, "charged": []}

        draw_of(sized, UNMET)

        assert stored(sized)["charged"] == [(2027, 1, 125)]


CHANGES = [
    *("UPDATE gap_release_cells SET noised = 0", "UPDATE gap_releases SET period = '2030-Q1'"),
    *("DELETE FROM gap_release_cells", "DELETE FROM gap_releases"),
    *("UPDATE authority_sizes SET size_class = 'under_200'", "DELETE FROM authority_sizes"),
    "DELETE FROM release_budgets",
]


class TestForEver:
    @pytest.mark.parametrize("change", CHANGES)
    def test_the_service_has_no_right_to_change_it(
        self, sized: World, sessions: sessionmaker[Session], change: str
    ) -> None:
        draw_of(sized, UNMET)

        with transaction(sessions, sized.authority_id) as session:
            with pytest.raises(DBAPIError) as refusal:
                session.execute(text(change))
            assert isinstance(refusal.value.orig, postgres_errors.InsufficientPrivilege)
            session.rollback()

    @pytest.mark.parametrize("change", CHANGES)
    def test_nor_has_anybody(self, sized: World, superuser: Connection, change: str) -> None:
        draw_of(sized, UNMET)

        with pytest.raises(DBAPIError, match="stays"):
            superuser.execute(
                text(f"{change} WHERE authority_id = :id"), {"id": sized.authority_id}
            )

    @pytest.mark.parametrize(
        "change",
        [
            "releases = releases - 1, rho_thousandths = rho_thousandths - 125",
            "rho_thousandths = 0",
            "year = 2020",
        ],
    )
    def test_a_budget_is_never_given_back(
        self, sized: World, sessions: sessionmaker[Session], change: str
    ) -> None:
        draw_of(sized, UNMET)

        with transaction(sessions, sized.authority_id) as session:
            with pytest.raises(DBAPIError, match="only spent"):
                session.execute(text(f"UPDATE release_budgets SET {change}"))
            session.rollback()

    @pytest.mark.parametrize(
        "change", ["releases = 5, rho_thousandths = 625", "releases = 2, rho_thousandths = 501"]
    )
    def test_nor_overdrawn(
        self, sized: World, sessions: sessionmaker[Session], change: str
    ) -> None:
        draw_of(sized, UNMET)

        with transaction(sessions, sized.authority_id) as session:
            with pytest.raises(DBAPIError) as refusal:
                session.execute(text(f"UPDATE release_budgets SET {change}"))
            assert isinstance(refusal.value.orig, postgres_errors.CheckViolation)
            session.rollback()

    def test_erasing_the_authority_takes_it_along(
        self, sized: World, superuser: Connection
    ) -> None:
        draw_of(sized, UNMET)
        mine = {"id": str(sized.authority_id)}
        superuser.execute(text("SELECT set_config('app.erased_authority', :id, true)"), mine)

        tables = ("release_statements", "gap_release_cells", "gap_releases", "release_budgets")
        for table in (*tables, "authority_sizes"):
            erased = superuser.execute(text(f"DELETE FROM {table} WHERE authority_id = :id"), mine)
            assert erased.rowcount > 0
