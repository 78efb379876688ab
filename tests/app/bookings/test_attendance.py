"""Attendance and feedback, over HTTP: what is kept, and every refusal with its reason."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.scopes import ClientKind
from app.bookings.models import Booking, Feedback
from app.catalogue.models import Provider
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from app.verification.service import check_authority
from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.world import World

GOOD = {"voice": "child", "rating": 5, "words": "Two fish!", "outcomes": ["skills", "confidence"]}


def booked(world: World, **fields: Any) -> str:
    """Book a free place next Saturday and give the booking's id."""
    answer = book(world, add_child(world), add_session(world, add_activity(world)), **fields)
    assert answer.status_code == 201, answer.text
    booking_id: str = answer.json()["id"]
    return booking_id


def begin(world: World) -> None:
    """Let the sessions of next Saturday begin."""
    world.clock.now = SATURDAY


def attend(world: World, booking_id: str, attended: bool = True, **who: Any) -> Any:
    """Record the attendance."""
    path = f"/v1/bookings/{booking_id}/attendance"
    return world.call("POST", path, json={"attended": attended}, **who)


def say(world: World, booking_id: str, said: dict[str, Any], **who: Any) -> Any:
    """Give feedback."""
    return world.call("POST", f"/v1/bookings/{booking_id}/feedback", json=said, **who)


@pytest.fixture
def attended(world: World) -> str:
    booking_id = booked(world)
    begin(world)
    assert attend(world, booking_id).status_code == 200
    return booking_id


def version_and_events(world: World, booking_id: str) -> tuple[int, list[str]]:
    with transaction(world.sessions, world.authority_id) as session:
        booking = session.scalars(select(Booking).where(Booking.id == UUID(booking_id))).one()
        events = session.scalars(
            select(Event.type).where(Event.object_id == booking.id).order_by(Event.sequence)
        )
        return booking.version, list(events)


class TestAttendance:
    def test_keeps_place_and_entitlement(self, world: World) -> None:
        booking_id = booked(world)
        begin(world)

        answer = attend(world, booking_id, kind=ClientKind.PROVIDER)

        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "attended"
        assert set(answer.json()) == {"id", "child_id", "session_id", "status", "updated_at"}
        stored = world.call("GET", f"/v1/bookings/{booking_id}").json()
        assert (stored["status"], stored["uses_entitlement"]) == ("attended", True)
        with transaction(world.sessions, world.authority_id) as session:
            outcomes = list(check_authority(session, now=world.clock.now))
        assert [finding for outcome in outcomes for finding in outcome.findings] == []

    def test_is_corrected_and_repeating_changes_nothing(self, world: World) -> None:
        booking_id = booked(world)
        begin(world)

        statuses = [
            attend(world, booking_id, came).json()["status"] for came in (False, False, True, True)
        ]

        assert statuses == ["no_show", "no_show", "attended", "attended"]
        assert version_and_events(world, booking_id) == (
            3,
            ["booking.placed", "booking.no_show", "booking.attended"],
        )

    def test_not_before_it_starts(self, world: World) -> None:
        booking_id = booked(world)
        world.clock.now = SATURDAY - timedelta(seconds=1)

        refused = attend(world, booking_id)

        assert (refused.status_code, slug(refused)) == (409, "session-not-started")
        assert refused.json()["facts"]["starts_at"].startswith("2027-03-06T10:00:00")

    def test_not_of_what_is_only_held(self, world: World) -> None:
        booking_id = booked(world, hold_minutes=7 * 24 * 60)
        begin(world)

        refused = attend(world, booking_id)

        assert (refused.status_code, slug(refused)) == (409, "booking-not-confirmed")
        assert refused.json()["facts"]["status"] == "held"

    def test_not_of_what_is_cancelled(self, world: World) -> None:
        booking_id = booked(world)
        world.call("POST", f"/v1/bookings/{booking_id}/cancel")
        begin(world)

        refused = attend(world, booking_id, False)

        assert (refused.status_code, slug(refused)) == (409, "booking-not-confirmed")

    def test_not_by_a_family(self, world: World) -> None:
        booking_id = booked(world)
        begin(world)

        assert attend(world, booking_id, kind=ClientKind.FAMILY_APP).status_code == 403

    def test_another_providers_session_is_not_there(self, world: World) -> None:
        with transaction(world.sessions, world.authority_id) as session:
            other = Provider(
                authority_id=world.authority_id,
                id=new_id(),
                name="Trent Judo",
                kind="specialist",
                created_at=world.clock.now,
                updated_at=world.clock.now,
            )
            session.add(other)
        session_id = add_session(world, add_activity(world, provider_id=other.id))
        booking_id = book(world, add_child(world), session_id).json()["id"]
        begin(world)
        assert attend(world, booking_id, kind=ClientKind.PROVIDER).status_code == 404
        assert attend(world, booking_id).status_code == 200
        said = {"voice": "provider", "rating": 3}
        assert say(world, booking_id, said, kind=ClientKind.PROVIDER).status_code == 404

    def test_what_was_attended_is_not_cancelled(self, world: World, attended: str) -> None:
        refused = world.call("POST", f"/v1/bookings/{attended}/cancel", json={"cause": "provider"})

        assert (refused.status_code, slug(refused)) == (409, "attendance-recorded")
        attend(world, attended, False)
        cancelled = world.call(
            "POST", f"/v1/bookings/{attended}/cancel", json={"cause": "provider"}
        )
        assert cancelled.json()["uses_entitlement"] is False


