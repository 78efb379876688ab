"""Support first: each rule of how a need is met, with its reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    SUPPORT_STATES,
    ActivityRow,
    Arrangement,
    Child,
    Live,
    Need,
    OfferRow,
    SessionRow,
    SupportService,
    build_catalogue,
)
from matching.codes import NEED_INDEX
from matching.support import MET_BY, Support, judge_support
from tests.matching.worlds import SMALL_VOCABULARY

STARTS = datetime(2026, 6, 13, 10, tzinfo=UTC)  # Saturday of ISO week 24.
HOIST = "hoist"


def judge(
    *needs: Need,
    activity_offers: tuple[OfferRow, ...] = (),
    session_offers: tuple[OfferRow, ...] = (),
    services: tuple[SupportService, ...] = (),
    taken: int = 0,
    notice: timedelta = timedelta(days=10),
    **child: bool,
) -> Support:
    row = ActivityRow(UUID(int=1), "Swim", offers=activity_offers)
    ends = STARTS + timedelta(hours=1)
    session = SessionRow(UUID(int=2), row.id, STARTS, ends, offers=session_offers)
    catalogue = build_catalogue([row], [session], SMALL_VOCABULARY)
    used = np.array([[0, NEED_INDEX[HOIST], taken]], dtype=np.int64)
    live = Live(STARTS - notice, np.array([1]), used, services)
    return judge_support(
        catalogue, Child(date(2016, 1, 1), needs=needs, **child), live, slice(0, 1)
    )


PROVIDED = OfferRow(HOIST)
TWO = OfferRow(HOIST, "limited", per_session=2)


def asked(lead_days: int, cost_pence: int) -> OfferRow:
    return OfferRow(HOIST, "on_request", lead_days=lead_days, cost_pence=cost_pence)


def pool(lead_days: int, cost_pence: int, per_week: int | None = None, taken: int = 0):
    return SupportService(HOIST, lead_days, cost_pence, per_week, {202624: taken})


class TestEssential:
    @pytest.mark.parametrize(
        ("given", "state", "met_by", "reason"),
        [
            ({}, "blocked", "nothing", "no data is not provided"),
            ({"activity_offers": (PROVIDED,)}, "ready", "provided", "the activity provides it"),
            ({"activity_offers": (TWO,)}, "ready", "limited", "two are left"),
            ({"activity_offers": (TWO,), "taken": 1}, "ready", "limited", "one is left"),
            ({"activity_offers": (TWO,), "taken": 2}, "blocked", "nothing", "none is left"),
            ({"activity_offers": (TWO, TWO), "taken": 3}, "ready", "limited", "they add up"),
            (
                {"activity_offers": (PROVIDED, TWO), "taken": 2},
                "ready",
                "provided",
                "provided needs no count",
            ),
            (
                {"activity_offers": (TWO, asked(7, 100)), "taken": 2},
                "arrange",
                "provider",
                "none is left, but it can be asked for",
            ),
            (
                {"activity_offers": (PROVIDED,), "session_offers": (TWO,), "taken": 2},
                "blocked",
                "nothing",
                "the session's offer replaces the activity's",
            ),
            (
                {"activity_offers": (PROVIDED,), "session_offers": (OfferRow("bsl"),)},
                "ready",
                "provided",
                "an offer for another need replaces nothing",
            ),
            ({"activity_offers": (asked(10, 0),)}, "arrange", "provider", "just in time"),
            ({"activity_offers": (asked(11, 0),)}, "blocked", "too_late", "a day late"),
            ({"services": (pool(3, 100, 2, 1),)}, "arrange", "authority", "one of two is left"),
            ({"services": (pool(3, 100, 2, 2),)}, "blocked", "nothing", "the week is full"),
            ({"services": (pool(30, 100, 2, 1),)}, "blocked", "too_late", "not in time"),
            ({"services": (pool(3, 100, 0),)}, "blocked", "nothing", "a pool without places"),
        ],
    )
    def test_rule(self, given: dict[str, object], state: str, met_by: str, reason: str) -> None:
        support = judge(Need(HOIST), **given)
        assert SUPPORT_STATES[support.state[0]] == state, reason
        assert MET_BY[support.essential[NEED_INDEX[HOIST]].how[0]] == met_by, reason
        assert bool(support.lacking[0]) is (met_by == "nothing")
        assert bool(support.late[0]) is (met_by == "too_late")

    @pytest.mark.parametrize(
        ("offers", "services", "chosen", "reason"),
        [
            ([(2, 500), (9, 100)], [], ("provider", 9, 100), "the cheapest first"),
            ([(12, 100), (9, 300)], [], ("provider", 9, 300), "but only what is in time"),
            ([(5, 100)], [(2, 100)], ("authority", 2, 100), "then the shortest lead"),
            ([(5, 100)], [(5, 100)], ("provider", 5, 100), "then the provider"),
            ([(5, 200)], [(5, 100), (5, 90)], ("authority", 5, 90), "the cheaper of two pools"),
            ([(0, 0)], [(0, 0)], ("provider", 0, 0), "nothing is dearer than nothing"),
            ([(10, 10**9)], [], ("provider", 10, 10**9), "large amounts stay exact"),
        ],
    )
    def test_choice(
        self,
        offers: list[tuple[int, int]],
        services: list[tuple[int, int]],
        chosen: tuple[str, int, int],
        reason: str,
    ) -> None:
        support = judge(
            Need(HOIST),
            activity_offers=tuple(asked(*one) for one in offers),
            services=tuple(pool(*one) for one in services),
        )
        assert support.arrangements(0) == (Arrangement(HOIST, *chosen),), reason

    def test_transport_only_is_an_essential_need(self) -> None:
        support = judge(Need("accessible_transport", "helpful"), accessible_transport_only=True)
        assert SUPPORT_STATES[support.state[0]] == "blocked"
        assert support.helpful == {}

    def test_a_code_given_twice_is_essential_if_either_says_so(self) -> None:
        support = judge(Need(HOIST, "helpful"), Need(HOIST, "essential"))
        assert list(support.essential) == [NEED_INDEX[HOIST]]


class TestHelpful:
    def test_never_blocks(self) -> None:
        support = judge(Need(HOIST, "helpful"))
        assert SUPPORT_STATES[support.state[0]] == "ready"
        assert MET_BY[support.helpful[NEED_INDEX[HOIST]].how[0]] == "nothing"
        assert support.arrangements(0) == ()
