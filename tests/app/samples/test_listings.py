"""The packaged listings, moved to other towns and dated one by one."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random

from app.clock import LONDON
from app.feeds.records import ActivityRecord, ProviderRecord, SessionRecord
from app.feeds.recurrence import sessions_of
from app.samples.homes import CHESHIRE_EAST, STOKE
from app.samples.listings import date_sessions, move_to_towns

TODAY = date(2027, 3, 2)


class TestMoveToTowns:
    def test_gives_the_same_for_a_seed(self) -> None:
        first = list(move_to_towns(Random(1), CHESHIRE_EAST))
        assert list(move_to_towns(Random(1), CHESHIRE_EAST)) == first

    def test_is_no_toy(self) -> None:
        items = [item for _, item in move_to_towns(Random(1), CHESHIRE_EAST)]
        activities = [item for item in items if isinstance(item, ActivityRecord)]
        ids = Counter(getattr(item, "source_id", None) for item in items)
        assert ids.most_common(1)[0][1] == 1
        providers = {item.source_id for item in items if isinstance(item, ProviderRecord)}
        assert {activity.provider_source_id for activity in activities} == providers
        start = datetime(2027, 3, 1, tzinfo=LONDON)
        sessions = [
            one
            for each in activities
            for one in sessions_of(each, start=start, end=start + timedelta(weeks=4))
        ]
        assert len(sessions) / 4 > 500
        assert len(Counter(one.starts_at.weekday() for one in sessions)) == 7


class TestDateSessions:
    def test_spreads_as_many_as_asked_for_over_three_months(self) -> None:
        items = [
            item for _, item in date_sessions(Random(1), n_sessions=800, towns=STOKE, today=TODAY)
        ]
        sessions = [item for item in items if isinstance(item, SessionRecord)]
        assert len(sessions) == 800
        days = [one.starts_at.date() for one in sessions]
        assert min(days) > TODAY
        assert max(days) - TODAY > timedelta(days=85)
        assert max(days) - TODAY <= timedelta(days=92)
        assert len({day.weekday() for day in days}) == 7
        assert {one.capacity for one in sessions} == set(range(4, 31))
        activities = [item for item in items if isinstance(item, ActivityRecord)]
        assert {one.activity_source_id for one in sessions} == {a.source_id for a in activities}
        assert any(activity.price_pence for activity in activities)
        assert any(activity.offers for activity in activities)

    def test_of_one_session_is_one(self) -> None:
        items = [
            item for _, item in date_sessions(Random(1), n_sessions=1, towns=STOKE, today=TODAY)
        ]
        assert [type(item) for item in items] == [ProviderRecord, ActivityRecord, SessionRecord]
