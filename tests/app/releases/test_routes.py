"""Releases through the API, from children's profiles to a commissioner's table."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from app.access.scopes import ClientKind
from app.db import transaction
from tests.support.catalogue import add_activity, add_session
from tests.support.gaps import refresh
from tests.support.races import add_children, essential
from tests.support.releases import (
    NORTH,
    PERIOD,
    SOUTH,
    declare,
    draw,
    draw_of,
    read,
    set_size,
    wants_in_vain,
)
from tests.support.world import World


def slug_of(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


def love(words: str) -> dict[str, str]:
    return {"text": words, "feeling": "love", "voice": "child"}


class TestFromChildrenToFigures:
    """The whole way: profiles and sessions, the job's facts, the draw, what is read."""

    @pytest.fixture
    def swimmers(self, world: World) -> World:
        """Let 150 swimmers need a hoist where there is none; 100 anglers are served."""
        swims = add_activity(world, title="Junior swimming", concepts=["swimming"])
        add_session(world, swims)
        add_session(world, add_activity(world, concepts=["angling"]), capacity=200)
        add_children(world, 150, interests=[love("swimming")], needs=[essential("hoist")])
        add_children(world, 100, interests=[love("fishing")])
        set_size(world)
        declare(world, SOUTH, NORTH)
        return world

    def figures(self, world: World, by: str) -> dict[Any, Any]:
        items = read(world, f"/v1/gaps?period={PERIOD}&by={by}").json()["items"]
        return {(item["interest"], item["value"]): item["children"] for item in items}

    def test_the_missing_hoist_is_seen(self, swimmers: World) -> None:
        refresh(swimmers)
        answer = draw(swimmers)
        assert answer.status_code == 201, answer.text

        # Six standard deviations and the rounding.
        near = {"abs": 6 * 9 + 3}
        whole = self.figures(swimmers, "interest")
        assert whole["swimming", None] == pytest.approx(150, **near)
        assert (whole["angling", None] or 0) < 40
        assert max(whole, key=lambda key: whole[key] or 0) == ("swimming", None)
        for by, value in [
            ("reason", "need"),
            ("locality", "South"),
            ("need_group", "mobility"),
            ("age_band", "8-10"),
        ]:
            figures = self.figures(swimmers, by)
            assert figures["swimming", value] == pytest.approx(150, **near), by
            assert max(figures, key=lambda key: figures[key] or 0) == ("swimming", value)

    def test_not_before_the_quarter_has_been_judged(self, swimmers: World) -> None:
        before = draw(swimmers)
        refresh(swimmers)
        elsewhere = draw(swimmers, "2027-Q3")

        assert (before.status_code, slug_of(before)) == (409, "gap-facts-missing")
        assert before.json()["facts"] == {"months": ["2027-03"]}
        assert elsewhere.json()["facts"] == {"months": ["2027-07", "2027-08", "2027-09"]}
        assert "within minutes" in before.json()["detail"]
        assert "within minutes" not in elsewhere.json()["detail"], "nobody will judge them"
        assert draw(swimmers).status_code == 201

    def test_true_counts_are_kept_nowhere(self, swimmers: World) -> None:
        refresh(swimmers)
        draw(swimmers)

        with transaction(swimmers.sessions, swimmers.authority_id) as session:
            noised = session.scalars(text("SELECT noised FROM gap_release_cells")).all()
        # A thousand empty cells, none of them told as empty.
        assert len(noised) == 33 * (1 + 3 + 8 + 9 + 13)
        assert sum(value == 0 for value in noised) < 0.15 * len(noised)


