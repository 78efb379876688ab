"""Bookings against a model of a page: whatever the steps, the same answers and the same counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.bookings.cancelling import expire_holds
from app.bookings.models import Booking, EntitlementCounter, YearlyCounter
from app.catalogue.models import Session as CatalogueSession
from app.db import transaction
from tests.support.booking_model import LONDON, SEASONS, Booked, Place
from tests.support.catalogue import add_activity, add_session
from tests.support.clock import SetClock
from tests.support.entitlement import override, set_policy
from tests.support.races import add_children, booking, breaches, change, essential, outcome
from tests.support.world import World, make_world

# Who is to go where, one after the other.
ORDERS = st.lists(
    st.tuples(st.sampled_from(range(4)), st.sampled_from(range(6))), min_size=1, max_size=4
)
NOTICE = timedelta(hours=24)
ONE_HELPER = [{"need": "one_to_one", "kind": "limited", "per_session": 1}]
FUNDINGS = ("free", "contributory")
# Enough for two sessions of two hours.
HOURS = 5


class BookingMachine(RuleBasedStateMachine):
    """Books, confirms, cancels, waits and retries, and predicts every answer."""

    # Who needs the one helper of a session, and who is about to turn 19.
    helped = frozenset({0, 1})
    eldest = 2

    def __init__(self, make: Callable[[datetime], World]) -> None:
        super().__init__()
        self.make = make
        self.books: dict[str, Booked] = {}
        self.keys: list[tuple[str, tuple[Any, ...], str]] = []

    @initialize(season=st.sampled_from(sorted(SEASONS)))
    def begin(self, season: str) -> None:
        """Make an authority with a few children and sessions."""
        start, places, self.birthday = SEASONS[season]
        self.world = self.make(start)
        self.places = [Place(*place) for place in places]
        set_policy(
            self.world,
            free_per_month=2,
            contributory_per_month=1,
            hours_per_year=HOURS,
            uncounted_break_types=["group_universal"],
        )
        activity_ids = [
            add_activity(self.world, offers=ONE_HELPER, break_type=break_type)
            for break_type in ("group_specialist", "group_universal")
        ]
        self.place_ids = [
            add_session(
                self.world,
                activity_ids[place.uncounted],
                place.starts_at,
                capacity=place.capacity,
            )
            for place in self.places
        ]
        # How many free places of a month each child may have; null is any number.
        self.free: list[int | None] = [2] * 4
        needs = [essential("one_to_one")]
        born = self.birthday.replace(year=self.birthday.year - 19).isoformat()
        self.child_ids = [
            *add_children(self.world, len(self.helped), needs=needs),
            *add_children(self.world, 1, date_of_birth=born),
            *add_children(self.world, 1),
        ]

    @property
    def now(self) -> datetime:
        """Tell the time."""
        return self.world.clock.now

    def ended(self, books: dict[str, Booked], of: Callable[[Booked], bool]) -> dict[str, Booked]:
        """End the holds that have run out."""
        return {
            id_: replace(booked, status="cancelled", uses=False, until=None)
            if booked.until is not None and booked.until <= self.now and of(booked)
            else booked
            for id_, booked in books.items()
        }

    def judge(self, books: dict[str, Booked], child: int, place: int, funding: str) -> str:
        """Predict the answer to a booking: the first rule that refuses, in the contract's order."""
        active = [booked for booked in books.values() if booked.active]
        here = [booked for booked in active if booked.place == place]
        target = self.places[place]
        day = target.starts_at.astimezone(LONDON).date()
        mine = [self.places[booked.place] for booked in active if booked.child == child]
        rules = {
            "policy-age": child == self.eldest and day >= self.birthday,
            "session-started": target.starts_at <= self.now,
            "support-unavailable": child in self.helped
            and any(booked.child in self.helped for booked in here),
            "already-booked": target in mine,
            "session-overlap": any(
                abs(other.starts_at - target.starts_at) < timedelta(hours=2) for other in mine
            ),
            "entitlement-exhausted": not target.uncounted
            and self.is_exhausted(books, child, target, funding),
            "session-full": len(here) >= target.capacity,
        }
        return next((reason for reason, refuses in rules.items() if refuses), "201")

    def is_exhausted(
        self, books: dict[str, Booked], child: int, target: Place, funding: str
    ) -> bool:
        """Tell whether the month or the year leaves too little for a place."""
        mine = [b for b in books.values() if b.uses and b.child == child]
        year = [b for b in mine if self.places[b.place].year == target.year]
        month = [b for b in year if self.places[b.place].month == target.month]
        allowed = self.free[child] if funding == "free" else 1
        used = sum(booked.funding == funding for booked in month)
        return (allowed is not None and used >= allowed) or 2 * (len(year) + 1) > HOURS

    # Rules of their own, because Hypothesis leaves some rules out of each run.
    @rule(orders=ORDERS)
    def book_free(self, orders: list[tuple[int, int]]) -> None:
        """Book free places."""
        for child, place in orders:
            self.book(child, place, "free", None)

    @rule(orders=ORDERS)
    def book_contributory(self, orders: list[tuple[int, int]]) -> None:
        """Book contributory places."""
        for child, place in orders:
            self.book(child, place, "contributory", None)

    @rule(orders=ORDERS, minutes=st.sampled_from([30, 3 * 24 * 60]))
    def hold_free(self, orders: list[tuple[int, int]], minutes: int) -> None:
        """Hold free places for a while."""
        for child, place in orders:
            self.book(child, place, "free", minutes)

    @rule(orders=ORDERS, minutes=st.sampled_from([30, 3 * 24 * 60]))
    def hold_contributory(self, orders: list[tuple[int, int]], minutes: int) -> None:
        """Hold contributory places for a while."""
        for child, place in orders:
            self.book(child, place, "contributory", minutes)

    def book(self, child: int, place: int, funding: str, minutes: int | None) -> None:
        """Book, or be refused for the right reason."""
        key = f"key {len(self.keys)}"
        order = (child, place, funding, minutes)
        books = self.ended(self.books, lambda b: b.child == child or b.place == place)
        expected = self.judge(books, child, place, funding)

        answer = self.send(key, order)

        assert outcome(answer) == expected
        if expected == "201":
            until = None
            if minutes is not None:
                # Nobody is held a place in a session that has begun.
                starts_at = self.places[place].starts_at
                until = min(self.now + timedelta(minutes=minutes), starts_at)
            status = "confirmed" if minutes is None else "held"
            uses = not self.places[place].uncounted
            books[answer.json()["id"]] = Booked(child, place, funding, status, uses, until)
            self.books = books
            self.keys.append((key, order, answer.json()["id"]))

    def send(self, key: str, order: tuple[Any, ...]) -> Any:
        """Send an order under a key."""
        child, place, funding, minutes = order
        fields = {"funding": funding} | ({} if minutes is None else {"hold_minutes": minutes})
        call = booking(self.world, self.child_ids[child], self.place_ids[place], key=key, **fields)
        return call()

    @precondition(lambda self: self.keys)
    @rule(data=st.data(), changed=st.booleans())
    def retry(self, data: st.DataObject, changed: bool) -> None:
        """Use a key again: for the same order its booking as it is now, for another a refusal."""
        key, order, id_ = data.draw(st.sampled_from(self.keys))
        if changed:
            order = ((order[0] + 1) % 4, *order[1:])

        answer = self.send(key, order)

        if changed:
            assert answer.status_code == 422
        else:
            assert (outcome(answer), answer.json()["id"]) == ("201", id_)
            assert answer.json()["status"] == self.books[id_].status

    @precondition(lambda self: self.books)
    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        """Confirm what is held."""
        id_ = data.draw(st.sampled_from(sorted(self.books)))
        booked = self.books[id_]
        run_out = booked.until is not None and booked.until <= self.now
        good = booked.status == "confirmed" or (booked.status == "held" and not run_out)

        answer = change(self.world, id_, "confirm")()

        assert outcome(answer) == ("200" if good else "booking-not-held")
        if good:
            self.books[id_] = replace(booked, status="confirmed", until=None)

    @precondition(lambda self: self.books)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel, again and again if it comes to that."""
        self.give_up(data.draw(st.sampled_from(sorted(self.books))))

    @precondition(lambda self: any(booked.active for booked in self.books.values()))
    @rule(data=st.data(), minutes=st.sampled_from([-1, 0, 1]))
    def cancel_about_the_end_of_the_notice(self, data: st.DataObject, minutes: int) -> None:
        """Cancel just in time or just too late."""
        active = sorted(id_ for id_, booked in self.books.items() if booked.active)
        id_ = data.draw(st.sampled_from(active))
        end = self.places[self.books[id_].place].starts_at - NOTICE
        self.world.clock.now = max(self.now, end + timedelta(minutes=minutes))
        self.give_up(id_)

    def give_up(self, id_: str) -> None:
        """Cancel, in time or too late."""
        booked, starts_at = self.books[id_], self.places[self.books[id_].place].starts_at
        begun = booked.active and starts_at <= self.now

        answer = change(self.world, id_, "cancel")()

        assert outcome(answer) == ("session-started" if begun else "200")
        if booked.active and not begun:
            late = booked.status != "held" and self.now > starts_at - NOTICE
            self.books[id_] = replace(
                booked, status="cancelled", uses=late and booked.uses, until=None
            )

    @rule(child=st.sampled_from(range(4)), allowed=st.sampled_from([None, 0, 1, 2]))
    def allow(self, child: int, allowed: int | None) -> None:
        """Allow a child more or fewer free places than the policy, or end that."""
        days = {"starts_on": "2027-03-31", "ends_on": "2027-11-01"}
        listed = [] if allowed == 2 else [{"measure": "free", "allowed": allowed, **days}]
        override(self.world, self.child_ids[child], *listed)
        self.free[child] = allowed

    @rule(further=st.sampled_from([0, 0, 1]))
    def wait(self, further: int) -> None:
        """Let time pass until something changes: a session or hold, or a minute before or after."""
        turns = {place.starts_at for place in self.places}
        turns |= {starts_at - NOTICE for starts_at in turns}
        turns |= {booked.until for booked in self.books.values() if booked.until is not None}
        minute = timedelta(minutes=1)
        coming = sorted({t + d for t in turns for d in (-minute, 0 * minute, minute)})
        coming = [instant for instant in coming if instant > self.now]
        if len(coming) > further:
            self.world.clock.now = coming[further]

    @rule()
    def sweep(self) -> None:
        """End all holds that have run out, as the worker does."""
        with transaction(self.world.sessions, self.world.authority_id) as session:
            expire_holds(session, now=self.now)
        self.books = self.ended(self.books, lambda _: True)

    @invariant()
    def agrees(self) -> None:
        """Compare all that is stored with the model."""
        if not hasattr(self, "places"):
            return
        with transaction(self.world.sessions, self.world.authority_id) as session:
            stored = {
                str(booked.id): (booked.status, booked.uses_entitlement, booked.month)
                for booked in session.scalars(select(Booking))
            }
            used = {
                (self.child_ids.index(str(row.child_id)), row.month, row.funding): row.used
                for row in session.scalars(select(EntitlementCounter))
                if row.used
            }
            minutes = {
                (self.child_ids.index(str(row.child_id)), row.year): row.used
                for row in session.scalars(select(YearlyCounter))
                if row.used
            }
            taken = {str(row.id): row.taken for row in session.scalars(select(CatalogueSession))}
        assert stored == {
            id_: (booked.status, booked.uses, self.places[booked.place].month)
            for id_, booked in self.books.items()
        }
        assert used == Counter(
            (booked.child, self.places[booked.place].month, booked.funding)
            for booked in self.books.values()
            if booked.uses
        )
        year_of = [place.year for place in self.places]
        assert minutes == {
            key: 120 * count
            for key, count in Counter(
                (booked.child, year_of[booked.place])
                for booked in self.books.values()
                if booked.uses
            ).items()
        }
        assert taken == {
            id_: sum(b.active and b.place == place for b in self.books.values())
            for place, id_ in enumerate(self.place_ids)
        }

    @precondition(lambda self: self.books)
    @rule(child=st.sampled_from(range(4)), place=st.sampled_from(range(6)))
    def read_entitlement(self, child: int, place: int) -> None:
        """Ask what a child may still book in a month."""
        month = self.places[place].month
        path = f"/v1/children/{self.child_ids[child]}/entitlements?month={month}"

        left = self.world.call("GET", path).json()

        for funding in FUNDINGS:
            used = sum(
                b.uses and (b.child, b.funding) == (child, funding)
                for b in self.books.values()
                if self.places[b.place].month == month
            )
            allowed = self.free[child] if funding == "free" else 1
            left_over = None if allowed is None else max(0, allowed - used)
            assert left[funding] == {"allowed": allowed, "used": used, "remaining": left_over}

    def teardown(self) -> None:
        """Verify what is left."""
        if hasattr(self, "places"):
            assert breaches(self.world) == []


def test_bookings_follow_the_model(
    http: TestClient, sessions: sessionmaker[Session], clock: SetClock
) -> None:
    def make(start: datetime) -> World:
        clock.now = start
        return make_world(http, sessions, clock)

    run_state_machine_as_test(
        lambda: BookingMachine(make),
        settings=settings(
            max_examples=14,
            stateful_step_count=30,
            deadline=None,
            # The same steps in every run, so that a failure here is a change of ours.
            derandomize=True,
            # A failing run is reported as it is: to find a shorter one takes minutes.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
