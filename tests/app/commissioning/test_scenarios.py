"""Scenarios of a month: planted situations, numbers that agree, nothing changed by asking."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.catalogue.models import Provider
from app.catalogue.models import Session as CatalogueSession
from app.db import transaction
from app.ids import new_id
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.commissioning import FISHING, MARCH, SWIMMING, ask, concerned, problem
from tests.support.gaps import facts_of, refresh
from tests.support.world import World

WEDNESDAYS = [{"weekday": "wednesday", "start": "15:00", "end": "19:00"}]


def another_provider(world: World) -> UUID:
    with transaction(world.sessions, world.authority_id) as session:
        provider = Provider(
            authority_id=world.authority_id,
            id=new_id(),
            name="Lido",
            kind="universal_service",
            created_at=world.clock.now,
            updated_at=world.clock.now,
        )
        session.add(provider)
        session.flush()
        return provider.id


def agree(outcome: dict[str, Any]) -> None:
    """Hold the numbers of one page to each other."""
    groups = [outcome["total"]]
    for by in ("interests", "areas", "age_bands", "needs"):
        groups += outcome[by]
        if by != "needs":
            for name in ("lost", "gained"):
                assert sum(group[name] for group in outcome[by]) == outcome["total"][name]
    for group in groups:
        assert group["unmet_today"] - group["gained"] + group["lost"] == group["unmet_then"]


class TestClosing:
    def test_closing_the_only_provider_concerns_exactly_who_had_nothing_else(
        self, world: World
    ) -> None:
        lido = another_provider(world)
        add_session(world, add_activity(world, concepts=["angling"]))
        add_session(world, add_activity(world, concepts=["swimming"], provider_id=lido))
        add_session(world, add_activity(world, concepts=["swimming"]))
        anglers = [add_child(world, interests=[FISHING]) for _ in range(3)]
        both = add_child(world, interests=[FISHING, SWIMMING])
        add_child(world, interests=[SWIMMING])

        closed = ask(world, {"kind": "close_provider", "provider_id": str(world.provider_id)})

        lost = {child: (["angling"], []) for child in [*anglers, both]}
        assert concerned(world, closed) == lost
        assert closed["outcome"]["total"] == {
            "group": "all",
            "unmet_today": 0,
            "unmet_then": 4,
            "lost": 4,
            "gained": 0,
        }
        assert closed["outcome"]["children"] == 5
        assert closed["outcome"]["children_losing"] == 4
        agree(closed["outcome"])

    def test_who_had_a_place_gets_the_month_back(self, world: World) -> None:
        lido = another_provider(world)
        closing = add_session(world, add_activity(world, concepts=["angling"], funding=["free"]))
        add_session(
            world, add_activity(world, concepts=["angling"], funding=["free"], provider_id=lido)
        )
        child = add_child(world, interests=[FISHING])
        assert book(world, child, closing).status_code == 201

        scenario = ask(world, {"kind": "close_provider", "provider_id": str(world.provider_id)})

        # Met today; then the free place of the month is there for the other one.
        assert concerned(world, scenario) == {}

    def test_asking_changes_nothing(self, world: World) -> None:
        session = add_session(world, add_activity(world, concepts=["angling"]))
        child = add_child(world, interests=[FISHING])
        refresh(world)
        before = facts_of(world, child)

        first = ask(world, {"kind": "close_provider", "provider_id": str(world.provider_id)})
        second = ask(world, {"kind": "close_provider", "provider_id": str(world.provider_id)})

        refresh(world)
        assert facts_of(world, child) == before
        assert first["digest"] == second["digest"]
        assert book(world, child, session).status_code == 201


class TestOffers:
    def test_a_hoist_serves_exactly_those_who_lack_nothing_else(self, world: World) -> None:
        pool = add_activity(world, concepts=["swimming"])
        add_session(world, pool)
        hoist = [{"code": "hoist", "importance": "essential"}]
        fourteen = [add_child(world, interests=[SWIMMING], needs=hoist) for _ in range(14)]
        # Also lacks a nurse; lives too far; wants something else; can go anyway.
        add_child(
            world,
            interests=[SWIMMING],
            needs=[*hoist, {"code": "nurse", "importance": "essential"}],
        )
        add_child(
            world,
            interests=[SWIMMING],
            needs=hoist,
            home={"postcode": "B1 1AA", "latitude": 52.48, "longitude": -1.9},
            travel={"max_km": 5, "accessible_transport_only": False},
        )
        add_child(world, interests=[FISHING], needs=hoist)
        add_child(world, interests=[SWIMMING])

        scenario = ask(world, {"kind": "add_offer", "need": "hoist", "activity_id": str(pool)})

        assert concerned(world, scenario) == {child: ([], ["swimming"]) for child in fourteen}
        assert scenario["outcome"]["interests"] == [
            {"group": "swimming", "unmet_today": 16, "unmet_then": 2, "lost": 0, "gained": 14}
        ]
        assert scenario["outcome"]["needs"][0]["group"] == "hoist"
        agree(scenario["outcome"])

    def test_of_one_session_alone(self, world: World) -> None:
        pool = add_activity(world, concepts=["swimming"])
        session = add_session(world, pool)
        needs = [{"code": "hoist", "importance": "essential"}]
        child = add_child(world, interests=[SWIMMING], needs=needs)

        scenario = ask(world, {"kind": "add_offer", "need": "hoist", "session_id": session})

        assert concerned(world, scenario) == {child: ([], ["swimming"])}


class TestMoving:
    def test_the_other_day_suits_some_and_not_others(self, world: World) -> None:
        activity = add_activity(world, concepts=["angling"])
        add_session(world, activity, SATURDAY)
        late = add_child(world, interests=[FISHING], availability=WEDNESDAYS)
        weekend = [{"weekday": "saturday", "start": "09:00", "end": "17:00"}]
        early = add_child(world, interests=[FISHING], availability=weekend)
        add_child(world, interests=[FISHING])

        scenario = ask(
            world,
            {
                "kind": "move_activity",
                "activity_id": str(activity),
                "weekday": "wednesday",
                "start": "16:00",
            },
        )

        assert concerned(world, scenario) == {
            late: ([], ["angling"]),
            early: (["angling"], []),
        }
        agree(scenario["outcome"])

    def test_it_keeps_its_hour_where_none_is_named(self, world: World) -> None:
        activity = add_activity(world, concepts=["angling"])
        add_session(world, activity, SATURDAY)
        hours = {"start": "09:30", "end": "12:30"}
        child = add_child(world, interests=[FISHING], availability=[{"weekday": "sunday", **hours}])
        move = {"kind": "move_activity", "activity_id": str(activity), "weekday": "sunday"}

        assert concerned(world, ask(world, move)) == {child: ([], ["angling"])}
        assert concerned(world, ask(world, {**move, "start": "11:00"})) == {}

    def test_it_agrees_with_really_moving_it(self, world: World) -> None:
        moving, other = add_activity(world, concepts=["angling"]), add_activity(world)
        for week in range(3):
            add_session(world, moving, SATURDAY + timedelta(days=7 * week))
            add_session(world, other, SATURDAY + timedelta(days=7 * week + 2, hours=week))
        children = [
            add_child(world, interests=[FISHING], availability=WEDNESDAYS),
            add_child(world, interests=[FISHING]),
            add_child(
                world,
                interests=[FISHING],
                availability=[{"weekday": "saturday", "start": "09:00", "end": "13:00"}],
            ),
        ]
        asked = ask(
            world,
            {
                "kind": "move_activity",
                "activity_id": str(moving),
                "weekday": "wednesday",
                "start": "15:30",
            },
        )
        again = add_activity(world, concepts=["angling"])
        for week in range(3):
            wednesday = SATURDAY + timedelta(days=7 * week - 3, hours=5, minutes=30)
            add_session(world, again, wednesday)
        with transaction(world.sessions, world.authority_id) as session:
            for row in session.query(CatalogueSession).filter_by(activity_id=moving):
                row.status = "cancelled"
        # Moves the catalogue's version.
        add_session(world, again, SATURDAY + timedelta(days=60))

        today = ask(world, {"kind": "transport", "outcode": "ZZ1"})["outcome"]["total"]

        assert today["unmet_today"] == asked["outcome"]["total"]["unmet_then"]
        assert len(children) == asked["outcome"]["children"]


class TestTransportAndMoney:
    def test_transport_reaches_who_is_too_far_in_the_area_only(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["angling"]))
        far = {
            "travel": {"max_km": 5, "accessible_transport_only": False},
            "interests": [FISHING],
        }
        stafford = {"postcode": "ST16 2AA", "latitude": 52.806, "longitude": -2.117}
        crewe = {"postcode": "CW1 2AA", "latitude": 53.09, "longitude": -2.44}
        there = add_child(world, home=stafford, **far)
        add_child(world, home=crewe, **far)

        near = ask(world, {"kind": "transport", "outcode": "ST16", "max_km": 10})
        enough = ask(world, {"kind": "transport", "outcode": "ST16", "max_km": 40})

        assert concerned(world, near) == {}
        assert concerned(world, enough) == {there: ([], ["angling"])}
        assert enough["outcome"]["areas"][0]["group"] == "ST16"

    def test_who_needs_an_accessible_vehicle_is_brought(self, world: World) -> None:
        add_session(world, add_activity(world, concepts=["angling"]))
        child = add_child(
            world,
            interests=[FISHING],
            travel={"max_km": 20, "accessible_transport_only": True},
        )

        scenario = ask(world, {"kind": "transport", "outcode": "ST4"})

        assert concerned(world, scenario) == {child: ([], ["angling"])}

    def test_less_money_takes_the_least_used_places_and_no_child_loses_one(
        self, world: World
    ) -> None:
        angling = add_activity(world, concepts=["angling"], cost_pence=1000)
        swimming = add_activity(world, concepts=["swimming"], cost_pence=1000)
        busy = add_session(world, angling, capacity=10)
        add_session(world, swimming, SATURDAY + timedelta(hours=4), capacity=10)
        anglers = [add_child(world, interests=[FISHING]) for _ in range(2)]
        swimmer = add_child(world, interests=[SWIMMING])
        assert book(world, anglers[0], busy).status_code == 201

        half = ask(world, {"kind": "budget", "from_pence": 200, "to_pence": 100})
        most = ask(world, {"kind": "budget", "from_pence": 200, "to_pence": 0})

        assert half["outcome"]["budget"] == {
            "wanted_pence": 10_000,
            "saved_pence": 10_000,
            "places": 10,
        }
        assert concerned(world, half) == {swimmer: (["swimming"], [])}
        # One place is a child's: it cannot be saved.
        assert most["outcome"]["budget"] == {
            "wanted_pence": 20_000,
            "saved_pence": 19_000,
            "places": 19,
        }
        assert concerned(world, most) == {
            swimmer: (["swimming"], []),
            anglers[1]: (["angling"], []),
        }
        agree(most["outcome"])

    def test_where_nothing_says_what_it_costs_each_place_counts_alike(self, world: World) -> None:
        busy = add_session(world, add_activity(world, concepts=["angling"]), capacity=10)
        add_session(
            world,
            add_activity(world, concepts=["swimming"]),
            SATURDAY + timedelta(hours=4),
            capacity=10,
        )
        angler = add_child(world, interests=[FISHING])
        swimmer = add_child(world, interests=[SWIMMING])
        assert book(world, angler, busy).status_code == 201

        half = ask(world, {"kind": "budget", "from_pence": 200, "to_pence": 100})

        assert half["outcome"]["budget"] == {
            "wanted_pence": None,
            "saved_pence": None,
            "places": 10,
        }
        assert concerned(world, half) == {swimmer: (["swimming"], [])}


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "field", "rule"),
        [
            ({"kind": "close_provider", "provider_id": str(new_id())}, "provider_id", "unknown"),
            ({"kind": "add_offer", "need": "hoist"}, "", "activity_or_session"),
            (
                {"kind": "add_offer", "need": "hoist", "session_id": str(new_id())},
                "session_id",
                "unknown",
            ),
            ({"kind": "add_offer", "activity_id": str(new_id())}, "need", "missing"),
            (
                {"kind": "add_offer", "need": "hoist", "activity_id": str(new_id())},
                "activity_id",
                "unknown",
            ),
            ({"kind": "move_activity", "activity_id": str(new_id())}, "weekday", "missing"),
            ({"kind": "transport"}, "outcode", "missing"),
            ({"kind": "transport", "interest": "swimming"}, "interest", "period_only"),
        ],
    )
    def test_what_names_nothing_is_refused(
        self, world: World, change: dict[str, Any], field: str, rule: str
    ) -> None:
        body = {"month": MARCH, "changes": [change]}
        answer = world.call("POST", "/v1/scenarios", json=body)
        assert problem(answer) == (".".join(filter(None, ["changes.0", field])), rule)

    def test_a_budget_falls(self, world: World) -> None:
        body = {"month": MARCH, "changes": [{"kind": "budget", "from_pence": 1, "to_pence": 2}]}
        answer = world.call("POST", "/v1/scenarios", json=body)
        assert problem(answer)[1] == "budget_rises"

    def test_a_month_or_a_period(self, world: World) -> None:
        change = {"kind": "transport", "outcode": "ST4"}
        both = {"month": MARCH, "period": "2027-Q1", "changes": [change]}
        for body in (both, {"changes": [change]}):
            answer = world.call("POST", "/v1/scenarios", json=body)
            assert problem(answer)[1] == "month_or_period"