class TestReading:
    @pytest.fixture
    def release_id(self, world: World) -> str:
        set_size(world)
        declare(world, SOUTH, NORTH)
        return draw_of(world, wants_in_vain(300))

    def test_a_release_says_how_it_was_made(self, world: World, release_id: str) -> None:
        told = read(world, f"/v1/gap-releases/{release_id}").json()

        assert told["period"] == PERIOD
        assert [table["by"] for table in told["tables"]] == ["interest", *told["breakdowns"]]
        assert told["tables"][0] == {
            **{"by": "interest", "rho": 0.05, "sd": 5.477},
            **{"threshold": 15, "error_95": 13},
        }
        assert told["breakdowns"]["locality"] == ["South", "North", "other"]
        assert len(told["interests"]) == 33
        method = told["method"]
        assert method["mechanism"] == "discrete Gaussian"
        assert method["budget"] == {
            **{"year": 2027, "release_of_year": 1},
            **{"rho": 0.125, "rho_a_year": 0.5},
        }
        assert method["odds"] == {
            "one_interest_of_a_child": 0.561,
            "one_interest_of_a_child_in_a_year": 0.636,
            "whether_a_child_is_counted": 0.599,
            "whether_a_child_is_counted_in_a_year": 0.691,
        }

    def test_a_figure_comes_with_its_error(self, world: World, release_id: str) -> None:
        told = read(world, f"/v1/gaps?period={PERIOD}&by=age_band").json()

        assert told["release_id"] == release_id
        assert told["table"]["by"] == "age_band"
        assert told["method"]["rounded_to"] == 5
        for item in told["items"]:
            assert item["error_95"] == 20
            assert (item["children"] is None) != (item["below"] is None)
            assert item["below"] in (None, 20)
            assert item["children"] is None or item["children"] % 5 == 0

    def test_as_csv(self, world: World, release_id: str) -> None:
        path = f"/v1/gaps?period={PERIOD}&by=reason&interest=swimming"
        as_csv = read(world, path, headers={"Accept": "text/csv, application/json;q=0.5"})
        items = read(world, path).json()["items"]

        assert as_csv.headers["Content-Type"].startswith("text/csv")
        lines = list(csv.DictReader(io.StringIO(as_csv.text)))
        assert [line["value"] for line in lines] == [item["value"] for item in items]
        assert [line["children"] for line in lines] == [
            "" if item["children"] is None else str(item["children"]) for item in items
        ]
        assert {(line["error_95"], line["sd"]) for line in lines} == {("20", "8.944")}

    def test_in_no_other_form(self, world: World, release_id: str) -> None:
        answer = read(world, f"/v1/gaps?period={PERIOD}", headers={"Accept": "image/png"})

        assert (answer.status_code, slug_of(answer)) == (406, "not-acceptable")

    def test_a_page_at_a_time(self, world: World, release_id: str) -> None:
        path = f"/v1/gap-releases/{release_id}/cells?by=interest&limit=20"
        first = read(world, path).json()
        second = read(world, f"{path}&cursor={first['next_cursor']}").json()

        assert (len(first["items"]), len(second["items"])) == (20, 13)
        assert second["next_cursor"] is None
        whole = read(world, f"/v1/gaps?period={PERIOD}").json()["items"]
        assert first["items"] + second["items"] == whole

    @pytest.mark.parametrize("cursor", ["WyItMSJd", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OSJd", "x"])
    def test_a_made_up_cursor(self, world: World, release_id: str, cursor: str) -> None:
        answer = read(world, f"/v1/gap-releases/{release_id}/cells?cursor={cursor}")

        assert answer.status_code == 422

    def test_another_authority_sees_none(
        self, world: World, other_world: World, release_id: str
    ) -> None:
        assert read(other_world, "/v1/gap-releases").json()["items"] == []
        assert read(other_world, f"/v1/gaps?period={PERIOD}").status_code == 404


class TestSizeClass:
    def test_without_one_nothing_is_drawn(self, world: World) -> None:
        answer = draw(world)

        assert (answer.status_code, slug_of(answer)) == (409, "size-class-not-set")
        assert answer.json()["facts"] == {"year": 2027}

    def test_it_is_said_once_a_year(self, world: World) -> None:
        first, again = set_size(world), set_size(world)
        other = set_size(world, "under_200")
        next_year = set_size(world, "under_200", year=2028)

        assert first.json() == again.json()
        assert (other.status_code, slug_of(other)) == (409, "size-class-set")
        assert next_year.status_code == 200

    @pytest.mark.parametrize("size_class", ["under_200", "200_to_500"])
    def test_a_small_authority_has_no_breakdowns(self, world: World, size_class: str) -> None:
        set_size(world, size_class)
        declare(world, SOUTH)
        draw_of(world, wants_in_vain(60))

        [told] = read(world, "/v1/gap-releases").json()["items"]
        refused = read(world, f"/v1/gaps?period={PERIOD}&by=locality")

        assert told["breakdowns"] == {}
        assert told["tables"][0]["threshold"] == 10
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "by")


class TestLocalities:
    def test_the_newest_declaration_counts(self, world: World) -> None:
        assert world.call("GET", "/v1/authority/localities").json() == {
            **{"localities": [], "declared_at": None},
        }
        declare(world, SOUTH)
        declare(world, NORTH, SOUTH)

        told = world.call("GET", "/v1/authority/localities").json()["localities"]
        assert told == [NORTH, SOUTH]

    def test_without_any_there_is_no_such_table(self, world: World) -> None:
        set_size(world)
        draw_of(world, wants_in_vain(60))

        [told] = read(world, "/v1/gap-releases").json()["items"]
        assert list(told["breakdowns"]) == ["age_band", "need_group", "reason"]

    @pytest.mark.parametrize(
        ("localities", "rule"),
        [
            ([SOUTH, {**NORTH, "name": "south"}], "name_twice"),
            ([{**NORTH, "name": "Other"}], "name_twice"),
            ([SOUTH, {"name": "North", "outcodes": ["ST4"]}], "outcode_twice"),
            ([{"name": "=cmd()", "outcodes": ["ST4"]}], "name_start"),
            ([{"name": "North", "outcodes": ["ST4 2DE"]}], "string_pattern_mismatch"),
            ([{"name": f"Part {n}", "outcodes": [f"ST{n}"]} for n in range(1, 10)], "too_long"),
            ([{"name": "North", "outcodes": []}], "too_short"),
        ],
    )
    def test_what_is_refused(self, world: World, localities: list[Any], rule: str) -> None:
        answer = declare(world, *localities)

        assert answer.status_code == 422
        assert [problem["rule"] for problem in answer.json()["errors"]] == [rule]


def test_who_drew_it_is_written_down(world: World) -> None:
    set_size(world)
    declare(world, SOUTH)
    release_id = draw_of(world, wants_in_vain(60))

    with transaction(world.sessions, world.authority_id) as session:
        entries = session.execute(
            text(
                "SELECT action, client_id, object_id::text FROM audit_entries"
                " WHERE action IN ('authority.size', 'localities.declare', 'gap_release.create')"
                " ORDER BY id"
            )
        ).all()
    clients = [world.credentials[kind].client_id for kind in (ClientKind.OPERATOR, "broker")]
    assert [entry.action for entry in entries] == [
        *("authority.size", "localities.declare", "gap_release.create"),
    ]
    assert [entry.client_id for entry in entries] == [clients[0], clients[1], clients[1]]
    assert entries[-1].object_id == release_id
