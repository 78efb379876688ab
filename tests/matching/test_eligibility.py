"""Eligibility against an independent oracle, and the rules one by one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import (
    ActivityRow,
    Booked,
    Child,
    Holdings,
    Interest,
    InvalidProblem,
    Live,
    PolicyAges,
    Remaining,
    SessionRow,
    Window,
    build_catalogue,
    count_blocked,
    eligible,
)
from matching.eligibility import policy_on, reasons_of
from tests.matching.agreement import MUST_OCCUR, compare, compare_answers, compare_orders
from tests.matching.worlds import LONDON, SMALL_VOCABULARY, draw_world

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class TestAgainstOracle:
    def test_ten_thousand_random_pairs(self) -> None:
        seen: Counter[str] = Counter()
        pairs = 0
        for seed in range(30):
            world = draw_world(Random(seed))
            assert list(compare(world, seen)) == []
            pairs += len(world.children) * len(world.sessions)
        assert pairs >= 10_000
        # A comparison in which something never occurs says nothing about it.
        assert [one for one in MUST_OCCUR if seen[one] < 10] == []

    @settings(max_examples=40, deadline=None)
    @given(st.integers(min_value=1_000), st.integers(1, 12))
    def test_any_seed(self, seed: int, n_sessions: int) -> None:
        world = draw_world(Random(seed), n_sessions=n_sessions + 4, n_children=2)
        assert list(compare(world, Counter())) == []

    @pytest.mark.parametrize("seed", range(4))
    def test_every_answer_adds_up_and_no_order_of_rows_matters(self, seed: int) -> None:
        world = draw_world(Random(seed), n_sessions=40)
        assert list(compare_answers(world)) == []
        assert list(compare_orders(world, Random(seed))) == []


def one_pair(
    activity: dict[str, object],
    starts_at: datetime,
    child: Child,
    *,
    lasts: timedelta = timedelta(hours=2),
    holdings: Holdings | None = None,
    places_left: int = 3,
    cancelled: bool = False,
    policies: tuple[PolicyAges, ...] = (PolicyAges(),),
    now: datetime = NOW,
) -> set[str]:
    """Give the reasons that block a child from one session of one activity."""
    row = ActivityRow(UUID(int=1), "Fun", **activity)
    ends_at = (starts_at.astimezone(UTC) + lasts).astimezone(LONDON)
    session = SessionRow(UUID(int=2), row.id, starts_at, ends_at, cancelled)
    catalogue = build_catalogue([row], [session], SMALL_VOCABULARY)
    live = Live(now, np.array([places_left]), policies=policies)
    return set(reasons_of(int(eligible(catalogue, child, holdings or Holdings(), live).mask[0])))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)


TEN = date(2016, 1, 1)


class TestAge:
    @pytest.mark.parametrize(
        ("born", "starts_at", "blocked", "reason"),
        [
            (date(2007, 6, 16), at(2026, 6, 15, 10), False, "the day before the 19th birthday"),
            (date(2007, 6, 16), at(2026, 6, 16, 10), True, "the 19th birthday, in mid-month"),
            (date(2008, 2, 29), at(2027, 2, 28, 10), False, "leap day: the birthday is 1 March"),
            (date(2008, 2, 29), at(2027, 3, 1, 10), True, "leap day: 19 on 1 March"),
            (date(2026, 6, 15), at(2026, 6, 15, 10), False, "born on the day of the session"),
            (date(2026, 6, 16), at(2026, 6, 15, 10), True, "not yet born"),
            (date(2007, 6, 16), at(2026, 6, 16, 0, 30), True, "the local date counts, not UTC's"),
        ],
    )
    def test_policy(self, born: date, starts_at: datetime, blocked: bool, reason: str) -> None:
        assert ("age" in one_pair({}, starts_at, Child(born))) is blocked, reason

    @pytest.mark.parametrize(
        ("born", "blocked", "reason"),
        [
            (date(2018, 6, 15), False, "8 today"),
            (date(2018, 6, 16), True, "8 tomorrow"),
            (date(2014, 6, 16), False, "still 11: the maximum is inclusive"),
            (date(2014, 6, 15), True, "12 today"),
        ],
    )
    def test_activity(self, born: date, blocked: bool, reason: str) -> None:
        found = one_pair({"min_age": 8, "max_age": 11}, at(2026, 6, 15, 10), Child(born))
        assert ("age" in found) is blocked, reason

    def test_the_policy_of_the_date_counts(self) -> None:
        policies = (PolicyAges(date(2026, 6, 1), 12, 18), PolicyAges(date(2026, 1, 1), 0, 18))
        assert one_pair({}, at(2026, 5, 31, 10), Child(TEN), policies=policies) == set()
        assert one_pair({}, at(2026, 6, 1, 10), Child(TEN), policies=policies) == {"age"}
        assert policy_on(policies, 20251231) == policies[1]


class TestTime:
    @pytest.mark.parametrize(
        ("windows", "starts_at", "hours", "blocked", "reason"),
        [
            ([], at(2026, 6, 13, 3), 2, False, "no windows: any time"),
            ([("saturday", 9, 17)], at(2026, 6, 13, 9), 8, False, "fills the window"),
            ([("saturday", 9, 17)], at(2026, 6, 13, 16), 2, True, "runs over its end"),
            ([("saturday", 9, 17)], at(2026, 6, 14, 10), 2, True, "another day"),
            ([("saturday", 9, 12), ("saturday", 12, 17)], at(2026, 6, 13, 11), 2, False, "touch"),
            ([("saturday", 9, 12), ("saturday", 13, 17)], at(2026, 6, 13, 11), 3, True, "a gap"),
            ([("saturday", 18, 24), ("sunday", 0, 9)], at(2026, 6, 13, 18), 15, False, "overnight"),
            ([("saturday", 18, 24)], at(2026, 6, 13, 18), 15, True, "not free in the morning"),
            ([("saturday", 18, 24)], at(2026, 6, 13, 20), 4, False, "ends at midnight"),
            ([("sunday", 0, 3)], at(2026, 3, 29, 0, 30), 1.5, False, "clock goes on: 00:30-03:00"),
            ([("sunday", 0, 2)], at(2026, 3, 29, 0, 30), 1.5, True, "ends at 03:00, not at 02:00"),
            ([("sunday", 0, 2)], at(2026, 10, 25, 0, 30), 2.5, False, "clock goes back at 02:00"),
            ([("sunday", 0, 1)], at(2026, 10, 25, 0, 30), 1, True, "reaches 01:30, first time"),
        ],
    )
    def test_windows(
        self,
        windows: list[tuple[str, int, int]],
        starts_at: datetime,
        hours: float,
        blocked: bool,
        reason: str,
    ) -> None:
        child = Child(
            TEN,
            availability=tuple(
                Window(day, time(low), time(23, 59) if high == 24 else time(high))
                for day, low, high in windows
            ),
        )
        found = one_pair({}, starts_at, child, lasts=timedelta(hours=hours))
        assert ("time" in found) is blocked, reason


class TestGender:
    @pytest.mark.parametrize(
        ("wanted", "gender", "blocked"),
        [
            (None, None, False),
            (None, "other", False),
            ("female", "female", False),
            ("female", "male", True),
            ("female", "other", True),
            ("male", None, True),
        ],
    )
    def test_rule(self, wanted: str | None, gender: str | None, blocked: bool) -> None:
        found = one_pair({"gender": wanted}, at(2026, 6, 13, 10), Child(TEN, gender))
        assert ("gender" in found) is blocked


class TestAvoid:
    @pytest.mark.parametrize(
        ("interests", "carried", "blocked", "reason"),
        [
            ([("dogs", "avoid", "child")], ["dogs"], True, "the concept itself"),
            ([("animals", "avoid", "child")], ["dogs"], True, "a narrower one"),
            ([("dogs", "avoid", "child")], ["animals"], False, "a broader one is not named"),
            ([("dogs", "dislike", "child")], ["dogs"], False, "a dislike does not block"),
            ([("dogs", "avoid", "child")], [], False, "nothing carried"),
            ([("dogs", "avoid", "parent"), ("dogs", "love", "child")], ["dogs"], False, "child"),
            ([("dogs", "avoid", "child"), ("dogs", "love", "parent")], ["dogs"], True, "child"),
            ([("dogs", "avoid", "child"), ("dogs", "love", "child")], ["dogs"], True, "equal"),
            ([("animals", "avoid", "parent"), ("dogs", "love", "child")], ["dogs"], True, "other"),
            ([("likes footy, hates dogs", "love", "child")], ["dogs"], False, "not said as avoid"),
        ],
    )
    def test_rule(
        self, interests: list[tuple[str, str, str]], carried: list[str], blocked: bool, reason: str
    ) -> None:
        child = Child(TEN, interests=tuple(Interest(*one) for one in interests))
        found = one_pair({"concepts": tuple(carried)}, at(2026, 6, 13, 10), child)
        assert ("avoid" in found) is blocked, reason


class TestDistance:
    def test_beyond_reach_blocks_and_the_unknown_does_not(self) -> None:
        venue = {"latitude": 53.1, "longitude": -2.2}
        near = Child(TEN, latitude=53.0, longitude=-2.2, max_km=11.2)
        far = Child(TEN, latitude=53.0, longitude=-2.2, max_km=11.0)
        assert one_pair(venue, at(2026, 6, 13, 10), near) == set()
        assert one_pair(venue, at(2026, 6, 13, 10), far) == {"distance"}
        assert one_pair({}, at(2026, 6, 13, 10), far) == set()
        assert one_pair(venue, at(2026, 6, 13, 10), Child(TEN, max_km=1.0)) == set()


class TestEntitlement:
    @pytest.mark.parametrize(
        ("funding", "remaining", "blocked", "reason"),
        [
            (("free",), Remaining(0, 1), True, "contributory is left, but not allowed"),
            (("free", "contributory"), Remaining(0, 1), False, "one of two is left"),
            (("contributory",), Remaining(1, 0), True, "free is left, but not allowed"),
            (("free",), Remaining(None, 0), False, "unlimited"),
        ],
    )
    def test_rule(
        self, funding: tuple[str, ...], remaining: Remaining, blocked: bool, reason: str
    ) -> None:
        holdings = Holdings(remaining={"2026-06": remaining})
        found = one_pair({"funding": funding}, at(2026, 6, 13, 10), Child(TEN), holdings=holdings)
        assert ("entitlement" in found) is blocked, reason

    def test_the_month_is_the_local_one_of_the_start(self) -> None:
        holdings = Holdings(remaining={"2026-07": Remaining(0, 0)})
        # Half past midnight on 1 July is still June in UTC.
        starts_at = at(2026, 7, 1, 0, 30)
        assert one_pair({}, starts_at, Child(TEN), holdings=holdings) == {"entitlement"}
        assert one_pair({}, at(2026, 6, 30, 23, 30), Child(TEN), holdings=holdings) == set()


class TestState:
    def test_full_cancelled_and_past(self) -> None:
        starts_at = at(2026, 6, 13, 10)
        child = Child(TEN)
        assert one_pair({}, starts_at, child, places_left=0) == {"full"}
        assert one_pair({}, starts_at, child, cancelled=True) == {"cancelled"}
        assert one_pair({}, starts_at, child, now=starts_at) == {"past"}
        assert one_pair({}, starts_at, child, now=starts_at - timedelta(microseconds=1)) == set()

    def test_bookings_are_half_open(self) -> None:
        def with_booking(first: int, last: int) -> set[str]:
            booked = (Booked(at(2026, 6, 13, first), at(2026, 6, 13, last)),)
            return one_pair({}, at(2026, 6, 13, 10), Child(TEN), holdings=Holdings(booked=booked))

        assert with_booking(8, 10) == set()
        assert with_booking(12, 13) == set()
        assert with_booking(11, 13) == {"overlap"}
        assert with_booking(9, 15) == {"overlap"}


class TestCountBlocked:
    def test_counts_by_the_first_reason(self) -> None:
        mask = np.array([0, 1, 3, 2, 0b100000000000, 0b110], dtype=np.uint16)
        assert count_blocked(mask) == {"age": 2, "need": 2, "past": 1}
        assert count_blocked(np.zeros(0, dtype=np.uint16)) == {}


class TestLive:
    def test_must_belong_to_the_catalogue(self) -> None:
        world = draw_world(Random(1))
        catalogue = world.catalogue()
        with pytest.raises(InvalidProblem, match="places_left"):
            eligible(catalogue, Child(TEN), Holdings(), Live(NOW, np.zeros(3, dtype=int)))
        places = np.ones(len(catalogue.session_ids), dtype=int)
        taken = np.array([[999, 0, 1]], dtype=np.int64)
        with pytest.raises(InvalidProblem, match="limited_taken"):
            eligible(catalogue, Child(TEN), Holdings(), Live(NOW, places, taken))
