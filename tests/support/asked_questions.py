"""An authority with one of everything that questions of commissioning leave behind."""

from uuid import UUID

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.commissioning import (
    FISHING,
    RELEASED_PLAN,
    RELEASED_SCENARIO,
    SWIMMING,
    ask,
    make,
    plan,
)
from tests.support.releases import PERIOD, draw_of, set_size, wants_in_vain
from tests.support.world import World


def ask_everything(world: World) -> dict[str, UUID]:
    """Ask a scenario and a plan, of a month and of a release."""
    assert set_size(world).status_code == 200
    draw_of(world, wants_in_vain(3000))
    add_session(world, add_activity(world, concepts=["angling"]))
    angler = add_child(world, interests=[FISHING])
    swimmer = add_child(world, interests=[SWIMMING])
    wish = {"child_id": swimmer, "text": "go swimming", "voice": "child"}
    assert world.call("POST", "/v1/wishes", json=wish).status_code == 201
    closed = ask(world, {"kind": "close_provider", "provider_id": str(world.provider_id)})
    released = ask(world, *RELEASED_SCENARIO["changes"], period=PERIOD)  # type: ignore[misc]
    bought = plan(world, {"kind": "session", "pence": 10_000, "places": 5})
    of_release = make(world, RELEASED_PLAN)
    waiting = world.call("POST", "/v1/commissioning-plans", json=RELEASED_PLAN).json()
    ids = {
        "angler": angler,
        "swimmer": swimmer,
        "closed": closed["id"],
        "of_period": released["id"],
        "bought": bought["id"],
        "of_release": of_release["id"],
        "waiting_job": waiting["id"],
        "waiting": waiting["result_url"].rpartition("/")[2],
    }
    return {name: UUID(str(id_)) for name, id_ in ids.items()}
