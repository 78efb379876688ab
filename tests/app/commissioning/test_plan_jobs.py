"""The jobs of plans: whose they are, stopped, taken up again, and nothing held open by them."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.scopes import ClientKind
from app.commissioning import exact_plans
from tests.support.catalogue import add_child
from tests.support.commissioning import FISHING, MARCH, RELEASED_PLAN, plan
from tests.support.jobs import work
from tests.support.releases import draw_of, set_size, wants_in_vain
from tests.support.world import World

SESSION = {"kind": "session", "pence": 10_000, "places": 5}
BODY = {"month": MARCH, "prices": [SESSION], "budget_pence": 10**6}


@pytest.fixture
def job(world: World) -> dict[str, Any]:
    """Start a plan for one child."""
    add_child(world, interests=[FISHING])
    answer = world.call("POST", "/v1/commissioning-plans", json=BODY)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


def read(world: World, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = world.call("GET", job["result_url"]).json()
    return found


def test_it_is_being_made_until_it_is_done(world: World, job: dict[str, Any]) -> None:
    assert (job["kind"], job["status"]) == ("commissioning_plan", "queued")
    waiting = read(world, job)
    assert (waiting["status"], waiting["outcome"], waiting["digest"]) == ("working", None, None)

    done = work(world, job["id"])

    assert done["progress"]["done"] == done["progress"]["total"] == exact_plans.STAGES
    assert read(world, job)["outcome"]["children"] == 1


def test_a_stopped_plan_finds_nothing(world: World, job: dict[str, Any]) -> None:
    stopped = world.call("POST", f"/v1/jobs/{job['id']}/cancel")
    assert stopped.json()["status"] == "cancelled"

    assert work(world, job["id"])["status"] == "cancelled"
    assert (read(world, job)["status"], read(world, job)["failure"]) == ("cancelled", None)


def test_a_killed_workers_plan_is_made_again(
    world: World, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(exact_plans, "make_plan", killed)
        with pytest.raises(KeyboardInterrupt):
            work(world, job["id"])
    assert read(world, job)["status"] == "working"
    world.clock.now += timedelta(minutes=6)

    assert work(world, job["id"])["status"] == "done"
    assert read(world, job)["outcome"]["children"] == 1


def test_what_goes_wrong_is_told_without_its_text(
    world: World, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: Any, **__: Any) -> None:
        raise ValueError("Sam")

    monkeypatch.setattr(exact_plans, "make_plan", wrong)

    assert work(world, job["id"])["failure"] == "unexpected"
    assert read(world, job)["failure"] == {"reason": "unexpected", "detail": None, "facts": {}}


def test_no_transaction_is_open_while_it_is_made(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_child(world, interests=[FISHING])
    make, pool = exact_plans.make_plan, world.sessions.kw["bind"].pool
    out: list[int] = []

    def look(*args: Any, **kwargs: Any) -> Any:
        out.append(pool.checkedout())
        return make(*args, **kwargs)

    monkeypatch.setattr(exact_plans, "make_plan", look)
    plan(world, SESSION)

    assert out == [0]


def test_a_commissioners_job_is_its_own(world: World) -> None:
    assert set_size(world).status_code == 200
    draw_of(world, wants_in_vain(3000))
    started = world.call(
        "POST", "/v1/commissioning-plans", json=RELEASED_PLAN, kind=ClientKind.COMMISSIONER
    ).json()

    path = f"/v1/jobs/{started['id']}"
    assert world.call("GET", path).status_code == 404
    assert world.call("GET", path, kind=ClientKind.COMMISSIONER).status_code == 200
    assert work(world, started["id"], ClientKind.COMMISSIONER)["status"] == "done"
