"""The angling story in the sample: the same on any day, and every rule of the data holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.clock import local_date
from app.db import transaction
from app.samples.angling_story import DAYS_AGO, read_angling_story
from app.samples.authorities import STOKE_SAMPLE
from app.samples.loading import broker_caller, load_sample
from app.verification.service import check_authority

DAYS = [
    datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC),
    datetime(2027, 11, 1, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("now", DAYS, ids=lambda now: f"{now:%Y-%m-%dT%H:%M}")
def test_is_told_by_the_sample(sessions: sessionmaker[Session], now: datetime) -> None:
    sample = replace(STOKE_SAMPLE, name=f"Story of {now}", n_children=3)
    loaded = load_sample(sessions, sample, now=now, on_progress=lambda *_: None)
    broker = broker_caller(loaded.broker.client_id, loaded.authority_id)
    with transaction(sessions, loaded.authority_id) as session:
        story = read_angling_story(session, broker, now=now)
    assert loaded.n_children == 3

    assert (story.wish.text, story.wish.concepts) == ("go fishing with people my age", ["angling"])
    assert [action.kind for action in story.actions] == [
        *("asked_providers", "introduced", "group_founded", "activity_added"),
    ]
    assert len(story.actions[0].provider_ids) == 3
    days = [local_date(story.wish.created_at), *(one.happened_on for one in story.actions)]
    assert days == sorted(set(days))
    assert (story.wish.status, story.wish.met_by) == ("met", "attendance")
    assert story.wish.ended_at is not None
    went = local_date(story.wish.ended_at)
    assert went.weekday() == 5
    assert timedelta(days=DAYS_AGO) <= local_date(now) - went < timedelta(days=DAYS_AGO + 7)
    assert [part.role for part in story.parts] == ["recipient", "member", "mentor"]
    assert story.parts[0].since == went < story.parts[-1].since <= local_date(now)
    with transaction(sessions, loaded.authority_id) as session:
        found = [str(one) for done in check_authority(session, now=now) for one in done.findings]
    assert found == []


def test_is_brought_to_a_sample_that_was_made_without_it(sessions: sessionmaker[Session]) -> None:
    now = DAYS[0]
    before = replace(STOKE_SAMPLE, name="Sample, storyless", n_children=3, has_stories=False)
    load_sample(sessions, before, now=now, on_progress=lambda *_: None)
    for hours in (1, 2):
        loaded = load_sample(
            sessions,
            replace(before, has_stories=True),
            now=now + timedelta(hours=hours),
            on_progress=lambda *_: None,
        )

        assert loaded.n_children == 4
        broker = broker_caller(loaded.broker.client_id, loaded.authority_id)
        with transaction(sessions, loaded.authority_id) as session:
            story = read_angling_story(session, broker, now=now)
        assert (len(story.actions), len(story.parts)) == (4, 3)
