"""A place of a round that comes free: to the next best child, with nobody else moved.

While a round's offers are out, whatever frees a place of one of its sessions keeps it
(`kept_for_waitlist`), and the round's children come before those who wait. Each step offers what
is free now, by the allocation's own objective, or tells that nobody of the round can have it.
"""

from collections.abc import Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.allocations import allocation_queries, queries
from app.allocations.inputs import Inputs, read_inputs
from app.allocations.models import AllocatedPlace, Allocation
from app.allocations.offering import offer_places
from app.allocations.solving import FUNDINGS, Given, judge, pose
from app.allocations.wishing import rank_of, weigh
from app.authorities.service import list_policies, policy_of_month
from app.bookings.promoting import TIME_TO_ANSWER, TIME_TO_GO
from app.bookings.queries import find_session_and_activity
from app.clock import month_bounds, month_of
from app.engine.allocation import NONE, AllocationProblem, refill
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.ids import new_id

# Whether a place is a child's second one or more; all first free places come before.
PASSES: Final = tuple((funding, further) for funding in FUNDINGS for further in (False, True))
ONE_MOMENT: Final = timedelta(microseconds=1)


def offer_to_next(
    session: Session, warm: WarmCatalogues, session_id: UUID, *, now: datetime
) -> bool:
    """Offer what is free in a session of a round to who is next; tell whether to go on."""
    # Locked, so that no child is next in two sessions at once: one step of a round at a time.
    allocation = allocation_queries.find_ruling(session, session_id, lock=True)
    found = find_session_and_activity(session, session_id)
    if allocation is None or found is None:
        return False
    target = found[0]
    too_late = target.starts_at - TIME_TO_GO - TIME_TO_ANSWER < now
    if (
        not target.kept_for_waitlist
        or target.status != "scheduled"
        or target.taken >= target.capacity
        or too_late
    ):
        return False
    month = month_of(target.starts_at)
    catalogue = warm.get(session, now=now)
    for funding, further in PASSES:
        if further and not _may_have_several(session, month, funding):
            continue
        candidates = allocation_queries.candidates(
            *(session, allocation.id, session_id, month, funding),
            asking=_must_ask(funding, further=further),
            further=further,
        )
        if not candidates:
            continue
        inputs = read_inputs(
            session,
            allocation.round_id,
            [month],
            as_of=now,
            span=(target.starts_at, target.starts_at + ONE_MOMENT),
            take_kept={session_id},
            child_ids=candidates,
        )
        places = _next_places(
            *(session, allocation, inputs, catalogue, session_id, month, funding), further=further
        )
        if places:
            chosen = {place.child_id for place in places}
            queries.lock_children(session, chosen)
            if _has_changed(session, inputs, chosen, month):
                # Something was booked or given up meanwhile: the next step decides anew.
                return True
            session.add_all(places)
            offer_places(
                session, catalogue, inputs, places, answer_by=None, take_kept=True, now=now
            )
            session.flush()
            return True
    return False


def _may_have_several(session: Session, month: str, funding: str) -> bool:
    """Tell whether anybody may have more than one place of a month and funding."""
    policy = policy_of_month(list_policies(session), month)
    allowed = policy.free_per_month if funding == "free" else policy.contributory_per_month
    return allowed is None or allowed > 1 or queries.is_anybody_allowed_more(session, funding)


def _must_ask(funding: str, *, further: bool) -> bool:
    """Tell whether a place goes only to who has asked for it: as when the round was solved."""
    return further or funding == "contributory"


def _has_changed(session: Session, inputs: Inputs, child_ids: Set[UUID], month: str) -> bool:
    """Tell whether what locked children have booked is not what the inputs say."""
    live = queries.list_live(session, since=month_bounds(month)[0], child_ids=child_ids)
    return live != [row for id_ in sorted(child_ids) for row in inputs.live.get(id_, ())]


def _pose(
    session: Session,
    allocation: Allocation,
    inputs: Inputs,
    catalogue: WarmCatalogue,
    session_id: UUID,
    month: str,
    funding: str,
    *,
    further: bool,
) -> AllocationProblem | None:
    """Put the session alone as a problem, in the bands that the round has found."""
    starts_at = catalogue.times[session_id][0] if session_id in catalogue.times else None
    if starts_at is None:
        return None
    judged = judge(
        inputs,
        catalogue,
        month,
        Given(),
        starts_from=starts_at,
        starts_before=starts_at + ONE_MOMENT,
    )
    asking = _must_ask(funding, further=further)
    mask, value, groups = weigh(inputs, judged, month, funding, further=asking)
    mask[:, [id_ != session_id for id_ in judged.session_ids]] = False
    problem = pose(inputs, judged, month, mask, value, groups, Given(), allocation.seed)
    bands = allocation_queries.bands_of(session, allocation.id, month)
    known = [
        bands.get(id_, int(band)) for id_, band in zip(problem.child_ids, problem.band, strict=True)
    ]
    # What runs goes on, even with fewer than its minimum.
    return replace(
        problem,
        band=np.array(known, dtype=np.int64),
        minimum=np.zeros(len(problem.session_ids), dtype=np.int64),
    )


def _next_places(
    session: Session,
    allocation: Allocation,
    inputs: Inputs,
    catalogue: WarmCatalogue,
    session_id: UUID,
    month: str,
    funding: str,
    *,
    further: bool,
) -> list[AllocatedPlace]:
    """Find who is next, and make their places in the allocation."""
    problem = _pose(
        *(session, allocation, inputs, catalogue, session_id, month, funding), further=further
    )
    if problem is None:
        return []
    found = refill(problem, np.full(len(problem.child_ids), NONE))
    places = []
    for child in found.offered.tolist():
        pair = int(found.pair_of_child[child])
        group, value = int(problem.group[child]), int(problem.pair_value[pair])
        places.append(
            AllocatedPlace(
                authority_id=allocation.authority_id,
                id=new_id(),
                allocation_id=allocation.id,
                month=month,
                funding=funding,
                child_id=inputs.profiles[child].id,
                session_id=session_id,
                value=value,
                rank=rank_of(value),
                band=int(problem.band[child]),
                party_id=None if group == NONE else inputs.profiles[group].id,
                refilled=True,
                state="given",
                skip_reason=None,
                booking_id=None,
            )
        )
    return places
