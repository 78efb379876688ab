"""The border: what is refused, by the name of the field and without its content."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np
import pytest

from matching import (
    ActivityRow,
    Booked,
    Child,
    Interest,
    InvalidProblem,
    Live,
    Need,
    OfferRow,
    SessionRow,
    SupportService,
    Window,
    build_catalogue,
)
from matching.offers import PROVIDED
from tests.matching.worlds import LONDON, SMALL_VOCABULARY

ID = UUID(int=1)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
BORN = date(2016, 1, 1)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: OfferRow("flying"), "offer.need"),
        (lambda: OfferRow("hoist", "maybe"), "offer.kind"),
        (lambda: OfferRow("hoist", "limited"), "offer.per_session"),
        (lambda: OfferRow("hoist", "on_request", lead_days=-1), "offer.lead_days"),
        (lambda: OfferRow("hoist", "on_request", cost_pence=-1), "offer.cost_pence"),
        (lambda: ActivityRow(ID, "x", latitude=53.0), "latitude and longitude"),
        (lambda: ActivityRow(ID, "x", latitude=91.0, longitude=0.0), "latitude"),
        (lambda: ActivityRow(ID, "x", latitude=0.0, longitude=float("nan")), "longitude"),
        (lambda: ActivityRow(ID, "x", min_age=9, max_age=8), "activity.min_age"),
        (lambda: ActivityRow(ID, "x", gender="other"), "activity.gender"),
        (lambda: ActivityRow(ID, "x", setting="cosy"), "activity.setting"),
        (lambda: ActivityRow(ID, "x", break_type="long"), "activity.break_type"),
        (lambda: ActivityRow(ID, "x", funding=()), "activity.funding"),
        (lambda: ActivityRow(ID, "x", funding=("gratis",)), "activity.funding"),
        (lambda: ActivityRow(ID, "x", price_pence=-1), "activity.price_pence"),
        (lambda: SessionRow(ID, ID, datetime(2026, 6, 1), LATER), "session.starts_at"),  # noqa: DTZ001
        (lambda: SessionRow(ID, ID, NOON, NOON), "session.ends_at"),
        (lambda: Interest("x", "meh"), "interest.feeling"),
        (lambda: Interest("x", "like", "aunt"), "interest.voice"),
        (lambda: Need("flying"), "need.code"),
        (lambda: Need("hoist", "vital"), "need.importance"),
        (lambda: Window("caturday", time(9), time(10)), "window.weekday"),
        (lambda: Window("monday", time(10), time(10)), "window.end"),
        (lambda: Child(BORN, "robot"), "child.gender"),
        (lambda: Child(BORN, max_km=-1.0), "child.max_km"),
        (lambda: Child(BORN, max_km=float("nan")), "child.max_km"),
        (lambda: Child(BORN, settings=("cosy",)), "child.settings"),
        (lambda: Booked(datetime(2026, 6, 1), LATER), "booked.starts_at"),  # noqa: DTZ001
        (lambda: SupportService("flying"), "service.need"),
        (lambda: SupportService("hoist", lead_days=-1), "service.lead_days"),
        (lambda: Live(datetime(2026, 6, 1), np.zeros(0, int)), "live.now"),  # noqa: DTZ001
        (lambda: Live(NOON, np.zeros(0, int), np.zeros((1, 2), np.int64)), "live.limited_taken"),
        (lambda: Live(NOON, np.zeros(0, int), policies=()), "live.policies"),
    ],
)
def test_refused(make, field: str) -> None:
    with pytest.raises(InvalidProblem) as refusal:
        make()
    assert field in str(refusal.value)
    for content in ("flying", "cosy", "caturday", "robot", "aunt", "meh"):
        assert content not in str(refusal.value)


def test_an_hour_that_repeats_is_no_end_before_the_start() -> None:
    starts_at = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    ends_at = datetime(2026, 10, 25, 1, 15, tzinfo=LONDON, fold=1)
    assert SessionRow(ID, ID, starts_at, ends_at).ends_at == ends_at


class TestBuildCatalogue:
    def test_refuses_an_id_that_stands_twice(self) -> None:
        row = ActivityRow(ID, "x")
        with pytest.raises(InvalidProblem, match="twice"):
            build_catalogue([row, row], [], SMALL_VOCABULARY)
        session = SessionRow(ID, ID, NOON, LATER)
        with pytest.raises(InvalidProblem, match="twice"):
            build_catalogue([row], [session, session], SMALL_VOCABULARY)

    def test_refuses_a_session_of_an_unknown_activity(self) -> None:
        session = SessionRow(ID, UUID(int=9), NOON, LATER)
        with pytest.raises(InvalidProblem, match="names an activity"):
            build_catalogue([ActivityRow(ID, "x")], [session], SMALL_VOCABULARY)

    def test_orders_activities_by_id(self) -> None:
        rows = [ActivityRow(UUID(int=number), "x") for number in (3, 1, 2)]
        catalogue = build_catalogue(rows, [], SMALL_VOCABULARY)
        assert [one.int for one in catalogue.activities.ids] == [1, 2, 3]

    def test_orders_by_start_then_id_and_shares_profiles(self) -> None:
        sessions = [
            SessionRow(UUID(int=3), ID, NOON, LATER),
            SessionRow(UUID(int=2), ID, NOON, LATER, offers=(OfferRow("hoist"),)),
            SessionRow(UUID(int=4), ID, NOON - timedelta(days=1), NOON),
        ]
        row = ActivityRow(ID, "x", offers=(OfferRow("bsl"),))
        catalogue = build_catalogue([row], sessions, SMALL_VOCABULARY)
        assert [one.int for one in catalogue.session_ids] == [4, 2, 3]
        assert catalogue.sessions.profile[0] == catalogue.sessions.profile[2]
        assert (catalogue.profiles.first_means == PROVIDED).sum(axis=1).tolist() == [1, 2]
        assert catalogue.session_index[UUID(int=3)] == 2
