"""You said, we did, over HTTP: fixed once a quarter, released by a broker, without children."""

from datetime import UTC, datetime
from random import Random
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from psycopg import errors as postgres_errors
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from app.access.scopes import ClientKind
from app.children.models import Child, Household
from app.clock import last_ended_quarter, quarter_bounds
from app.db import transaction
from app.ids import new_id
from app.jobs import state_last_quarters
from app.wishes.models import Statement, StatementLine, Wish
from app.wishes.statements import state_last_quarter
from tests.support.bookings import slug
from tests.support.statements import add_line
from tests.support.world import World

SENTENCE = "Trent Vale Angling Society has founded a Saturday group."
QUARTER = "2026-Q4"
DURING = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)


def add_wishers(
    world: World, n: int, *, said_at: datetime = DURING, books: int = 400, **fields: Any
) -> None:
    """Put children of a household each on the books, the first of whom wish to fish."""
    tenant = {"authority_id": world.authority_id}
    children = [new_id() for _ in range(books)]
    homes = [new_id() for _ in range(books)]
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    profile = {
        "given_name": "Sam",
        "date_of_birth": datetime(2015, 1, 1, tzinfo=UTC).date(),
        "home_postcode": "ST4 2DE",
        "communication_methods": [],
        "contact": "child",
        "language": "en",
        "sen_types": [],
        "created_at": long_ago,
        "updated_at": long_ago,
    }
    wish = {
        "text": "Sam wants to go fishing",
        "concepts": ["angling"],
        "voice": "child",
        "status": "open",
        "created_at": said_at,
        **fields,
    }
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(
            insert(Household), [{**tenant, "id": id_, "created_at": long_ago} for id_ in homes]
        )
        session.execute(
            insert(Child),
            [
                {**tenant, **profile, "id": id_, "household_id": home}
                for id_, home in zip(children, homes, strict=True)
            ],
        )
        if n:
            session.execute(
                insert(Wish),
                [{**tenant, **wish, "id": new_id(), "child_id": id_} for id_ in children[:n]],
            )


def state(world: World, *, noise: Any = lambda count: count) -> list[tuple[str, int]]:
    """Let the job of the quarter run with noise of the test's choice."""
    with transaction(world.sessions, world.authority_id) as session:
        state_last_quarter(session, rng=Random(1), now=world.clock.now, noise=noise)
    with transaction(world.sessions, world.authority_id) as session:
        found = session.scalars(select(StatementLine).order_by(StatementLine.concept)).all()
    return [(line.concept, line.asked_at_least) for line in found]


def released(world: World, query: str = "", kind: ClientKind = ClientKind.FAMILY_APP) -> Any:
    """Read what is public."""
    answer = world.call("GET", f"/v1/you-said-we-did{query}", kind=kind)
    assert answer.status_code == 200, answer.text
    return answer.json()


def answer_line(world: World, line_id: str, if_match: str = "*", **patch: Any) -> Any:
    """Release a line, or take it back."""
    path, headers = f"/v1/you-said-we-did/lines/{line_id}", {"If-Match": if_match}
    return world.call("PATCH", path, json=patch, headers=headers)


class TestWhatIsAskedFor:
    @pytest.mark.parametrize(
        ("said_at", "fields", "is_counted", "reason"),
        [
            ("2026-11-05T12:00Z", {}, True, "said in the quarter"),
            ("2025-02-01T12:00Z", {}, True, "said before, and still open"),
            ("2026-12-31T23:59Z", {}, True, "on its last evening"),
            ("2027-01-01T00:00Z", {}, False, "after it"),
            (
                "2026-11-05T12:00Z",
                {"status": "closed", "reason": "grew out of it", "ended_at": "2026-10-01T00:00Z"},
                True,
                "closed in it",
            ),
            (
                "2026-07-05T12:00Z",
                {"status": "closed", "reason": "grew out of it", "ended_at": "2026-09-30T22:00Z"},
                False,
                "closed before it began here, in summer time",
            ),
            ("2026-11-05T12:00Z", {"concepts": []}, False, "words that name nothing"),
        ],
    )
    def test_in_a_quarter(
        self,
        world: World,
        said_at: str,
        fields: dict[str, Any],
        is_counted: bool,
        reason: str,
    ) -> None:
        times = (
            {"ended_at": datetime.fromisoformat(fields["ended_at"])} if "ended_at" in fields else {}
        )
        add_wishers(world, 50, said_at=datetime.fromisoformat(said_at), **{**fields, **times})

        assert state(world) == ([("angling", 30)] if is_counted else []), reason

    def test_by_fewer_than_the_threshold_is_kept_nowhere(self, world: World) -> None:
        add_wishers(world, 14)

        assert state(world, noise=lambda count: count + 30) == []
        with transaction(world.sessions, world.authority_id) as session:
            assert session.scalars(select(Statement.quarter)).all() == [QUARTER]

    def test_quarters(self) -> None:
        assert quarter_bounds("2026-Q4") == (
            datetime(2026, 9, 30, 23, 0, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        )
        for day, quarter in (((2027, 1, 1), "2026-Q4"), ((2027, 3, 31), "2026-Q4")):
            assert last_ended_quarter(datetime(*day, tzinfo=UTC)) == quarter
        assert last_ended_quarter(datetime(2027, 3, 31, 23, 30, tzinfo=UTC)) == "2027-Q1", (
            "summer time"
        )


class TestOnceForEver:
    def test_nothing_moves_it(self, world: World) -> None:
        add_wishers(world, 50)
        first = state(world)
        add_wishers(world, 100)

        assert state(world) == first == [("angling", 30)]
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(text("DELETE FROM wishes"))
        assert state(world) == first
        made = world.call("POST", "/v1/you-said-we-did", json={"quarter": QUARTER})
        assert [line["asked_at_least"] for line in made.json()["items"]] == [30]

    @pytest.mark.parametrize("quarter", ["2026-Q3", "2027-Q1", "2027-Q2"])
    def test_no_other_quarter_is_stated(self, world: World, quarter: str) -> None:
        """Statements of one time about many quarters would be many draws about the same wishes."""
        refused = world.call("POST", "/v1/you-said-we-did", json={"quarter": quarter})

        assert (refused.status_code, slug(refused)) == (409, "quarter-not-due")
        assert refused.json()["facts"] == {"due": QUARTER}

    def test_two_at_once_make_one(self, world: World) -> None:
        add_wishers(world, 90)
        world.token(ClientKind.BROKER)
        together, answers = Barrier(4), []

        def make() -> None:
            together.wait()
            body = {"quarter": QUARTER}
            answers.append(world.call("POST", "/v1/you-said-we-did", json=body).json())

        threads = [Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [line["concept"] for line in answers[0]["items"]] == ["angling"]
        assert all(answer == answers[0] for answer in answers)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE wish_statement_lines SET asked_at_least = 480",
            "UPDATE wish_statement_lines SET concept = 'x'",
            "DELETE FROM wish_statement_lines",
        ],
    )
    def test_the_service_could_not_change_it(self, world: World, statement: str) -> None:
        with (
            pytest.raises(DBAPIError) as refusal,
            transaction(world.sessions, world.authority_id) as session,
        ):
            session.execute(text(statement))
        assert isinstance(refusal.value.orig, postgres_errors.InsufficientPrivilege)


