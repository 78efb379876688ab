"""Seeded authorities: exactly as large as asked for, once, with secrets that work."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import sessionmaker

from app.access.errors import InvalidClient
from app.access.models import Client
from app.access.scopes import ClientKind
from app.access.service import authenticate_client
from app.catalogue.models import Provider, Session
from app.children.models import Child, Interest
from app.db import NO_TENANT, transaction
from app.samples.seeding import KINDS, SeededAuthority, seed_authority
from tests.support.clock import NOON

Sessions = sessionmaker[Transaction]


def seed(sessions: Sessions, number: int = 1, *, seed: int) -> SeededAuthority:
    return seed_authority(
        sessions,
        number,
        n_children=30,
        n_sessions=40,
        seed=seed,
        now=NOON,
        on_progress=lambda *_: None,
    )


def counts(sessions: Sessions, made: SeededAuthority) -> tuple[int | None, int | None]:
    with transaction(sessions, made.id) as session:
        return (
            session.scalar(select(func.count()).select_from(Child)),
            session.scalar(select(func.count()).select_from(Session)),
        )


def words(sessions: Sessions, made: SeededAuthority) -> list[str]:
    with transaction(sessions, made.id) as session:
        return sorted(session.scalars(select(Interest.text)))


class TestSeedAuthority:
    def test_is_as_large_as_asked_for_and_only_made_once(self, sessions: Sessions) -> None:
        first = seed(sessions, seed=901)
        assert counts(sessions, first) == (30, 40)
        second = seed(sessions, seed=901)
        assert (second.id, second.name) == (first.id, first.name)
        assert counts(sessions, first) == (30, 40)
        with transaction(sessions, NO_TENANT) as session:
            clients = select(func.count()).select_from(Client)
            assert session.scalar(clients.where(Client.authority_id == first.id)) == len(KINDS)

    def test_another_number_or_seed_is_another_authority(self, sessions: Sessions) -> None:
        one, two, other = (
            seed(sessions, 1, seed=902),
            seed(sessions, 2, seed=902),
            seed(sessions, 1, seed=903),
        )
        assert len({one.id, two.id, other.id}) == 3
        assert words(sessions, one) != words(sessions, two)
        assert words(sessions, one) != words(sessions, other)

    def test_the_newest_secrets_work_and_the_older_do_not(self, sessions: Sessions) -> None:
        first, second = seed(sessions, seed=904), seed(sessions, seed=904)
        assert tuple(second.clients) == KINDS
        with transaction(sessions, NO_TENANT) as session:
            for kind, client in second.clients.items():
                known = authenticate_client(session, str(client.client_id), client.client_secret)
                assert ClientKind(known.kind) is kind
                assert known.authority_id == second.id
                with pytest.raises(InvalidClient):
                    authenticate_client(
                        session, str(client.client_id), first.clients[kind].client_secret
                    )

    def test_the_provider_client_is_a_provider_of_the_authority(self, sessions: Sessions) -> None:
        made = seed(sessions, seed=905)
        with transaction(sessions, NO_TENANT) as session:
            client = session.get_one(Client, made.clients[ClientKind.PROVIDER].client_id)
        with transaction(sessions, made.id) as session:
            assert session.get(Provider, (made.id, client.provider_id)) is not None
