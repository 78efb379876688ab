"""Outcomes over HTTP: from recipient to member to mentor, and what sessions did for a child."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.catalogue.models import Provider
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.attended import attend_session, say
from tests.support.bookings import slug
from tests.support.catalogue import SATURDAY, add_activity, add_child
from tests.support.races import breaches
from tests.support.world import World

CLUB = "Trent Vale Angling Society"
BACK = {"reason": "wants to fish without being in charge"}


def record(world: World, child_id: str, part: str, /, **fields: Any) -> Any:
    """Record a part, in an unlisted club unless another place is named."""
    places = ("activity_id", "provider_id", "club")
    place = {} if any(name in fields for name in places) else {"club": CLUB}
    body = {"role": part, "since": "2027-02-01", "voice": "child", **place, **fields}
    return world.call("POST", f"/v1/children/{child_id}/outcomes", json=body)


def outcomes(world: World, child_id: str, **query: Any) -> dict[str, Any]:
    """Read what a child has gained."""
    answer = world.call("GET", f"/v1/children/{child_id}/outcomes", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def tag(outcome: str, voice: str, count: int) -> dict[str, Any]:
    return {"outcome": outcome, "voice": voice, "count": count}


class TestTheAnglingStory:
    def test_attends_then_joins_then_mentors(self, world: World) -> None:
        """Follow the young man who loves fishing, from the group to the main club to mentoring."""
        child_id = add_child(world, given_name="Sam", date_of_birth="2010-05-02")
        group = add_activity(world, title="Inclusive angling group")
        goal = world.call(
            "POST", f"/v1/children/{child_id}/goals", json={"text": "fish with the main club"}
        ).json()["id"]
        recipient = record(world, child_id, "recipient", activity_id=str(group), since="2027-03-01")
        assert recipient.status_code == 201, recipient.text
        first = attend_session(world, child_id, group)
        say(world, first, {"voice": "child", "rating": 5, "outcomes": ["skills", "friends"]})
        say(world, first, {"voice": "parent", "outcomes": ["confidence"]})
        april = datetime(2027, 4, 3, 10, 0, tzinfo=UTC)
        second = attend_session(world, child_id, group, april)
        reached = [{"goal_id": goal, "progress": "reached", "words": "they asked me to join"}]
        say(world, second, {"voice": "child", "outcomes": ["friends"], "progress": reached})

        provider_id = str(world.provider_id)
        joined = record(world, child_id, "member", provider_id=provider_id, since="2027-04-03")
        world.clock.now = datetime(2027, 6, 1, 9, 0, tzinfo=UTC)
        mentors = record(world, child_id, "mentor", activity_id=str(group), since="2027-06-01")

        assert (joined.status_code, mentors.status_code) == (201, 201)
        gained = outcomes(world, child_id)
        assert (gained["sessions_attended"], gained["goals_reached"], gained["steps_done"]) == (
            (2, 1, 0)
        )
        assert gained["tags"] == [
            tag("confidence", "parent", 1),
            tag("friends", "child", 2),
            tag("skills", "child", 1),
        ]
        assert [(m["month"], m["sessions_attended"], m["tags"]) for m in gained["months"]] == [
            (
                "2027-03",
                1,
                [
                    tag("confidence", "parent", 1),
                    tag("friends", "child", 1),
                    tag("skills", "child", 1),
                ],
            ),
            ("2027-04", 1, [tag("friends", "child", 1)]),
        ]
        assert [(p["from_role"], p["role"], p["since"]) for p in gained["items"]] == [
            (None, "recipient", "2027-03-01"),
            ("recipient", "member", "2027-04-03"),
            ("member", "mentor", "2027-06-01"),
        ]
        assert gained["roles"] == [gained["items"][-1]]
        assert gained["items"][-1] == mentors.json()
        assert {p["provider_id"] for p in gained["items"]} == {provider_id}
        assert [p["activity_id"] for p in gained["items"]] == [str(group), None, str(group)]
        with transaction(world.sessions, world.authority_id) as session:
            events = session.scalars(
                select(Event).where(Event.type == "progression.recorded").order_by(Event.id)
            ).all()
            looked = session.scalars(
                select(AuditEntry.action).where(AuditEntry.action == "outcome.read")
            ).all()
        assert [str(event.object_id) for event in events] == [p["id"] for p in gained["items"]]
        assert {str(event.child_id) for event in events} == {child_id}
        assert looked == ["outcome.read"]
        assert breaches(world) == []


class TestMoves:
    @pytest.mark.parametrize(
        ("before", "role", "fields", "status", "reason"),
        [
            ([], "recipient", {}, 201, "helped there at first"),
            ([], "member", {}, 201, "joins at once"),
            ([], "mentor", {}, 409, "nobody begins as a mentor"),
            (["recipient"], "member", {}, 201, "joins"),
            (["recipient"], "mentor", {}, 409, "a step is missing"),
            (["recipient"], "recipient", {}, 409, "is that already"),
            (["member"], "mentor", {}, 201, "helps others"),
            (["member"], "member", {}, 409, "is that already"),
            (["member"], "recipient", {}, 422, "to step back takes a reason"),
            (["member"], "recipient", BACK, 201, "steps back"),
            (["member", "mentor"], "member", {}, 422, "to step back takes a reason"),
            (["member", "mentor"], "member", BACK, 201, "steps back"),
            (["member", "mentor"], "recipient", BACK, 201, "steps back all the way"),
            (["member"], "mentor", {"club": "Judo"}, 409, "a member elsewhere"),
            (["member"], "recipient", {"club": "Judo"}, 201, "a part of its own elsewhere"),
            (["member"], "mentor", {"club": f" {CLUB.upper()} "}, 201, "the same club's name"),
            (
                ["member"],
                "mentor",
                {"club": CLUB.replace(" ", "  ")},
                201,
                "the same club's name in wider type",
            ),
        ],
    )
    def test_go_as_real_life_does(
        self,
        world: World,
        before: list[str],
        role: str,
        fields: dict[str, Any],
        status: int,
        reason: str,
    ) -> None:
        child_id = add_child(world)
        for earlier in before:
            assert record(world, child_id, earlier).status_code == 201

        answer = record(world, child_id, role, **fields)

        assert answer.status_code == status, reason
        assert len(outcomes(world, child_id)["items"]) == len(before) + (status == 201), reason

    def test_a_refusal_says_what_would_follow(self, world: World) -> None:
        child_id = add_child(world)
        record(world, child_id, "recipient")

        refused = record(world, child_id, "mentor")

        assert slug(refused) == "role-not-next"
        assert refused.json()["facts"] == {
            "role": "recipient",
            "next": ["member"],
            "wanted": "mentor",
        }

    @pytest.mark.parametrize(
        ("fields", "field", "reason"),
        [
            ({"since": "2027-03-02"}, "since", "tomorrow"),
            ({"since": "2016-05-01"}, "since", "before birth"),
            ({"club": None}, "body", "no place"),
            ({"provider_id": str(new_id()), "club": CLUB}, "body", "two places"),
            ({"provider_id": str(new_id())}, "provider_id", "nobody's"),
            ({"activity_id": str(new_id())}, "activity_id", "nobody's"),
            ({"club": "   "}, "club", "a name of blanks"),
            ({"voice": "neighbour"}, "voice", "no such voice"),
            ({"role": "leader"}, "role", "no such part"),
            ({"from_role": "member"}, "from_role", "the server knows it"),
        ],
    )
    def test_rules(self, world: World, fields: dict[str, Any], field: str, reason: str) -> None:
        refused = record(world, add_child(world), "member", **fields)

        assert refused.status_code == 422, reason
        assert [error["field"] for error in refused.json()["errors"]] == [field], reason

    def test_not_before_the_part_it_follows(self, world: World) -> None:
        child_id = add_child(world)
        record(world, child_id, "recipient", since="2027-02-10")

        assert record(world, child_id, "member", since="2027-02-09").status_code == 422
        assert record(world, child_id, "member", since="2027-02-10").status_code == 201

    def test_another_authoritys_places(self, world: World, other_world: World) -> None:
        child_id = add_child(world)
        theirs = {
            "provider_id": str(other_world.provider_id),
            "activity_id": str(add_activity(other_world)),
        }

        for name, id_ in theirs.items():
            assert record(world, child_id, "member", **{name: id_}).status_code == 422

    def test_two_providers_are_two_places(self, world: World) -> None:
        other = Provider(
            authority_id=world.authority_id,
            id=new_id(),
            name="Trent Judo",
            kind="specialist",
            created_at=world.clock.now,
            updated_at=world.clock.now,
        )
        with transaction(world.sessions, world.authority_id) as session:
            session.add(other)
        child_id = add_child(world)

        record(world, child_id, "member", provider_id=str(world.provider_id))
        record(world, child_id, "recipient", provider_id=str(other.id))
        record(world, child_id, "recipient")
        record(world, child_id, "mentor", provider_id=str(world.provider_id))

        gained = outcomes(world, child_id)
        assert [role["role"] for role in gained["roles"]] == ["recipient", "recipient", "mentor"]
        assert len(gained["items"]) == 4

    def test_history_comes_in_pages(self, world: World) -> None:
        child_id = add_child(world)
        for role in ("recipient", "member", "mentor"):
            record(world, child_id, role)

        first = outcomes(world, child_id, limit=2)
        second = outcomes(world, child_id, limit=2, cursor=first["next_cursor"])

        assert [p["role"] for p in first["items"]] == ["recipient", "member"]
        assert [p["role"] for p in second["items"]] == ["mentor"]
        assert second["next_cursor"] is None
        assert first["roles"] == second["roles"] == second["items"]


class TestWhoseTheyAre:
    def test_a_family_reads_and_records_its_own(self, world: World, other_world: World) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        path = f"/v1/children/{child_id}/outcomes"
        family, stranger = (world.family_token(id_) for id_ in (household_id, world.household()))
        body = {"role": "member", "club": CLUB, "since": "2027-02-01", "voice": "child"}

        assert world.call_with(family, "POST", path, json=body).status_code == 201
        assert len(world.call_with(family, "GET", path).json()["items"]) == 1
        for voice in ("professional", "observed"):
            refused = world.call_with(family, "POST", path, json={**body, "voice": voice})
            assert (refused.status_code, slug(refused)) == (403, "voice-not-allowed")
        assert world.call_with(stranger, "GET", path).status_code == 404
        assert world.call_with(stranger, "POST", path, json=body).status_code == 404
        assert other_world.call("GET", path).status_code == 404
        for kind in (ClientKind.PROVIDER, ClientKind.COMMISSIONER):
            assert world.call("GET", path, kind=kind).status_code == 403
            assert world.call("GET", "/v1/outcomes", kind=kind).status_code == 403
        assert world.call_with(family, "GET", "/v1/outcomes").status_code == 403

    def test_words_stay_but_count_no_more_when_the_attendance_is_corrected(
        self, world: World
    ) -> None:
        child_id = add_child(world)
        booking_id = attend_session(world, child_id, add_activity(world))
        say(world, booking_id, {"voice": "child", "outcomes": ["friends"]})

        for attended, count in ((False, 0), (True, 1)):
            came = {"attended": attended}
            world.call("POST", f"/v1/bookings/{booking_id}/attendance", json=came)
            gained = outcomes(world, child_id)
            assert (gained["sessions_attended"], len(gained["tags"])) == (count, count)


class TestCounts:
    def test_of_the_authority_by_months(self, world: World, other_world: World) -> None:
        activity_id = add_activity(world)
        for hour, child_id in enumerate((add_child(world), add_child(world))):
            at = SATURDAY + timedelta(hours=hour)
            booking_id = attend_session(world, child_id, activity_id, at)
            say(world, booking_id, {"voice": "child", "outcomes": ["friends", "skills"]})
            for role, since in (("recipient", "2027-02-28"), ("member", "2027-03-01")):
                assert record(world, child_id, role, since=since).status_code == 201
        record(world, child_id, "recipient", since="2027-03-06", **BACK)

        counted = world.call("GET", "/v1/outcomes?from=2027-03&to=2027-03").json()

        assert counted == {
            "from": "2027-03",
            "to": "2027-03",
            "sessions_attended": 2,
            "tags": [tag("friends", "child", 2), tag("skills", "child", 2)],
            "progressions": {"recipient": 1, "member": 2, "mentor": 0, "stepped_back": 1},
        }
        assert world.call("GET", "/v1/outcomes").json() == counted, "this month unless said"
        both = world.call("GET", "/v1/outcomes?from=2027-02&to=2027-03").json()
        assert both["progressions"]["recipient"] == 3
        february = world.call("GET", "/v1/outcomes?from=2027-02&to=2027-02").json()
        assert (february["sessions_attended"], february["tags"]) == (0, [])
        assert february["progressions"]["recipient"] == 2
        assert other_world.call("GET", "/v1/outcomes").json()["sessions_attended"] == 0

    @pytest.mark.parametrize(
        ("query", "status"),
        [
            ("from=2027-03&to=2027-02", 422),
            ("from=2024-04&to=2027-03", 200),
            ("from=2024-03&to=2027-03", 422),
            ("from=2027", 422),
            ("from=2099-12&to=2099-12", 200),
            ("child_id=1", 422),
        ],
    )
    def test_bounds(self, world: World, query: str, status: int) -> None:
        assert world.call("GET", f"/v1/outcomes?{query}").status_code == status
