"""Wishes as wants of a month: open ones, and the one that came true in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import Fact, facts_of, refresh, refresh_all
from tests.support.world import World

NOTHING = Fact("nothing_on_offer")


def wish_for(world: World, child: str, words: str = "go trampolining") -> str:
    body = {"child_id": child, "text": words, "voice": "child"}
    answer = world.call("POST", "/v1/wishes", json=body)
    assert answer.status_code == 201, answer.text
    return f"/v1/wishes/{answer.json()['id']}"


def change(world: World, wish: str, **patch: Any) -> None:
    answer = world.call("PATCH", wish, json=patch, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


def test_an_open_wish_is_a_want(world: World) -> None:
    child = add_child(world)
    refresh(world)
    assert facts_of(world, child) == {}

    wish_for(world, child)
    assert refresh(world)

    assert facts_of(world, child) == {"trampolining": NOTHING}


def test_a_wish_in_other_words_is_another_want(world: World) -> None:
    child = add_child(world)
    wish = wish_for(world, child)
    refresh(world)

    change(world, wish, text="go fishing")
    assert refresh(world)

    assert facts_of(world, child) == {"angling": NOTHING}


def test_a_wish_that_was_closed_is_no_want(world: World) -> None:
    child = add_child(world)
    wish = wish_for(world, child)
    refresh(world)

    change(world, wish, status="closed", reason="has taken up the guitar instead")
    assert refresh(world)

    assert facts_of(world, child) == {}


def test_a_wish_that_came_true_is_met_in_its_month_and_gone_in_the_next(world: World) -> None:
    child = add_child(world)
    activity = add_activity(world, concepts=["angling"])
    session = add_session(world, activity, SATURDAY)
    add_session(world, activity, SATURDAY + timedelta(days=28))
    wish_for(world, child, "go fishing")
    booking = book(world, child, session).json()["id"]
    refresh_all(world)
    assert facts_of(world, child, "2027-04")["angling"].outcome == "available"

    world.clock.now = datetime(2027, 3, 20, 12, 0, tzinfo=UTC)
    body = {"attended": True}
    assert world.call("POST", f"/v1/bookings/{booking}/attendance", json=body).status_code == 200
    refresh_all(world)

    assert facts_of(world, child) == {"angling": Fact("met", session_id=session)}
    assert facts_of(world, child, "2027-04") == {}
