"""Wishes grouped by concept and place, and the lists behind the groups."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from app.children.models import Child
from app.db import make_engine, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.pagination import PageRequest
from app.wishes import queries
from app.wishes.models import Wish, WishAction
from app.wishes.schemas import GroupQuery
from tests.support.catalogue import add_child
from tests.support.wishing import change_wish, record_wish
from tests.support.world import World

ELSEWHERE = {"home": {"postcode": "ST6 1AA"}}
NOWHERE = {"home": {"latitude": 53.0, "longitude": -2.18}}


def groups(world: World, query: str = "") -> list[dict[str, Any]]:
    """List the groups of wishes."""
    answer = world.call("GET", f"/v1/wishes/groups{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def counted(found: list[dict[str, Any]]) -> list[tuple[str | None, str | None, int, int]]:
    return [(one["concept"], one["outcode"], one["children"], one["wishes"]) for one in found]


@pytest.fixture
def mixed(world: World) -> list[str]:
    """Record wishes of four children in three places, one of them closed."""
    two = [add_child(world) for _ in range(2)]
    far, unknown = add_child(world, **ELSEWHERE), add_child(world, **NOWHERE)
    world.clock.now += timedelta(minutes=1)
    wishes = [
        record_wish(world, two[0], "go fishing"),
        record_wish(world, two[0], "carp fishing with others"),
        record_wish(world, two[1], "go fishing and camping"),
        record_wish(world, far, "go fishing"),
        record_wish(world, unknown, "go fishing"),
        record_wish(world, unknown, "zzkrx"),
    ]
    closed = record_wish(world, far, "go camping")
    change_wish(world, closed, status="closed", reason="too cold")
    return wishes


class TestGroups:
    @pytest.mark.usefixtures("mixed")
    def test_count_children_by_concept_and_place(self, world: World) -> None:
        found = groups(world)

        assert counted(found) == [
            ("angling", "ST4", 2, 3),
            (None, None, 1, 1),
            ("angling", None, 1, 1),
            ("angling", "ST6", 1, 1),
            ("camping", "ST4", 1, 1),
        ]
        assert [one["label"] for one in found[:3]] == ["Angling", "Other words", "Angling"]
        assert found[0]["oldest"] == "2027-03-01T12:01:00Z"
        assert counted(groups(world, "?status=closed")) == [("camping", "ST6", 1, 1)]
        assert counted(groups(world, "?concept=camping")) == [("camping", "ST4", 1, 1)]
        assert counted(groups(world, "?outcode=unknown&concept=none")) == [(None, None, 1, 1)]

    def test_lead_to_their_wishes(self, world: World, mixed: list[str]) -> None:
        led = []
        for group in groups(world):
            listed = world.call("GET", group["wishes_url"]).json()["items"]
            assert len(listed) == group["wishes"]
            led += [wish["id"] for wish in listed]

        # One of them is for two things.
        assert sorted(led) == sorted([*mixed, mixed[2]])

    @pytest.mark.usefixtures("mixed")
    def test_come_in_pages(self, world: World) -> None:
        whole, cursor, paged = groups(world), "", []
        while True:
            page = world.call("GET", f"/v1/wishes/groups?limit=2{cursor}").json()
            paged += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"

        assert paged == whole
        assert len(whole) == 5

    def test_of_the_own_authority_only(self, world: World, other_world: World) -> None:
        record_wish(other_world, add_child(other_world))

        assert groups(world) == []

    @pytest.mark.parametrize(
        "query", ["status=won", "concept=A%20B", "outcode=st4", "cursor=e30", "limit=201"]
    )
    def test_refusals(self, world: World, query: str) -> None:
        assert world.call("GET", f"/v1/wishes/groups?{query}").status_code == 422


class TestLists:
    def test_a_family_finds_its_own_by_place(self, world: World, mixed: list[str]) -> None:
        child = world.call("GET", f"/v1/wishes/{mixed[3]}").json()["child_id"]
        household = world.call("GET", f"/v1/children/{child}").json()["household_id"]
        family = world.family_token(household)

        def listed(query: str) -> list[str]:
            answer = world.call_with(family, "GET", f"/v1/wishes?{query}")
            return [wish["id"] for wish in answer.json()["items"]]

        assert listed("outcode=ST6&concept=angling") == [mixed[3]]
        assert listed("outcode=ST4") == []
        assert world.call_with(family, "GET", "/v1/wishes/groups").status_code == 403


@pytest.fixture
def many(world: World, postgres: EmbeddedPostgres) -> World:
    """Put 20,000 wishes of 2,000 children beside those of another tests' authorities."""
    rng, now = Random(5), datetime(2027, 1, 1, tzinfo=UTC)
    household_id = world.household()
    tenant = {"authority_id": world.authority_id}
    children = [new_id() for _ in range(2000)]
    profile = {
        "household_id": household_id,
        "given_name": "Sam",
        "date_of_birth": now.date(),
        "communication_methods": [],
        "contact": "child",
        "language": "en",
        "sen_types": [],
        "created_at": now,
        "updated_at": now,
    }
    concepts = ["angling", "swimming", "camping", "judo"]
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(
            insert(Child),
            [
                {**tenant, **profile, "id": id_, "home_postcode": f"ST{rng.randint(1, 9)} 1AA"}
                for id_ in children
            ],
        )
        wishes = [
            {
                **tenant,
                "id": new_id(),
                "child_id": rng.choice(children),
                "text": "go",
                "concepts": rng.sample(concepts, rng.randint(0, 2)),
                "voice": "child",
                "status": "open" if rng.random() < 0.1 else "closed",
                "created_at": now,
            }
            for _ in range(20_000)
        ]
        for wish in wishes:
            ended = {"reason": "old", "ended_at": now} if wish["status"] == "closed" else {}
            wish.update({"reason": None, "ended_at": None} | ended)
        session.execute(insert(Wish), wishes)
        session.execute(
            insert(WishAction),
            [
                {
                    **tenant,
                    "id": new_id(),
                    "wish_id": wish["id"],
                    "kind": "introduced",
                    "happened_on": now.date(),
                    "club": "Scouts",
                    "together_id": new_id(),
                    "recorded_by": new_id(),
                    "recorded_at": now,
                }
                for wish in wishes[:5000]
            ],
        )
    owner = make_engine(postgres.url("postgres", "postgres"), role="postgres")
    with owner.begin() as connection:
        connection.execute(text("ANALYZE children, wishes, wish_actions"))
    owner.dispose()
    return world


