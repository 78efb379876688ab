"""The checker's eye on waiting lists: sound histories pass, each planted violation is found."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.load.history import Kept, Phase, check_at_rest, check_history, check_limits
from tests.load.test_history import CAPACITY, MONTH, OTHER, Diary, kept


def wait(diary: Diary, booking: str = "b") -> None:
    """Ask for a place, and be put on the list."""
    diary.call("place", f"key of {booking}", "ok", booking=booking, status="waitlisted")()


def accept(diary: Diary, phase: Phase) -> None:
    """Take the place that is offered."""
    diary.call("accept", "b", phase, booking="b", status="confirmed")()


def decline(diary: Diary, phase: Phase) -> None:
    """Let the place go to the next."""
    diary.call("decline", "b", phase, booking="b", status="cancelled")()


WAITING = kept("b", status="waitlisted")
OFFERED = replace(WAITING, open_offers=1)
PLACED = replace(kept("b"), accepted_offers=1)


class TestSoundHistories:
    @pytest.mark.parametrize("there", [WAITING, OFFERED])
    def test_still_waiting(self, there: Kept) -> None:
        diary = Diary()
        wait(diary)
        accept(diary, "fail")

        assert check_history(diary.events, [there]) == []

    @pytest.mark.parametrize("phase", ["ok", "unknown"])
    def test_accepted(self, phase: Phase) -> None:
        diary = Diary()
        wait(diary)
        accept(diary, phase)

        assert check_history(diary.events, [PLACED]) == []

    def test_declined(self) -> None:
        diary = Diary()
        wait(diary)
        decline(diary, "ok")
        diary.read("b", "ok", "cancelled")

        assert check_history(diary.events, [kept("b", status="cancelled")]) == []


def placed_by_nobody(diary: Diary) -> Kept:
    wait(diary)
    accept(diary, "fail")
    return kept("b")


def waiting_again(diary: Diary) -> Kept:
    diary.place("k", "ok", "b")
    return WAITING


def accepted_and_waiting(diary: Diary) -> Kept:
    wait(diary)
    accept(diary, "ok")
    return replace(WAITING, accepted_offers=1)


def offered_twice(diary: Diary) -> Kept:
    wait(diary)
    return replace(WAITING, open_offers=2)


def offered_again(diary: Diary) -> Kept:
    wait(diary)
    accept(diary, "ok")
    return replace(PLACED, open_offers=1)


def accepted_without_an_offer(diary: Diary) -> Kept:
    wait(diary)
    accept(diary, "ok")
    return kept("b")


def declined_and_there(diary: Diary) -> Kept:
    wait(diary)
    decline(diary, "ok")
    return WAITING


class TestPlantedViolations:
    @pytest.mark.parametrize(
        ("plant", "found"),
        [
            (placed_by_nobody, "has a place that nobody has accepted"),
            (waiting_again, "waits for the place that it had"),
            (accepted_and_waiting, "waits for the place that it had"),
            (offered_twice, "has 2 offers of a place"),
            (offered_again, "has 2 offers of a place"),
            (accepted_without_an_offer, "has 0 offers of a place"),
            (declined_and_there, "was cancelled and is waitlisted"),
        ],
    )
    def test_it_is_found(self, plant: Callable[[Diary], Kept], found: str) -> None:
        diary = Diary()
        there = plant(diary)

        [violation] = check_history(diary.events, [there])

        assert violation == f"booking b {found}"


def test_a_place_that_is_offered_is_taken() -> None:
    offered = replace(kept("c", OTHER, status="waitlisted"), open_offers=1)

    assert check_limits([kept("b"), offered], capacity=CAPACITY, month=MONTH) == [
        "session angling is oversold: 2 of 1"
    ]


class TestAtRest:
    def check(self, *bookings: Kept) -> list[str]:
        return check_at_rest(bookings, capacity=CAPACITY, month=MONTH)

    def test_beside_a_free_place(self) -> None:
        assert self.check(WAITING) == ["booking b waits beside a free place"]

    @pytest.mark.parametrize(
        "other",
        [
            kept("c", OTHER),
            replace(kept("c", OTHER, status="waitlisted"), open_offers=1),
            # Its own free activity of the month is used up.
            Kept("c", "Sam", "swimming", "free", "confirmed"),
        ],
    )
    def test_for_good_reason(self, other: Kept) -> None:
        assert self.check(WAITING, other) == []

    def test_offered(self) -> None:
        assert self.check(OFFERED) == []
