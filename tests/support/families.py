"""A family through the API, with one of everything that belongs to it or its authority."""

from itertools import count
from typing import Any
from uuid import UUID

from app.allocations.running import new_allocation
from app.db import transaction
from app.ids import new_id
from tests.support.allocations import start
from tests.support.bookings import book
from tests.support.children import create_child
from tests.support.clock import NOON
from tests.support.closing import close_and_work
from tests.support.commissioning import RELEASED_PLAN, RELEASED_SCENARIO, make
from tests.support.passports import write_passport
from tests.support.releases import PERIOD, find_or_draw
from tests.support.rounds import make_round, publish
from tests.support.statements import lines_of
from tests.support.waiting import answer_offer, cancel, offers, wait_for, work_round
from tests.support.world import World

QUARTERS = count()
SERVICE = {"need": "one_to_one", "lead_days": 7, "cost_pence": 4500, "per_week": 5}
PROVIDER_BODY = {"name": "Mill Lane Anglers", "kind": "community_group"}


def activity_body(provider_id: str) -> dict[str, Any]:
    """Describe an activity that any child may go to."""
    return {
        "provider_id": provider_id,
        "title": "Junior angling",
        "setting": "supported",
        "break_type": "group_specialist",
        "funding": ["free", "contributory"],
        "price_pence": 500,
        "offers": [{"need": "wheelchair_access"}],
    }


def session_body(activity_id: str, *, day: int) -> dict[str, Any]:
    """Describe two hours on a morning of March."""
    return {
        "activity_id": activity_id,
        "starts_at": f"2027-03-{day:02d}T10:00:00Z",
        "ends_at": f"2027-03-{day:02d}T12:00:00Z",
        "capacity": 10,
    }


def make_family(world: World, *, attends: str | None = None) -> dict[str, str]:
    """Record a family and what belongs to it."""

    def create(path: str, body: Any) -> str:
        answer = world.call("POST", path, json=body, headers={"Idempotency-Key": str(new_id())})
        assert answer.status_code == 201, answer.text
        created: str = answer.json()["id"]
        return created

    child = create_child(world)
    ids = {"household_id": child["household_id"], "child_id": child["id"]}
    create(
        f"/v1/children/{child['id']}/consents", {"purpose": "booking", "given": True, "by": "child"}
    )
    goals = f"/v1/children/{child['id']}/goals"
    ids["goal_id"] = create(goals, {"text": "learn to swim on my own"})
    ids["step_id"] = create(f"{goals}/{ids['goal_id']}/steps", {"text": "visit the pool"})
    write_passport(world, child["id"])
    ids["version"] = "1"
    ids["wish_id"] = create(
        "/v1/wishes", {"child_id": child["id"], "text": "trains", "voice": "child"}
    )
    ids["service_id"] = create("/v1/authority/support-services", SERVICE)
    ids["provider_id"] = create("/v1/providers", PROVIDER_BODY)
    ids["activity_id"] = create("/v1/activities", activity_body(ids["provider_id"]))
    ids["session_id"] = create("/v1/sessions", session_body(ids["activity_id"], day=6))
    april = {"starts_at": "2027-04-03T10:00:00Z", "ends_at": "2027-04-03T12:00:00Z"}
    held = create("/v1/sessions", {**session_body(ids["activity_id"], day=3), **april})
    order = {"child_id": child["id"], "session_id": held, "funding": "contributory"}
    ids["booking_id"] = create("/v1/bookings", {**order, "hold_minutes": 600})
    ids["arrangement_id"] = _make_arrangement(world, ids["household_id"])
    ids["offer_id"] = _make_offer(world, child["id"], ids["activity_id"])
    ids["closure_id"] = _make_closure(world, child["id"], ids["activity_id"])
    ids["authority_id"] = str(world.authority_id)
    ids["release_id"] = find_or_draw(world)
    ids["line_id"] = lines_of(world)["swimming"]
    ids["period"] = PERIOD
    ids["plan_id"] = make(world, RELEASED_PLAN)["id"]
    ids["scenario_id"] = create("/v1/scenarios", RELEASED_SCENARIO)
    ids["round_id"] = _make_round(world)
    ids["job_id"] = _make_job(world, ids["round_id"])
    ids["allocation_id"] = _make_allocation(world, ids["round_id"])
    started = create("/v1/activities", activity_body(attends or ids["provider_id"]))
    hour = {"starts_at": "2027-03-01T13:00:00Z", "ends_at": "2027-03-01T14:00:00Z"}
    began = create("/v1/sessions", {**session_body(started, day=1), **hour})
    ids["attended_session_id"] = began
    ids["attended_id"] = create("/v1/bookings", {**order, "session_id": began})
    return ids


