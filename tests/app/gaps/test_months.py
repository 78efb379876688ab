"""The months over HTTP: listed with how new they are, and looked at when asked."""

import time

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.access.scopes import ClientKind
from app.engine.warm import WarmCatalogues
from app.jobs import make_queue, refresh_gaps, worker_beside
from app.pagination import encode_cursor
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.gaps import MARCH, facts_of, refresh
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}


def test_the_months_are_listed_with_how_new_they_are(world: World) -> None:
    add_child(world, interests=[FISHING])
    refresh(world)
    refresh(world, "2027-04")

    first = world.call("GET", "/v1/gap-months", params={"limit": 1}).json()
    second = world.call(
        "GET", "/v1/gap-months", params={"limit": 1, "cursor": first["next_cursor"]}
    ).json()

    assert [one["month"] for one in first["items"] + second["items"]] == [MARCH, "2027-04"]
    assert (first["items"][0]["judged"], second["next_cursor"]) == (1, None)


@pytest.mark.parametrize("told", ["\x00", "2027-13", "2027-03\x00", "x" * 999])
def test_a_cursor_of_a_stranger_is_refused(world: World, told: str) -> None:
    refresh(world)
    answer = world.call("GET", "/v1/gap-months", params={"cursor": encode_cursor([told])})
    assert answer.status_code == 422, answer.text


def test_another_authority_and_a_commissioner_see_none(world: World, other_world: World) -> None:
    refresh(world)
    assert other_world.call("GET", "/v1/gap-months").json()["items"] == []
    answer = world.call("GET", "/v1/gap-months", kind=ClientKind.COMMISSIONER)
    assert answer.status_code == 403


def test_a_look_that_is_asked_for_is_taken_by_the_worker(
    world: World, engine: Engine, sessions: sessionmaker[Session]
) -> None:
    child = add_child(world, interests=[FISHING])
    session = add_session(world, add_activity(world, concepts=["angling"]))
    assert world.call("POST", "/v1/gap-months/look").status_code == 202

    with worker_beside(make_queue(engine, sessions, world.clock)):
        for _ in range(200):
            if facts_of(world, child):
                break
            time.sleep(0.05)

    assert facts_of(world, child)["angling"].session_id == session


def test_the_round_of_the_worker_takes_every_authority(
    world: World, other_world: World, sessions: sessionmaker[Session]
) -> None:
    children = [add_child(one, interests=[FISHING]) for one in (world, other_world)]

    refresh_gaps(sessions, world.clock, WarmCatalogues())

    for one, child in zip((world, other_world), children, strict=True):
        assert facts_of(one, child)["angling"].outcome == "nothing_on_offer"