class TestFeedback:
    def test_one_a_voice_and_a_second_replaces_it(self, world: World, attended: str) -> None:
        first = say(world, attended, GOOD)
        assert first.status_code == 200, first.text
        assert first.json()["outcomes"] == ["confidence", "skills"]
        say(world, attended, {"voice": "provider", "rating": 4}, kind=ClientKind.PROVIDER)

        second = say(world, attended, {"voice": "child", "rating": 2})

        assert (second.json()["rating"], second.json()["words"]) == (2, None)
        with transaction(world.sessions, world.authority_id) as session:
            kept = session.execute(select(Feedback.voice, Feedback.rating)).all()
        assert sorted(map(tuple, kept)) == [("child", 2), ("provider", 4)]
        version, events = version_and_events(world, attended)
        assert version == 5
        assert events[2:] == ["booking.feedback_given"] * 3

    def test_the_same_again_changes_nothing(self, world: World, attended: str) -> None:
        first = say(world, attended, GOOD)
        world.clock.now += timedelta(minutes=1)

        again = say(world, attended, GOOD)

        assert again.text == first.text
        assert version_and_events(world, attended)[0] == 3

    def test_only_of_what_was_attended(self, world: World) -> None:
        booking_id = booked(world)
        begin(world)
        for status in ("confirmed", "no_show"):
            refused = say(world, booking_id, GOOD)
            assert (refused.status_code, slug(refused)) == (409, "not-attended")
            assert refused.json()["facts"]["status"] == status
            attend(world, booking_id, False)

    def test_a_family_speaks_for_itself(self, world: World) -> None:
        household_id = world.household()
        child_id = add_child(world, household_id=household_id)
        session_id = add_session(world, add_activity(world))
        booking_id = book(world, child_id, session_id).json()["id"]
        begin(world)
        attend(world, booking_id)
        path, family = f"/v1/bookings/{booking_id}/feedback", world.family_token(household_id)

        for voice, status in (("child", 200), ("parent", 200), ("provider", 403)):
            said = {"voice": voice, "rating": 4}
            answer = world.call_with(family, "POST", path, json=said)
            assert answer.status_code == status, answer.text
        assert slug(answer) == "voice-not-allowed"
        assert answer.json()["facts"]["allowed"] == ["child", "parent"]

    def test_a_provider_does_not_speak_for_the_child(self, world: World, attended: str) -> None:
        refused = say(world, attended, GOOD, kind=ClientKind.PROVIDER)

        assert (refused.status_code, slug(refused)) == (403, "voice-not-allowed")
        assert refused.json()["facts"]["allowed"] == ["provider"]

    @pytest.mark.parametrize(
        "wrong", [{"rating": 0}, {"rating": 6}, {"voice": "professional"}, {"outcomes": ["fun"]}]
    )
    def test_bounds(self, world: World, attended: str, wrong: dict[str, Any]) -> None:
        assert say(world, attended, {**GOOD, **wrong}).status_code == 422
