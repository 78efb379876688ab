"""What a child may use of a month and of a year, and what the family pays, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.entitlement import entitlement, limits, override, place, set_policy
from tests.support.world import World


class TestYear:
    def test_tells_what_is_used_and_left(self, world: World) -> None:
        set_policy(world, hours_per_year=24.5, nights_per_year=3, money_per_year_pence=10_000)
        child_id = add_child(world)
        stay = {"lasts": timedelta(hours=20), "break_type": "overnight", "cost_pence": 3000}
        made = book(world, child_id, place(world, **stay), funding="contributory")

        read = entitlement(world, child_id)

        assert read["contributory"] == limits(5, 1)
        assert read["year"] == {
            "year": "2026/27",
            "hours": limits(24.5, 20),
            "nights": limits(3, 1),
            "money_pence": limits(10_000, 2500),
        }
        assert entitlement(world, child_id, "2027-04")["year"]["hours"] == limits(24.5, 0)
        cancelled = world.call("POST", f"/v1/bookings/{made.json()['id']}/cancel")
        assert cancelled.json()["entitlement_given_back"] is True
        assert entitlement(world, child_id)["year"]["hours"] == limits(24.5, 0)
        assert entitlement(world, child_id)["year"]["money_pence"] == limits(10_000, 0)

    def test_late_cancellation_keeps_it_used_unless_the_policy_says_otherwise(
        self, world: World
    ) -> None:
        child_id, session_id = add_child(world), place(world)
        booking_id = book(world, child_id, session_id).json()["id"]
        world.clock.now = SATURDAY - timedelta(hours=1)
        world.call("POST", f"/v1/bookings/{booking_id}/cancel")

        assert entitlement(world, child_id)["year"]["hours"] == limits(None, 2)

        set_policy(world, late_cancellation_gives_back=True)
        again = book(world, child_id, session_id).json()["id"]
        told = world.call("POST", f"/v1/bookings/{again}/cancel").json()

        assert (told["in_time"], told["entitlement_given_back"]) == (False, True)
        assert entitlement(world, child_id)["year"]["hours"] == limits(None, 2)

    def test_counts_what_was_used_before_there_was_a_limit(self, world: World) -> None:
        child_id = add_child(world)
        assert book(world, child_id, place(world)).status_code == 201
        set_policy(world, hours_per_year=3)

        refused = book(world, child_id, place(world, 7), funding="contributory")

        assert slug(refused) == "entitlement-exhausted"
        facts = refused.json()["facts"]
        named = ("measure", "period", "allowed", "used", "wanted", "possible_funding")
        assert [facts[name] for name in named] == ["hours", "2026/27", 3, 2, 2, None]
        assert "smaller session" in facts["remedy"]
        # A shorter one is no trouble, and nothing was lost by the refusal.
        assert book(world, child_id, place(world, 8, timedelta(hours=1))).status_code == 201
        assert entitlement(world, child_id)["year"]["hours"] == limits(3, 3)

    def test_says_which_funding_would_do(self, world: World) -> None:
        set_policy(world, money_per_year_pence=2500)
        refused = book(world, add_child(world), place(world, cost_pence=3000))

        facts = refused.json()["facts"]
        assert (facts["measure"], facts["wanted"], facts["possible_funding"]) == (
            "money_pence",
            3000,
            "contributory",
        )

    @pytest.mark.parametrize(
        ("starts_at", "lasts", "nights", "why"),
        [
            (datetime(2027, 3, 6, 20, tzinfo=UTC), timedelta(hours=4), 0, "ends at midnight"),
            (datetime(2027, 3, 6, 20, tzinfo=UTC), timedelta(hours=4, minutes=1), 1, "after it"),
            (datetime(2027, 3, 7, 0, tzinfo=UTC), timedelta(hours=20), 0, "begins at midnight"),
            (datetime(2027, 3, 27, 20, tzinfo=UTC), timedelta(hours=27), 1, "ends at BST midnight"),
            (datetime(2027, 3, 27, 20, tzinfo=UTC), timedelta(hours=28), 2, "an hour into Monday"),
            (datetime(2027, 3, 12, 17, tzinfo=UTC), timedelta(days=7), 7, "a week"),
        ],
    )
    def test_counts_local_midnights(
        self, world: World, starts_at: datetime, lasts: timedelta, nights: int, why: str
    ) -> None:
        activity_id = add_activity(world, break_type="overnight")
        session_id = add_session(world, activity_id, starts_at, ends_at=starts_at + lasts)
        child_id = add_child(world)
        if nights:
            set_policy(world, nights_per_year=nights - 1)
            fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()
            [short] = fit["obstacles"][0]["facts"]["short"]
            assert short == {"measure": "nights", "wanted": nights, "remaining": nights - 1}
            override(world, child_id, {"measure": "nights", "allowed": nights})

        assert book(world, child_id, session_id).status_code == 201
        assert entitlement(world, child_id)["year"]["nights"]["used"] == nights, why

    def test_uncounted_break_uses_nothing(self, world: World) -> None:
        set_policy(world, uncounted_break_types=["group_specialist"])
        child_id = add_child(world)
        made = book(world, child_id, place(world, cost_pence=700)).json()

        assert made["uses_entitlement"] is False
        read = entitlement(world, child_id)
        assert (read["free"]["used"], read["year"]["hours"]["used"]) == (0, 0)
        assert read["uncounted_break_types"] == ["group_specialist"]
        # A later policy leaves alone what is booked.
        set_policy(world, "2027-03-02", hours_per_year=1)
        told = world.call("POST", f"/v1/bookings/{made['id']}/cancel").json()
        assert (told["status"], told["entitlement_given_back"]) == ("cancelled", False)
        assert entitlement(world, child_id)["free"]["used"] == 0

    def test_less_by_a_later_policy_leaves_alone_what_is_booked(self, world: World) -> None:
        child_id = add_child(world)
        held = book(world, child_id, place(world)).json()
        set_policy(world, free_per_month=0, hours_per_year=1)

        read = entitlement(world, child_id)
        assert read["free"] == {"allowed": 0, "used": 1, "remaining": 0}
        assert read["year"]["hours"] == {"allowed": 1, "used": 2, "remaining": 0}
        assert world.call("GET", f"/v1/bookings/{held['id']}").json() == held
        assert slug(book(world, child_id, place(world, 7))) == "entitlement-exhausted"
        cancelled = world.call("POST", f"/v1/bookings/{held['id']}/cancel")
        assert cancelled.status_code == 200


class TestContribution:
    def test_changes_with_the_household_and_not_what_is_booked(self, world: World) -> None:
        set_policy(world, free_per_month=0, contribution_by_band={"A": 0, "B": 250})
        household = world.call("POST", "/v1/households", json={"income_band": "B"})
        path = f"/v1/households/{household.json()['id']}"
        child_id = add_child(world, household_id=household.json()["id"])
        first = book(world, child_id, place(world), funding="contributory").json()
        changed = world.call(
            "PATCH",
            path,
            json={"income_band": "A"},
            headers={"If-Match": household.headers["ETag"]},
        )
        second = book(world, child_id, place(world, 7), funding="contributory").json()

        assert changed.json() == {**household.json(), "income_band": "A"}
        assert world.call("GET", path).headers["ETag"] == changed.headers["ETag"] == '"2"'
        assert (first["price_pence"], second["price_pence"]) == (250, 0)
        now = world.call("GET", f"/v1/bookings/{first['id']}").json()
        assert now["price_pence"] == 250
