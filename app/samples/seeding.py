"""Authorities of any size, for load tests and benchmarks: numbered, made from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from app.access.schemas import ClientCredentials
from app.access.scopes import ClientKind
from app.access.service import renew_client
from app.authorities import service as authorities
from app.clock import local_date
from app.db import NO_TENANT, bind_tenant, transaction
from app.feeds.contents import Horizon
from app.samples import queries
from app.samples.authorities import area
from app.samples.families import make_children
from app.samples.listings import date_sessions
from app.samples.loading import (
    OnProgress,
    bring_families,
    bring_listings,
    bring_support_services,
    broker_caller,
    say_how_large,
)

KINDS: Final = (
    ClientKind.BROKER,
    ClientKind.COMMISSIONER,
    ClientKind.PROVIDER,
    ClientKind.FAMILY_APP,
)


@dataclass(frozen=True)
class SeededAuthority:
    """An authority, and credentials that work from now on."""

    id: UUID
    name: str
    clients: Mapping[ClientKind, ClientCredentials]


def seed_authority(
    sessions: sessionmaker[Session],
    number: int,
    *,
    n_children: int,
    n_sessions: int,
    seed: int,
    now: datetime,
    on_progress: OnProgress,
) -> SeededAuthority:
    """Make an authority unless these arguments made it before; its clients get new secrets."""
    name = f"Seed {seed} authority {number} ({n_children} children, {n_sessions} sessions)"
    with transaction(sessions, NO_TENANT) as session:
        queries.wait_for_other_loaders(session)
        authority_id = queries.find_authority(session, name)
        if authority_id is None:
            authority_id = authorities.create_authority(session, name, now=now).id
            rng = Random(f"{seed}/{number}")  # noqa: S311 - nothing secret
            _fill(
                session,
                rng,
                number,
                n_children=n_children,
                n_sessions=n_sessions,
                now=now,
                on_progress=on_progress,
            )
        else:
            bind_tenant(session, authority_id)
        provider_id = queries.first_provider(session)
        clients = {
            kind: renew_client(
                session,
                kind=kind,
                name=f"Seeded {kind.value}",
                authority_id=authority_id,
                provider_id=provider_id if kind is ClientKind.PROVIDER else None,
                now=now,
            )
            for kind in KINDS
        }
        broker = broker_caller(clients[ClientKind.BROKER].client_id, authority_id)
        say_how_large(session, broker, n_children, now=now)
    return SeededAuthority(authority_id, name, clients)


def _fill(
    session: Session,
    rng: Random,
    number: int,
    *,
    n_children: int,
    n_sessions: int,
    now: datetime,
    on_progress: OnProgress,
) -> None:
    towns, today = area(number), local_date(now)
    authority_id: UUID = session.info["authority_id"]
    broker = renew_client(
        session,
        kind=ClientKind.BROKER,
        name=f"Seeded {ClientKind.BROKER.value}",
        authority_id=authority_id,
        now=now,
    )
    caller = broker_caller(broker.client_id, authority_id)
    on_progress("sessions", 0, n_sessions)
    listings = date_sessions(rng, n_sessions=n_sessions, towns=towns, today=today)
    bring_listings(session, caller, listings, horizon=Horizon.from_today(now), now=now)
    on_progress("sessions", n_sessions, n_sessions)
    bring_support_services(session, caller, n_children, now=now)
    made = make_children(rng, n_children=n_children, towns=towns, today=today)
    references = [f"seeded-{household + 1}" for household in range(made[-1].household + 1)]
    bring_families(session, made, references, now=now, on_progress=on_progress)
