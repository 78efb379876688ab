"""The national batch: one task an authority, here or on Dask; each result kept in one transaction.

A task holds ids and the database's address, so a worker on another machine needs nothing else. An
authority whose inputs and seed have been run already is skipped by the digest that was kept.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.allocations import allocation_queries
from app.allocations.inputs import Inputs, digest_of, read_inputs
from app.allocations.running import Outcome, keep, new_allocation, run
from app.allocations.service import judging_instant
from app.clock import months_of_quarter
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.engine.allocation import NotProved
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.errors import AppError
from app.garbage import collect_rarely
from app.outbox.service import emit
from app.rounds.models import Round
from app.rounds.service import advance, close_choices


@dataclass(frozen=True)
class Task:
    """One authority's quarter."""

    database_url: str
    authority_id: UUID
    quarter: str
    seed: int
    dry_run: bool
    now: datetime


@dataclass(frozen=True)
class Result:
    """What became of a task."""

    authority_id: UUID
    # done, skipped or failed
    status: str
    told: str
    placed: int = 0


def done_here(tasks: Sequence[Task]) -> Iterator[Result]:
    """Do one task after the other in this process."""
    for task in tasks:
        yield allocate_authority(task)


def done_by_dask(tasks: Sequence[Task], scheduler: str | None, workers: int) -> Iterator[Result]:
    """Do the tasks on a Dask cluster, or on local processes; give the results as they come."""
    # Imported only here: who never runs a batch need not install it.
    from dask.distributed import (  # noqa: PLC0415
        Client,
        KilledWorker,
        as_completed,
    )

    local = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with Client(scheduler) if scheduler else Client(processes=True, **local) as client:
        # Not pure: a task that is run again looks anew at what has been done.
        futures = client.map(allocate_authority, list(tasks), pure=False)
        task_of = dict(zip(futures, tasks, strict=True))
        for future in as_completed(futures):
            try:
                yield future.result()
            except KilledWorker:
                # One that kills every worker it is given to does not stop the others.
                told = "failed: its workers were killed"
                yield Result(task_of[future].authority_id, "failed", told)


@lru_cache(maxsize=4)
def _engine(url: str) -> Engine:
    """Open one small pool a process and database."""
    return make_engine(url, role=API_ROLE, pool_size=2)


def allocate_authority(task: Task) -> Result:
    """Run the allocation of an authority's round unless that has been done; never raises."""
    # A worker of the cluster is a process of its own.
    collect_rarely()
    try:
        return _allocate(task, make_session_factory(_engine(task.database_url)))
    except (AppError, NotProved) as error:
        return Result(task.authority_id, "failed", f"failed: {error}")
    except Exception as error:
        # Its type only: the text may hold data. One authority does not stop the others.
        return Result(task.authority_id, "failed", f"failed: {type(error).__name__}")


def _allocate(task: Task, sessions: sessionmaker[Session]) -> Result:
    with transaction(sessions, task.authority_id) as session:
        row = allocation_queries.find_round_of(session, task.quarter, lock=not task.dry_run)
        if row is None or row.state not in ("published", "allocated"):
            return Result(task.authority_id, "skipped", "no round to allocate")
        if not task.dry_run:
            if task.now < row.choices_close_at:
                return Result(task.authority_id, "skipped", "families still choose")
            close_choices(session, row, now=task.now)
    with transaction(sessions, task.authority_id) as session:
        months = months_of_quarter(row.quarter)
        inputs = read_inputs(session, row.id, months, as_of=judging_instant(task.now))
        digest = digest_of([inputs.digest, task.seed])
        if allocation_queries.find_same(session, row.id, digest, preview=False):
            return Result(task.authority_id, "skipped", "done before, from the same inputs")
        catalogue = WarmCatalogues().get(session, now=task.now)
    outcome = _run(inputs, catalogue, task.seed)
    if not task.dry_run:
        with transaction(sessions, task.authority_id) as session:
            _keep(session, task, row.id, outcome)
    placed = sum(part["placed"] for part in outcome.parts)
    proved = sum(part["proved"] for part in outcome.parts)
    by_month: Counter[str] = Counter()
    for part in outcome.parts:
        by_month[part["month"]] += part["placed"]
    months_told = ", ".join(f"{month}: {count:,}" for month, count in by_month.items())
    told = (
        f"{placed:,} places, {proved} of {len(outcome.parts)} parts proved by prices alone"
        f" ({months_told})"
    )
    return Result(task.authority_id, "done", told, placed)


def _run(inputs: Inputs, catalogue: WarmCatalogue, seed: int) -> Outcome:
    return run(inputs, catalogue, seed, lambda _: None)


def _keep(session: Session, task: Task, round_id: UUID, outcome: Outcome) -> None:
    row: Round | None = allocation_queries.find_round_of(session, task.quarter, lock=True)
    if row is None:
        return
    allocation = new_allocation(
        task.authority_id,
        round_id,
        seed=task.seed,
        preview=False,
        as_of=judging_instant(task.now),
        now=task.now,
    )
    session.add(allocation)
    session.flush()
    emit(session, "allocation.started", allocation.id, sequence=1, now=task.now)
    advance(session, row, "allocated", now=task.now)
    keep(session, allocation, outcome, now=task.now)
    emit(session, "allocation.done", allocation.id, sequence=2, now=task.now)