def _make_offer(world: World, child_id: str, activity_id: str) -> str:
    """Offer the child a place that it has waited for, and decline it."""
    june = {"starts_at": "2027-06-05T10:00:00Z", "ends_at": "2027-06-05T12:00:00Z"}
    form = {**session_body(activity_id, day=5), **june, "capacity": 1}
    session = world.call("POST", "/v1/sessions", json=form).json()
    taken = book(world, create_child(world)["id"], session["id"]).json()
    wait_for(world, child_id, session["id"])
    cancel(world, taken["id"])
    work_round(world)
    [offer] = offers(world, child_id=child_id)
    assert answer_offer(world, offer["id"], "decline").status_code == 200
    offer_id: str = offer["id"]
    return offer_id


def _make_closure(world: World, child_id: str, activity_id: str) -> str:
    """Take a place from the child by a closure."""
    july = {"starts_at": "2027-07-03T10:00:00Z", "ends_at": "2027-07-03T12:00:00Z"}
    form = {**session_body(activity_id, day=3), **july}
    session = world.call("POST", "/v1/sessions", json=form).json()
    book(world, child_id, session["id"])
    return str(close_and_work(world, session_id=session["id"])["id"])


def _make_round(world: World) -> str:
    """Publish a round in which families choose now, of a quarter that no other family has."""
    number = next(QUARTERS)
    made = make_round(
        world,
        quarter=f"{2028 + number // 4}-Q{number % 4 + 1}",
        choices_open_at=NOON.isoformat(),
    )
    return str(publish(world, made["id"])["id"])


def _make_job(world: World, round_id: str) -> str:
    """Start a preview and stop it."""
    job = start(world, round_id, preview=True).json()
    assert world.call("POST", f"/v1/jobs/{job['id']}/cancel").status_code == 200
    job_id: str = job["id"]
    return job_id


def _make_allocation(world: World, round_id: str) -> str:
    """Put in an allocation whose offers are out, though families still choose."""
    now = world.clock.now
    row = new_allocation(
        world.authority_id, UUID(round_id), seed=1, preview=False, as_of=now, now=now
    )
    row.status = "published"
    with transaction(world.sessions, world.authority_id) as session:
        session.add(row)
    return str(row.id)


def _make_arrangement(world: World, household_id: str) -> str:
    """Book a sibling whose support has still to be arranged."""
    provider = world.call("POST", "/v1/providers", json=PROVIDER_BODY).json()
    hoist = {"need": "hoist", "kind": "on_request", "lead_days": 1, "cost_pence": 4000}
    offering = activity_body(provider["id"]) | {"offers": [hoist]}
    activity = world.call("POST", "/v1/activities", json=offering).json()
    session = world.call("POST", "/v1/sessions", json=session_body(activity["id"], day=7)).json()
    needs = [{"code": "hoist", "importance": "essential"}]
    sibling = create_child(world, household_id, needs=needs, availability=[])
    answer = world.call(
        "POST",
        "/v1/bookings",
        json={"child_id": sibling["id"], "session_id": session["id"], "funding": "free"},
        headers={"Idempotency-Key": str(new_id())},
    )
    assert answer.status_code == 201, answer.text
    [task] = answer.json()["arrangements"]
    task_id: str = task["id"]
    return task_id
