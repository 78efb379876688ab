"""T1, T2, T4, T8: whatever is asked, however and how often, only stored cells come back."""

import random
import re
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from app.access.scopes import ClientKind
from app.access.tokens import Tokens
from app.main import create_app
from app.releases import building
from tests.support.clock import SetClock
from tests.support.releases import (
    NORTH,
    PERIOD,
    SOUTH,
    declare,
    draw_of,
    read,
    set_size,
    wants_in_vain,
)
from tests.support.world import World, make_world

BROKER = ClientKind.BROKER
BREAKDOWNS = ("locality", "age_band", "need_group", "reason")
Key = tuple[str, str, str | None]


@pytest.fixture
def release_id(world: World) -> str:
    """Draw a release of 300 children of whom all want to swim."""
    set_size(world)
    declare(world, SOUTH, NORTH)
    return draw_of(world, wants_in_vain(300))


def cells_in(items: list[dict[str, Any]], by: str) -> dict[Key, Any]:
    return {(by, item["interest"], item["value"]): item["children"] for item in items}


def stored_cells(world: World, release_id: str) -> dict[Key, Any]:
    """Read every cell, a page at a time."""
    found: dict[Key, Any] = {}
    for by in ("interest", *BREAKDOWNS):
        cursor = ""
        while cursor is not None:
            path = f"/v1/gap-releases/{release_id}/cells?by={by}&limit=200{cursor}"
            page = read(world, path).json()
            found |= cells_in(page["items"], by)
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    return found


class TestTheSameCell:
    """T1."""

    def test_by_every_path(self, world: World, release_id: str) -> None:
        stored = stored_cells(world, release_id)
        assert len(stored) == 33 * (1 + 3 + 8 + 9 + 13)

        for by in ("interest", *BREAKDOWNS):
            whole = read(world, f"/v1/gaps?period={PERIOD}&by={by}").json()["items"]
            assert cells_in(whole, by).items() <= stored.items()
        row = read(world, f"/v1/gaps?period={PERIOD}&by=reason&interest=swimming").json()["items"]
        column = read(world, f"/v1/gaps?by=reason&period={PERIOD}&reason=full").json()["items"]
        for items in (row, column):
            assert items
            assert cells_in(items, "reason").items() <= stored.items()

    def test_whoever_asks_and_in_whatever_order(self, world: World, release_id: str) -> None:
        parts = [f"period={PERIOD}", "by=locality", "interest=swimming", "locality=South"]
        source = random.Random(4)
        bodies = set()
        for kind in (BROKER, ClientKind.COMMISSIONER) * 10:
            source.shuffle(parts)
            bodies.add(read(world, f"/v1/gaps?{'&'.join(parts)}", kind=kind).content)

        assert len(bodies) == 1

    def test_after_a_restart_and_after_rows_have_changed(
        self,
        world: World,
        release_id: str,
        sessions: sessionmaker[Session],
        tokens: Tokens,
        clock: SetClock,
    ) -> None:
        paths = [f"/v1/gaps?period={PERIOD}&by={by}" for by in ("interest", *BREAKDOWNS)]
        paths += [f"/v1/gap-releases/{release_id}", "/v1/gap-releases"]
        before = [read(world, path) for path in paths]
        world.household()
        declare(world, {"name": "Elsewhere", "outcodes": ["CW1"]})
        draw_of(world, wants_in_vain(100), "2027-Q2")

        with TestClient(create_app(sessions, tokens, clock=clock)) as restarted:
            world.http = restarted
            after = [read(world, path) for path in paths]

        for path, one, other in zip(paths[:-1], before, after, strict=False):
            assert one.content == other.content, path
            assert one.headers.get("ETag") == other.headers.get("ETag")
        assert before[-1].json()["items"][0] == after[-1].json()["items"][0]


NAMES = ("period", "by", "interest", *BREAKDOWNS, "month", "from", "sen_type", "limit", "q")
WORDS = {
    "period": [PERIOD, PERIOD, PERIOD, "2027-Q2", "2027", "2027-03", "2027-Q1,2027-Q2", "*"],
    "by": ["interest", *BREAKDOWNS, "interest,reason", "child", "postcode", ""],
    "interest": ["swimming", "football", "swimming,football", "!swimming", "*", "SWIMMING", ""],
    "locality": ["South", "North", "other", "ST3", "South,North", "%"],
    "age_band": ["8-10", "0-4", "8-9", "8-13", "-"],
    "need_group": ["mobility", "none", "hoist", "mobility|health"],
    "reason": ["full", "need", "met", "available", "!full"],
}


