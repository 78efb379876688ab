"""Putting support in place: the tasks of a booking, done, waived with a reason, or taken up again.

A booking is confirmed only while none of its tasks is open. One that is taken up again makes a
confirmed booking held again: the place stays the child's, and the promise that everything is in
place is made anew when it is true.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.authorities import service as authorities
from app.bookings import arrangement_queries, counters, queries
from app.bookings.arrangement_schemas import (
    ArrangementQuery,
    ArrangementRead,
    ArrangementState,
    ArrangementUpdate,
    TaskRead,
)
from app.bookings.errors import ArrangementSettled, SupportUnavailable
from app.bookings.models import Arrangement, Booking
from app.bookings.service import confirm, get_for_change, needs_open, tell_change
from app.clock import iso_week
from app.errors import Invalid, NotFound
from app.etags import check_if_match
from app.merge_patch import apply_patch
from app.pagination import Page, PageRequest

ARRANGED: Final = "support_arranged"
TAKEN_UP_AGAIN: Final = "support_reopened"
# Whose support is still being arranged.
LIVE: Final = ("held", "confirmed")
TAKING_UP: Final = (("done", "open"), ("waived", "open"))
# In these a task keeps its place of the week in the authority's support service.
USES_SERVICE: Final = ("open", "done")


def list_tasks(
    session: Session, caller: Caller, query: ArrangementQuery, page: PageRequest, *, now: datetime
) -> Page[TaskRead]:
    """List the authority's support tasks by the day they are due."""
    found = arrangement_queries.list_tasks(session, query, page)
    tasks = _with_occasions(session, found.items)
    seen = {task.child_id for task in tasks}
    audit.record(session, caller, "arrangement.list", now=now, child_ids=sorted(seen))
    return Page(items=tasks, next_cursor=found.next_cursor)


def get_task(
    session: Session, caller: Caller, task_id: UUID, *, now: datetime
) -> tuple[TaskRead, Arrangement]:
    """Get a support task, and whom it is for."""
    task = _get(session, task_id)
    [shown] = _with_occasions(session, [task])
    audit.record(
        session, caller, "arrangement.read", now=now, object_id=task.id, child_ids=[shown.child_id]
    )
    return shown, task


def update_task(
    session: Session,
    caller: Caller,
    task_id: UUID,
    patch: ArrangementUpdate,
    *,
    if_match: str,
    now: datetime,
) -> tuple[TaskRead, Arrangement]:
    """Change a support task; the last one that is settled confirms the booking."""
    task = _get(session, task_id)
    booking = get_for_change(session, caller, task.booking_id)
    session.refresh(task)
    check_if_match(if_match, task.version)
    starts_at = queries.session_start(session, booking.session_id)
    if task.status == "dropped":
        raise ArrangementSettled("It was given up with its booking.", status=booking.status)
    before = ArrangementState.model_validate(task)
    sent = patch.model_dump(exclude_unset=True)
    document = before.model_dump()
    if patch.status not in (None, before.status):
        # A reason is one for what the task has become, not for what it was.
        document["reason"] = None
    after = apply_patch(ArrangementState, document, sent)
    _check(before, after, starts_at)
    if after != before:
        _change(session, caller, booking, task, before, after, starts_at, now=now)
    [shown] = _with_occasions(session, [task])
    return shown, task


def _get(session: Session, task_id: UUID) -> Arrangement:
    task = arrangement_queries.find_task(session, task_id)
    if task is None:
        raise NotFound("There is no such arrangement.")
    return task


def _with_occasions(session: Session, tasks: list[Arrangement]) -> list[TaskRead]:
    of = arrangement_queries.occasions(session, {task.booking_id for task in tasks})
    return [
        TaskRead(
            **ArrangementRead.model_validate(task).model_dump(),
            booking_id=task.booking_id,
            **of[task.booking_id]._asdict(),
        )
        for task in tasks
    ]


def _check(before: ArrangementState, after: ArrangementState, starts_at: datetime) -> None:
    takes_reason = after.status == "waived" or (before.status, after.status) in TAKING_UP
    if takes_reason and after.reason is None:
        raise Invalid("reason", "required", "Say why it is waived, or taken up again")
    if after.due_at != before.due_at and after.due_at > starts_at:
        raise Invalid("due_at", "after_start", "It is due before the session starts")


def _change(
    session: Session,
    caller: Caller,
    booking: Booking,
    task: Arrangement,
    before: ArrangementState,
    after: ArrangementState,
    starts_at: datetime,
    *,
    now: datetime,
) -> None:
    # What it cost, and who paid, may be known only afterwards.
    if (before.status, before.due_at) != (after.status, after.due_at):
        _check_live(booking, starts_at, now=now)
    if after.status != before.status:
        _move_service(session, task, after.status, starts_at)
        task.closed_at = None if after.status == "open" else now
    for name in ArrangementState.model_fields:
        setattr(task, name, getattr(after, name))
    task.version += 1
    if booking.status == "confirmed" and after.status == "open":
        booking.status = "held"
        booking.hold_expires_at = starts_at
        booking.confirm_when_arranged = True
    tell_change(
        session,
        caller,
        booking,
        "booking.support_changed",
        now=now,
        cause=TAKEN_UP_AGAIN if (before.status, after.status) in TAKING_UP else None,
        reason=after.reason,
        facts={"arrangement_id": str(task.id), "need": task.need, **_differences(before, after)},
    )
    if booking.status == "held" and booking.confirm_when_arranged and not needs_open(booking):
        confirm(session, caller, booking, now=now, cause=ARRANGED)


def _check_live(booking: Booking, starts_at: datetime, *, now: datetime) -> None:
    expired = booking.hold_expires_at is not None and booking.hold_expires_at <= now
    if booking.status not in LIVE or expired or starts_at <= now:
        raise ArrangementSettled(
            "Its session has begun, or its booking has ended.",
            status="cancelled" if expired else booking.status,
            starts_at=starts_at.isoformat(),
        )


def _move_service(session: Session, task: Arrangement, status: str, starts_at: datetime) -> None:
    """Give the service's place of the week back with what is waived, and take it for the rest."""
    if task.support_service_id is None:
        return
    used, uses = task.status in USES_SERVICE, status in USES_SERVICE
    week = iso_week(starts_at)
    if used and not uses:
        counters.give_back_service_week(session, task.support_service_id, week)
    if uses and not used:
        services = authorities.list_support_services(session)
        [allowed] = [s.per_week for s in services if s.id == task.support_service_id]
        if not counters.take_service_week(session, task.support_service_id, week, allowed=allowed):
            raise SupportUnavailable(
                "The authority's support of that week has gone.", need=task.need, week=week
            )


def _differences(before: ArrangementState, after: ArrangementState) -> dict[str, Any]:
    """Say what changed, from what to what; a reason is kept beside it, and not among the facts."""
    old, new = (state.model_dump(mode="json", exclude={"reason"}) for state in (before, after))
    return {name: {"from": old[name], "to": new[name]} for name in new if old[name] != new[name]}
