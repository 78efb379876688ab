"""Passports over HTTP: versions, who reads which fields, and the flag."""

from typing import Any

import pytest
from sqlalchemy import select, text

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.db import transaction
from app.embedded_postgres import EmbeddedPostgres
from app.outbox.models import Event
from tests.support.bookings import slug
from tests.support.catalogue import add_child
from tests.support.live_server import at_once
from tests.support.passports import PASSPORT, put_passport, write_passport
from tests.support.schema import forbid
from tests.support.world import World

PASSPORT_FIELDS = {
    *("child_id", "version", "written_at", "written_by", "client_id"),
    *("communication", "routines", "behaviours", "medical", "good_to_know"),
    *("emergency_plan", "equipment", "flag"),
}
VERSION_FIELDS = {"version", "written_at", "written_by", "client_id"}
FLAG_FIELDS = {"child_id", "given_name", "contact", "flag"}


@pytest.fixture
def child_id(world: World) -> str:
    return add_child(world, communication={"contact": "child"})


def looks(world: World, child_id: str) -> list[str]:
    with transaction(world.sessions, world.authority_id) as session:
        return list(
            session.scalars(
                select(AuditEntry.action)
                .where(AuditEntry.child_id == child_id)
                .order_by(AuditEntry.id)
            )
        )


class TestWriting:
    def test_the_first_version_needs_no_if_match(self, world: World, child_id: str) -> None:
        answer = put_passport(world, child_id)

        assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
        read = world.call("GET", f"/v1/children/{child_id}/passport")
        assert read.json() == answer.json()
        assert read.headers["ETag"] == '"1"'
        assert {name: read.json()[name] for name in PASSPORT} == PASSPORT
        broker = world.credentials[ClientKind.BROKER]
        assert read.json()["client_id"] == str(broker.client_id)

    def test_a_later_one_needs_the_etag_that_was_read(self, world: World, child_id: str) -> None:
        write_passport(world, child_id)

        refused = [
            put_passport(world, child_id),
            put_passport(world, child_id, seen='"2"'),
            put_passport(world, child_id, seen="nonsense"),
        ]
        taken = put_passport(world, child_id, {"flag": "Ring after six"}, seen='"1"')
        stale = put_passport(world, child_id, seen='"1"')

        assert [answer.status_code for answer in refused] == [428, 412, 412]
        assert (taken.status_code, taken.headers["ETag"]) == (200, '"2"')
        assert (stale.status_code, slug(stale)) == (412, "precondition-failed")

    @pytest.mark.parametrize("seen", ["*", '"1"', '"0"'])
    def test_there_is_nothing_to_match_before_the_first(
        self, world: World, child_id: str, seen: str
    ) -> None:
        assert put_passport(world, child_id, seen=seen).status_code == 412
        assert world.call("GET", f"/v1/children/{child_id}/passport").status_code == 404

    def test_what_is_left_out_is_gone_from_the_new_version(
        self, world: World, child_id: str
    ) -> None:
        write_passport(world, child_id)

        read = put_passport(world, child_id, {"medical": "none known"}, seen="*").json()

        told = {name for name in PASSPORT if read[name] is not None}
        assert told == {"medical"}

    def test_two_who_write_the_first_at_once(self, world: World, child_id: str) -> None:
        token = world.token(ClientKind.BROKER)
        path = f"/v1/children/{child_id}/passport"

        def write() -> Any:
            return world.call_with(token, "PUT", path, json=PASSPORT)

        answers = at_once([write] * 6)

        assert sorted(answer.status_code for answer in answers) == [201, *[428] * 5]

    def test_tells_of_it_without_a_word_of_it(self, world: World, child_id: str) -> None:
        write_passport(world, child_id)
        put_passport(world, child_id, seen='"1"')

        with transaction(world.sessions, world.authority_id) as session:
            events = session.scalars(select(Event).where(Event.type == "passport.written")).all()
            assert [str(event.child_id) for event in events] == [child_id] * 2
        assert looks(world, child_id).count("passport.write") == 2

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *((name, "") for name in PASSPORT),
            *((name, "x" * 4001) for name in PASSPORT),
            ("flag", "x" * 201),
            ("flag", "two\nlines"),
            ("flag", "two\u2028lines"),
            ("diagnosis", "none of it"),
            ("version", 7),
            ("child_id", "019aab5e-7c00-7000-8000-000000000001"),
        ],
    )
    def test_refuses(self, world: World, child_id: str, field: str, value: Any) -> None:
        answer = put_passport(world, child_id, PASSPORT | {field: value})

        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)

    def test_takes_what_is_just_short_enough(self, world: World, child_id: str) -> None:
        longest = dict.fromkeys(PASSPORT, "ß" * 4000) | {"flag": "ß" * 200}

        written = write_passport(world, child_id, **longest).json()

        assert {name: written[name] for name in PASSPORT} == longest


