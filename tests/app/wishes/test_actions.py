"""What is done for wishes, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.db import make_engine, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.outbox.models import Event
from app.wishes.models import WishAction
from tests.support.catalogue import add_activity, add_child
from tests.support.wishing import act, actions_of, read_wish, record_wish
from tests.support.world import World

FALSE_ID = "019aab5e-7c00-7000-8000-000000000005"


def add_provider(world: World, name: str = "Trent Vale Angling Society") -> str:
    answer = world.call("POST", "/v1/providers", json={"name": name, "kind": "community_group"})
    provider_id: str = answer.json()["id"]
    return provider_id


class TestOfOneWish:
    def test_keeps_every_kind_with_its_day(self, world: World) -> None:
        wish_id = record_wish(world, add_child(world))
        club, others = add_provider(world), [add_provider(world, name) for name in "AB"]
        activity_id = str(add_activity(world))
        done: list[tuple[str, dict[str, Any]]] = [
            ("asked_providers", {"provider_ids": [club, *others]}),
            ("introduced", {"club": " Sea   Scouts "}),
            ("introduced", {"provider_id": club}),
            ("not_possible", {"reason": "the canal is drained"}),
            ("group_founded", {"provider_id": str(world.provider_id), "activity_id": activity_id}),
            ("activity_added", {"activity_id": activity_id, "note": "from May"}),
        ]

        answers = [act(world, wish_id, kind, **details) for kind, details in done]

        assert [answer.status_code for answer in answers] == [201] * len(done)
        listed = actions_of(world, wish_id)
        assert listed == [answer.json() for answer in answers]
        assert [one["kind"] for one in listed] == [kind for kind, _ in done]
        assert {one["happened_on"] for one in listed} == {"2027-03-01"}
        assert listed[0]["provider_ids"] == [club, *others]
        assert listed[1]["club"] == "Sea Scouts"
        assert listed[3]["reason"] == "the canal is drained"
        assert listed[5]["note"] == "from May"
        assert read_wish(world, wish_id)["status"] == "open"

    @pytest.mark.parametrize(
        ("kind", "details", "field", "rule"),
        [
            ("introduced", {}, "provider_id", "required"),
            ("introduced", {"club": "Scouts", "provider_id": FALSE_ID}, "provider_id", "one_place"),
            ("introduced", {"activity_id": FALSE_ID, "club": "X"}, "activity_id", "not_for_kind"),
            ("introduced", {"provider_id": FALSE_ID}, "provider_id", "not_found"),
            ("asked_providers", {"provider_ids": []}, "provider_ids", "too_short"),
            ("asked_providers", {"provider_ids": [FALSE_ID]}, "provider_ids", "not_found"),
            ("asked_providers", {"provider_ids": [FALSE_ID] * 2}, "provider_ids", "repeated"),
            ("group_founded", {}, "provider_id", "required"),
            ("activity_added", {"activity_id": FALSE_ID}, "activity_id", "not_found"),
            ("activity_added", {}, "activity_id", "required"),
            ("not_possible", {}, "reason", "required"),
            ("not_possible", {"reason": "x", "club": "X"}, "club", "not_for_kind"),
            (
                *("not_possible", {"reason": "x", "happened_on": "2027-03-02"}),
                *("happened_on", "in_the_future"),
            ),
            ("hoped", {}, "kind", "literal_error"),
        ],
    )
    def test_rules(
        self, world: World, kind: str, details: dict[str, Any], field: str, rule: str
    ) -> None:
        wish_id = record_wish(world, add_child(world))

        refused = act(world, wish_id, kind, **details)

        assert refused.status_code == 422, refused.text
        [problem] = refused.json()["errors"]
        assert (problem["field"], problem["rule"]) == (field, rule)
        assert actions_of(world, wish_id) == []

    def test_an_activity_of_another_provider(self, world: World) -> None:
        wish_id, activity_id = record_wish(world, add_child(world)), add_activity(world)
        club = add_provider(world)

        refused = act(world, wish_id, "group_founded", provider_id=club, activity_id=activity_id)

        assert refused.json()["errors"][0]["rule"] == "other_provider"

    def test_another_authoritys_places(self, world: World, other_world: World) -> None:
        wish_id = record_wish(world, add_child(world))
        theirs = add_activity(other_world)

        assert act(world, wish_id, "activity_added", activity_id=theirs).status_code == 422

    def test_a_retry_records_nothing_twice(self, world: World) -> None:
        wish_id = record_wish(world, add_child(world))
        first = act(world, wish_id, "introduced", club="Scouts")
        version = world.call("GET", f"/v1/wishes/{wish_id}").headers["ETag"]

        again = act(world, wish_id, "introduced", club="Scouts")

        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert len(actions_of(world, wish_id)) == 1
        assert world.call("GET", f"/v1/wishes/{wish_id}").headers["ETag"] == version
        assert act(world, wish_id, "introduced", club="Guides").json()["id"] != first.json()["id"]


class TestTogether:
    def test_a_group_founded_for_fourteen(self, world: World) -> None:
        wishes = [record_wish(world, add_child(world)) for _ in range(14)]
        activity_id = str(add_activity(world))

        answer = act(world, wishes, "group_founded", activity_id=activity_id)

        assert answer.status_code == 201, answer.text
        items = answer.json()["items"]
        assert [item["wish_id"] for item in items] == wishes
        assert len({item["together_id"] for item in items}) == 1
        assert len({item["id"] for item in items}) == 14
        assert actions_of(world, wishes[7]) == [items[7]]
        with transaction(world.sessions, world.authority_id) as session:
            told = session.scalars(select(Event).where(Event.type == "wish.group_founded")).all()
        assert {str(event.object_id) for event in told} == set(wishes)
        assert None not in {event.child_id for event in told}

    def test_all_or_none(self, world: World, other_world: World) -> None:
        mine = record_wish(world, add_child(world))
        theirs = record_wish(other_world, add_child(other_world))

        for absent in (theirs, str(new_id())):
            refused = act(world, [mine, absent], "introduced", club="Scouts")
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == "wish_ids"

        assert actions_of(world, mine) == []

    def test_a_retry_with_one_more(self, world: World) -> None:
        wishes = [record_wish(world, add_child(world)) for _ in range(3)]
        first = act(world, wishes[:2], "introduced", club="Scouts").json()["items"]

        both = act(world, wishes, "introduced", club="Scouts").json()["items"]

        assert both[:2] == first
        assert both[2]["wish_id"] == wishes[2]
        assert [len(actions_of(world, id_)) for id_ in wishes] == [1, 1, 1]

    @pytest.mark.parametrize("wish_ids", [[], [FALSE_ID, FALSE_ID], [str(new_id())] * 201])
    def test_bounds(self, world: World, wish_ids: list[str]) -> None:
        assert act(world, wish_ids, "introduced", club="Scouts").status_code == 422


class TestWhoReads:
    def test_a_family_reads_of_its_own_without_what_is_for_brokers(self, world: World) -> None:
        household_id = world.household()
        wish_id = record_wish(world, add_child(world, household_id=household_id))
        other = record_wish(world, add_child(world))
        note = {"club": "Scouts", "note": "Alex next door goes there"}
        assert act(world, [wish_id, other], "introduced", **note).status_code == 201
        family = world.family_token(household_id)

        own = world.call_with(family, "GET", f"/v1/wishes/{wish_id}/actions")

        assert [(one["club"], one["note"]) for one in own.json()["items"]] == [("Scouts", None)]
        assert own.json()["items"][0]["together_id"] is None
        assert world.call_with(family, "GET", f"/v1/wishes/{other}/actions").status_code == 404
        body = {"kind": "introduced", "happened_on": "2027-03-01", "club": "Scouts"}
        refused = world.call_with(family, "POST", f"/v1/wishes/{wish_id}/actions", json=body)
        assert refused.status_code == 403

    def test_come_in_pages(self, world: World) -> None:
        wish_id = record_wish(world, add_child(world))
        for club in "ABC":
            act(world, wish_id, "introduced", club=club)
        path = f"/v1/wishes/{wish_id}/actions?limit=2"

        first = world.call("GET", path).json()
        second = world.call("GET", f"{path}&cursor={first['next_cursor']}").json()

        assert first["items"] + second["items"] == actions_of(world, wish_id)
        assert second["next_cursor"] is None


def test_an_erased_child_takes_its_wishes_and_what_was_done_for_them(
    world: World, postgres: EmbeddedPostgres
) -> None:
    kept, erased = (add_child(world) for _ in range(2))
    wishes = [record_wish(world, child_id) for child_id in (kept, erased)]
    act(world, wishes, "introduced", club="Scouts")
    engine = make_engine(postgres.url("postgres", "postgres"), role="postgres")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM children WHERE id = :id"), {"id": erased})
    engine.dispose()

    assert world.call("GET", f"/v1/wishes/{wishes[1]}").status_code == 404
    with transaction(world.sessions, world.authority_id) as session:
        left = session.scalar(select(func.count()).select_from(WishAction))
    assert left == 1
    assert len(actions_of(world, wishes[0])) == 1
