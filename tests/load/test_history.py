"""The checker itself: a sound history passes, and each planted violation is found."""

import re
from collections.abc import Callable
from itertools import count

import pytest

from tests.load.history import (
    Action,
    Event,
    Kept,
    Order,
    Phase,
    check_history,
    check_limits,
    pair,
)

ORDER = Order("Sam", "angling", "free")
OTHER = Order("Ada", "angling", "free")
CAPACITY = {"angling": 1, "swimming": 9, "climbing": 9}
MONTH = {"angling": "2027-03", "swimming": "2027-03", "climbing": "2027-04"}


class Diary:
    """Events in the order in which they are written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._at = count(1)
        self._calls = count()

    def call(
        self,
        action: Action,
        key: str,
        phase: Phase | None,
        *,
        booking: str | None = None,
        status: str | None = None,
    ) -> Callable[[], None]:
        """Begin a call and give the end of it, to be written later."""
        call = next(self._calls)
        asked = ORDER if action == "place" else None

        def note(what: Phase) -> None:
            told = (booking, status) if what == "ok" else (None, None)
            self.events.append(Event(next(self._at), 1, call, what, action, key, asked, *told))

        note("invoke")
        return lambda: note(phase) if phase is not None else None

    def place(self, key: str, phase: Phase | None, booking: str | None = None) -> None:
        """Ask for a place and be told."""
        self.call("place", key, phase, booking=booking, status="confirmed")()

    def cancel(self, booking: str, phase: Phase | None) -> None:
        """Give a place back and be told."""
        self.call("cancel", booking, phase, booking=booking, status="cancelled")()

    def read(self, booking: str, phase: Phase, status: str | None = None) -> None:
        """Look at a booking."""
        self.call("read", booking, phase, booking=booking, status=status)()


def kept(booking: str, order: Order = ORDER, status: str = "confirmed") -> Kept:
    return Kept(booking, order.child_id, order.session_id, order.funding, status)


class TestSoundHistories:
    @pytest.mark.parametrize("there", [[], [kept("b")]])
    @pytest.mark.parametrize("phase", ["unknown", None])
    def test_unknown_may_have_been_done_or_not(
        self, phase: Phase | None, there: list[Kept]
    ) -> None:
        diary = Diary()
        diary.place("k", phase)

        assert check_history(diary.events, there) == []

    def test_unknown_settled_by_the_same_key(self) -> None:
        diary = Diary()
        diary.place("k", "unknown")
        diary.place("k", "ok", "b")
        diary.place("k", "ok", "b")

        assert check_history(diary.events, [kept("b")]) == []

    def test_refused_at_first_and_granted_later(self) -> None:
        diary = Diary()
        diary.place("k", "fail")
        diary.place("k", "ok", "b")

        assert check_history(diary.events, [kept("b")]) == []

    def test_a_whole_life(self) -> None:
        diary = Diary()
        diary.place("k", "ok", "b")
        diary.read("b", "ok", "confirmed")
        diary.cancel("b", "ok")
        diary.read("b", "ok", "cancelled")
        diary.place("again", "ok", "c")

        assert check_history(diary.events, [kept("b", status="cancelled"), kept("c")]) == []

    @pytest.mark.parametrize("status", ["confirmed", "cancelled"])
    def test_a_cancellation_under_way_may_be_seen_or_not(self, status: str) -> None:
        diary = Diary()
        diary.place("k", "ok", "b")
        end = diary.call("cancel", "b", "ok", booking="b", status="cancelled")
        diary.read("b", "ok", status)
        end()

        assert check_history(diary.events, [kept("b", status="cancelled")]) == []

    def test_a_read_before_the_acknowledgement_may_see_nothing(self) -> None:
        diary = Diary()
        end = diary.call("place", "k", "ok", booking="b", status="confirmed")
        diary.read("b", "fail")
        end()

        assert check_history(diary.events, [kept("b")]) == []


def lost(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    return []


def kept_twice(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    return [kept("b"), kept("b")]


def done_twice(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    return [kept("b"), kept("c")]


def refused_and_done(diary: Diary) -> list[Kept]:
    diary.place("k", "fail")
    return [kept("b")]


def refused_after_unknown_and_done(diary: Diary) -> list[Kept]:
    diary.place("k", "unknown")
    diary.place("k", "fail")
    return [kept("b")]


def unknown_and_done_twice(diary: Diary) -> list[Kept]:
    diary.place("k", "unknown")
    diary.place("k", "unknown")
    return [kept("b"), kept("c")]


def one_key_two_bookings(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.place("k", "ok", "c")
    return [kept("b"), kept("c")]


def granted_then_refused(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.place("k", "fail")
    return [kept("b")]


def two_keys_one_booking(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.place("l", "ok", "b")
    return [kept("b")]


def another_order(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    return [kept("b", OTHER)]


def granted_without_booking(diary: Diary) -> list[Kept]:
    diary.place("k", "ok")
    return []


def cancelled_and_there(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.cancel("b", "ok")
    return [kept("b")]


def cancelled_by_nobody(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.cancel("b", "fail")
    return [kept("b", status="cancelled")]


def read_in_vain(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.read("b", "fail")
    return [kept("b")]


def read_too_late(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.cancel("b", "ok")
    diary.read("b", "ok", "confirmed")
    return [kept("b", status="cancelled")]


def read_too_early(diary: Diary) -> list[Kept]:
    diary.place("k", "ok", "b")
    diary.read("b", "ok", "cancelled")
    diary.cancel("b", "ok")
    return [kept("b", status="cancelled")]


class TestPlantedViolations:
    @pytest.mark.parametrize(
        ("plant", "found"),
        [
            (lost, "acknowledged booking b is kept 0x"),
            (kept_twice, "acknowledged booking b is kept 2x"),
            (done_twice, "booking c is kept, and nobody was told"),
            (refused_and_done, "booking b is kept, and nobody was told"),
            (refused_after_unknown_and_done, "booking b is kept, and nobody was told"),
            (unknown_and_done_twice, "booking c is kept, and nobody was told"),
            (one_key_two_bookings, "answered with 2 bookings"),
            (granted_then_refused, "refused after it had been granted"),
            (two_keys_one_booking, "told to two keys"),
            (another_order, "not what was asked for"),
            (granted_without_booking, "granted without a booking"),
            (cancelled_and_there, "was cancelled and is confirmed"),
            (cancelled_by_nobody, "cancelled, and nobody asked"),
            (read_in_vain, "could not be read"),
            (read_too_late, "read as confirmed after its cancellation"),
            (read_too_early, "read as cancelled before anybody asked"),
        ],
    )
    def test_it_is_found(self, plant: Callable[[Diary], list[Kept]], found: str) -> None:
        diary = Diary()
        there = plant(diary)

        violations = check_history(diary.events, there)

        assert len(violations) == 1, violations
        assert re.search(re.escape(found), violations[0])


class TestPair:
    def test_two_ends_are_no_history(self) -> None:
        diary = Diary()
        diary.place("k", "ok", "b")

        with pytest.raises(ValueError, match="two of ok"):
            pair([*diary.events, diary.events[-1]])

    def test_nor_is_an_end_alone(self) -> None:
        diary = Diary()
        diary.place("k", "ok", "b")

        with pytest.raises(ValueError, match="without an invocation"):
            pair(diary.events[1:])


class TestCheckLimits:
    def check(self, *bookings: Kept) -> list[str]:
        return check_limits(bookings, capacity=CAPACITY, month=MONTH)

    def test_within_both(self) -> None:
        swims = Kept("c", "Sam", "swimming", "contributory", "held")
        climbs = Kept("d", "Sam", "climbing", "free", "confirmed")
        gone = kept("e", OTHER, status="cancelled")

        assert self.check(kept("b"), swims, climbs, gone) == []

    def test_oversold(self) -> None:
        [found] = self.check(kept("b"), kept("c", OTHER, status="held"))

        assert found == "session angling is oversold: 2 of 1"

    def test_twice_in_a_month(self) -> None:
        [found] = self.check(kept("b"), Kept("c", "Sam", "swimming", "free", "no_show"))

        assert found == "child Sam has 2 free bookings in 2027-03"
