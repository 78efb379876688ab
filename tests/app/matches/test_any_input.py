"""Answers over real HTTP for whatever a child says, and whatever order the rows lie in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from app.access.scopes import ClientKind
from app.access.tokens import Tokens
from app.embedded_postgres import EmbeddedPostgres
from app.main import create_app
from app.tables import metadata
from tests.app.matches.test_routes import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.live_server import serve
from tests.support.world import World

LISTINGS = {
    "Junior angling": "Coarse fishing at the lake.",
    "Swim and splash": "Swimming for all, in a warm pool.",
    "Chess club": "Learn openings with friends.",
    "Football skills": "Training and small games.",
}


@pytest.fixture
def live(application: FastAPI, world: World) -> Iterator[httpx.Client]:
    """Call the served application as a broker of the authority."""
    with serve(application) as client:
        client.headers["Authorization"] = f"Bearer {world.token(ClientKind.BROKER)}"
        yield client


def create_child(live: httpx.Client, interests: list[dict[str, str]]) -> str:
    """Add a child by the API."""
    household = live.post("/v1/households", json={}).raise_for_status().json()
    child = {
        "household_id": household["id"],
        "given_name": "Sam",
        "date_of_birth": "2016-05-02",
        "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
        "interests": interests,
    }
    child_id: str = live.post("/v1/children", json=child).raise_for_status().json()["id"]
    return child_id


def loves(*texts: str) -> list[dict[str, str]]:
    """Say that a child loves each of these."""
    return [{"text": text_, "feeling": "love", "voice": "child"} for text_ in texts]


class TestWhateverIsSaid:
    @pytest.mark.parametrize(
        ("interests", "first", "reason"),
        [
            ([], None, "nothing said"),
            (loves("🎣🚂⚽🏳️‍🌈"), None, "emoji alone"),
            (loves("swimming 🏊‍♀️🏊‍♀️"), "Swim and splash", "a word among emoji"),
            (loves("uwielbia pływanie i gry planszowe"), None, "Polish"),
            (loves("kocha football"), "Football skills", "Polish with a word all know"),
            (loves(*(f"thing number {n}" for n in range(49)), "chess"), "Chess club", "50"),
            (loves(("fishing, " * 56)[:500].strip(" ,")), "Junior angling", "the longest allowed"),
            (loves("x" * 500), None, "one word of 500 letters"),
            (loves("他喜欢足球", "ذهب", "\u202e\u200b"), None, "other scripts, and none to see"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_is_answered_with_sense(
        self,
        live: httpx.Client,
        world: World,
        interests: list[dict[str, str]],
        first: str | None,
        reason: str,
    ) -> None:
        for title, description in LISTINGS.items():
            session_id = add_session(
                world, add_activity(world, title=title, description=description)
            )
        child_id = create_child(live, interests)

        found = self.get(live, f"/v1/children/{child_id}/matches?month=2027-03")

        # What is said never keeps a child from anything that is open to it.
        assert {item["title"] for item in found["items"]} == set(LISTINGS)
        assert found["blocked"] == {}
        if first is not None:
            assert found["items"][0]["title"] == first, reason
            factors = {one["factor"] for one in found["items"][0]["reasons"]}
            assert "interest" in factors
        if not interests:
            assert len({item["score"] for item in found["items"]}) == 1
        fit = self.get(live, f"/v1/children/{child_id}/sessions/{session_id}/fit")
        there = self.get(live, f"/v1/sessions/{session_id}/candidates")
        for answer in (*found["items"], fit, *there["items"]):
            total = sum(one["contribution"] for one in answer["reasons"])
            assert total == pytest.approx(answer["score"], abs=1e-6)
            assert all(one["text"] for one in answer["reasons"])

    @pytest.mark.parametrize("interests", [[], loves("fishing"), loves("🎣")])
    def test_an_empty_catalogue_is_no_error(
        self, live: httpx.Client, interests: list[dict[str, str]]
    ) -> None:
        child_id = create_child(live, interests)

        found = self.get(live, f"/v1/children/{child_id}/matches?month=2027-03")

        assert (found["items"], found["blocked"]) == ([], {})
        assert self.get(live, "/v1/sessions")["items"] == []
        nowhere = live.get(f"/v1/children/{child_id}/sessions/{child_id}/fit")
        assert nowhere.status_code == 404

    @pytest.mark.parametrize("interests", [loves(*["a"] * 51), loves("x" * 501), loves(" ")])
    def test_what_is_too_much_or_nothing_is_refused(
        self, live: httpx.Client, world: World, interests: list[dict[str, str]]
    ) -> None:
        child = {"household_id": world.household(), "given_name": "Sam", "interests": interests}
        refused = live.post("/v1/children", json={**child, "date_of_birth": "2016-05-02"})
        assert refused.status_code == 422

    @staticmethod
    def get(live: httpx.Client, path: str) -> Any:
        answer = live.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


class TestWhereverTheRowsLie:
    def test_answers_are_the_same_byte_for_byte(
        self,
        world: World,
        sessions: sessionmaker[Session],
        tokens: Tokens,
        postgres: EmbeddedPostgres,
    ) -> None:
        paths = self.fill(world)
        # A service that starts anew each time, as it keeps its catalogue warm.
        before = self.answers(world, sessions, tokens, paths)

        for salt in ("one", "another"):
            lie_elsewhere(postgres, salt)
            assert self.answers(world, sessions, tokens, paths) == before

    @staticmethod
    def fill(world: World) -> list[str]:
        """Add many that tie, and give the paths of what is asked."""
        offers = [
            {"need": "bsl", "kind": "on_request", "lead_days": 2, "cost_pence": 100},
            {"need": "hoist", "kind": "limited", "per_session": 1},
        ]
        services = [("bsl", 1, 100), ("bsl", 2, 100), ("interpreter", 1, 0)]
        for need, lead_days, cost in services:
            service = {"need": need, "lead_days": lead_days, "cost_pence": cost, "per_week": 2}
            world.call("POST", "/v1/authority/support-services", json=service)
        ids = []
        for number in range(8):
            same = {"title": list(LISTINGS)[number % 4], "offers": offers[: number % 3]}
            activity_id = add_activity(world, **same)
            ids += [
                add_session(world, activity_id, SATURDAY + timedelta(days=7 * week))
                for week in range(3)
            ]
        said = [
            *loves("fishing", "football", "swimming"),
            {"text": "loud noise", "feeling": "avoid", "voice": "parent"},
            {"text": "crowds", "feeling": "dislike", "voice": "parent"},
        ]
        needs = [
            {"code": code, "importance": importance}
            for code, importance in (("bsl", "essential"), ("hoist", "helpful"))
        ]
        children = [
            add_child(world),
            add_child(world, interests=said),
            add_child(world, interests=said, needs=needs, travel={"max_km": 10}),
            add_child(world, interests=said[:2]),
        ]
        for child_id, session_id in zip(children[:2], (ids[0], ids[5]), strict=True):
            book(world, child_id, session_id)
        return [
            *(f"/v1/children/{one}/matches?month=2027-03&limit=100" for one in children),
            *(f"/v1/children/{one}/sessions/{ids[4]}/fit" for one in children),
            *(f"/v1/sessions/{one}/candidates" for one in (ids[0], ids[7], ids[-1])),
            *("/v1/sessions?limit=100", "/v1/activities", "/v1/children", "/v1/bookings"),
            *("/v1/providers", "/v1/authority/support-services"),
        ]

    @staticmethod
    def answers(
        world: World, sessions: sessionmaker[Session], tokens: Tokens, paths: list[str]
    ) -> dict[str, bytes]:
        headers = {"Authorization": f"Bearer {world.token(ClientKind.BROKER)}"}
        with serve(create_app(sessions, tokens, clock=world.clock)) as client:
            given = {path: client.get(path, headers=headers) for path in paths}
        assert {path: one.status_code for path, one in given.items()} == dict.fromkeys(paths, 200)
        return {path: one.content for path, one in given.items()}


def lie_elsewhere(postgres: EmbeddedPostgres, salt: str) -> None:
    """Write every table anew, its rows in an order that has to do with nothing."""
    owner = create_engine(postgres.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        for table in metadata.sorted_tables:
            key = " || ".join(f"{column.name}::text" for column in table.primary_key.columns)
            order = f"md5({key} || '{salt}')"
            first = text(f"SELECT string_agg({order}, '' ORDER BY ctid) FROM {table.name}")
            connection.execute(text(f"CREATE INDEX elsewhere ON {table.name} (({order}))"))
            connection.execute(text(f"CLUSTER {table.name} USING elsewhere"))
            if table.name == "sessions":
                [lying] = connection.execute(first).one()
                parts = [lying[at : at + 32] for at in range(0, len(lying), 32)]
                assert parts == sorted(parts), "the rows have not moved"
            connection.execute(text("DROP INDEX elsewhere"))
    owner.dispose()