def test_lists_read_what_they_show(many: World) -> None:
    """Look at the plans of every list, at a size at which a plan without an index would hurt."""
    plans, sent = {}, []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    def plan(name: str, asks: Any) -> None:
        sent.clear()
        assert asks()
        statement, parameters = next(
            (one, given) for one, given in sent if "FROM wish" in one and "EXPLAIN" not in one
        )
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
        plans[name] = "\n".join(rows)

    page = PageRequest(limit=20)
    with transaction(many.sessions, many.authority_id) as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", keep)
        wish = session.query(Wish).filter_by(status="open").first()
        acted = session.query(WishAction.wish_id).first()
        assert wish is not None
        assert acted is not None
        plan("of a child", lambda: queries.lock_unsettled(session, wish.child_id))
        plan("count", lambda: queries.count_open(session, wish.child_id))
        plan("actions", lambda: queries.page_of_actions(session, acted[0], page).items)
        plan("groups", lambda: queries.page_of_groups(session, GroupQuery(), page).items)
    for name in ("of a child", "count"):
        assert "ix_wishes_authority_id_child_id_id" in plans[name], plans[name]
    assert "ix_wish_actions_authority_id_wish_id_id" in plans["actions"]
    assert "Sort" not in plans["actions"]
    assert "ix_wishes_authority_id_status_id" in plans["groups"], plans["groups"]
    assert not [name for name, lines in plans.items() if "Seq Scan on wish" in lines], plans


def test_a_list_of_wishes_is_read_from_the_index_in_order(many: World) -> None:
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    engine = many.sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", keep)
    first = many.call("GET", "/v1/wishes?status=open&limit=20").json()
    many.call("GET", f"/v1/wishes?status=open&limit=20&cursor={first['next_cursor']}")
    event.remove(engine, "before_cursor_execute", keep)
    asked = [(one, given) for one, given in sent if one.startswith("SELECT wishes")]

    assert len(first["items"]) == 20
    assert len(asked) == 2
    for statement, parameters in asked:
        with transaction(many.sessions, many.authority_id) as session:
            connection = session.connection()
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
            plan = "\n".join(rows)
        assert "Index Scan using ix_wishes_authority_id_status_id" in plan
        assert "Sort" not in plan
