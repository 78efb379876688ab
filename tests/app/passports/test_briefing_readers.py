"""The briefing: which fields who reads, of whose sessions, at what cost, and on what record."""

from typing import Any

from sqlalchemy import Engine, event, select

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.access.service import register_client
from app.catalogue.models import Provider
from app.db import transaction
from app.embedded_postgres import EmbeddedPostgres
from app.ids import new_id
from tests.support.briefings import ask, brief, child_with_passport, place, session_with_child
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.passports import PASSPORT
from tests.support.schema import forbid
from tests.support.world import World

SHARED = {name: text for name, text in PASSPORT.items() if name != "flag"}
BRIEFING_FIELDS = {"session_id", "starts_at", "ends_at", "shown_until", "items", "next_cursor"}
CHILD_FIELDS = {
    *("booking_id", "status", "given_name", "age_years", "communication", "family_stays"),
    *("needs", "passport", "passport_absent"),
}
NEED_FIELDS = {"need", "importance", "met_by", "arrangement"}
TASK_FIELDS = {"status", "source", "due_at"}
SUPPORT_FIELDS = {
    *("communication", "routines", "behaviours", "medical", "good_to_know"),
    *("emergency_plan", "equipment"),
}


def another_provider(world: World) -> tuple[Any, str]:
    """Register a second provider of the authority; gives its id and a token."""
    with transaction(world.sessions, world.authority_id) as session:
        provider = Provider(
            authority_id=world.authority_id,
            id=new_id(),
            name="Riverside",
            kind="community_group",
            created_at=world.clock.now,
            updated_at=world.clock.now,
        )
        session.add(provider)
        session.flush()
        theirs = register_client(
            session,
            kind=ClientKind.PROVIDER,
            name="riverside",
            authority_id=world.authority_id,
            provider_id=provider.id,
            now=world.clock.now,
        )
    form = {
        "grant_type": "client_credentials",
        "client_id": str(theirs.client_id),
        "client_secret": theirs.client_secret,
    }
    return provider.id, world.http.post("/oauth/token", data=form).json()["access_token"]


class TestFields:
    def test_a_provider_reads_these_and_no_others(self, world: World) -> None:
        offers = [{"need": "hoist", "kind": "on_request", "lead_days": 1, "cost_pence": 900}]
        session_id = add_session(world, add_activity(world, offers=offers))
        hoist = [{"code": "hoist", "importance": "essential", "note": "two carers"}]
        child_id = child_with_passport(world, needs=hoist)
        world.call("POST", f"/v1/children/{child_id}/goals", json={"text": "swim on my own"})
        booking_id = place(world, child_id, session_id)
        firm = child_with_passport(world)
        place(world, firm, session_id)

        for kind in (ClientKind.PROVIDER, ClientKind.BROKER):
            answer = ask(world, session_id, kind=kind).json()
            by_booking = {item["booking_id"]: item for item in answer["items"]}
            with_task = by_booking[booking_id]
            [with_passport] = [item for item in answer["items"] if item["passport"]]

            assert set(answer) == BRIEFING_FIELDS
            assert set(with_task) == set(with_passport) == CHILD_FIELDS
            assert set(with_task["communication"]) == {"methods", "contact", "language"}
            assert [set(need) for need in with_task["needs"]] == [NEED_FIELDS]
            assert set(with_task["needs"][0]["arrangement"]) == TASK_FIELDS
            assert set(with_passport["passport"]) == SUPPORT_FIELDS

    def test_nothing_else_of_the_profile_is_in_it(self, world: World) -> None:
        profile = {
            "date_of_birth": "2016-05-02",
            "sen_types": ["ASD"],
            "interests": [{"text": "steam engines", "feeling": "love", "voice": "child"}],
            "needs": [{"code": "hoist", "importance": "helpful", "note": "two carers"}],
        }
        session_id, child_id = session_with_child(world, **profile)
        goals = f"/v1/children/{child_id}/goals"
        assert world.call("POST", goals, json={"text": "swim on my own"}).status_code == 201
        household = world.call("GET", f"/v1/children/{child_id}").json()["household_id"]

        answer = ask(world, session_id)

        [item] = answer.json()["items"]
        assert (item["given_name"], item["age_years"], item["passport"]) == ("Sam", 10, SHARED)
        for word in (
            *("2016", "ASD", "steam engines", "two carers", "swim", "ST4", "53.0", "-2.18"),
            *(household, child_id, PASSPORT["flag"]),
        ):
            assert word not in answer.text

    def test_the_age_is_that_of_the_day(self, world: World) -> None:
        session_id, _ = session_with_child(world, date_of_birth="2016-03-06")
        assert [item["age_years"] for item in brief(world, session_id)] == [11]


class TestOthers:
    def test_another_providers_session_is_not_there(self, world: World) -> None:
        mine, _ = session_with_child(world)
        provider_id, token = another_provider(world)
        theirs = add_session(world, add_activity(world, provider_id=provider_id))
        place(world, child_with_passport(world, given_name="Theirs"), theirs)

        def as_them(session_id: str) -> Any:
            return world.call_with(token, "GET", f"/v1/sessions/{session_id}/briefing")

        absent = as_them(str(new_id()))
        assert (ask(world, theirs).status_code, as_them(mine).status_code) == (404, 404)
        assert as_them(mine).text == ask(world, theirs).text == absent.text
        assert [item["given_name"] for item in as_them(theirs).json()["items"]] == ["Theirs"]
        assert [item["given_name"] for item in brief(world, mine)] == ["Sam"]


class TestAudit:
    def entries(self, world: World) -> list[Any]:
        with transaction(world.sessions, world.authority_id) as session:
            return list(
                session.execute(
                    select(AuditEntry.child_id, AuditEntry.object_id, AuditEntry.client_id)
                    .where(AuditEntry.action == "briefing.read")
                    .order_by(AuditEntry.id)
                )
            )

    def test_one_entry_a_child_a_look(self, world: World) -> None:
        session_id, sam = session_with_child(world)
        alex = add_child(world, given_name="Alex")
        place(world, alex, session_id)
        provider = world.credentials[ClientKind.PROVIDER].client_id

        brief(world, session_id)
        brief(world, session_id, "?limit=1")

        assert [
            (str(entry.child_id), str(entry.object_id), entry.client_id)
            for entry in self.entries(world)
        ] == [(child, session_id, provider) for child in (alex, sam, alex)]

    def test_what_cannot_be_recorded_is_not_shown(
        self, world: World, postgres: EmbeddedPostgres
    ) -> None:
        session_id, _ = session_with_child(world)
        world.token(ClientKind.PROVIDER)

        with forbid(postgres, "INSERT ON audit_entries"):
            answer = ask(world, session_id)

        assert answer.status_code == 500
        assert "Sam" not in answer.text
        assert not any(words in answer.text for words in PASSPORT.values())
        assert self.entries(world) == []


def statements_of(engine: Engine, world: World, session_id: str) -> int:
    """Count what a briefing asks of the database."""
    counted = []

    def count(*_: Any) -> None:
        counted.append(1)

    event.listen(engine, "before_cursor_execute", count)
    try:
        brief(world, session_id)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(counted)


def test_as_many_statements_for_twenty_children_as_for_one(engine: Engine, world: World) -> None:
    one, _ = session_with_child(world)
    many = add_session(world, add_activity(world), capacity=30)
    needs = [{"code": "step_free", "importance": "helpful"}]
    for _ in range(20):
        place(world, child_with_passport(world, needs=needs), many)
    assert len(brief(world, many)) == 20

    assert statements_of(engine, world, one) == statements_of(engine, world, many) < 20
