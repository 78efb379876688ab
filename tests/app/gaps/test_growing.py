"""Any sequence of changes, looked at as it grows, gives what judging everything anew gives."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from app.gaps import queries
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.gaps import facts_of, refresh, rows_of
from tests.support.world import World

TEXTS = ["fishing", "swimming", "football", "the Oswestry Otters", "zzyzx qwrtp"]
CONCEPTS = ["angling", "swimming", "football"]
NEEDS = ["hoist", "one_to_one"]


class Authority:
    """An authority to which one thing after the other happens."""

    def __init__(self, world: World, rng: Random) -> None:
        self.world, self.rng = world, rng
        self.activities: list[UUID] = []
        self.sessions: list[str] = []
        self.children: list[str] = []
        self.bookings: list[str] = []
        for _ in range(3):
            self.add_child()
            self.add_activity()
            self.add_session()

    def change(self) -> str:
        """Let one thing happen, and name it."""
        happenings: list[Callable[[], object]] = [
            *(self.add_child, self.add_activity, self.add_session, self.edit_child, self.wish),
            *(self.book, self.book, self.cancel, self.cancel_session, self.move_session),
            *(self.widen_activity, self.erase_child, self.offer, self.limit_month),
        ]
        happening = self.rng.choice(happenings)
        happening()
        return getattr(happening, "__name__", "")

    def profile(self) -> dict[str, Any]:
        rng = self.rng
        return {
            "interests": [
                {"text": text, "feeling": rng.choice(["love", "like", "avoid"]), "voice": "child"}
                for text in rng.sample(TEXTS, rng.randint(0, 3))
            ],
            "needs": [
                {"code": code, "importance": "essential"}
                for code in rng.sample(NEEDS, rng.randint(0, 1))
            ],
            "travel": {"max_km": rng.choice([None, 3, 30])},
            "date_of_birth": rng.choice(["2016-05-02", "2011-03-20", "2008-03-15"]),
        }

    def add_child(self) -> None:
        self.children.append(add_child(self.world, **self.profile()))

    def edit_child(self) -> None:
        path = f"/v1/children/{self.rng.choice(self.children)}"
        etag = self.world.call("GET", path).headers["ETag"]
        headers = {"If-Match": etag}
        answer = self.world.call("PATCH", path, json=self.profile(), headers=headers)
        assert answer.status_code == 200, answer.text

    def erase_child(self) -> None:
        if len(self.children) > 2:
            child = self.children.pop(0)
            rows_of(self.world, "DELETE FROM children WHERE id = :id RETURNING 1", id=UUID(child))

    def wish(self) -> None:
        body = {
            "child_id": self.rng.choice(self.children),
            "text": self.rng.choice(TEXTS),
            "voice": "parent",
        }
        assert self.world.call("POST", "/v1/wishes", json=body).status_code == 201

    def add_activity(self) -> None:
        rng = self.rng
        added = add_activity(
            self.world,
            title=rng.choice(["Oswestry Otters", "Saturday club"]),
            concepts=rng.sample(CONCEPTS, rng.randint(0, 2)),
            min_age=rng.choice([0, 12]),
            latitude=rng.choice([53.0, 53.1]),
            offers=rng.choice([[], [{"need": "hoist", "kind": "provided"}]]),
        )
        self.activities.append(added)

    def widen_activity(self) -> None:
        values = {"min_age": 0, "id": self.rng.choice(self.activities)}
        rows_of(
            self.world,
            "UPDATE activities SET min_age = :min_age WHERE id = :id RETURNING 1",
            **values,
        )
        self.move_version()

    def offer(self) -> None:
        rows_of(
            self.world,
            "UPDATE offers SET kind = 'on_request', lead_days = :days RETURNING 1",
            days=self.rng.choice([0, 3, 40]),
        )
        self.move_version()

    def add_session(self) -> None:
        starts = SATURDAY + timedelta(days=self.rng.randrange(20), hours=self.rng.randrange(6))
        activity = self.rng.choice(self.activities)
        capacity = self.rng.choice([1, 1, 4])
        self.sessions.append(add_session(self.world, activity, starts, capacity=capacity))

    def cancel_session(self) -> None:
        self.change_session("status = 'cancelled'")

    def move_session(self) -> None:
        self.change_session("starts_at = starts_at - interval '1 hour'")

    def change_session(self, change: str) -> None:
        id_ = UUID(self.rng.choice(self.sessions))
        free = "NOT EXISTS (SELECT FROM bookings b WHERE b.session_id = sessions.id)"
        rows_of(
            self.world,
            f"UPDATE sessions SET {change} WHERE id = :id AND {free} RETURNING 1",
            id=id_,
        )
        self.move_version()

    def book(self) -> None:
        answer = book(self.world, self.rng.choice(self.children), self.rng.choice(self.sessions))
        if answer.status_code == 201:
            self.bookings.append(answer.json()["id"])

    def cancel(self) -> None:
        if self.bookings:
            booking = self.bookings.pop(self.rng.randrange(len(self.bookings)))
            # Erased with its child, perhaps.
            answer = self.world.call("POST", f"/v1/bookings/{booking}/cancel", json={})
            assert answer.status_code in {200, 404, 409}

    def limit_month(self) -> None:
        allowed = self.rng.choice([0, 1, 3])
        body = {
            "items": [
                {
                    "measure": "free",
                    "allowed": allowed,
                    "starts_on": "2027-03-01",
                    "ends_on": "2027-03-31",
                    "reason": "a hard month",
                }
            ]
        }
        child = self.rng.choice(self.children)
        path = f"/v1/children/{child}/entitlement-overrides"
        assert self.world.call("PUT", path, json=body).status_code == 200

    def move_version(self) -> None:
        rows_of(self.world, "UPDATE catalogue_versions SET version = version + 1 RETURNING 1")

    def facts(self) -> dict[str, Any]:
        """Tell every fact, and every pair that only places could close."""
        going = rows_of(
            self.world,
            """
            SELECT c.child_id, s.session_id, s.places_left FROM gap_children c
            CROSS JOIN unnest(c.going) AS g (number)
            JOIN gap_sessions s ON s.authority_id = c.authority_id AND s.month = c.month
                AND s.number = g.number
            """,
        )
        facts = {
            child: sorted((str(want), astuple(fact)) for want, fact in found.items())
            for child in self.children
            if (found := facts_of(self.world, child))
        }
        return {"facts": facts, "going": sorted(map(str, going))}


def grown_and_anew(world: World, seed: int) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Look at an authority as things happen to it, then judge it anew."""
    authority = Authority(world, Random(seed))
    refresh(world)
    happened = []
    for _ in range(6):
        happened += [authority.change() for _ in range(authority.rng.randint(1, 4))]
        refresh(world)
    grown = authority.facts()
    for table in ("gap_months", "gap_children", "gap_sessions"):
        rows_of(world, f"DELETE FROM {table} RETURNING 1")
    refresh(world)
    return grown, authority.facts(), happened


@pytest.mark.parametrize("seed", range(8))
def test_what_grows_is_what_would_be_judged_anew(world: World, seed: int) -> None:
    grown, anew, happened = grown_and_anew(world, seed)
    assert grown == anew, happened


def test_who_is_not_judged_again_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "concerned_by", lambda *_, **__: set())
    pairs = (grown_and_anew(world, seed)[:2] for seed in range(8))
    assert any(grown != anew for grown, anew in pairs)
