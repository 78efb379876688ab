"""From an allocation to offers: once a round, all in one transaction."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.allocations import allocation_queries, queries, stock_queries
from app.allocations.errors import AlreadyPublished, NotPublishable
from app.allocations.inputs import read_inputs
from app.allocations.models import Allocation
from app.allocations.offering import offer_places
from app.allocations.schemas import PublishForm
from app.bookings.promoting import TIME_TO_ANSWER
from app.clock import months_of_quarter
from app.engine.warm import WarmCatalogues
from app.errors import Invalid, NotFound
from app.outbox.service import emit
from app.rounds.service import advance, get_round


def publish(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    round_id: UUID,
    allocation_id: UUID,
    form: PublishForm,
    *,
    now: datetime,
) -> Allocation:
    """Offer the places of an allocation to their families; a second time changes nothing."""
    # Loading a catalogue may take a while: not with rows locked.
    catalogue = warm.get(session, now=now)
    row = get_round(session, caller, round_id, lock=True)
    allocation = allocation_queries.find_allocation(
        session, allocation_id, round_id=row.id, lock=True
    )
    if allocation is None:
        raise NotFound
    if allocation.status == "published":
        return allocation
    if allocation.preview or allocation.status != "done":
        raise NotPublishable(
            "Only a finished run that is no preview becomes offers.",
            status=allocation.status,
            preview=allocation.preview,
        )
    if row.state in ("offers_out", "closed"):
        raise AlreadyPublished("Another allocation's offers are out.", status=row.state)
    if form.answer_by < now + TIME_TO_ANSWER:
        raise Invalid("answer_by", "too_soon", "Families need an hour or more to answer")
    if form.answer_by > row.closes_at:
        raise Invalid("answer_by", "after_closing", "Families answer before the round closes")
    advance(session, row, "offers_out", now=now)
    places = allocation_queries.all_places(session, allocation.id)
    child_ids = {place.child_id for place in places}
    queries.lock_children(session, child_ids)
    inputs = read_inputs(session, row.id, months_of_quarter(row.quarter), as_of=now)
    offer_places(session, catalogue, inputs, places, answer_by=form.answer_by, now=now)
    # What could not be offered goes to the next child, like a place that is declined.
    skipped = {place.session_id for place in places if place.state == "skipped"}
    stock_queries.keep_free(session, skipped)
    allocation.status, allocation.published_at = "published", now
    allocation.answer_by = form.answer_by
    emit(session, "allocation.published", allocation.id, sequence=3, now=now)
    audit.record(
        session,
        caller,
        "allocation.publish",
        now=now,
        object_id=allocation.id,
        child_ids=sorted(child_ids) or [None],
    )
    return allocation
