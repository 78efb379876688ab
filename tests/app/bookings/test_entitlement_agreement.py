"""What a child is entitled to is told alike by matches, fit, candidates and booking."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.bookings import book, slug
from tests.support.catalogue import add_child
from tests.support.entitlement import entitlement, override, place, set_policy
from tests.support.world import World

NIGHT = timedelta(hours=12)


@dataclass
class Case:
    """A rule, and how a place may be taken by it."""

    why: str
    policy: dict[str, Any] = field(default_factory=dict)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    # What the child has booked before: sessions of this shape.
    before: list[dict[str, Any]] = field(default_factory=list)
    session: dict[str, Any] = field(default_factory=dict)
    band: str | None = None
    # How the place may be taken and what the family pays; None: not at all.
    funding: str | None = "free"
    price: int = 0
    # What the refusals name.
    measure: str = ""


CASES = [
    Case("as before", price=0),
    Case("nothing free a month", {"free_per_month": 0}, funding="contributory", price=500),
    Case(
        "a month of nothing",
        {"free_per_month": 0, "contributory_per_month": 0},
        funding=None,
        measure="free",
    ),
    Case("the last hours", {"hours_per_year": 4}, before=[{}]),
    Case("too few hours", {"hours_per_year": 3.75}, before=[{}], funding=None, measure="hours"),
    Case(
        "nights do not limit a day out",
        {"nights_per_year": 0},
        session={"lasts": NIGHT},
    ),
    Case(
        "the last night",
        {"nights_per_year": 2},
        before=[{"lasts": timedelta(hours=20), "break_type": "overnight"}],
        session={"lasts": timedelta(hours=20), "break_type": "overnight"},
    ),
    Case(
        "a night too many",
        {"nights_per_year": 1},
        before=[{"lasts": timedelta(hours=20), "break_type": "overnight"}],
        session={"lasts": timedelta(hours=20), "break_type": "overnight"},
        funding=None,
        measure="nights",
    ),
    Case(
        "all of the money",
        {"money_per_year_pence": 3000},
        session={"cost_pence": 3000},
    ),
    Case(
        "money enough with what the family pays",
        {"money_per_year_pence": 2500},
        session={"cost_pence": 3000},
        funding="contributory",
        price=500,
    ),
    Case(
        "not even then",
        {"money_per_year_pence": 2500, "contribution_pence": 499},
        session={"cost_pence": 3000},
        funding=None,
        measure="money_pence",
    ),
    Case(
        "a type of break that does not count",
        {"free_per_month": 0, "hours_per_year": 0, "uncounted_break_types": ["group_universal"]},
        session={"break_type": "group_universal"},
    ),
    Case(
        "another type does",
        {"hours_per_year": 0, "uncounted_break_types": ["group_universal"]},
        funding=None,
        measure="hours",
    ),
    Case(
        "by the band of the household",
        {
            "free_per_month": 0,
            "contribution_pence": 400,
            "contribution_by_band": {"A": 0, "B": 150},
        },
        band="B",
        funding="contributory",
        price=150,
    ),
    Case(
        "a band that the policy does not name",
        {"free_per_month": 0, "contribution_pence": 400, "contribution_by_band": {"A": 0}},
        band="Z",
        funding="contributory",
        price=400,
    ),
    Case(
        "never more than the price",
        {"free_per_month": 0, "contribution_pence": 900},
        funding="contributory",
        price=500,
    ),
    Case(
        "an override for more hours",
        {"hours_per_year": 2},
        [{"measure": "hours", "allowed": 4}],
        before=[{}],
    ),
    Case(
        "an override for any number",
        {"free_per_month": 0},
        [{"measure": "free", "allowed": None}],
    ),
    Case(
        "an override for less",
        {},
        [{"measure": "free", "allowed": 0}, {"measure": "contributory", "allowed": 1}],
        funding="contributory",
        price=500,
    ),
    Case(
        "an override of another month",
        {"free_per_month": 0, "contributory_per_month": 0},
        [
            {
                "measure": "free",
                "allowed": None,
                "starts_on": "2027-04-01",
                "ends_on": "2027-05-01",
            }
        ],
        funding=None,
        measure="free",
    ),
    Case(
        "overrides govern whole months, and the last one counts",
        {"free_per_month": 0, "contributory_per_month": 0},
        [
            {"measure": "free", "allowed": 0},
            {
                "measure": "free",
                "allowed": 1,
                "starts_on": "2027-03-31",
                "ends_on": "2027-03-31",
            },
        ],
    ),
]


class TestEveryAnswerAgrees:
    @pytest.mark.parametrize("case", CASES, ids=[case.why for case in CASES])
    def test_matches_fit_candidates_and_booking(self, world: World, case: Case) -> None:
        set_policy(world, **case.policy)
        body = {"income_band": case.band}
        household_id = world.call("POST", "/v1/households", json=body).json()["id"]
        child_id = add_child(world, household_id=household_id)
        override(world, child_id, *case.overrides)
        for number, shape in enumerate(case.before):
            made = book(world, child_id, place(world, 7 * (number + 1), **shape))
            assert made.status_code == 201, made.text
        session_id = place(world, **case.session)
        blocked = case.funding is None
        expected = (case.funding, None if blocked else case.price)

        path = f"/v1/children/{child_id}/matches?month=2027-03&to=2027-03-08T00:00:00Z"
        matches = world.call("GET", path).json()
        listed = [(one["funding"], one["price_pence"]) for one in matches["items"]]
        fit = world.call("GET", f"/v1/children/{child_id}/sessions/{session_id}/fit").json()
        candidates = world.call("GET", f"/v1/sessions/{session_id}/candidates").json()
        suited = [(one["funding"], one["price_pence"]) for one in candidates["items"]]

        assert listed == ([] if blocked else [expected])
        assert matches["blocked"] == ({"entitlement": 1} if blocked else {})
        assert fit["eligible"] is not blocked
        assert (fit["funding"], fit["price_pence"]) == expected
        assert suited == listed
        assert candidates["blocked"] == matches["blocked"]
        assert matches["entitlement"] == entitlement(world, child_id)
        if blocked:
            [obstacle] = fit["obstacles"]
            assert obstacle["reason"] == "entitlement"
            assert obstacle["facts"]["short"][0]["measure"] == case.measure
            refusals = [
                book(world, child_id, session_id, funding=funding)
                for funding in ("free", "contributory")
            ]
            assert {slug(refused) for refused in refusals} == {"entitlement-exhausted"}
            facts = refusals[0].json()["facts"]
            assert facts["measure"] == case.measure
            assert facts["allowed"] - facts["used"] < facts["wanted"]
            assert facts["possible_funding"] is None
        else:
            made = book(world, child_id, session_id, funding=case.funding)
            assert made.status_code == 201, made.text
            assert made.json()["price_pence"] == case.price
