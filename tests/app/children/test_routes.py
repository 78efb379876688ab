"""Households, children and consents, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.children import child_body, create_child
from tests.support.world import World


def patch(world: World, child_id: str, changes: dict[str, Any], **headers: str) -> Any:
    headers = headers or {"If-Match": "*"}
    return world.call("PATCH", f"/v1/children/{child_id}", json=changes, headers=headers)


def rules(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(problem["field"], problem["rule"]) for problem in answer.json()["errors"]]


class TestCreateChild:
    def test_answers_what_was_sent(self, world: World) -> None:
        friend = create_child(world)
        body = child_body(world.household(), friends=[friend["id"]])
        answer = world.call("POST", "/v1/children", json=body)

        assert answer.status_code == 201
        assert answer.headers["ETag"] == '"1"'
        assert {name: answer.json()[name] for name in body} == body

    def test_needs_little(self, world: World) -> None:
        body = {
            "household_id": world.household(),
            "given_name": "Ayo",
            "date_of_birth": "2020-02-29",
            "home": {"postcode": "st42de"},
        }
        child = world.call("POST", "/v1/children", json=body).json()

        assert child["home"] == {"postcode": "ST4 2DE", "latitude": 52.995, "longitude": -2.183}
        assert child["travel"] == {"max_km": None, "accessible_transport_only": False}
        assert child["communication"] == {"methods": [], "contact": "parent", "language": "en"}
        assert child["preferences"] == {"settings": []}
        assert child["needs"] == child["interests"] == child["availability"] == []

    @pytest.mark.parametrize(
        ("home", "stored"),
        [
            (
                {"latitude": 53.00049, "longitude": -2.18051},
                {"postcode": None, "latitude": 53.0, "longitude": -2.181},
            ),
            # Not in the table of outcodes, nor is its area.
            (
                {"postcode": "ZZ99 9ZZ"},
                {"postcode": "ZZ99 9ZZ", "latitude": None, "longitude": None},
            ),
        ],
    )
    def test_homes(self, world: World, home: dict[str, Any], stored: dict[str, Any]) -> None:
        assert create_child(world, home=home)["home"] == stored

    @pytest.mark.parametrize(
        ("changes", "field", "rule"),
        [
            ({"date_of_birth": "2027-03-02"}, "date_of_birth", "date_in_future"),
            ({"date_of_birth": "1996-03-01"}, "date_of_birth", "date_too_early"),
            ({"date_of_birth": "2013-02-30"}, "date_of_birth", "date_from_datetime_parsing"),
            ({"date_of_birth": 1234567890}, "date_of_birth", "date_format"),
            ({"given_name": "  "}, "given_name", "string_too_short"),
            ({"given_name": "x" * 101}, "given_name", "string_too_long"),
            ({"gender": "boy"}, "gender", "literal_error"),
            ({"home": {"postcode": "NOWHERE"}}, "home.postcode", "postcode_unreadable"),
            ({"home": {}}, "home", "home"),
            ({"home": {"latitude": 53.0}}, "home", "position"),
            ({"home": {"latitude": 91, "longitude": 0}}, "home.latitude", "less_than_equal"),
            ({"travel": {"max_km": 0}}, "travel.max_km", "greater_than"),
            (
                {"needs": [{"code": "magic", "importance": "essential"}]},
                "needs.0.code",
                "literal_error",
            ),
            ({"needs": [{"code": "hoist", "importance": "helpful"}] * 2}, "needs", "repeated"),
            (
                {"preferences": {"settings": ["universal"] * 2}},
                "preferences.settings",
                "repeated",
            ),
            (
                {"preferences": {"settings": ["outdoors"]}},
                "preferences.settings.0",
                "literal_error",
            ),
            (
                {"availability": [{"weekday": "monday", "start": "17:00", "end": "09:00"}]},
                "availability.0",
                "end_before_start",
            ),
            (
                {"availability": [{"weekday": "monday", "start": "9:00", "end": "24:00"}]},
                "availability.0.start",
                "time_format",
            ),
            ({"friends": [str(new_id())]}, "friends", "unknown_friend"),
            ({"friends": ["0198c6a4-7d1e-7c3a-9b52-3f1f0a4c8e21"] * 2}, "friends", "repeated"),
            (
                {"interests": [{"text": "a", "feeling": "like", "voice": "child"}] * 51},
                "interests",
                "too_long",
            ),
            ({"version": 7}, "version", "extra_forbidden"),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], field: str, rule: str) -> None:
        answer = world.call("POST", "/v1/children", json=child_body(world.household(), **changes))

        assert (field, rule) in rules(answer)

    def test_keeps_the_grown_up(self, world: World) -> None:
        # Over 18: the entitlement, not the record, decides.
        assert create_child(world, date_of_birth="1996-03-02")["date_of_birth"] == "1996-03-02"

    def test_friends_are_of_the_same_authority(self, world: World, other_world: World) -> None:
        body = child_body(world.household(), friends=[create_child(other_world)["id"]])

        assert rules(world.call("POST", "/v1/children", json=body)) == [
            ("friends", "unknown_friend")
        ]


class TestListChildren:
    def test_pages(self, world: World) -> None:
        created = [create_child(world)["id"] for _ in range(5)]
        seen, cursor = [], ""
        while cursor is not None:
            page = world.call("GET", f"/v1/children?limit=2{cursor}").json()
            seen += [child["id"] for child in page["items"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

        assert seen == created

    def test_of_a_household(self, world: World) -> None:
        child = create_child(world)
        create_child(world)
        answer = world.call("GET", f"/v1/children?household_id={child['household_id']}")

        assert answer.json() == {"items": [child], "next_cursor": None}


class TestUpdateChild:
    def test_merges_objects_and_replaces_lists(self, world: World) -> None:
        child = create_child(world)
        answer = patch(
            world,
            child["id"],
            {
                "given_name": "Alex",
                "gender": None,
                "travel": {"accessible_transport_only": True},
                "communication": {"language": "pl", "methods": None},
                "needs": [
                    {"code": "hoist", "importance": "helpful"},
                    {"code": "wheelchair_access", "importance": "helpful"},
                ],
                "availability": None,
            },
            **{"If-Match": '"1"'},
        )

        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.json() == {
            **child,
            "given_name": "Alex",
            "gender": None,
            "travel": {"max_km": 12, "accessible_transport_only": True},
            "communication": {"methods": [], "contact": "child", "language": "pl"},
            "needs": [
                {"code": "hoist", "importance": "helpful", "note": None},
                {"code": "wheelchair_access", "importance": "helpful", "note": None},
            ],
            "availability": [],
        }
        assert world.call("GET", f"/v1/children/{child['id']}").json() == answer.json()

    def test_preferences_merge(self, world: World) -> None:
        child = create_child(world)
        found = [
            patch(world, child["id"], {"preferences": changes}).json()["preferences"]
            for changes in ({}, {"settings": ["universal"]}, {"settings": None})
        ]

        assert found == [
            {"settings": ["supported", "universal"]},
            {"settings": ["universal"]},
            {"settings": []},
        ]

    def test_a_new_postcode_moves_the_home(self, world: World) -> None:
        child = create_child(world)
        home = patch(world, child["id"], {"home": {"postcode": "SW1A 1AA"}}).json()["home"]

        assert home["postcode"] == "SW1A 1AA"
        assert home["latitude"] == pytest.approx(51.5, abs=0.1)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"given_name": None}, "given_name"),
            ({"home": None}, "home"),
            ({"home": {"postcode": "x"}}, "home.postcode"),
            ({"household_id": str(new_id())}, "household_id"),
            ({"date_of_birth": "2030-01-01"}, "date_of_birth"),
            ({"home": {"postcode": None, "latitude": None, "longitude": None}}, "home"),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], field: str) -> None:
        child = create_child(world)
        answer = patch(world, child["id"], changes)

        assert [found for found, _ in rules(answer)] == [field]
        assert world.call("GET", f"/v1/children/{child['id']}").json() == child

    def test_is_not_a_friend_of_itself(self, world: World) -> None:
        child = create_child(world)
        answer = patch(world, child["id"], {"friends": [child["id"]]})

        assert rules(answer) == [("friends", "unknown_friend")]

    @pytest.mark.parametrize(("tag", "status"), [(None, 428), ('"2"', 412), ("x", 412)])
    def test_from_another_version(self, world: World, tag: str | None, status: int) -> None:
        child = create_child(world)
        headers = {} if tag is None else {"If-Match": tag}
        answer = world.call(
            "PATCH", f"/v1/children/{child['id']}", json={"given_name": "A"}, headers=headers
        )

        assert answer.status_code == status


class TestConsents:
    def test_are_added_and_listed(self, world: World) -> None:
        child = create_child(world)
        path = f"/v1/children/{child['id']}/consents"
        for given in (True, False):
            form = {"purpose": "booking", "given": given, "by": "guardian", "wording": "v1"}
            assert world.call("POST", path, json=form).status_code == 201

        items = world.call("GET", path).json()["items"]
        assert [(i["purpose"], i["given"], i["by"]) for i in items] == [
            ("booking", True, "guardian"),
            ("booking", False, "guardian"),
        ]


class TestHousehold:
    @pytest.mark.parametrize(
        ("headers", "body", "status"),
        [
            ({"If-Match": '"1"'}, {"income_band": None, "reference": "SB-1"}, 200),
            ({}, {"income_band": "A"}, 428),
            ({"If-Match": '"7"'}, {"income_band": "A"}, 412),
            ({"If-Match": '"1"'}, {"income_band": "a band too long"}, 422),
        ],
    )
    def test_is_changed_by_a_merge_patch(
        self, world: World, headers: dict[str, str], body: dict[str, Any], status: int
    ) -> None:
        made = world.call("POST", "/v1/households", json={"income_band": "B"}).json()
        path = f"/v1/households/{made['id']}"
        answer = world.call("PATCH", path, json=body, headers=headers)

        assert answer.status_code == status
        expected = {**made, **body} if status == 200 else made
        assert world.call("GET", path).json() == expected

    def test_family_reads_its_own_and_changes_nothing(self, world: World) -> None:
        child = create_child(world)
        family = world.family_token(child["household_id"])
        path = f"/v1/households/{child['household_id']}"
        patched = world.call_with(
            family, "PATCH", path, json={"income_band": "A"}, headers={"If-Match": "*"}
        )

        assert world.call_with(family, "GET", path).status_code == 200
        assert patched.status_code == 403


class TestTraces:
    def test_each_look_and_change_is_written_down(self, world: World) -> None:
        child = create_child(world)
        family = world.family_token(child["household_id"])
        world.call_with(family, "GET", f"/v1/children/{child['id']}")
        world.call("GET", "/v1/children")
        patch(world, child["id"], {"given_name": "Alex"})
        with transaction(world.sessions, world.authority_id) as session:
            entries = session.scalars(
                select(AuditEntry).where(AuditEntry.child_id == child["id"]).order_by(AuditEntry.id)
            ).all()
            events = session.scalars(
                select(Event).where(Event.child_id == child["id"]).order_by(Event.sequence)
            ).all()

        broker = world.credentials[ClientKind.BROKER].client_id
        assert [entry.action for entry in entries] == [
            *("child.create", "child.read", "child.read", "child.update")
        ]
        assert [entry.client_id == broker for entry in entries] == [True, False, True, True]
        assert entries[1].grant_id is not None
        assert [(e.type, e.sequence) for e in events] == [
            ("child.created", 1),
            ("child.updated", 2),
        ]
