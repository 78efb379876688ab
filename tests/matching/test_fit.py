"""A blocked pair explained: the facts of each obstacle and what would remove it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    BLOCKING_REASONS,
    NEED_CODES,
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
        assert facts["need"] == {"needs": ["bsl"], "taken": []}
        assert facts["distance"] == {"distance_km": pytest.approx(11.12, abs=0.01), "max_km": 5.0}
        assert facts["time"]["starts_at"] == "2026-06-13T10:00:00+01:00"
        assert facts["gender"] == {"gender": "female"}
        assert facts["avoid"] == {"concepts": ["animals"]}
        assert facts["full"] == {"places_left": 0}
        assert facts["lead_time"]["needs"] == ["hoist"]
        assert facts["lead_time"]["lead_days"] == 60
        assert len(facts["overlap"]["booked"]) == 1
        assert facts["entitlement"] == {
            "month": "2026-06",
            "funding": ["free"],
            "short": [{"measure": "free", "wanted": 1, "remaining": 0}],
        }

    def test_says_what_would_make_it_possible(self) -> None:
        remedies = {one.reason: one.remedy for one in explain().obstacles}
        assert remedies["age"] == "possible from 2028-02-29 on"
        assert remedies["need"] == (
            "if the provider or the authority put in place British Sign Language"
        )
        assert remedies["distance"] == "if the family could travel 11.2 km, or at a nearer venue"
        assert remedies["lead_time"] == (
            "a session from 2026-08-12 10:00 on leaves the 60 days that it takes"
        )
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
        assert [one.text for one in needs] == [
            "a hoist could be arranged, but not before it starts: it takes 60 days",
            "British Sign Language is not provided",
            "Makaton is provided",
        ]


class TestTaken:
    """What there is of a need, and all of it taken, is not the same as what there never is."""

    CHILD = Child(date(2013, 1, 1), "female", needs=(Need("one_to_one"), Need("bsl")))
    ACTIVITY = replace(HARD, offers=(OfferRow("one_to_one", "limited", per_session=2),))

    def fit(self, taken: int, *services: SupportService) -> Fit:
        session = SessionRow(UUID(int=2), self.ACTIVITY.id, STARTS, ENDS)
        catalogue = build_catalogue([self.ACTIVITY], [session], SMALL_VOCABULARY)
        rows = np.array([[0, NEED_CODES.index("one_to_one"), taken]], dtype=np.int64)
        live = Live(STARTS - timedelta(days=9), np.array([5]), rows, services)
        return explain_fit(catalogue, self.CHILD, Holdings(), live, session.id)

    def test_says_what_would_free_it(self) -> None:
        service = SupportService("bsl", 3, 900, per_week=1, taken={202624: 1})
        [obstacle] = self.fit(2, service).obstacles
        assert obstacle.text == "all taken: a one-to-one worker, British Sign Language"
        assert obstacle.facts == {
            "needs": ["one_to_one", "bsl"],
            "taken": ["one_to_one", "bsl"],
        }
        assert obstacle.remedy == (
            "if another child in this session no longer needed a one-to-one worker; "
            "in a week in which the authority still has British Sign Language"
        )
        assert [one.text for one in self.fit(2, service).needs] == [
            "a one-to-one worker is all taken",
            "British Sign Language is all taken",
        ]

    def test_the_remedies_are_true(self) -> None:
        [obstacle] = self.fit(1).obstacles
        assert obstacle.facts == {"needs": ["bsl"], "taken": []}
        later = SupportService("bsl", 3, 900, per_week=1, taken={202623: 1})
        assert self.fit(1, later).eligible
        assert not self.fit(1, SupportService("bsl", 3, 900, per_week=0)).eligible


OPEN = {"cancelled": False, "places_left": 1, "holdings": Holdings()}


class TestRemedies:
    """What is said to make a pair possible does make it possible."""

    def test_travelling_as_far_as_said(self) -> None:
        child = Child(date(2013, 1, 1), "female", latitude=53.0, longitude=-2.2, max_km=5.0)
        early = {**OPEN, "now": STARTS - timedelta(days=1)}
        [obstacle] = explain(child, **early).obstacles
        said = float(str(obstacle.remedy).split()[5])
        assert explain(replace(child, max_km=said), **early).eligible

    def test_the_notice_said(self) -> None:
        child = Child(date(2013, 1, 1), "female", needs=(Need("hoist"),))
        quicker = SupportService("hoist", 20, 0, per_week=1)
        taken = SupportService("hoist", 2, 0, per_week=1, taken={202624: 1})
        late = {**OPEN, "services": (quicker, taken)}
        [obstacle] = explain(child, now=STARTS - timedelta(days=19), **late).obstacles
        assert obstacle.facts["lead_days"] == 20
        assert explain(child, now=STARTS - timedelta(days=20), **late).eligible

    def test_the_birthday_said(self) -> None:
        child = Child(date(2015, 6, 13), "female")
        early = {**OPEN, "now": STARTS - timedelta(days=1)}
        [obstacle] = explain(child, **early).obstacles
        assert obstacle.remedy == "possible from 2027-06-13 on"


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