class TestEveryOtherShape:
    """T2."""

    def test_is_refused(self, world: World, release_id: str) -> None:
        stored = stored_cells(world, release_id)
        source, answered = random.Random(8), defaultdict(int)
        for _ in range(300):
            chosen = source.sample(NAMES, source.randint(0, 4))
            params = [(name, source.choice(WORDS.get(name, ["1", "x"]))) for name in chosen]
            if source.random() < 0.7:
                params = [("period", PERIOD), *((n, v) for n, v in params if n != "period")]
            if params and source.random() < 0.1:
                params.append(source.choice(params))
            answer = read(world, "/v1/gaps", params=params)

            answered[answer.status_code] += 1
            asked = dict(params)
            if answer.status_code == 200:
                by = asked.get("by", "interest")
                items = answer.json()["items"]
                assert cells_in(items, by).items() <= stored.items()
                assert len(asked) == len(params)
                assert set(asked) <= {"period", "by", "interest", by}
            elif answer.status_code == 404:
                assert asked["period"] == "2027-Q2"
            else:
                assert answer.status_code == 422, params
        assert answered[200] > 25
        assert answered[422] > 100

    @pytest.mark.parametrize("path", ["/v1/gaps?period=2027-Q1", "/v1/gap-releases"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_nothing_else_can_be_done(
        self, world: World, release_id: str, method: str, path: str
    ) -> None:
        paths = [path, *([f"{path}/{release_id}"] if path.endswith("releases") else [])]
        for one in paths:
            if (method, one) != ("POST", "/v1/gap-releases"):
                assert world.call(method, one, json={}).status_code == 405


class TestAveraging:
    """T4."""

    def test_asking_again_tells_nothing_new(self, world: World, release_id: str) -> None:
        source, told = random.Random(9), defaultdict(set)
        for _ in range(250):
            by = source.choice(("interest", *BREAKDOWNS))
            path = source.choice(
                [
                    f"/v1/gaps?period={PERIOD}&by={by}&interest=swimming",
                    f"/v1/gaps?interest=swimming&by={by}&period={PERIOD}",
                    f"/v1/gap-releases/{release_id}/cells?by={by}&interest=swimming",
                ]
            )
            kind = source.choice([BROKER, ClientKind.COMMISSIONER])
            for item in read(world, path, kind=kind).json()["items"]:
                told[by, item["value"]].add(item["children"])

        assert len(told) == 1 + 3 + 8 + 9 + 13
        assert {len(figures) for figures in told.values()} == {1}


class TestSideChannels:
    """T8: with the noised figures held alike, nothing else tells how many there truly are."""

    # Five figures: no group of an id has as many.
    NONE, MANY = 0, 10_007

    def test_answers_logs_statements_and_stored_rows(
        self,
        http: TestClient,
        sessions: sessionmaker[Session],
        clock: SetClock,
        engine: Engine,
        superuser: Connection,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        figures = np.random.default_rng(1).integers(-20, 60, 2000).tolist()
        monkeypatch.setattr(building, "add_noise", lambda counts, sd: figures[: len(counts)])
        told = []
        for children in (self.NONE, self.MANY):
            world = make_world(http, sessions, clock)
            told.append(self.look(world, children, engine, capsys))

        assert told[0] == told[1]
        for table in ("gap_releases", "gap_release_cells", "release_budgets", "events"):
            # Those of the crowded authority; others' ids hold any four figures.
            rows = superuser.scalars(
                text(f"SELECT t::text FROM {table} t WHERE authority_id = :id"),
                {"id": world.authority_id},
            )
            assert not any(re.search(rf"\b{self.MANY}\b", row) for row in rows), table

    def look(
        self, world: World, children: int, engine: Engine, capsys: pytest.CaptureFixture[str]
    ) -> list[Any]:
        """Tell all that a caller or an operator sees, but for ids and times."""
        set_size(world)
        declare(world, SOUTH, NORTH)
        statements: list[str] = []

        def note(_: Any, __: Any, statement: str, *___: Any) -> None:
            statements.append(statement)

        for kind in (BROKER, ClientKind.COMMISSIONER):
            world.token(kind)
        capsys.readouterr()
        event.listen(engine, "before_cursor_execute", note)
        draw_of(world, wants_in_vain(children))
        answers = [
            read(world, f"/v1/gaps?period={PERIOD}&by={by}", headers={"Accept": accept})
            for by in ("interest", *BREAKDOWNS)
            for accept in ("application/json", "text/csv")
        ]
        answers.append(read(world, "/v1/gap-releases"))
        event.remove(engine, "before_cursor_execute", note)
        logged = capsys.readouterr().out
        assert "create_gap_release" in logged
        plain = [
            (answer.status_code, self.without_ids(answer.text), sorted(answer.headers))
            for answer in answers
        ]
        lengths = [len(answer.content) for answer in answers]
        return [plain, lengths, statements, self.without_ids(logged)]

    def without_ids(self, told: str) -> str:
        ids = r"[0-9a-f]{8}-[0-9a-f-]{27}"
        return re.sub(rf"{ids}|\bms=[0-9.]+|\d\d:\d\d:\d\d", "-", told)
