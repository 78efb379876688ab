"""A blocked pair explained: the facts of each obstacle and what would remove it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    BLOCKING_REASONS,
    ActivityRow,
    Booked,
    Child,
    Fit,
    Holdings,
    Interest,
    InvalidProblem,
    Live,
    Need,
    OfferRow,
    Remaining,
    SessionRow,
    SupportService,
    Window,
    build_catalogue,
    explain_fit,
)
from tests.matching.worlds import SMALL_VOCABULARY

STARTS = datetime(2026, 6, 13, 9, tzinfo=UTC)  # Saturday, 10:00 in London.
ENDS = STARTS + timedelta(hours=2)
HARD = ActivityRow(
    UUID(int=1),
    "Puppy club",
    latitude=53.1,
    longitude=-2.2,
    min_age=12,
    gender="female",
    funding=("free",),
    price_pence=300,
    concepts=("dogs",),
    offers=(OfferRow("hoist", "on_request", lead_days=60, cost_pence=100), OfferRow("makaton")),
)
CHILD = Child(
    date(2016, 2, 29),
    "male",
    latitude=53.0,
    longitude=-2.2,
    max_km=5.0,
    interests=(Interest("animals", "avoid"),),
    needs=(Need("hoist"), Need("bsl"), Need("makaton", "helpful")),
    availability=(Window("sunday", time(9), time(17)),),
)
HOLDINGS = Holdings(
    booked=(Booked(STARTS, ENDS), Booked(ENDS, ENDS + timedelta(hours=1))),
    remaining={"2026-06": Remaining(0, None)},
)


def explain(
    child: Child = CHILD,
    activity: ActivityRow = HARD,
    holdings: Holdings = HOLDINGS,
    *,
    cancelled: bool = True,
    places_left: int = 0,
    now: datetime = STARTS,
    services: tuple[SupportService, ...] = (),
) -> Fit:
    session = SessionRow(UUID(int=2), activity.id, STARTS, ENDS, cancelled)
    catalogue = build_catalogue([activity], [session], SMALL_VOCABULARY)
    live = Live(now, np.array([places_left]), services=services)
    return explain_fit(catalogue, child, holdings, live, session.id)


class TestBlocked:
    def test_names_every_obstacle_with_its_facts(self) -> None:
        fit = explain()
        assert not fit.eligible
        assert fit.support == "blocked"
        assert (fit.funding, fit.price_pence) == (None, None)
        assert tuple(one.reason for one in fit.obstacles) == BLOCKING_REASONS
        facts = {one.reason: one.facts for one in fit.obstacles}
        assert facts["age"] == {"age_years": 10, "min_age": 12, "max_age": 18}
        assert facts["need"] == {"needs": ["bsl"]}
        assert facts["distance"] == {"distance_km": pytest.approx(11.12, abs=0.01), "max_km": 5.0}
        assert facts["time"]["starts_at"] == "2026-06-13T10:00:00+01:00"
        assert facts["gender"] == {"gender": "female"}
        assert facts["avoid"] == {"concepts": ["animals"]}
        assert facts["full"] == {"places_left": 0}
        assert facts["lead_time"]["needs"] == ["hoist"]
        assert len(facts["overlap"]["booked"]) == 1
        assert facts["entitlement"] == {"month": "2026-06", "funding": ["free"]}

    def test_says_what_would_make_it_possible(self) -> None:
        remedies = {one.reason: one.remedy for one in explain().obstacles}
        assert remedies["age"] == "possible from 2028-02-29 on"
        assert "British Sign Language" in str(remedies["need"])
        assert {reason for reason, remedy in remedies.items() if remedy is None} == {
            "gender", "cancelled", "past",
        }  # fmt: skip

    def test_a_leap_day_birthday_falls_on_1_march(self) -> None:
        fit = explain(activity=replace(HARD, min_age=11))
        assert fit.obstacles[0].remedy == "possible from 2027-03-01 on"

    def test_too_old_stays_too_old(self) -> None:
        fit = explain(activity=replace(HARD, min_age=0, max_age=9))
        assert fit.obstacles[0].facts == {"age_years": 10, "min_age": 0, "max_age": 9}
        assert fit.obstacles[0].remedy is None

    def test_says_how_each_need_is_met(self) -> None:
        needs = explain().needs
        assert [(one.need, one.importance, one.met_by) for one in needs] == [
            ("hoist", "essential", "too_late"),
            ("bsl", "essential", "nothing"),
            ("makaton", "helpful", "provided"),
        ]
        assert needs[2].text == "Makaton is provided"


class TestPossible:
    def test_an_open_pair_has_no_obstacle(self) -> None:
        child = Child(date(2013, 1, 1), "female", needs=(Need("hoist"),))
        fit = explain(
            child,
            holdings=Holdings(),
            cancelled=False,
            places_left=1,
            now=STARTS - timedelta(days=9),
            services=(SupportService("hoist", 9, 1200),),
        )
        assert fit.eligible
        assert fit.obstacles == ()
        assert (fit.support, fit.funding, fit.price_pence) == ("arrange", "free", 0)
        assert [(one.source, one.cost_pence) for one in fit.arrangements] == [("authority", 1200)]
        assert fit.needs[0].lead_days == 9

    def test_an_unknown_session_is_refused(self) -> None:
        catalogue = build_catalogue([HARD], [], SMALL_VOCABULARY)
        live = Live(STARTS, np.zeros(0, dtype=int))
        with pytest.raises(InvalidProblem, match="does not hold"):
            explain_fit(catalogue, CHILD, HOLDINGS, live, UUID(int=2))
