"""An authority with one of everything that bookings leave behind, and a hand that may break it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, create_engine, text

from app.embedded_postgres import EmbeddedPostgres
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.closing import close_and_work
from tests.support.parties import book_party
from tests.support.passports import write_passport
from tests.support.releases import find_or_draw
from tests.support.statements import lines_of
from tests.support.waiting import offers, wait_for, work_round
from tests.support.wishing import act, record_wish
from tests.support.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def superuser(postgres: EmbeddedPostgres) -> Iterator[Connection]:
    """Do what the serving role cannot, constraints included, and take all of it back."""
    engine = create_engine(postgres.url("postgres", "postgres"))
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("SET LOCAL timezone = 'UTC'"))
        yield connection
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def busy(world: World) -> dict[str, UUID]:
    """Fill the authority with one of everything that bookings leave behind."""
    offers = [{"need": "one_to_one", "kind": "limited", "per_session": 2}]
    service = {"need": "interpreter", "lead_days": 1, "cost_pence": 900, "per_week": 3}
    assert world.call("POST", "/v1/authority/support-services", json=service).status_code == 201
    activity_id = add_activity(world, offers=offers)
    grown = gain(world, activity_id)
    needs = [
        {"code": "one_to_one", "importance": "essential"},
        {"code": "interpreter", "importance": "essential"},
    ]
    child_id = add_child(world, needs=needs)
    write_passport(world, child_id)
    session_id, later_id = (
        add_session(world, activity_id, SATURDAY + timedelta(days=days)) for days in (0, 7)
    )
    ids = {
        name: UUID(book(world, child, session))
        for name, child, session in (
            ("pending", child_id, session_id),
            ("firm", add_child(world), session_id),
            ("ended", add_child(world), session_id),
        )
    }
    answer = world.call("POST", f"/v1/bookings/{ids['ended']}/cancel")
    assert answer.status_code == 200, answer.text
    return {
        **ids,
        **grown,
        **go_together(world, later_id),
        **wait_in_line(world, activity_id),
        "lost": lose_a_place(world, activity_id),
        "child": UUID(child_id),
        "session": UUID(session_id),
        "later": UUID(later_id),
        "authority": world.authority_id,
        "release": UUID(find_or_draw(world)),
        "line": UUID(lines_of(world)["swimming"]),
    }


def gain(world: World, activity_id: str) -> dict[str, UUID]:
    """Let a child attend, come closer to a goal, become a mentor, and be allowed more."""
    child_id = add_child(world)
    of_child = f"/v1/children/{child_id}"
    attended = book(world, child_id, add_session(world, activity_id, world.clock.now + HOUR))

    def create(path: str, **body: Any) -> str:
        answer = world.call("POST", f"{of_child}/{path}", json=body)
        assert answer.status_code == 201, answer.text
        created: str = answer.json()["id"]
        return created

    goal_id, other_id = (create("goals", text=text) for text in ("swim alone", "make a friend"))
    step_id = create(f"goals/{goal_id}/steps", text="put my head under water")
    joined, _ = (
        create("outcomes", role=role, club="Anglers", since="2027-02-01", voice="child")
        for role in ("member", "mentor")
    )
    wish_id, event_less = (record_wish(world, child_id, text) for text in ("go fishing", "zzkrx"))
    assert act(world, wish_id, "activity_added", activity_id=activity_id).status_code == 201
    world.clock.now += HOUR
    said = {
        "voice": "child",
        "rating": 5,
        "progress": [{"step_id": step_id, "progress": "reached"}],
    }
    override = {
        "measure": "nights",
        "allowed": 30,
        "starts_on": "2027-03-01",
        "ends_on": "2027-03-31",
        "reason": "Panel of 12 February",
    }
    for method, path, body in (
        ("POST", f"/v1/bookings/{attended}/attendance", {"attended": True}),
        ("POST", f"/v1/bookings/{attended}/feedback", said),
        ("PUT", f"{of_child}/entitlement-overrides", {"items": [override]}),
    ):
        answer = world.call(method, path, json=body)
        assert answer.status_code == 200, answer.text
    ids = {
        "grown": child_id,
        "attended": attended,
        "goal": goal_id,
        "other_goal": other_id,
        "step": step_id,
        "joined": joined,
        "wish": wish_id,
        "event_less": event_less,
    }
    return {name: UUID(id_) for name, id_ in ids.items()}


def go_together(world: World, session_id: str) -> dict[str, UUID]:
    """Book two children together."""
    party = book_party(world, [add_child(world) for _ in range(2)], session_id).json()
    return {"party": UUID(party["party_id"]), "together": UUID(party["items"][0]["id"])}


def lose_a_place(world: World, activity_id: UUID) -> UUID:
    """Take a child's place by a closure."""
    session_id = add_session(world, activity_id, SATURDAY + timedelta(days=21))
    booking_id = book(world, add_child(world), session_id)
    close_and_work(world, session_id=session_id)
    return UUID(booking_id)


def wait_in_line(world: World, activity_id: UUID) -> dict[str, UUID]:
    """Let three wait for one place: one is passed over, one is offered it, one is next."""
    wanted, same_time = (
        add_session(world, activity_id, SATURDAY + timedelta(days=14), capacity=1) for _ in range(2)
    )
    taken = book(world, add_child(world), wanted)
    children = [add_child(world) for _ in range(3)]
    skipped, offered, next_ = (wait_for(world, child_id, wanted) for child_id in children)
    book(world, children[0], same_time)
    assert world.call("POST", f"/v1/bookings/{taken}/cancel").status_code == 200
    work_round(world)
    [offer] = offers(world)
    return {
        "wanted": UUID(wanted),
        "skipped": UUID(skipped),
        "offered": UUID(offered),
        "next": UUID(next_),
        "offer": UUID(offer["id"]),
    }


def book(world: World, child_id: str, session_id: str) -> str:
    """Book a free place and give the booking's id."""
    answer = world.call(
        "POST",
        "/v1/bookings",
        json={"child_id": child_id, "session_id": session_id, "funding": "free"},
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status_code == 201, answer.text
    booking_id: str = answer.json()["id"]
    return booking_id
