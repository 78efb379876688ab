"""The worked example: it works on any day, and a second time finds what the first one left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from app.bookings.errors import EntitlementExhausted
from app.bookings.idempotency import forget_keys
from app.bookings.models import Booking
from app.clock import age_on, local_date
from app.db import transaction
from app.samples.authorities import STOKE_SAMPLE
from app.samples.loading import broker_caller, load_sample
from app.samples.worked_example import choose_month, run_worked_example
from app.wishes.models import Wish

DAYS = [
    datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2027, 1, 31, 23, 30, tzinfo=UTC),
    datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
    datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%Y-%m-%dT%H:%M}")
def test_works_on_any_day_and_twice(sessions: sessionmaker[Session], now: datetime) -> None:
    sample = replace(STOKE_SAMPLE, name=f"Example of {now}", n_children=3)
    loaded = load_sample(sessions, sample, now=now, on_progress=lambda *_: None)
    caller = broker_caller(loaded.broker.client_id, loaded.authority_id)

    first = run_worked_example(sessions, caller, now=now)
    assert first.month == choose_month(now)
    assert (first.child.given_name, age_on(first.child.date_of_birth, local_date(now))) == (
        "Maya",
        12,
    )
    best = first.before.items[0]
    assert best.title == "Junior angling"
    assert any("fishing" in reason.text for reason in best.reasons)
    for match in first.before.items:
        total = sum(reason.contribution for reason in match.reasons)
        assert total == pytest.approx(match.score, abs=1e-6)
    assert any(match.arrangements for match in first.before.items)
    assert first.booked is not None
    assert not first.booked.is_earlier
    assert first.booked.session.id == best.session_id
    assert first.booked.booking.funding == "free"
    assert first.after.free.remaining == 0
    assert first.refused is not None
    assert isinstance(first.refused.refusal, EntitlementExhausted)
    assert first.refused.refusal.facts["month"] == first.month
    assert first.refused.wanted.session_id != best.session_id
    assert first.serving_the_wish == []

    # It must not lean on idempotency keys: they are forgotten after some days.
    with transaction(sessions, loaded.authority_id) as session:
        forget_keys(session, before=now + timedelta(minutes=1))
    second = run_worked_example(sessions, caller, now=now + timedelta(minutes=1))
    if second.month == first.month:
        assert second.booked is not None
        assert second.booked.is_earlier
        assert second.booked.booking.id == first.booked.booking.id
    assert second.wish == first.wish
    assert second.asked == first.asked
    assert len(first.asked) == 3
    with transaction(sessions, loaded.authority_id) as session:
        mine, months = first.child.id, len({first.month, second.month})
        assert session.scalar(select(func.count()).where(Booking.child_id == mine)) == months
        assert session.scalar(select(func.count()).where(Wish.child_id == mine)) == 1
