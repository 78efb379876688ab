"""Loading samples: once, all or nothing, and never out of date."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import sessionmaker

from app.access.models import Client
from app.authorities.models import Authority, SupportService
from app.catalogue.models import CatalogueVersion, Session
from app.children import service as children
from app.children.models import Child, Friendship
from app.clock import local_date
from app.db import NO_TENANT, transaction
from app.samples.authorities import SAMPLES, STOKE_SAMPLE, SampleAuthority
from app.samples.loading import Loaded, load_sample
from tests.support.clock import NOON

Sessions = sessionmaker[Transaction]


def silent(what: str, done: int, total: int) -> None:
    """Watch nothing."""


def small(name: str) -> SampleAuthority:
    return replace(STOKE_SAMPLE, name=name, n_children=12)


def load(sessions: Sessions, sample: SampleAuthority, now: datetime = NOON) -> Loaded:
    return load_sample(sessions, sample, now=now, on_progress=silent)


def version(sessions: Sessions, loaded: Loaded) -> int:
    with transaction(sessions, loaded.authority_id) as session:
        return session.scalars(select(CatalogueVersion.version)).one()


def test_the_samples_are_of_the_sizes_promised() -> None:
    assert [sample.n_children for sample in SAMPLES] == [300, 3000]


class TestLoadSample:
    def test_makes_the_whole_authority(self, sessions: Sessions) -> None:
        told: list[tuple[str, int, int]] = []
        loaded = load_sample(
            sessions,
            replace(STOKE_SAMPLE, name="Sample, whole"),
            now=NOON,
            on_progress=lambda *step: told.append(step),
        )
        assert loaded.n_children == 300
        # Three months and two weeks of about 150 a week.
        assert 1900 < loaded.n_sessions < 2500
        assert told[-1] == ("children", 300, 300)
        with transaction(sessions, loaded.authority_id) as session:
            assert session.scalar(select(func.count()).select_from(SupportService))
            assert session.scalar(select(func.count()).select_from(Friendship))

    def test_a_second_time_doubles_and_changes_nothing(self, sessions: Sessions) -> None:
        sample = small("Sample, twice")
        first = load(sessions, sample)
        before = version(sessions, first)
        second = load(sessions, sample, NOON + timedelta(hours=1))
        assert (second.authority_id, second.n_children, second.n_sessions) == (
            first.authority_id,
            first.n_children,
            first.n_sessions,
        )
        assert second.n_children == 12
        assert version(sessions, first) == before
        with transaction(sessions, NO_TENANT) as session:
            named = select(func.count()).select_from(Authority).where(Authority.name == sample.name)
            assert session.scalar(named) == 1
            clients = select(Client.id).where(Client.authority_id == first.authority_id)
            assert session.scalars(clients).all() == [first.broker.client_id]
        assert second.broker.client_id == first.broker.client_id
        assert second.broker.client_secret != first.broker.client_secret

    def test_weeks_later_the_sessions_reach_three_months_ahead_again(
        self, sessions: Sessions
    ) -> None:
        sample = small("Sample, weeks later")
        first = load(sessions, sample)
        later = NOON + timedelta(days=20)
        second = load(sessions, sample, later)
        assert second.n_sessions > first.n_sessions
        assert second.n_children == first.n_children
        with transaction(sessions, first.authority_id) as session:
            newest = session.scalar(select(func.max(Session.starts_at)))
        assert newest is not None
        assert local_date(newest) >= local_date(later + timedelta(days=92))

    @pytest.mark.parametrize("stopped_in", ["create_children", "add_households"])
    def test_stopped_in_the_middle_it_leaves_nothing(
        self, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, stopped_in: str
    ) -> None:
        sample = small(f"Sample, stopped in {stopped_in}")
        real: Callable[..., object] = getattr(children, stopped_in)

        def stop(*arguments: object, **named: object) -> None:
            real(*arguments, **named)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(children, stopped_in, stop)
            with pytest.raises(KeyboardInterrupt):
                load(sessions, sample)
        with transaction(sessions, NO_TENANT) as session:
            assert session.scalar(select(Authority.id).where(Authority.name == sample.name)) is None
        loaded = load(sessions, sample)
        assert loaded.n_children == 12
        with transaction(sessions, loaded.authority_id) as session:
            assert session.scalar(select(func.count()).select_from(Child)) == 12
