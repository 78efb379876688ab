"""Starting runs and jobs, stopping them, and telling what they found."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.allocations import allocation_queries
from app.allocations.errors import AlreadyPublished, ChoicesStillOpen
from app.allocations.inputs import BAND_NAMES
from app.allocations.models import AllocatedChild, AllocatedPlace, Allocation
from app.allocations.running import new_allocation
from app.allocations.schemas import (
    LARGEST_SEED,
    AllocationCreate,
    AllocationRead,
    AllocationWithPlaces,
    ChildAllocationRead,
    ChildMonthRead,
    EquityRead,
    EquityRowRead,
    MissedRead,
    PlaceRead,
    SessionPriceRead,
)
from app.allocations.solving import stages_of
from app.allocations.wishing import WORTH_OF_FIRST
from app.allocations.wording import say_why
from app.children import service as children
from app.clock import MONTHS_OF_A_QUARTER, day_start, local_date
from app.errors import NotFound
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.rounds.errors import NotPublished
from app.rounds.service import close_choices, get_round
from app.work import queries as jobs
from app.work.schemas import JobRead
from app.work.service import add_job

ONE_DAY = timedelta(days=1)


def judging_instant(now: datetime) -> datetime:
    """Give the instant a run judges by: the coming midnight, before which nobody has answered.

    Whatever is run in one day then rests on the same inputs.
    """
    return day_start(local_date(now) + ONE_DAY)


def start(
    session: Session, caller: Caller, round_id: UUID, form: AllocationCreate, *, now: datetime
) -> JobRead:
    """Start a run of a round's allocation."""
    row = get_round(session, caller, round_id, lock=not form.preview)
    if row.state in ("offers_out", "closed"):
        raise AlreadyPublished("What is given out now is one place after the other.")
    if not form.preview:
        if row.state == "draft":
            raise NotPublished("Nobody has been able to choose yet; ask for a preview.")
        if now < row.choices_close_at:
            raise ChoicesStillOpen(
                "Ask for a preview, or come again then.",
                choices_close_at=row.choices_close_at.isoformat(),
            )
        close_choices(session, row, now=now)
    allocation = new_allocation(
        row.authority_id,
        row.id,
        seed=secrets.randbelow(LARGEST_SEED + 1) if form.seed is None else form.seed,
        preview=form.preview,
        as_of=judging_instant(now),
        now=now,
    )
    session.add(allocation)
    session.flush()
    url = f"/v1/rounds/{row.id}/allocations/{allocation.id}"
    stages = stages_of(MONTHS_OF_A_QUARTER)
    job = add_job(session, caller, "allocation", allocation.id, url, stages=stages, now=now)
    emit(session, "allocation.started", allocation.id, sequence=1, now=now)
    audit.record(session, caller, "allocation.start", now=now, object_id=allocation.id)
    return job


def get_allocation(
    session: Session, caller: Caller, round_id: UUID, allocation_id: UUID
) -> Allocation:
    """Get a run of a round; families see only what has been published."""
    row = get_round(session, caller, round_id)
    allocation = allocation_queries.find_allocation(session, allocation_id, round_id=row.id)
    if allocation is None or not (caller.sees_every_household or allocation.status == "published"):
        raise NotFound
    return allocation


def page_of_allocations(
    session: Session, caller: Caller, round_id: UUID, page: PageRequest
) -> Page[AllocationRead]:
    """List the runs of a round as they were started; to families, what has been published."""
    row = get_round(session, caller, round_id)
    found = allocation_queries.page_of_allocations(
        session, row.id, page, published_only=not caller.sees_every_household
    )
    return Page(
        items=[AllocationRead.model_validate(_summary(session, one)) for one in found.items],
        next_cursor=found.next_cursor,
    )


def read_allocation(
    session: Session,
    caller: Caller,
    round_id: UUID,
    allocation_id: UUID,
    page: PageRequest,
    *,
    now: datetime,
) -> AllocationWithPlaces:
    """Tell of a run, with a page of its places."""
    allocation = get_allocation(session, caller, round_id, allocation_id)
    found = allocation_queries.page_of_places(session, allocation.id, page)
    audit.record(
        session,
        caller,
        "allocation.read",
        now=now,
        object_id=allocation.id,
        child_ids=sorted({place.child_id for place in found.items}) or [None],
    )
    return AllocationWithPlaces.model_validate(
        {
            **_summary(session, allocation),
            "items": [PlaceRead.model_validate(place) for place in found.items],
            "next_cursor": found.next_cursor,
        }
    )


def show_allocation(session: Session, allocation: Allocation) -> AllocationRead:
    """Tell of a run."""
    return AllocationRead.model_validate(_summary(session, allocation))


def _summary(session: Session, allocation: Allocation) -> dict[str, Any]:
    job = jobs.find_job_of(session, allocation.id)
    shown = {
        name: getattr(allocation, name)
        for name in AllocationRead.model_fields
        if name not in ("job_id", "places")
    }
    return {
        **shown,
        "job_id": job.id if job else None,
        "places": allocation_queries.count_places(session, allocation.id),
    }


def page_of_sessions(
    session: Session, caller: Caller, round_id: UUID, allocation_id: UUID, page: PageRequest
) -> Page[SessionPriceRead]:
    """List how each session was asked for, and what one more place would be worth."""
    allocation = get_allocation(session, caller, round_id, allocation_id)
    found = allocation_queries.page_of_sessions(session, allocation.id, page)
    items = [SessionPriceRead.model_validate(row) for row in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


def read_equity(
    session: Session,
    caller: Caller,
    round_id: UUID,
    allocation_id: UUID,
    *,
    month: str | None,
) -> EquityRead:
    """Tell how groups fare, beside simpler ways to give the same places out."""
    allocation = get_allocation(session, caller, round_id, allocation_id)
    return EquityRead(
        allocation_id=allocation.id,
        rows=[
            EquityRowRead(
                **{name: row[name] for name in row if name != "value"},
                share_placed=round(row["placed"] / row["asked"], 4) if row["asked"] else None,
                mean_value=round(row["value"] * 1000 / row["placed"] / WORTH_OF_FIRST, 1)
                if row["placed"]
                else None,
            )
            for row in allocation.equity
            if month in (None, row["month"])
        ],
    )


def read_child(
    session: Session,
    caller: Caller,
    round_id: UUID,
    allocation_id: UUID,
    child_id: UUID,
    *,
    now: datetime,
) -> ChildAllocationRead:
    """Tell what a child was given, and why not what it wanted more; of no other child."""
    child = children.get_child(session, caller, child_id)
    allocation = get_allocation(session, caller, round_id, allocation_id)
    audit.record(
        session, caller, "allocation.why", now=now, object_id=allocation.id, child_ids=[child.id]
    )
    places = allocation_queries.places_of_child(session, allocation.id, child.id)
    return ChildAllocationRead(
        allocation_id=allocation.id,
        child_id=child.id,
        months=[
            _month(row, [one for one in places if one.month == row.month])
            for row in allocation_queries.months_of_child(session, allocation.id, child.id)
        ],
    )


def _month(row: AllocatedChild, places: list[AllocatedPlace]) -> ChildMonthRead:
    return ChildMonthRead(
        month=row.month,
        waiting_band=row.band,
        waiting=BAND_NAMES[row.band],
        options=row.options,
        places=[PlaceRead.model_validate(place) for place in places],
        missed=[MissedRead(**missed, text=say_why(missed)) for missed in row.missed],
    )
