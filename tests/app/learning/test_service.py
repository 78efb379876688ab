"""From outcomes to a model in use: what it is learned from, and what it changes."""

from datetime import timedelta
from math import exp
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, sessionmaker

from app.bookings.models import Booking, Feedback
from app.db import transaction
from app.engine.models import Model
from app.jobs import learn_weights
from app.learning.queries import list_outcomes
from app.learning.service import learn
from matching import DEFAULT_WEIGHTS, MEASURES
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.outcomes import add_outcomes
from tests.support.world import World

FISHING = [{"text": "fishing", "feeling": "love", "voice": "child"}]


def nearness_decides(measures: dict[str, float]) -> float:
    """Send those who live near, whatever they are interested in."""
    return 1 / (1 + exp(-7 * measures["distance"] + 3.5))


def default_decides(measures: dict[str, float]) -> float:
    """Go as the default weights say."""
    signs = {"dislike": -1, "helpful_unmet": -1}
    score = DEFAULT_WEIGHTS.base + sum(
        signs.get(name, 1) * getattr(DEFAULT_WEIGHTS, name) * measures[name] for name in MEASURES
    )
    return 1 / (1 + exp(-6 * score + 3))


def learn_now(world: World) -> str:
    with transaction(world.sessions, world.authority_id) as session:
        return learn(session, now=world.clock.now).verdict


def model(world: World) -> Any:
    answer = world.call("GET", "/v1/authority/model")
    assert answer.status_code == 200, answer.text
    return answer.json()


def matches(world: World, child_id: str) -> dict[str, Any]:
    """Give the matches of March by title, having seen that their reasons add up."""
    answer = world.call("GET", f"/v1/children/{child_id}/matches?month=2027-03")
    assert answer.status_code == 200, answer.text
    for match in answer.json()["items"]:
        total = sum(reason["contribution"] for reason in match["reasons"])
        assert total == pytest.approx(match["score"], abs=1e-9)
    return {match["title"]: match for match in answer.json()["items"]}


@pytest.fixture
def child_id(world: World) -> str:
    """A child who loves fishing, far away, and could go to chess next door."""
    add_session(world, add_activity(world, latitude=53.15))
    chess = add_activity(world, title="Chess club", description="Learn openings.")
    add_session(world, chess, SATURDAY + timedelta(hours=3))
    return add_child(world, interests=FISHING, travel={"max_km": 20})


