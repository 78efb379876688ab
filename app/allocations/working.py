"""The work of an allocation: everything read once, the round solved, what was found kept."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.allocations.allocation_queries import find_allocation
from app.allocations.inputs import read_inputs
from app.allocations.models import Allocation
from app.allocations.running import keep, run
from app.clock import months_of_quarter
from app.db import transaction
from app.engine.allocation import NotProved
from app.outbox.service import emit
from app.rounds.service import advance, get_round
from app.work.errors import Failed, Stopped
from app.work.kinds import Keep, Kind, Task


def allocate(task: Task) -> Keep:
    """Run an allocation."""
    with transaction(task.sessions, task.authority_id) as session:
        allocation = _get(session, task.result_id)
        months = months_of_quarter(get_round(session, None, allocation.round_id).quarter)
        inputs = read_inputs(session, allocation.round_id, months, as_of=allocation.as_of)
        catalogue = task.warm.get(session, now=task.now)
        seed = allocation.seed
    try:
        outcome = run(inputs, catalogue, seed, task.step)
    except NotProved:
        raise Failed("not_proved") from None

    def keep_outcome(session: Session, now: datetime) -> None:
        allocation = _get(session, task.result_id)
        if not allocation.preview:
            row = get_round(session, None, allocation.round_id, lock=True)
            advance(session, row, "allocated", now=now)
        keep(session, allocation, outcome, now=now)
        emit(session, "allocation.done", allocation.id, sequence=2, now=now)

    return keep_outcome


def end(
    session: Session,
    allocation_id: UUID,
    status: str,
    error: Exception | None,  # noqa: ARG001 - the job tells its reason
    now: datetime,
) -> None:
    """End an allocation that has found nothing."""
    allocation = find_allocation(session, allocation_id)
    if allocation is not None:
        allocation.status = status
        emit(session, f"allocation.{status}", allocation.id, sequence=2, now=now)


def _get(session: Session, allocation_id: UUID) -> Allocation:
    allocation = find_allocation(session, allocation_id)
    if allocation is None:
        raise Stopped
    return allocation


ALLOCATION: Final = Kind(do=allocate, end=end)
