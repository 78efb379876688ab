"""Races for what is scarce: each is run against the service, and asserts who may have won.

They stand apart from their tests because the controls run them too, against broken builds.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from app.access.scopes import ClientKind
from app.children.schemas import ChildCreate
from app.children.service import add_household, create_children
from app.db import transaction
from app.verification.service import check_authority
from tests.support.catalogue import SATURDAY, add_activity, add_session
from tests.support.live_server import at_once
from tests.support.world import World

Call = Callable[[], Any]
BROKER = ClientKind.BROKER


def add_children(world: World, count: int, **fields: Any) -> list[str]:
    """Add children of ten of one household, quickly."""
    with transaction(world.sessions, world.authority_id) as session:
        household = add_household(session, reference=None, now=world.clock.now)
        form = ChildCreate.model_validate(
            {
                "household_id": household.id,
                "given_name": "Sam",
                "date_of_birth": "2016-05-02",
                "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
                **fields,
            }
        )
        ids = create_children(session, [form] * count, now=world.clock.now)
    return [str(child_id) for child_id in ids]


def essential(need: str) -> dict[str, str]:
    """Describe a need without which the child cannot take part."""
    return {"code": need, "importance": "essential"}


def booking(
    world: World, child_id: str, session_id: str, *, key: str | None = None, **fields: Any
) -> Call:
    """Prepare a booking; one made again has another key unless one is given."""
    body = {"child_id": child_id, "session_id": session_id, "funding": "free", **fields}
    token = world.token(BROKER)

    def book() -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        return world.call_with(token, "POST", "/v1/bookings", json=body, headers=headers)

    return book


def change(world: World, booking_id: str, verb: str) -> Call:
    """Prepare a confirmation or a cancellation."""
    path = f"/v1/bookings/{booking_id}/{verb}"
    return partial(world.call_with, world.token(BROKER), "POST", path)


def outcome(answer: Any) -> str:
    """Name an answer: its status if it is good, else the reason of the refusal.

    A fault is no answer; it is no `AssertionError` either, so that it cannot pass for a race lost.
    """
    if answer.status_code >= 500:
        raise RuntimeError(f"a fault: {answer.status_code} {answer.text}")
    if answer.is_success:
        return str(answer.status_code)
    return str(answer.json()["type"].rsplit("/", 1)[-1])


def outcomes(calls: Sequence[Call]) -> Counter[str]:
    """Make all calls at once and count their outcomes."""
    return Counter(outcome(answer) for answer in at_once(calls))


def breaches(world: World) -> list[str]:
    """Examine the authority as `shortbreaks verify` does."""
    with transaction(world.sessions, world.authority_id) as session:
        return [
            str(finding)
            for checked in check_authority(session, now=world.clock.now)
            for finding in checked.findings
            if not checked.check.is_warning
        ]


def race_for_places(world: World, *, clients: int = 64, places: int = 5) -> None:
    """Send many children after a few places of one session."""
    session_id = add_session(world, add_activity(world), capacity=places)
    children = add_children(world, clients)

    found = outcomes([booking(world, child_id, session_id) for child_id in children])

    assert found == {"201": places, "session-full": clients - places}
    session = world.call("GET", f"/v1/sessions/{session_id}").json()
    assert session["places_left"] == 0
    assert breaches(world) == []


def race_for_entitlement(world: World, *, sessions: int = 32) -> None:
    """Book a child's one free activity of a month in many sessions at once."""
    activity_id = add_activity(world)
    [child_id] = add_children(world, 1)
    targets = [
        add_session(world, activity_id, SATURDAY + timedelta(hours=3 * number))
        for number in range(sessions)
    ]

    found = outcomes([booking(world, child_id, session_id) for session_id in targets])

    assert found == {"201": 1, "entitlement-exhausted": sessions - 1}
    assert breaches(world) == []


