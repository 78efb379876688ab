"""What profiles and activities lack, over HTTP: found, counted, priced, paged, no words told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.access.scopes import ClientKind
from app.gaps.quality import ISSUES
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import MARCH, refresh, rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
NAMELESS = {"text": "zzz qqq", "feeling": "love", "voice": "child"}
HOIST = [{"code": "hoist", "importance": "essential"}]
WHOLE: dict[str, Any] = {"min_age": 5, "max_age": 16, "concepts": ["angling"]}


def ask(world: World, path: str = "", **params: Any) -> dict[str, Any]:
    answer = world.call("GET", f"/v1/gaps/quality{path}", params={"month": MARCH, **params})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def counted(world: World) -> dict[str, tuple[int, int]]:
    return {
        one["issue"]: (one["records"], one["cost"])
        for one in ask(world)["issues"]
        if one["records"]
    }


def test_nothing_is_lacking(world: World) -> None:
    offers = [{"need": "hoist", "kind": "provided"}]
    add_session(world, add_activity(world, offers=offers, **WHOLE))
    add_child(world, interests=[FISHING], needs=HOIST)
    refresh(world)

    told = ask(world)
    assert {one["records"] for one in told["issues"]} == {0}
    assert sorted(one["issue"] for one in told["issues"]) == sorted(ISSUES)
    assert (told["children"], told["activities"]) == (0, 0)
    assert ask(world, "/records") == ask(world, "/providers") == {"items": [], "next_cursor": None}


def test_what_an_activity_does_not_tell(world: World) -> None:
    silent = add_activity(world, **WHOLE)
    add_session(world, silent)
    add_session(world, silent, SATURDAY + timedelta(days=7))
    for _ in range(2):
        add_child(world, interests=[FISHING], needs=HOIST)
    bare = add_activity(
        world,
        offers=[{"need": "bsl", "kind": "provided"}],
        concepts=[],
        latitude=None,
        longitude=None,
        price_pence=0,
    )
    add_session(world, bare)
    refresh(world)

    assert counted(world) == {
        "no_offers": (1, 2),
        **dict.fromkeys(("no_venue_position", "no_concepts", "no_age_limits", "no_price"), (1, 1)),
    }
    first = ask(world, "/records")["items"][0]
    assert (first["issue"], first["id"], first["cost"]) == ("no_offers", str(silent), 2)
    assert first["link"] == f"/v1/activities/{silent}"
    assert world.call("GET", first["link"]).status_code == 200
    [provider] = ask(world, "/providers")["items"]
    assert (provider["provider_id"], provider["activities"]) == (str(world.provider_id), 2)
    assert len(provider["issues"]) == 5


def test_a_need_that_an_activity_is_silent_of_is_priced_where_it_alone_is_missing(
    world: World,
) -> None:
    told = [{"need": "bsl", "kind": "provided"}]
    quiet = add_activity(world, offers=told, **WHOLE)
    add_session(world, quiet)
    add_child(world, interests=[FISHING], needs=HOIST)
    both = [*HOIST, {"code": "nurse", "importance": "essential"}]
    add_child(world, interests=[FISHING], needs=both)
    refresh(world)

    [lack] = ask(world, "/records")["items"]
    assert (lack["issue"], lack["needs"], lack["cost"]) == ("need_not_told", ["hoist"], 1)


def test_what_a_profile_lacks(world: World) -> None:
    homeless = add_child(world, interests=[FISHING, NAMELESS])
    silent = add_child(world)
    rows_of(
        world,
        "UPDATE children SET home_latitude = NULL, home_longitude = NULL, home_postcode = NULL"
        " WHERE id = CAST(:id AS uuid) RETURNING id",
        id=homeless,
    )
    refresh(world)

    assert counted(world) == {
        "no_home_position": (1, 2),
        "no_postcode": (1, 2),
        "no_recognised_concept": (1, 1),
        "no_interests": (1, 0),
    }
    answer = world.call("GET", "/v1/gaps/quality/records", params={"month": MARCH})
    assert "zzz" not in answer.text
    assert "Sam" not in answer.text
    seen = "SELECT child_id FROM audit_entries WHERE action = 'gaps.quality'"
    assert {str(row[0]) for row in rows_of(world, seen)} == {homeless, silent}
    [lack] = ask(world, "/records", issue="no_interests")["items"]
    assert (lack["id"], lack["link"]) == (silent, f"/v1/children/{silent}")
    assert world.call("GET", lack["link"]).status_code == 200
    assert ask(world)["children"] == 2


def test_before_a_month_is_judged_its_cost_is_not_known(world: World) -> None:
    add_child(world)
    told = ask(world)
    assert told["judged_at"] is None
    assert counted(world) == {"no_interests": (1, 0)}


def test_a_page_at_a_time(world: World) -> None:
    for _ in range(3):
        add_session(world, add_activity(world, concepts=[]))
    whole = ask(world, "/records")["items"]
    assert len(whole) == 9
    found, cursor = [], {}
    for _ in range(5):
        page = ask(world, "/records", limit=2, **cursor)
        found += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert cursor == {"cursor": None}
    assert ask(world, "/records", provider_id=world.provider_id)["items"] == whole


@pytest.mark.parametrize("path", ["", "/records", "/providers"])
def test_who_may_ask_and_of_what(world: World, other_world: World, path: str) -> None:
    add_activity(other_world)
    answer = world.call("GET", f"/v1/gaps/quality{path}", kind=ClientKind.COMMISSIONER)
    assert answer.status_code == 403
    assert world.call("GET", f"/v1/gaps/quality{path}", params={"month": "x"}).status_code == 422
    told = ask(world, path)
    assert not told.get("items")
    assert told.get("activities", 0) == 0


@pytest.mark.parametrize("path", ["", "/records", "/providers"])
def test_more_records_take_no_more_statements(world: World, engine: Engine, path: str) -> None:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    def statements() -> int:
        refresh(world)
        # The first call of a changed month reads its facts.
        ask(world, path)
        sent.clear()
        ask(world, path)
        return len(sent)

    add_session(world, add_activity(world, **WHOLE))
    add_child(world, interests=[NAMELESS])
    event.listen(engine, "before_cursor_execute", note)
    try:
        few = statements()
        for _ in range(5):
            add_session(world, add_activity(world, **WHOLE))
            add_child(world, interests=[NAMELESS])
        many = statements()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # Each child that is shown has an audit entry, written together with the others'.
    assert 0 < many <= few
