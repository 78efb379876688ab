"""A round that has come to its offers, with one of everything that rounds leave behind."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.rounds import brochures
from tests.support.allocations import allocate, publish_offers, read, start, url_of
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import OPENS, SATURDAY, choose, open_round, wanted
from tests.support.waiting import answer_offer, offers, work_round
from tests.support.world import World


def allocate_and_offer(world: World, patch: pytest.MonkeyPatch) -> dict[str, UUID]:
    """Publish a round, choose, give its places out, let one be declined and passed on."""
    # What a brochure looks like is not what is looked at here.
    patch.setattr(brochures, "render", lambda _, form: form.encode())
    activity = add_activity(world)
    lake, other, pool = (
        add_session(world, activity, SATURDAY + timedelta(days=days), capacity=1)
        for days in (0, 1, 14)
    )
    children = [add_child(world) for _ in range(3)]
    round_id = open_round(world)
    for child in children[:2]:
        answer = choose(world, round_id, child, wanted(lake, other, pool))
        assert answer.status_code == 200, answer.text
    draft = world.call(
        "POST",
        "/v1/rounds",
        json={
            "quarter": "2027-Q3",
            "title": "Summer",
            "publish_on": "2027-06-01",
            "choices_open_at": "2027-06-02T09:00:00Z",
            "choices_close_at": "2027-06-16T12:00:00Z",
            "offers_by": "2027-06-22T12:00:00Z",
            "closes_at": "2027-09-30T12:00:00Z",
        },
    )
    assert draft.status_code == 201, draft.text
    preview = allocate(world, round_id, preview=True)
    world.clock.now = OPENS + timedelta(minutes=2)
    allocation = allocate(world, round_id)
    assert publish_offers(world, allocation).status_code == 200
    first, second, third = offers(world)
    assert answer_offer(world, first["id"], "decline").status_code == 200
    work_round(world)
    queued = start(world, draft.json()["id"], preview=True).json()
    places = {one["booking_id"]: one for one in read(world, url_of(allocation))["items"]}
    ids = {
        "round": round_id,
        "draft": draft.json()["id"],
        "allocation": allocation["id"],
        "preview": preview["id"],
        "job": allocation["job_id"],
        "waiting_job": queued["id"],
        "offer": second["id"],
        "booking": second["booking_id"],
        "place": places[second["booking_id"]]["id"],
        "child": second["child_id"],
        "offered_session": second["session_id"],
        "other_offer": third["id"],
        "other_booking": third["booking_id"],
        "chooser": children[0],
        "lake": lake,
    }
    return {name: UUID(id_) for name, id_ in ids.items()}
