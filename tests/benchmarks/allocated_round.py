"""A round of a large authority from the database to offers, stage by stage.

`python -m tests.benchmarks.allocated_round` starts a PostgreSQL of its own, which syncs, seeds an
authority of 8,000 children with 800 sessions a month, lets a quarter of the families choose, and
measures one month: reading, judging, solving with certificates, reasons, comparisons, keeping, and
offers; then one place that is declined. Expected: under 10 s from the database to offers, under
1 GiB.
"""

from __future__ import annotations

import argparse
import logging
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.allocations import allocation_queries, queries, running
from app.allocations.inputs import read_inputs
from app.allocations.offering import offer_places
from app.allocations.refilling import offer_to_next
from app.bookings.offers import decline_offer
from app.bookings.waitlist_models import PlaceOffer
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.clock import month_bounds
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.engine.warm import WarmCatalogues
from app.garbage import collect_rarely
from app.ids import new_id
from app.migrate import migrate
from app.rounds.models import Choice, ChoiceList, Round
from app.samples.loading import broker_caller
from app.samples.seeding import seed_authority

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
QUARTER, MONTH = "2027-Q1", "2027-01"
MONTHS_OF_SEED = 3
CHOOSING, CHOICES = 4, 5


def add_round(session: Session, rng: Random) -> UUID:
    """Make a round whose choices have closed: one family in four has chosen five sessions."""
    authority_id = session.info["authority_id"]
    made = Round(
        authority_id=authority_id,
        id=new_id(),
        quarter=QUARTER,
        title="Benchmark",
        publish_on=(NOW - timedelta(days=9)).date(),
        choices_open_at=NOW - timedelta(days=8),
        choices_close_at=NOW - timedelta(days=1),
        offers_by=NOW + timedelta(days=20),
        closes_at=NOW + timedelta(days=80),
        state="published",
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(made)
    session.flush()
    starts_from, starts_before = month_bounds(MONTH)
    sessions = session.scalars(
        select(CatalogueSession.id).where(
            CatalogueSession.starts_at >= starts_from, CatalogueSession.starts_at < starts_before
        )
    ).all()
    for child_id in session.scalars(select(Child.id).order_by(Child.id)).all()[::CHOOSING]:
        chosen = ChoiceList(
            authority_id=authority_id,
            id=new_id(),
            round_id=made.id,
            child_id=child_id,
            fill_in=True,
            created_at=NOW,
            updated_at=NOW,
        )
        session.add(chosen)
        # Some sessions are wanted by many.
        wanted = {sessions[int(len(sessions) * rng.random() ** 3)] for _ in range(CHOICES)}
        for rank, session_id in enumerate(sorted(wanted), start=1):
            chosen.choices.append(
                Choice(
                    authority_id=authority_id,
                    id=new_id(),
                    list_id=chosen.id,
                    month=MONTH,
                    rank=rank,
                    session_id=session_id,
                    funding="contributory" if rank == CHOICES else "free",
                )
            )
    return made.id


class Times:
    """Prints how long each stage took as the next one begins."""

    def __init__(self) -> None:
        self.began = self.first = time.perf_counter()
        self.name = "reading"

    def step(self, name: str) -> None:
        """End one stage and begin the next."""
        now = time.perf_counter()
        print(f"{self.name:>32} {now - self.began:7.2f} s")
        self.name, self.began = name, now


def measure(sessions: sessionmaker[Session], authority_id: UUID, round_id: UUID) -> None:
    """Take one month from the database to offers."""
    warm = WarmCatalogues()
    times = Times()
    with transaction(sessions, authority_id) as session:
        inputs = read_inputs(session, round_id, [MONTH], as_of=NOW)
        times.step("catalogue")
        catalogue = warm.get(session, now=NOW)
    outcome = running.run(inputs, catalogue, 7, times.step)
    times.step("keeping")
    with transaction(sessions, authority_id) as session:
        allocation = running.new_allocation(
            authority_id, round_id, seed=7, preview=False, as_of=NOW, now=NOW
        )
        session.add(allocation)
        session.flush()
        running.keep(session, allocation, outcome, now=NOW)
    times.step("reading again for offers")
    with transaction(sessions, authority_id) as session:
        places = allocation_queries.all_places(session, allocation.id)
        queries.lock_children(session, {place.child_id for place in places})
        inputs = read_inputs(session, round_id, [MONTH], as_of=NOW)
        times.step("offers")
        made = offer_places(
            session, catalogue, inputs, places, answer_by=NOW + timedelta(days=5), now=NOW
        )
    times.step("done")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"database to offers: {time.perf_counter() - times.first:.2f} s, peak {peak:,.0f} MiB")
    for part in outcome.parts:
        shown = ("month", "funding", "pairs", "asking", "places", "placed", "proved", "gap")
        print({name: part[name] for name in shown})
    print(f"{made} offers of {len(outcome.places)} places")
    decline_one(sessions, authority_id, allocation.id, warm)


def decline_one(
    sessions: sessionmaker[Session], authority_id: UUID, allocation_id: UUID, warm: WarmCatalogues
) -> None:
    """Decline a place, and offer it to the next child."""
    with transaction(sessions, authority_id) as session:
        allocation = allocation_queries.find_allocation(session, allocation_id)
        assert allocation is not None
        allocation.status = "published"
        session.scalars(select(Round)).one().state = "offers_out"
        offer = session.scalars(select(PlaceOffer).order_by(PlaceOffer.id)).first()
        assert offer is not None
        caller = broker_caller(new_id(), authority_id)
        decline_offer(session, caller, offer.id, now=NOW)
    began = time.perf_counter()
    with transaction(sessions, authority_id) as session:
        refilled = offer_to_next(session, warm, offer.session_id, now=NOW)
    print(f"one place declined and offered on ({refilled}): {time.perf_counter() - began:.2f} s")


@contextmanager
def database() -> Iterator[sessionmaker[Session]]:
    """Start a PostgreSQL of its own."""
    with TemporaryDirectory(prefix="shortbreaks-rounds-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        with EmbeddedPostgres(data_dir) as server:
            migrate(server.url("postgres", "postgres"))
            engine = make_engine(server.url(API_ROLE, "postgres"))
            yield make_session_factory(engine)
            engine.dispose()


def main(n_children: int, n_sessions: int) -> None:
    """Seed and measure."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with database() as sessions:
        seeded = seed_authority(
            sessions,
            1,
            n_children=n_children,
            n_sessions=n_sessions * MONTHS_OF_SEED,
            seed=1,
            now=NOW,
            on_progress=lambda *_: None,
        )
        with transaction(sessions, seeded.id) as session:
            round_id = add_round(session, Random(7))
        measure(sessions, seeded.id, round_id)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8_000)
    parser.add_argument("--sessions", type=int, default=800)
    arguments = parser.parse_args()
    # As the service does.
    collect_rarely()
    main(arguments.children, arguments.sessions)