def race_for_hours(world: World, *, sessions: int = 32, hours: int = 6) -> None:
    """Book a child's last hours of a year in many sessions at once."""
    limits = {"hours_per_year": hours}
    _race_for_year(world, sessions, limits, timedelta(hours=2), left=hours // 2)


def race_for_nights(world: World, *, sessions: int = 32, nights: int = 3) -> None:
    """Book a child's last nights of a year in many stays at once."""
    limits = {"nights_per_year": nights, "hours_per_year": 8000}
    _race_for_year(world, sessions, limits, timedelta(hours=20), left=nights)


def _race_for_year(
    world: World, sessions: int, limits: dict[str, int], lasts: timedelta, *, left: int
) -> None:
    policy = {"free_per_month": None, "contributory_per_month": None, **limits}
    answer = world.call(
        "POST", "/v1/authority/policies", json={"starts_on": "2027-03-01", **policy}
    )
    assert answer.status_code == 201, answer.text
    activity_id = add_activity(world, break_type="overnight")
    [child_id] = add_children(world, 1)
    # Over the months of one year, so that no counter of a month makes them wait in turn.
    first = SATURDAY + timedelta(days=28)
    calls = []
    for number in range(sessions):
        starts_at = first + timedelta(days=8 * number)
        session_id = add_session(world, activity_id, starts_at, ends_at=starts_at + lasts)
        funding = ("free", "contributory")[number % 2]
        calls.append(booking(world, child_id, session_id, funding=funding))

    found = outcomes(calls)

    assert found == {"201": left, "entitlement-exhausted": sessions - left}
    assert breaches(world) == []


def race_with_one_key(world: World, *, requests: int = 20) -> None:
    """Send the same booking again and again before the first answer has come."""
    session_id = add_session(world, add_activity(world))
    [child_id] = add_children(world, 1)

    answers = at_once([booking(world, child_id, session_id, key="the same")] * requests)

    assert Counter(map(outcome, answers)) == {"201": requests}
    assert len({answer.content for answer in answers}) == 1
    made = world.call("GET", f"/v1/bookings?child_id={child_id}").json()["items"]
    assert len(made) == 1
    assert breaches(world) == []


def race_for_one_childs_time(world: World, *, sessions: int = 12) -> None:
    """Book a child into sessions that are all at the same time, by both fundings."""
    activity_id = add_activity(world)
    [child_id] = add_children(world, 1)
    targets = [
        add_session(world, activity_id, SATURDAY + timedelta(minutes=number))
        for number in range(sessions)
    ]

    found = outcomes(
        [
            booking(world, child_id, session_id, funding=("free", "contributory")[number % 2])
            for number, session_id in enumerate(targets)
        ]
    )

    assert found == {"201": 1, "session-overlap": sessions - 1}
    assert breaches(world) == []


def race_for_limited_support(world: World, *, clients: int = 12) -> None:
    """Send children who need the one helper of a session."""
    offers = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
    session_id = add_session(world, add_activity(world, offers=offers), capacity=clients)
    children = add_children(world, clients, needs=[essential("one_to_one")])

    found = outcomes([booking(world, child_id, session_id) for child_id in children])

    assert found == {"201": 1, "support-unavailable": clients - 1}
    assert breaches(world) == []


def race_for_service_week(world: World, *, clients: int = 12, per_week: int = 3) -> None:
    """Send children who need the authority's few helpers of a week to different sessions."""
    add_service(world, "interpreter", per_week=per_week)
    activity_id = add_activity(world)
    children = add_children(world, clients, needs=[essential("interpreter")])
    targets = [add_session(world, activity_id) for _ in children]

    found = outcomes(
        [
            booking(world, child_id, session_id)
            for child_id, session_id in zip(children, targets, strict=True)
        ]
    )

    assert found == {"201": per_week, "support-unavailable": clients - per_week}
    assert breaches(world) == []


def add_service(world: World, need: str, *, per_week: int) -> None:
    """Let the authority itself put something in place for a need."""
    service = {"need": need, "lead_days": 1, "cost_pence": 900, "per_week": per_week}
    answer = world.call("POST", "/v1/authority/support-services", json=service)
    assert answer.status_code == 201, answer.text
