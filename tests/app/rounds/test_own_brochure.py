"""A brochure ordered for one child."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.models import AuditEntry
from app.db import transaction
from tests.support.bookings import book
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import SATURDAY, make_round, publish
from tests.support.world import World

WEEK = timedelta(days=7)


def read(world: World, round_id: str, child_id: str, **query: Any) -> Any:
    path = f"/v1/rounds/{round_id}/brochure"
    return world.call("GET", path, params={"child_id": child_id, **query})


@pytest.fixture
def child_id(world: World) -> str:
    return add_child(
        world,
        interests=[{"text": "fishing", "feeling": "love", "voice": "child"}],
        needs=[{"code": "hoist", "importance": "essential"}],
    )


@pytest.fixture
def round_id(world: World) -> str:
    """Publish what suits the child in several ways."""
    hoist = {"need": "hoist", "kind": "provided"}
    asked = {"need": "hoist", "kind": "on_request", "lead_days": 7, "cost_pence": 4000}
    art = add_activity(world, title="Art", description="Painting.", offers=[hoist])
    add_session(world, art, SATURDAY)
    angling = add_activity(world, title="Zander angling", concepts=["fishing"], offers=[asked])
    for week in range(2):
        add_session(world, angling, SATURDAY + week * WEEK)
    for title, fields in (
        ("For older ones", {"min_age": 14, "offers": [hoist]}),
        ("Without a hoist", {}),
    ):
        add_session(world, add_activity(world, title=title, **fields), SATURDAY)
    round_id: str = publish(world, make_round(world)["id"])["id"]
    return round_id


def test_what_suits_comes_first_with_its_reasons(
    world: World, round_id: str, child_id: str
) -> None:
    answer = read(world, round_id, child_id)
    assert answer.status_code == 200, answer.text
    brochure = answer.json()

    angling, art = brochure["activities"]
    assert (angling["title"], art["title"]) == ("Zander angling", "Art")
    assert any("fishing" in reason for reason in angling["suits"]["reasons"])
    assert angling["suits"]["arrangements"] == [
        {"need": "hoist", "source": "provider", "lead_days": 7}
    ]
    assert [one["support"] for one in angling["sessions"]] == ["arrange", "arrange"]
    assert art["suits"]["arrangements"] == []
    assert brochure["for_child"]["blocked"] == {"age": 1, "need": 1}


def test_in_every_form(world: World, round_id: str, child_id: str) -> None:
    page = read(world, round_id, child_id, format="html").text
    assert page.index("Zander angling") < page.index(">Art<")
    assert "What suits Sam, the best first" in page
    assert "Hoist: who runs it arranges it, at least 7 days before" in page
    assert "1 date: for another age" in page
    assert "For older ones" not in page
    easy = read(world, round_id, child_id, format="html", style="easy_read").text
    assert "This book is for Sam." in easy
    assert "You need a hoist." in easy
    for style in ("standard", "easy_read"):
        pdf = read(world, round_id, child_id, format="pdf", style=style).content
        assert b"/StructTreeRoot" in pdf
        assert b"pdfuaid" in pdf


def test_it_leaves_the_frozen_one_alone(world: World, round_id: str, child_id: str) -> None:
    before = world.call("GET", f"/v1/rounds/{round_id}/brochure").content
    read(world, round_id, child_id)
    assert world.call("GET", f"/v1/rounds/{round_id}/brochure").content == before


def test_what_came_later_is_not_in_it_and_what_went_is_counted(
    world: World, round_id: str, child_id: str
) -> None:
    hoist = {"need": "hoist", "kind": "provided"}
    add_session(world, add_activity(world, title="New", offers=[hoist]), SATURDAY)
    art = read(world, round_id, child_id).json()["activities"][1]["sessions"][0]
    answer = world.call(
        "PATCH",
        f"/v1/sessions/{art['session_id']}",
        json={"status": "cancelled"},
        headers={"If-Match": "*"},
    )
    assert answer.status_code == 200

    brochure = read(world, round_id, child_id).json()
    assert [one["title"] for one in brochure["activities"]] == ["Zander angling"]
    assert brochure["for_child"]["blocked"]["cancelled"] == 1


def test_full_sessions_stay_and_own_bookings_block(world: World, child_id: str) -> None:
    hoist = {"need": "hoist", "kind": "provided"}
    full = add_session(
        world, add_activity(world, title="Full", offers=[hoist]), SATURDAY, capacity=1
    )
    assert book(world, add_child(world), full).status_code == 201
    held = add_activity(world, title="Held", offers=[hoist])
    assert book(world, child_id, add_session(world, held, SATURDAY + WEEK)).status_code == 201
    add_session(world, add_activity(world, title="Clash", offers=[hoist]), SATURDAY + WEEK)
    round_id = publish(world, make_round(world)["id"])["id"]

    brochure = read(world, round_id, child_id).json()
    assert [one["title"] for one in brochure["activities"]] == ["Full"]
    assert brochure["for_child"]["blocked"] == {"overlap": 2}


def test_only_for_those_whose_child_it_is(world: World, round_id: str, child_id: str) -> None:
    household = world.household()
    own = add_child(world, household_id=household)
    token = world.family_token(household)
    path = f"/v1/rounds/{round_id}/brochure"
    assert world.call_with(token, "GET", path, params={"child_id": own}).status_code == 200
    assert world.call_with(token, "GET", path, params={"child_id": child_id}).status_code == 404


def test_each_look_is_written_down(world: World, round_id: str, child_id: str) -> None:
    read(world, round_id, child_id)
    with transaction(world.sessions, world.authority_id) as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "brochure.personalise")
        ).one()
    assert (entry.child_id, entry.object_id) == (UUID(child_id), UUID(round_id))