class TestReleasing:
    def test_only_what_a_broker_wrote_is_public(self, world: World) -> None:
        line_id = add_line(world, at_least=30)
        add_line(world, concept="swimming")
        assert released(world)["items"] == []

        answer = answer_line(world, line_id, we_did=SENTENCE)

        assert answer.status_code == 200, answer.text
        public = released(world)
        assert public["items"] == [
            {
                "quarter": QUARTER,
                "concept": "angling",
                "label": "Angling",
                "asked_at_least": 30,
                "areas": [],
                "we_did": SENTENCE,
                "released_on": "2027-03-01",
            }
        ]
        assert "foot of a band" in public["method"]
        for kind in (ClientKind.COMMISSIONER, ClientKind.PROVIDER, ClientKind.BROKER):
            assert released(world, kind=kind) == public

    def test_is_taken_back(self, world: World) -> None:
        line_id = add_line(world)
        answer_line(world, line_id, we_did=SENTENCE)

        answer = answer_line(world, line_id, we_did=None)

        assert (answer.json()["we_did"], answer.json()["released_on"]) == (None, None)
        assert released(world)["items"] == []

    def test_needs_the_newest_version(self, world: World) -> None:
        line_id = add_line(world)
        path = f"/v1/you-said-we-did/lines/{line_id}"

        assert world.call("PATCH", path, json={"we_did": SENTENCE}).status_code == 428
        assert answer_line(world, line_id, '"2"', we_did=SENTENCE).status_code == 412
        first = answer_line(world, line_id, '"1"', we_did=SENTENCE)
        assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
        again = answer_line(world, line_id, '"2"', we_did=SENTENCE)
        assert again.headers["ETag"] == '"2"', "nothing changed"

    @pytest.mark.parametrize("patch", [{"we_did": " "}, {"we_did": "x" * 501}, {"areas": []}])
    def test_rules(self, world: World, patch: dict[str, Any]) -> None:
        assert answer_line(world, add_line(world), **patch).status_code == 422

    def test_words_of_wishes_are_nowhere(self, world: World) -> None:
        add_wishers(world, 50)
        state(world)
        [line] = world.call("GET", "/v1/you-said-we-did/lines").json()["items"]
        answer_line(world, line["id"], we_did=SENTENCE)

        for answer in (released(world), line):
            assert "Sam" not in str(answer)

    def test_comes_in_pages_by_quarter(self, world: World, other_world: World) -> None:
        add_line(other_world)
        for quarter in ("2026-Q3", QUARTER):
            for concept in ("angling", "swimming"):
                id_ = add_line(world, quarter=quarter, concept=concept)
                answer_line(world, id_, we_did=SENTENCE)

        first = released(world, "?limit=3")
        second = released(world, f"?limit=3&cursor={first['next_cursor']}")

        listed = [(line["quarter"], line["concept"]) for line in first["items"] + second["items"]]
        assert listed == [
            *(("2026-Q3", "angling"), ("2026-Q3", "swimming")),
            *((QUARTER, "angling"), (QUARTER, "swimming")),
        ]
        assert second["next_cursor"] is None
        assert len(released(world, f"?quarter={QUARTER}")["items"]) == 2
        assert answer_line(other_world, str(UUID(int=0)), we_did=SENTENCE).status_code == 404


def test_the_job_states_every_authority_once(world: World, other_world: World) -> None:
    for at in (world, other_world):
        add_wishers(at, 90)

    for _ in range(2):
        state_last_quarters(world.sessions, lambda: world.clock.now)

    for at in (world, other_world):
        with transaction(at.sessions, at.authority_id) as session:
            assert session.scalars(select(Statement.quarter)).all() == [QUARTER]
            assert session.scalars(select(StatementLine.concept)).all() == ["angling"]
