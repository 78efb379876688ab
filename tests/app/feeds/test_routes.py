"""Imports over HTTP."""

import json
from typing import Any

import pytest

from app.access.scopes import ClientKind
from app.feeds.service import LARGEST_FILE
from tests.support.world import World

CSV = (
    b"provider_name,source_id,title,date,starts,ends,capacity\n"
    b"Trent Judo,a1,Judo,2027-03-06,10:00,11:30,6\n"
)
SECRET = "Aurelia Quillfeather"


def post(world: World, data: bytes, caller: ClientKind = ClientKind.BROKER, **form: str) -> Any:
    form = {"kind": "csv"} | form
    return world.call("POST", "/v1/imports", kind=caller, files={"file": ("f", data)}, data=form)


class TestImportFile:
    def test_a_file_is_imported_once(self, world: World) -> None:
        first = post(world, CSV)
        second = post(world, CSV)

        assert first.status_code == second.status_code == 200
        assert first.json()["applied"] is True
        assert first.json()["created"] == {"providers": 1, "activities": 1, "sessions": 1}
        assert second.json()["unchanged"] == {"providers": 1, "activities": 1, "sessions": 1}
        (found,) = world.call("GET", "/v1/sessions").json()["items"]
        assert found["starts_at"] == "2027-03-06T10:00:00Z"

    def test_a_dry_run_changes_nothing(self, world: World) -> None:
        answer = post(world, CSV, dry_run="true")

        assert answer.json()["created"]["sessions"] == 1
        assert answer.json()["applied"] is False
        assert world.call("GET", "/v1/sessions").json()["items"] == []

    def test_errors_reject_the_file_without_repeating_values(self, world: World) -> None:
        broken = CSV + f"Other,a2,{SECRET},{SECRET},{SECRET},11:00,many\n".encode()

        answer = post(world, broken)

        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["type"] == "/problems/import-rejected"
        assert {error["row"] for error in problem["errors"]} == {3}
        assert problem["facts"]["error_count"] == len(problem["errors"])
        assert SECRET not in answer.text
        assert world.call("GET", "/v1/sessions").json()["items"] == []

    def test_partial_takes_the_good_rows(self, world: World) -> None:
        broken = CSV + b"Other,a2,Swim,2027-03-06,25:00,11:00,6\n"

        answer = post(world, broken, partial="true")

        assert answer.status_code == 200
        assert answer.json()["error_count"] == 1
        assert answer.json()["created"]["sessions"] == 1

    @pytest.mark.parametrize("kind", [k for k in ClientKind if k is not ClientKind.BROKER])
    def test_only_brokers_import(self, world: World, kind: ClientKind) -> None:
        assert post(world, CSV, kind).status_code == 403

    def test_an_unknown_kind_is_refused(self, world: World) -> None:
        answer = post(world, CSV, kind="xml")

        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["kind"]

    def test_a_file_is_needed(self, world: World) -> None:
        answer = world.call("POST", "/v1/imports", data={"kind": "csv"})

        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["file"]

    def test_a_file_may_be_larger_than_other_bodies_but_not_endless(self, world: World) -> None:
        line = json.dumps({"type": "provider", "source_id": "p", "name": "x"}).encode()
        padding = b"\n" * (5 * 1024 * 1024)

        assert post(world, line + padding, kind="ndjson").status_code == 200
        assert post(world, b"\n" * (LARGEST_FILE + 1024 * 1024)).status_code == 413