class TestReading:
    def test_fields_are_the_same_for_brokers_and_families(self, world: World) -> None:
        household = world.household()
        child_id = add_child(world, household_id=household)
        write_passport(world, child_id)
        family = world.family_token(household)
        path = f"/v1/children/{child_id}/passport"

        for token in (world.token(ClientKind.BROKER), family):
            assert set(world.call_with(token, "GET", path).json()) == PASSPORT_FIELDS
            versions = world.call_with(token, "GET", f"{path}/versions").json()
            assert [set(item) for item in versions["items"]] == [VERSION_FIELDS]
            assert set(world.call_with(token, "GET", f"{path}/versions/1").json()) == (
                PASSPORT_FIELDS
            )

    def test_every_version_stays_with_who_and_when(self, world: World) -> None:
        household = world.household()
        child_id = add_child(world, household_id=household)
        first = write_passport(world, child_id).json()
        family = world.family_token(household)
        path = f"/v1/children/{child_id}/passport"
        second = world.call_with(
            family, "PUT", path, json={"medical": "grown out of it"}, headers={"If-Match": '"1"'}
        ).json()

        listed = world.call("GET", f"{path}/versions").json()["items"]

        assert [(one["version"], one["written_by"]) for one in listed] == [
            (1, "broker"),
            (2, "family_app"),
        ]
        assert world.call("GET", f"{path}/versions/1").json() == first
        assert world.call("GET", f"{path}/versions/2").json() == second
        assert world.call("GET", f"{path}/versions/3").status_code == 404

    def test_versions_come_in_pages(self, world: World, child_id: str) -> None:
        write_passport(world, child_id)
        for seen in ('"1"', '"2"'):
            put_passport(world, child_id, seen=seen)
        path = f"/v1/children/{child_id}/passport/versions?limit=2"

        page = world.call("GET", path).json()
        rest = world.call("GET", f"{path}&cursor={page['next_cursor']}").json()

        assert [item["version"] for item in page["items"] + rest["items"]] == [1, 2, 3]
        assert rest["next_cursor"] is None

    def test_every_look_is_recorded(self, world: World, child_id: str) -> None:
        write_passport(world, child_id)
        before = looks(world, child_id)
        for path in ("passport", "passport/versions", "passport/versions/1", "flag"):
            assert world.call("GET", f"/v1/children/{child_id}/{path}").status_code == 200

        assert looks(world, child_id)[len(before) :] == [
            *("passport.read", "passport.list", "passport.read", "flag.read")
        ]

    @pytest.mark.parametrize("path", ["passport", "passport/versions/1", "flag"])
    def test_what_cannot_be_recorded_is_not_shown(
        self, world: World, child_id: str, path: str, postgres: EmbeddedPostgres
    ) -> None:
        write_passport(world, child_id)

        with forbid(postgres, "INSERT ON audit_entries"):
            answer = world.call("GET", f"/v1/children/{child_id}/{path}")

        assert answer.status_code == 500
        assert not any(words in answer.text for words in PASSPORT.values())


class TestFlag:
    def test_says_whom_to_speak_to_and_how(self, world: World, child_id: str) -> None:
        write_passport(world, child_id)

        flag = world.call("GET", f"/v1/children/{child_id}/flag").json()

        assert set(flag) == FLAG_FIELDS
        assert flag == {
            "child_id": child_id,
            "given_name": "Sam",
            "contact": "child",
            "flag": PASSPORT["flag"],
        }

    def test_follows_the_newest_version(self, world: World, child_id: str) -> None:
        assert world.call("GET", f"/v1/children/{child_id}/flag").json()["flag"] is None
        write_passport(world, child_id)
        put_passport(world, child_id, {"medical": "asthma"}, seen='"1"')

        assert world.call("GET", f"/v1/children/{child_id}/flag").json()["flag"] is None


def test_what_is_kept_is_never_changed(world: World, child_id: str) -> None:
    write_passport(world, child_id)

    for statement in (
        "UPDATE passport_versions SET medical = NULL",
        "DELETE FROM passport_versions",
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction(world.sessions, world.authority_id) as session,
        ):
            session.execute(text(statement))
