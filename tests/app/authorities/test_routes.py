"""Authorities, policies and support services, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import select

from app.access.scopes import ClientKind
from app.authorities.models import Authority
from app.db import NO_TENANT, transaction
from app.ids import new_id
from tests.support.world import World

SERVICE = {"need": "one_to_one", "lead_days": 7, "cost_pence": 4500, "per_week": 5}
DEFAULT = {
    "starts_on": "2000-01-01",
    "free_per_month": 1,
    "contributory_per_month": 1,
    "min_age": 0,
    "max_age": 18,
    "cancel_notice_hours": 24,
    "hours_per_year": None,
    "nights_per_year": None,
    "money_per_year_pence": None,
    "uncounted_break_types": [],
    "contribution_pence": None,
    "contribution_by_band": {},
    "late_cancellation_gives_back": False,
    "waitlist_order": "longest_without_break",
    "offer_hours": 48,
}


def policies(world: World) -> list[dict[str, Any]]:
    items = world.call("GET", "/v1/authority/policies").json()["items"]
    return [{name: item[name] for name in DEFAULT} for item in items]


class TestCreateAuthority:
    def test_gives_its_broker_the_keys(self, world: World) -> None:
        answer = world.call(
            "POST", "/v1/authorities", kind=ClientKind.OPERATOR, json={"name": "Leeds"}
        )
        client = answer.json()["client"]
        token = world.http.post(
            "/oauth/token", data={"grant_type": "client_credentials", **without_kind(client)}
        ).json()["access_token"]

        assert answer.status_code == 201
        assert client["kind"] == "broker"
        own = world.call_with(token, "GET", "/v1/authority")
        assert own.json() == answer.json()["authority"]
        # It is a tenant of its own.
        assert own.json()["id"] != str(world.authority_id)
        assert world.call_with(token, "GET", "/v1/children").json()["items"] == []

    def test_leaves_nothing_behind_when_refused(self, world: World) -> None:
        name = f"Leeds {new_id()}"
        world.call(
            "POST",
            "/v1/authorities",
            kind=ClientKind.OPERATOR,
            json={"name": name, "version": 2},
        )
        with transaction(world.sessions, NO_TENANT) as session:
            assert session.scalar(select(Authority).where(Authority.name == name)) is None


def without_kind(client: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in client.items() if name != "kind"}


class TestReplaceAuthority:
    def test_renames(self, world: World) -> None:
        etag = world.call("GET", "/v1/authority").headers["ETag"]
        answer = world.call(
            "PUT", "/v1/authority", json={"name": " Leeds "}, headers={"If-Match": etag}
        )

        assert answer.json()["name"] == "Leeds"
        assert (etag, answer.headers["ETag"]) == ('"1"', '"2"')

    @pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"9"'}, 412)])
    def test_from_another_version(self, world: World, headers: dict[str, str], status: int) -> None:
        answer = world.call("PUT", "/v1/authority", json={"name": "Leeds"}, headers=headers)

        assert answer.status_code == status


class TestPolicies:
    def test_begin_with_the_default(self, world: World) -> None:
        assert policies(world) == [DEFAULT]

    def test_null_is_unlimited(self, world: World) -> None:
        wanted = {**DEFAULT, "starts_on": "2027-04-15", "free_per_month": None, "max_age": 25}
        answer = world.call("POST", "/v1/authority/policies", json=wanted)

        assert answer.status_code == 201
        assert policies(world) == [DEFAULT, wanted]

    def test_every_term_is_kept(self, world: World) -> None:
        wanted = {
            "starts_on": "2027-04-01",
            "free_per_month": 3,
            "contributory_per_month": 0,
            "min_age": 4,
            "max_age": 17,
            "cancel_notice_hours": 72,
            "hours_per_year": 120.25,
            "nights_per_year": 14,
            "money_per_year_pence": 250_000,
            "uncounted_break_types": ["group_universal", "overnight"],
            "contribution_pence": 500,
            "contribution_by_band": {"A": 0, "B-2": 250},
            "late_cancellation_gives_back": True,
            "waitlist_order": "joined",
            "offer_hours": 24,
        }
        twice = wanted | {"uncounted_break_types": ["overnight", "group_universal", "overnight"]}
        answer = world.call("POST", "/v1/authority/policies", json=twice)

        assert answer.status_code == 201, answer.text
        assert policies(world) == [DEFAULT, wanted]

    def test_two_on_one_day(self, world: World, other_world: World) -> None:
        day = {"starts_on": "2027-04-01"}
        statuses = [
            each.call("POST", "/v1/authority/policies", json=day).status_code
            for each in (world, world, other_world)
        ]

        assert statuses == [201, 409, 201]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"min_age": 9, "max_age": 8}, "body"),
            ({"free_per_month": -1}, "free_per_month"),
            ({"max_age": 200}, "max_age"),
            ({"starts_on": "1999-12-31"}, "starts_on"),
            ({"starts_on": "2027-02-29"}, "starts_on"),
            ({"cancel_notice_hours": 10**9}, "cancel_notice_hours"),
            ({"hours_per_year": 1.1}, "hours_per_year"),
            ({"nights_per_year": 367}, "nights_per_year"),
            ({"money_per_year_pence": -1}, "money_per_year_pence"),
            ({"uncounted_break_types": ["daily"]}, "uncounted_break_types.0"),
            ({"contribution_by_band": {"A": -1}}, "contribution_by_band.A"),
            ({"contribution_by_band": {"a family of": 1}}, "contribution_by_band"),
            ({"contribution_by_band": {f"B{n}": 1 for n in range(21)}}, "contribution_by_band"),
            ({"waitlist_order": "random"}, "waitlist_order"),
            ({"offer_hours": 0}, "offer_hours"),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], field: str) -> None:
        body = {"starts_on": "2027-04-01", **changes}
        answer = world.call("POST", "/v1/authority/policies", json=body)

        assert answer.status_code == 422
        assert [problem["field"] for problem in answer.json()["errors"]] == [field]


class TestSupportServices:
    def test_are_added_listed_and_changed(self, world: World) -> None:
        created = world.call("POST", "/v1/authority/support-services", json=SERVICE)
        path = f"/v1/authority/support-services/{created.json()['id']}"
        changed = world.call(
            "PATCH", path, json={"lead_days": 2}, headers={"If-Match": created.headers["ETag"]}
        )

        assert changed.json() == {**created.json(), "lead_days": 2}
        assert changed.headers["ETag"] == '"2"'
        items = world.call("GET", "/v1/authority/support-services").json()["items"]
        assert items == [changed.json()]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"need": "hoist"}, "need"),
            ({"lead_days": None}, "lead_days"),
            ({"per_week": -1}, "per_week"),
        ],
    )
    def test_refusals(self, world: World, changes: dict[str, Any], field: str) -> None:
        created = world.call("POST", "/v1/authority/support-services", json=SERVICE).json()
        answer = world.call(
            "PATCH",
            f"/v1/authority/support-services/{created['id']}",
            json=changes,
            headers={"If-Match": "*"},
        )

        assert answer.status_code == 422
        assert [problem["field"] for problem in answer.json()["errors"]] == [field]
