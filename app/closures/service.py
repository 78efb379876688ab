"""Closing a provider, an activity or a session, and reading what became of its families."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.catalogue import bulk
from app.catalogue import queries as catalogue
from app.catalogue.models import Activity, Provider
from app.catalogue.models import Session as CatalogueSession
from app.children import service as children
from app.closures import queries
from app.closures.models import Closure, TransitionPlan
from app.closures.schemas import (
    AlternativeRead,
    ClosureCreate,
    ClosureRead,
    ClosureWithPlans,
    LostRead,
    PlanRead,
)
from app.errors import Invalid, NotFound
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest


def close(session: Session, caller: Caller, form: ClosureCreate, *, now: datetime) -> ClosureRead:
    """Cancel what does not take place; the same closure again answers the one there is.

    What has been scheduled there since is cancelled with it.
    """
    # Whoever closes or changes the catalogue waits here for the others, before locking any row.
    catalogue.raise_version(session, by=0)
    target = _get_target(session, form)
    closure = queries.find_same(session, form.target, starts_from=form.starts_from, now=now)
    is_new = closure is None
    if closure is None:
        closure = _new_closure(session, caller, form, now=now)
    queries.name_closure(session, closure.id)
    cancelled = bulk.cancel_sessions(session, target, starts_from=form.starts_from or now, now=now)
    if is_new or cancelled:
        closure.sessions += cancelled
        if not is_new:
            closure.status, closure.done_at = "working", None
            closure.version += 1
        emit(session, "closure.announced", closure.id, sequence=closure.version, now=now)
        session.flush()
    audit.record(session, caller, "closure.announced", now=now, object_id=closure.id)
    return _show(session, [closure])[0]


def _get_target(session: Session, form: ClosureCreate) -> Provider | Activity | CatalogueSession:
    """Find what ends, without a lock: a worker locks the closure first, and its sessions then."""
    found: Provider | Activity | CatalogueSession | None = None
    if form.provider_id is not None:
        found = catalogue.find_row(session, Provider, form.provider_id, lock=False)
    elif form.activity_id is not None:
        found = catalogue.find_row(session, Activity, form.activity_id, lock=False)
    elif form.session_id is not None:
        found = catalogue.find_row(session, CatalogueSession, form.session_id, lock=False)
    if found is None:
        [field] = form.target
        kind = field.removesuffix("_id")
        raise Invalid(field, f"unknown_{kind}", f"There is no such {kind}")
    return found


def _new_closure(
    session: Session, caller: Caller, form: ClosureCreate, *, now: datetime
) -> Closure:
    closure = Closure(
        authority_id=caller.tenant,
        id=new_id(),
        provider_id=form.provider_id,
        activity_id=form.activity_id,
        session_id=form.session_id,
        starts_from=form.starts_from or now,
        kind=form.kind,
        reason=form.reason,
        status="working",
        sessions=0,
        version=1,
        created_by=caller.client_id,
        created_at=now,
        done_at=None,
    )
    session.add(closure)
    # Before its sessions are cancelled: what is found then refers to it.
    session.flush()
    return closure


def list_closures(
    session: Session, caller: Caller, page: PageRequest, *, now: datetime
) -> Page[ClosureRead]:
    """List closures, those included that a cancelled session became."""
    found = queries.list_closures(session, page)
    audit.record(session, caller, "closure.list", now=now)
    return Page(items=_show(session, found.items), next_cursor=found.next_cursor)


def read_closure(
    session: Session,
    caller: Caller,
    closure_id: UUID,
    page: PageRequest,
    *,
    without_alternative: bool | None,
    now: datetime,
) -> ClosureWithPlans:
    """Show a closure and a page of its plans."""
    closure = queries.find_closure(session, closure_id)
    if closure is None:
        raise NotFound("There is no such closure.")
    found = queries.page_of_plans(
        session, page, without_alternative=without_alternative, closure_id=closure_id
    )
    seen = {plan.child_id for plan in found.items}
    audit.record(
        session,
        caller,
        "closure.read",
        now=now,
        object_id=closure_id,
        child_ids=sorted(seen) or [None],
    )
    plans = Page[PlanRead](items=_show_plans(session, found.items), next_cursor=found.next_cursor)
    [shown] = _show(session, [closure])
    return ClosureWithPlans(**shown.model_dump(), plans=plans)


def list_plans_of_child(
    session: Session, caller: Caller, child_id: UUID, page: PageRequest, *, now: datetime
) -> Page[PlanRead]:
    """List what a child lost by closures and could have instead."""
    child = children.get_child(session, caller, child_id)
    audit.record(session, caller, "transition_plan.list", now=now, child_ids=[child.id])
    found = queries.page_of_plans(session, page, without_alternative=None, child_id=child.id)
    return Page(items=_show_plans(session, found.items), next_cursor=found.next_cursor)


def _show(session: Session, closures: Sequence[Closure]) -> list[ClosureRead]:
    counts = queries.count_plans(session, [closure.id for closure in closures])
    shown = []
    for closure in closures:
        row = counts.get(closure.id)
        count = {
            name: getattr(row, name) if row else 0
            for name in ("bookings", "ended", "planned", "without_alternative")
        }
        # Ending and planning are a half each.
        steps = 2 * count["bookings"]
        progress = (count["ended"] + count["planned"]) / steps if steps else 1.0
        columns = {
            name: getattr(closure, name)
            for name in ClosureRead.model_fields
            if hasattr(closure, name)
        }
        shown.append(ClosureRead(**columns, **count, progress=progress))
    return shown


def _show_plans(session: Session, plans: Sequence[TransitionPlan]) -> list[PlanRead]:
    """Show plans, with what the sessions named in them have come to."""
    closures = queries.find_closures(session, {plan.closure_id for plan in plans})
    named = {UUID(one["session_id"]) for plan in plans for one in plan.alternatives}
    sessions = queries.sessions_shown(session, named | {plan.session_id for plan in plans})

    def places_left(alternative: dict[str, Any]) -> int:
        now_is = sessions[UUID(alternative["session_id"])]
        return now_is.places_left if now_is.status == "scheduled" else 0

    return [
        PlanRead(
            id=plan.id,
            closure_id=plan.closure_id,
            child_id=plan.child_id,
            booking_id=plan.booking_id,
            kind=closures[plan.closure_id].kind,
            reason=closures[plan.closure_id].reason,
            session=LostRead(
                session_id=plan.session_id,
                **{
                    name: getattr(sessions[plan.session_id], name)
                    for name in LostRead.model_fields
                    if name != "session_id"
                },
            ),
            was=plan.was,
            state=plan.state,
            alternatives=[
                AlternativeRead(**one, places_left=places_left(one)) for one in plan.alternatives
            ],
            without=plan.without,
            planned_at=plan.planned_at,
        )
        for plan in plans
    ]
