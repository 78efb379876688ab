"""You said, we did, over HTTP: what a release shows, published by a broker, without children."""

from typing import Any
from uuid import UUID

import pytest
from psycopg import errors as postgres_errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.scopes import ClientKind
from app.db import transaction
from tests.support.releases import PERIOD, SOUTH, declare, draw_of, read, set_size
from tests.support.statements import draw_exactly, lines_of, wanted_by
from tests.support.world import World

SENTENCE = "Trent Vale Angling Society has founded a Saturday group."
BEFORE = "2026-Q4"


def released(world: World, query: str = "", kind: ClientKind = ClientKind.FAMILY_APP) -> Any:
    """Read what is public."""
    answer = world.call("GET", f"/v1/you-said-we-did{query}", kind=kind)
    assert answer.status_code == 200, answer.text
    return answer.json()


def answer_line(world: World, line_id: str, if_match: str = "*", **patch: Any) -> Any:
    """Publish a line, or take it back."""
    path, headers = f"/v1/you-said-we-did/lines/{line_id}", {"If-Match": if_match}
    return world.call("PATCH", path, json=patch, headers=headers)


class TestLines:
    def test_are_what_the_release_shows_and_nothing_else(self, world: World) -> None:
        lines = draw_exactly(world, angling=30, swimming=14, falconry=40)

        # Falconry is under none of the topics; swimming is below the threshold.
        assert set(lines) == {"angling"}

    def test_say_the_released_figure_whatever_the_noise(self, world: World) -> None:
        set_size(world)
        declare(world, SOUTH)
        draw_of(world, wanted_by(angling=120, music=90))

        shown = {
            by: {
                (cell["interest"], cell["value"]): cell
                for cell in read(world, f"/v1/gaps?period={PERIOD}&by={by}").json()["items"]
                if cell["children"] is not None and cell["interest"] != "other"
            }
            for by in ("interest", "locality")
        }
        listed = world.call("GET", "/v1/you-said-we-did/lines").json()["items"]

        assert {line["interest"] for line in listed} >= {"angling", "music"}
        assert {line["interest"]: line["children"] for line in listed} == {
            interest: cell["children"] for (interest, _), cell in shown["interest"].items()
        }
        for line in listed:
            assert line["error_95"] == shown["interest"][line["interest"], None]["error_95"]
            south = (line["interest"], "South") in shown["locality"]
            assert line["areas"] == (["South"] if south else [])

    def test_cost_nothing_more(self, world: World) -> None:
        lines = draw_exactly(world, angling=30)
        answer_line(world, lines["angling"], we_did=SENTENCE)

        with transaction(world.sessions, world.authority_id) as session:
            spent = session.execute(text("SELECT releases, rho_thousandths FROM release_budgets"))
            assert [tuple(row) for row in spent] == [(1, 125)]

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE release_statements SET interest = 'x'",
            "UPDATE release_statements SET release_id = id",
            "DELETE FROM release_statements",
        ],
    )
    def test_the_service_could_not_change_them(self, world: World, statement: str) -> None:
        with (
            pytest.raises(DBAPIError) as refusal,
            transaction(world.sessions, world.authority_id) as session,
        ):
            session.execute(text(statement))
        assert isinstance(refusal.value.orig, postgres_errors.InsufficientPrivilege)


class TestPublishing:
    def test_only_what_a_broker_wrote_is_public(self, world: World) -> None:
        lines = draw_exactly(world, angling=30, swimming=20)
        assert released(world)["items"] == []

        answer = answer_line(world, lines["angling"], we_did=SENTENCE)

        assert answer.status_code == 200, answer.text
        public = released(world)
        [release] = read(world, "/v1/gap-releases").json()["items"]
        assert public["items"] == [
            {
                "quarter": PERIOD,
                "release_id": release["id"],
                "interest": "angling",
                "label": "Angling",
                "children": 30,
                "error_95": 13,
                "areas": [],
                "we_did": SENTENCE,
                "released_on": "2027-03-01",
            }
        ]
        assert "drawn once with noise" in public["method"]
        for kind in (ClientKind.COMMISSIONER, ClientKind.PROVIDER, ClientKind.BROKER):
            assert released(world, kind=kind) == public

    def test_is_taken_back(self, world: World) -> None:
        line_id = draw_exactly(world, angling=30)["angling"]
        answer_line(world, line_id, we_did=SENTENCE)

        answer = answer_line(world, line_id, we_did=None)

        assert (answer.json()["we_did"], answer.json()["released_on"]) == (None, None)
        assert released(world)["items"] == []

    def test_needs_the_newest_version(self, world: World) -> None:
        line_id = draw_exactly(world, angling=30)["angling"]
        path = f"/v1/you-said-we-did/lines/{line_id}"

        assert world.call("PATCH", path, json={"we_did": SENTENCE}).status_code == 428
        read_before = world.call("GET", path)
        assert (read_before.status_code, read_before.headers["ETag"]) == (200, '"1"')
        assert answer_line(world, line_id, '"2"', we_did=SENTENCE).status_code == 412
        first = answer_line(world, line_id, '"1"', we_did=SENTENCE)
        assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
        again = answer_line(world, line_id, '"2"', we_did=SENTENCE)
        assert again.headers["ETag"] == '"2"', "nothing changed"
        assert world.call("GET", path).headers["ETag"] == '"2"'
        assert world.call("GET", path).json() == first.json()

    @pytest.mark.parametrize("patch", [{"we_did": " "}, {"we_did": "x" * 501}, {"areas": []}])
    def test_rules(self, world: World, patch: dict[str, Any]) -> None:
        line_id = draw_exactly(world, angling=30)["angling"]
        assert answer_line(world, line_id, **patch).status_code == 422

    def test_comes_in_pages_by_quarter(self, world: World, other_world: World) -> None:
        draw_exactly(other_world, angling=30)
        for quarter in (PERIOD, BEFORE):
            for line_id in draw_exactly(world, quarter, angling=30, swimming=30).values():
                answer_line(world, line_id, we_did=SENTENCE)

        first = released(world, "?limit=3")
        second = released(world, f"?limit=3&cursor={first['next_cursor']}")

        listed = [(line["quarter"], line["interest"]) for line in first["items"] + second["items"]]
        assert listed == [
            *((BEFORE, "angling"), (BEFORE, "swimming")),
            *((PERIOD, "angling"), (PERIOD, "swimming")),
        ]
        assert second["next_cursor"] is None
        assert len(released(world, f"?quarter={PERIOD}")["items"]) == 2
        assert answer_line(other_world, lines_of(world)["angling"], we_did="x").status_code == 404
        assert answer_line(other_world, str(UUID(int=0)), we_did=SENTENCE).status_code == 404