class TestLearn:
    def test_planted_preference_changes_the_matches(self, world: World, child_id: str) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)
        before = matches(world, child_id)
        assert list(before) == ["Junior angling", "Chess club"]

        assert learn_now(world) == "better"

        after = matches(world, child_id)
        assert list(after) == ["Chess club", "Junior angling"]
        assert after["Chess club"]["score"] > 0.75
        session_id = after["Chess club"]["session_id"]
        fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()
        assert fit["score"] == after["Chess club"]["score"]
        assert fit["reasons"] == after["Chess club"]["reasons"]
        there = world.call("GET", f"/v1/sessions/{session_id}/candidates").json()["items"]
        [candidate] = [one for one in there if one["child_id"] == child_id]
        assert (candidate["score"], candidate["reasons"]) == (fit["score"], fit["reasons"])

        card = model(world)
        assert (card["kind"], card["version"]) == ("learned", 1)
        assert card["weights"]["distance"] > card["weights"]["interest"]
        told = card["card"]
        assert told["quality"]["auc"] > told["default_quality"]["auc"] + 0.1
        assert told["quality"]["log_loss"] < told["default_quality"]["log_loss"]
        assert (told["n_outcomes"], told["n_training"], told["n_held_back"]) == (600, 450, 150)
        assert told["first"] < told["held_back_from"] < told["last"]
        assert sum(point["n_bookings"] for point in told["calibration"]) == 150
        assert card["newest"]["card"] == told

    def test_no_better_is_not_used(self, world: World, child_id: str) -> None:
        add_outcomes(world, 400, default_decides, seed=2)
        before = matches(world, child_id)

        assert learn_now(world) == "not_better"

        assert matches(world, child_id) == before
        card = model(world)
        assert (card["kind"], card["version"], card["card"]) == ("default", None, None)
        assert card["weights"]["interest"] == DEFAULT_WEIGHTS.interest
        assert (card["newest"]["verdict"], card["newest"]["active"]) == ("not_better", False)

    def test_without_enough_evidence_the_default_stays(self, world: World) -> None:
        add_outcomes(world, 150, nearness_decides, seed=3)

        assert learn_now(world) == "not_enough_evidence"

        assert model(world)["kind"] == "default"
        assert model(world)["newest"] is None

    def test_a_better_model_takes_the_place_of_the_last(self, world: World) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)

        assert [learn_now(world), learn_now(world)] == ["better", "better"]

        with transaction(world.sessions, world.authority_id) as session:
            kept = session.execute(
                select(Model.version, Model.active, Model.weights).order_by(Model.version)
            ).all()
        assert [(row.version, row.active) for row in kept] == [(1, False), (2, True)]
        assert kept[0].weights == kept[1].weights

    def test_what_is_no_longer_better_is_used_no_longer(self, world: World, child_id: str) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)
        by_default = matches(world, child_id)
        learn_now(world)
        assert [*matches(world, child_id)] != [*by_default]
        # As good as it was: it stays, and the newest takes its place.
        learn_now(world)
        told = model(world)
        assert (told["version"], told["retired"]["version"]) == (2, 1)
        assert told["retired"]["card"]["retired"]["reason"] == "replaced"
        assert told["retired"]["card"]["judged"]["still_better"]

        now = world.clock.now
        world.clock.now = now + timedelta(days=100)
        add_outcomes(world, 600, default_decides, seed=4)

        assert learn_now(world) == "not_better"

        told = model(world)
        assert (told["kind"], told["version"], told["card"]) == ("default", None, None)
        assert told["weights"]["interest"] == DEFAULT_WEIGHTS.interest
        assert (told["newest"]["version"], told["newest"]["active"]) == (3, False)
        retired = told["retired"]
        assert (retired["version"], retired["active"]) == (2, False)
        assert retired["card"]["retired"]["reason"] == "no_longer_better"
        judged = retired["card"]["judged"]
        assert judged["at"] == retired["card"]["retired"]["at"]
        assert judged["n_held_back"] == 300
        assert judged["quality"]["log_loss"] > judged["default_quality"]["log_loss"]
        # Whoever serves with what it keeps warm sees it in the next request.
        world.clock.now = now
        world.tokens.clear()
        assert [*matches(world, child_id)] == [*by_default]

    def test_no_better_leaves_what_is_still_better(self, world: World) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)
        learn_now(world)
        in_use = model(world)
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(delete(Feedback))
            session.execute(update(Booking).values(status="no_show"))

        assert learn_now(world) == "not_enough_evidence"

        assert model(world) == in_use

    def test_another_authority_keeps_its_own(self, world: World, other_world: World) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)
        learn_now(world)

        assert model(world)["kind"] == "learned"
        assert model(other_world)["kind"] == "default"

    def test_is_a_job(self, world: World, sessions: sessionmaker[Session]) -> None:
        add_outcomes(world, 600, nearness_decides, seed=1)

        learn_weights(sessions, world.clock)

        assert model(world)["kind"] == "learned"


class TestOutcomes:
    def test_is_what_was_measured_when_it_was_booked(self, world: World, child_id: str) -> None:
        session_id = matches(world, child_id)["Junior angling"]["session_id"]
        order = {"child_id": child_id, "session_id": session_id, "funding": "free"}
        placed = world.call(
            "POST", "/v1/bookings", json=order, headers={"Idempotency-Key": str(uuid4())}
        )
        booking_id = placed.json()["id"]
        with transaction(world.sessions, world.authority_id) as session:
            [stored] = session.scalars(select(Booking).where(Booking.id == UUID(booking_id)))
            factors = stored.factors
            assert list_outcomes(session) == []
        assert factors is not None
        assert set(factors) == set(MEASURES)
        assert all(isinstance(value, float | int) for value in factors.values())
        assert factors["interest"] > 0.5
        assert 0.1 < factors["distance"] < 0.3
        world.clock.now = SATURDAY
        world.call("PATCH", f"/v1/children/{child_id}", json={"interests": []})

        path = f"/v1/bookings/{booking_id}"
        world.call("POST", f"{path}/attendance", json={"attended": True})
        assert self.outcomes(world) == [(factors, "attended", None)]
        for voice, rating, counts in (("provider", 1, None), ("parent", 2, 2), ("child", 5, 5)):
            said = {"voice": voice, "rating": rating}
            assert world.call("POST", f"{path}/feedback", json=said).status_code == 200
            assert self.outcomes(world) == [(factors, "attended", counts)]

    @staticmethod
    def outcomes(world: World) -> list[tuple[Any, ...]]:
        with transaction(world.sessions, world.authority_id) as session:
            return [(row.factors, row.status, row.rating) for row in list_outcomes(session)]
