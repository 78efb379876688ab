"""Support tasks over HTTP: who may change what until when, and the list of what is to do."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, insert, text

from app.access.scopes import ClientKind
from app.bookings import arrangement_queries
from app.bookings.arrangement_schemas import ArrangementQuery
from app.bookings.models import Arrangement
from app.db import make_engine, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from app.pagination import PageRequest
from tests.support.arranging import AGAIN, NOT_NEEDED, book_with_needs, change, changed, read
from tests.support.bookings import slug
from tests.support.catalogue import SATURDAY
from tests.support.races import breaches
from tests.support.world import World


class TestRefusals:
    @pytest.mark.parametrize(
        ("patch", "field", "reason"),
        [
            ({"status": "waived"}, "reason", "to waive takes a reason"),
            ({"status": "waived", "reason": None}, "reason", "and no empty one"),
            ({"status": "waived", "reason": " "}, "reason", "nor blanks"),
            ({"status": "dropped"}, "status", "only a booking's end drops a task"),
            ({"status": None}, "status", "a task has a status"),
            ({"funder": "lottery"}, "funder", "not one of the funders"),
            ({"funder": None}, "funder", "somebody pays"),
            ({"cost_pence": -1}, "cost_pence", "less than nothing"),
            ({"due_at": "2027-03-06T10:00:01Z"}, "due_at", "after the session has begun"),
            ({"due_at": "2027-03-05T10:00:00"}, "due_at", "no time zone"),
            ({"need": "bsl"}, "need", "the need is the child's"),
            ({"support_service_id": str(new_id())}, "support_service_id", "not to be chosen"),
            ({"version": 9}, "version", "the server's own"),
        ],
    )
    def test_rules(self, world: World, patch: dict[str, Any], field: str, reason: str) -> None:
        booking = book_with_needs(world, "hoist")
        before = read(world, booking)

        refused = change(world, booking["arrangements"][0]["id"], patch)

        assert refused.status_code == 422, reason
        assert [error["field"] for error in refused.json()["errors"]] == [field], reason
        assert read(world, booking) == before, reason

    @pytest.mark.parametrize("settled", [{"status": "done"}, NOT_NEEDED])
    def test_to_open_again_takes_a_reason_of_its_own(
        self, world: World, settled: dict[str, Any]
    ) -> None:
        task_id = book_with_needs(world, "hoist")["arrangements"][0]["id"]
        changed(world, task_id, settled)

        refused = change(world, task_id, {"status": "open"})

        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "reason"

    def test_a_waived_one_keeps_its_reason(self, world: World) -> None:
        task_id = book_with_needs(world, "hoist")["arrangements"][0]["id"]
        changed(world, task_id, NOT_NEEDED)

        assert change(world, task_id, {"reason": None}).status_code == 422
        assert changed(world, task_id, {"reason": "she stays"})["reason"] == "she stays"
        assert changed(world, task_id, {"status": "done"})["reason"] is None

    def test_needs_the_version_that_was_read(self, world: World) -> None:
        task_id = book_with_needs(world, "hoist")["arrangements"][0]["id"]
        path = f"/v1/arrangements/{task_id}"
        etag = world.call("GET", path).headers["ETag"]
        done = {"status": "done"}

        assert change(world, task_id, done, headers={}).status_code == 428
        first = change(world, task_id, done, headers={"If-Match": etag})
        assert first.status_code == 200
        stale = change(world, task_id, {"cost_pence": 1}, headers={"If-Match": etag})
        assert (stale.status_code, slug(stale)) == (412, "precondition-failed")
        newer = {"If-Match": first.headers["ETag"]}
        assert change(world, task_id, {"cost_pence": 1}, headers=newer).status_code == 200

    @pytest.mark.parametrize(
        ("hours_later", "patch", "status", "reason"),
        [
            (0, AGAIN, 200, "in time"),
            (119, AGAIN, 409, "the session has begun"),
            (119, NOT_NEEDED, 409, "nor is it waived afterwards"),
            (119, {"due_at": "2027-03-05T10:00:00Z"}, 409, "nor due at another time"),
            (119, {"cost_pence": 4100, "funder": "charity"}, 200, "the bill comes afterwards"),
        ],
    )
    def test_until_the_session_begins(
        self, world: World, hours_later: int, patch: dict[str, Any], status: int, reason: str
    ) -> None:
        booking = book_with_needs(world, "hoist")
        task_id = booking["arrangements"][0]["id"]
        changed(world, task_id, {"status": "done"})
        world.clock.now += timedelta(hours=hours_later)

        answer = change(world, task_id, patch)

        assert answer.status_code == status, reason
        if status == 409:
            assert slug(answer) == "arrangement-settled"
        assert breaches(world) == []

    def test_not_once_the_booking_is_cancelled(self, world: World) -> None:
        booking = book_with_needs(world, "hoist")
        world.call("POST", f"/v1/bookings/{booking['id']}/cancel")

        refused = change(world, booking["arrangements"][0]["id"], {"cost_pence": 1})

        assert (refused.status_code, slug(refused)) == (409, "arrangement-settled")
        assert refused.json()["facts"]["status"] == "cancelled"

    def test_not_once_the_hold_has_run_out(self, world: World) -> None:
        booking = book_with_needs(world, "hoist", hold_minutes=30)
        world.clock.now += timedelta(minutes=30)

        refused = change(world, booking["arrangements"][0]["id"], {"status": "done"})

        assert (refused.status_code, slug(refused)) == (409, "arrangement-settled")

    def test_a_family_reads_its_own_and_changes_nothing(self, world: World) -> None:
        household_id = world.household()
        booking = book_with_needs(world, "hoist", child={"household_id": household_id})
        path, task_id = (
            f"/v1/bookings/{booking['id']}/arrangements",
            booking["arrangements"][0]["id"],
        )
        family, stranger = (world.family_token(id_) for id_ in (household_id, world.household()))

        assert world.call_with(family, "GET", path).json()["items"] == booking["arrangements"]
        assert world.call_with(stranger, "GET", path).status_code == 404
        for call in (
            partial(world.call_with, family, "GET", "/v1/arrangements"),
            partial(world.call_with, family, "GET", f"/v1/arrangements/{task_id}"),
            partial(change, world, task_id, {"status": "done"}, kind=ClientKind.FAMILY_APP),
            partial(change, world, task_id, {"status": "done"}, kind=ClientKind.PROVIDER),
        ):
            assert call().status_code == 403

    def test_another_authoritys(self, world: World, other_world: World) -> None:
        task_id = book_with_needs(world, "hoist")["arrangements"][0]["id"]

        assert change(other_world, task_id, {"status": "done"}).status_code == 404
        assert other_world.call("GET", f"/v1/arrangements/{task_id}").status_code == 404
        assert other_world.call("GET", "/v1/arrangements").json()["items"] == []


class TestWorkList:
    def test_by_due_date_with_filters_and_pages(self, world: World) -> None:
        early = book_with_needs(world, "hoist", "bsl")
        bsl, hoist = sorted(early["arrangements"], key=lambda task: str(task["need"]))
        [later] = book_with_needs(world, "hoist")["arrangements"]
        changed(world, later["id"], {"due_at": "2027-03-05T18:00:00Z"})

        def listed(query: str) -> list[str]:
            answer = world.call("GET", f"/v1/arrangements?{query}")
            assert answer.status_code == 200, answer.text
            return [task["id"] for task in answer.json()["items"]]

        assert listed("") == [hoist["id"], bsl["id"], later["id"]]
        assert listed("need=hoist") == [hoist["id"], later["id"]]
        assert listed("due_before=2027-03-05T10:00:00Z") == [hoist["id"]]
        assert listed("due_before=2027-03-05T10:00:01Z") == [hoist["id"], bsl["id"]]
        assert listed("status=done") == []
        first = world.call("GET", "/v1/arrangements?limit=2").json()
        assert [task["id"] for task in first["items"]] == [hoist["id"], bsl["id"]]
        assert listed(f"limit=2&cursor={first['next_cursor']}") == [later["id"]]
        assert first["items"][0]["booking_id"] == early["id"]
        assert first["items"][0]["child_id"] == early["child_id"]
        assert first["items"][0]["starts_at"] == "2027-03-06T10:00:00Z"
        changed(world, hoist["id"], {"status": "done"})
        assert listed("") == [bsl["id"], later["id"]]
        assert listed("status=done") == [hoist["id"]]

    @pytest.mark.parametrize("query", ["status=lost", "need=tea", "due_before=tomorrow"])
    def test_wrong_filters(self, world: World, query: str) -> None:
        assert world.call("GET", f"/v1/arrangements?{query}").status_code == 422

    def test_the_index_of_open_tasks_is_used(
        self, world: World, postgres: EmbeddedPostgres
    ) -> None:
        booking = book_with_needs(world, "hoist")
        rows = [
            {
                "authority_id": world.authority_id,
                "id": new_id(),
                "booking_id": UUID(booking["id"]),
                "need": "hoist",
                "source": "provider",
                "lead_days": 1,
                "cost_pence": 1,
                "due_at": SATURDAY + timedelta(minutes=number),
                "status": "open" if number % 4 == 0 else "done",
                "funder": "authority",
                "version": 1,
            }
            for number in range(4000)
        ]
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(insert(Arrangement), rows)
        administrator = make_engine(postgres.url("postgres", "postgres"), role="postgres")
        with administrator.begin() as connection:
            connection.execute(text("ANALYZE arrangements"))
        administrator.dispose()

        sent: list[tuple[str, Any]] = []

        def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            sent.append((statement, parameters))

        with transaction(world.sessions, world.authority_id) as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", keep)
            found = arrangement_queries.list_tasks(
                session, ArrangementQuery(need="hoist"), PageRequest(limit=20)
            )
            [(statement, parameters)] = sent
            plan = "\n".join(
                connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()
            )

        assert len(found.items) == 20
        assert "Index Scan using ix_arrangements_open" in plan
        assert "Sort" not in plan
