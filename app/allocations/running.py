"""One run from its inputs to all that is told of it, and keeping that in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.allocations import queries
from app.allocations.inputs import Inputs, digest_of
from app.allocations.models import (
    AllocatedChild,
    AllocatedPlace,
    AllocatedSession,
    Allocation,
)
from app.allocations.reporting import (
    tell_children,
    tell_equity,
    tell_part,
    tell_places,
    tell_sessions,
)
from app.allocations.rows import insert_rows
from app.allocations.solving import Part, Step, solve_round
from app.engine.warm import WarmCatalogue
from app.ids import new_id

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Outcome:
    """All that is kept of a run."""

    inputs_digest: str
    result_digest: str
    parts: Rows
    places: Rows
    children: Rows
    sessions: Rows
    equity: Rows


def run(inputs: Inputs, warm: WarmCatalogue, seed: int, step: Step) -> Outcome:
    """Solve a round and tell of it: the same inputs and seed give the same bytes."""
    solved = solve_round(inputs, warm, seed, step)
    step("reasons")
    places = [row for part in solved for row in tell_places(inputs, part)]
    children = [
        row
        for month in inputs.months
        for row in tell_children(inputs, month, [one for one in solved if one.month == month])
    ]
    parts = [tell_part(part) for part in solved]
    sessions = _of_sessions(solved)
    step("comparisons")
    equity = [
        row
        for part in solved
        if part.problem.pair_child.size and part.number == 0
        for row in tell_equity(inputs, part, date.fromisoformat(f"{part.month}-01"))
    ]
    return Outcome(
        inputs_digest=digest_of([inputs.digest, seed]),
        result_digest=digest_of([parts, places, children, sessions, equity]),
        parts=parts,
        places=places,
        children=children,
        sessions=sessions,
        equity=equity,
    )


def _of_sessions(parts: Sequence[Part]) -> Rows:
    """Tell of each session and funding once; of several rounds of one funding by the first."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for part in parts:
        for row in tell_sessions(part):
            key = row["session_id"], row["funding"]
            if key in told:
                told[key]["given"] += row["given"]
            else:
                told[key] = row
    return list(told.values())


def keep(session: Session, allocation: Allocation, outcome: Outcome, *, now: datetime) -> None:
    """Keep what a run has found, in place of what an earlier try may have left."""
    allocation.inputs_digest = outcome.inputs_digest
    allocation.result_digest = outcome.result_digest
    allocation.parts, allocation.equity = outcome.parts, outcome.equity
    allocation.status, allocation.done_at = "done", now
    session.flush()
    key = {"authority_id": allocation.authority_id, "allocation_id": allocation.id}
    # Who was erased while the run went on is not told of.
    told = {UUID(row["child_id"]) for row in (*outcome.places, *outcome.children)}
    still = set(map(str, queries.hold_children(session, told)))
    places = [row for row in outcome.places if row["child_id"] in still]
    children = [row for row in outcome.children if row["child_id"] in still]
    fresh = {"refilled": False, "state": "given"}
    with_ids = [{"id": str(new_id()), **row} for row in places]
    insert_rows(session, AllocatedPlace, with_ids, key | fresh)
    insert_rows(session, AllocatedChild, children, key)
    insert_rows(session, AllocatedSession, outcome.sessions, key)


def new_allocation(
    authority_id: UUID, round_id: UUID, *, seed: int, preview: bool, as_of: datetime, now: datetime
) -> Allocation:
    """Make the row of a run that is about to begin."""
    return Allocation(
        authority_id=authority_id,
        id=new_id(),
        round_id=round_id,
        seed=seed,
        preview=preview,
        status="working",
        as_of=as_of,
        inputs_digest=None,
        result_digest=None,
        parts=[],
        equity=[],
        answer_by=None,
        created_at=now,
        done_at=None,
        published_at=None,
    )
