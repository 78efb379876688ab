"""The attacks are run on broken builds: each must notice, or it would count for nothing."""

from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import ColumnElement, Connection, Engine
from sqlalchemy.orm import Session, sessionmaker

from app.db import transaction
from app.releases import presenting, queries, service
from app.releases.building import Cell, Flags, Grid, Table, build
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.noise import add_noise
from app.releases.schemas import CellRead, CellsQuery, TableRead
from app.verification.service import check_authority
from tests.app.releases.attacks import test_reading
from tests.support.clock import SetClock
from tests.support.releases import NORTH, SOUTH, declare, draw_of, set_size, wants_in_vain
from tests.support.world import World


@pytest.fixture
def release_id(world: World) -> str:
    set_size(world)
    declare(world, SOUTH, NORTH)
    return draw_of(world, wants_in_vain(300))


def test_filters_that_are_passed_over_are_noticed(
    world: World, release_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def any_shape(_: GapRelease, query: CellsQuery) -> list[ColumnElement[bool]]:
        return [GapReleaseCell.by == query.by]

    monkeypatch.setattr(service, "selection", any_shape)

    with pytest.raises(AssertionError):
        test_reading.TestEveryOtherShape().test_is_refused(world, release_id)


def test_noise_that_is_drawn_anew_is_noticed(
    world: World, release_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = presenting.tell_cell

    def tell_anew(cell: Cell, table: TableRead) -> CellRead:
        [noised] = add_noise([cell.noised], table.sd)
        return tell(Cell(cell.by, cell.interest, cell.value, noised, True), table)

    monkeypatch.setattr(presenting, "tell_cell", tell_anew)

    with pytest.raises(AssertionError):
        test_reading.TestAveraging().test_asking_again_tells_nothing_new(world, release_id)


def test_a_count_in_the_log_is_noticed(
    http: TestClient,
    sessions: sessionmaker[Session],
    clock: SetClock,
    engine: Engine,
    superuser: Connection,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def build_and_tell(flags: Flags, grid: Grid, tables: Sequence[Table]) -> list[Cell]:
        structlog.get_logger().info("built", wants=len(flags.child))
        return build(flags, grid, tables)

    monkeypatch.setattr(service, "build", build_and_tell)

    with pytest.raises(AssertionError):
        test_reading.TestSideChannels().test_answers_logs_statements_and_stored_rows(
            http, sessions, clock, engine, superuser, monkeypatch, capsys
        )


def test_a_release_that_is_not_charged_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_size(world)
    number = count(1)

    def charge_nothing(*_: Any, **__: Any) -> Any:
        return SimpleNamespace(releases=next(number))

    monkeypatch.setattr(queries, "charge", charge_nothing)
    for quarter in ("2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3", "2027-Q4"):
        draw_of(world, wants_in_vain(5), quarter)

    with transaction(world.sessions, world.authority_id) as session:
        outcomes = list(check_authority(session, now=world.clock.now))
    found = {outcome.check.name: outcome.findings for outcome in outcomes if outcome.findings}
    assert set(found) == {"release-budgets"}
    assert found["release-budgets"][0].facts["releases"] == 5
