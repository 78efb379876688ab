from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import app
from app.codes import NEED_CODES
from app.feeds.readers import FeedKind, Item, read_records
from app.feeds.records import ActivityRecord, ProviderRecord, SessionRecord
from app.feeds.recurrence import LONDON, sessions_of
from app.postcodes import centroid, parse_postcode

FOLDER = Path(app.__file__).parent / "samples" / "data"
FILES: tuple[tuple[str, FeedKind], ...] = (
    ("catalogue.json", "open_referral_uk"),
    ("clubs.ndjson", "ndjson"),
    ("leisure.csv", "csv"),
)
START = datetime(2026, 11, 23, tzinfo=LONDON)


@cache
def items() -> tuple[Item, ...]:
    return tuple(
        item for name, kind in FILES for _, item in read_records((FOLDER / name).read_bytes(), kind)
    )


def activities() -> list[ActivityRecord]:
    return [item for item in items() if isinstance(item, ActivityRecord)]


def sessions() -> list[SessionRecord]:
    end = START + timedelta(weeks=13)
    return [one for each in activities() for one in sessions_of(each, start=START, end=end)]


class TestSampleCatalogue:
    def test_is_read_without_an_error_or_a_warning(self) -> None:
        records = (ProviderRecord, ActivityRecord, SessionRecord)
        assert [item for item in items() if not isinstance(item, records)] == []

    def test_names_parents_that_are_there_and_ids_once(self) -> None:
        providers = {item.source_id for item in items() if isinstance(item, ProviderRecord)}
        assert 35 <= len(providers) <= 45
        assert 150 <= len(activities()) <= 240
        assert {each.provider_source_id for each in activities()} == providers
        dated = [item for item in items() if isinstance(item, SessionRecord)]
        assert len(dated) >= 3
        assert {one.activity_source_id for one in dated} <= {a.source_id for a in activities()}
        ids = Counter(one.source_id for one in [*sessions(), *dated])
        assert ids.most_common(1)[0][1] == 1

    def test_has_about_150_sessions_a_week_on_all_days(self) -> None:
        assert 140 <= len(sessions()) / 13 <= 165
        assert len(Counter(one.starts_at.weekday() for one in sessions())) == 7

    def test_no_session_begins_at_an_hour_no_child_would_come(self) -> None:
        for one in sessions():
            assert 9 <= one.starts_at.hour <= 20, one.source_id

    def test_has_every_setting_break_type_and_funding(self) -> None:
        assert len({each.setting for each in activities()}) == 3
        assert len({each.break_type for each in activities()}) == 4
        assert len({each.funding for each in activities()}) == 3

    def test_meets_every_need_somewhere_but_not_everywhere(self) -> None:
        met = Counter(offer.need for each in activities() for offer in each.offers)
        assert set(NEED_CODES) == set(met)
        assert max(met.values()) < len(activities())
        kinds = Counter(offer.kind for each in activities() for offer in each.offers)
        assert min(kinds["provided"], kinds["limited"], kinds["on_request"]) > 100

    def test_is_in_and_around_stoke(self) -> None:
        for each in activities():
            if each.venue is None or each.venue.latitude is None or each.venue.longitude is None:
                continue
            postcode = parse_postcode(each.venue.postcode or "")
            assert postcode.area == "ST"
            middle = centroid(postcode)
            assert middle is not None
            assert abs(each.venue.latitude - middle[0]) < 0.01
            assert abs(each.venue.longitude - middle[1]) < 0.015
        assert sum(each.venue is not None for each in activities()) >= len(activities()) - 1

    def test_serves_the_worked_example_but_not_its_wish(self) -> None:
        (angling,) = (each for each in activities() if each.title == "Junior angling")
        assert "Angling" in angling.concept_labels
        assert any(one.activity_source_id == angling.source_id for one in sessions())
        for each in activities():
            assert "falcon" not in f"{each.title} {each.description}".lower()
