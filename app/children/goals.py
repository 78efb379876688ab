"""Goals of a child and the steps towards them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.children import queries
from app.children.goal_schemas import (
    GoalCreate,
    GoalState,
    GoalUpdate,
    StepCreate,
    StepState,
    StepUpdate,
)
from app.children.models import Goal, Step
from app.children.service import get_child
from app.errors import Invalid, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit
from app.pagination import Page, PageRequest

# Each open goal is weighed against every activity, and a goal is shown with all its steps.
MOST_OPEN_GOALS: Final = 20
MOST_STEPS: Final = 50


def set_goal(
    session: Session, caller: Caller, child_id: UUID, form: GoalCreate, *, now: datetime
) -> Goal:
    """Record what a child wants to reach."""
    # The lock lets goals that are set at once be counted one after the other.
    child = get_child(session, caller, child_id, lock=True)
    _check_room_for_open_goal(session, child.id, "text")
    goal = Goal(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        text=form.text,
        voice=form.voice,
        status="open",
        version=1,
        created_at=now,
        steps=[],
    )
    session.add(goal)
    _write_down_goal(session, caller, "create", goal, now=now)
    return goal


def page_of_goals(
    session: Session, caller: Caller, child_id: UUID, page: PageRequest, *, now: datetime
) -> Page[Goal]:
    """Show a child's goals, the oldest first."""
    child = get_child(session, caller, child_id)
    audit.record(session, caller, "goal.read", now=now, child_ids=[child.id])
    return queries.page_of_goals(session, child.id, page)


def update_goal(
    session: Session,
    caller: Caller,
    child_id: UUID,
    goal_id: UUID,
    patch: GoalUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Goal:
    """Change a goal's words, or say what has become of it."""
    # The child before the goal, as when a goal is set.
    child = get_child(session, caller, child_id, lock=True)
    goal = _get_goal(session, caller, child.id, goal_id)
    check_if_match(if_match, goal.version)
    before = GoalState.model_validate(goal)
    after = apply_patch(GoalState, before.model_dump(), patch.model_dump(exclude_unset=True))
    if after.status == "open" and before.status != "open":
        _check_room_for_open_goal(session, child.id, "status")
    goal.text, goal.status = after.text, after.status
    goal.version += 1
    _write_down_goal(session, caller, "update", goal, now=now)
    return goal


def add_step(
    session: Session,
    caller: Caller,
    child_id: UUID,
    goal_id: UUID,
    form: StepCreate,
    *,
    now: datetime,
) -> Step:
    """Add a step after those that a goal has."""
    goal = _get_goal(session, caller, child_id, goal_id)
    position = queries.count_steps(session, goal.id)
    if position >= MOST_STEPS:
        raise Invalid("text", "too_many", f"A goal has at most {MOST_STEPS} steps")
    step = Step(
        authority_id=goal.authority_id,
        id=new_id(),
        goal_id=goal.id,
        position=position,
        text=form.text,
        status="open",
        version=1,
        created_at=now,
    )
    session.add(step)
    _write_down_step(session, caller, "create", goal, step, now=now)
    return step


def page_of_steps(
    session: Session,
    caller: Caller,
    child_id: UUID,
    goal_id: UUID,
    page: PageRequest,
    *,
    now: datetime,
) -> Page[Step]:
    """Show the steps of a goal in their order."""
    goal = queries.find_goal(session, caller, child_id, goal_id)
    if goal is None:
        raise NotFound
    audit.record(
        session, caller, "step.read", now=now, object_id=goal.id, child_ids=[goal.child_id]
    )
    return queries.page_of_steps(session, goal.id, page)


def update_step(
    session: Session,
    caller: Caller,
    child_id: UUID,
    goal_id: UUID,
    step_id: UUID,
    patch: StepUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Step:
    """Change a step's words, or say that it is done."""
    goal = _get_goal(session, caller, child_id, goal_id)
    step = queries.find_step(session, goal.id, step_id)
    if step is None:
        raise NotFound
    check_if_match(if_match, step.version)
    before = StepState.model_validate(step)
    after = apply_patch(StepState, before.model_dump(), patch.model_dump(exclude_unset=True))
    step.text, step.status = after.text, after.status
    step.version += 1
    _write_down_step(session, caller, "update", goal, step, now=now)
    return step


def reach(
    session: Session, caller: Caller, goal: Goal, step: Step | None, *, now: datetime
) -> None:
    """Call an open step done, or an open goal without a step named reached."""
    if step is not None and step.status == "open":
        step.status = "done"
        step.version += 1
        _write_down_step(session, caller, "update", goal, step, now=now)
    if step is None and goal.status == "open":
        goal.status = "reached"
        goal.version += 1
        _write_down_goal(session, caller, "update", goal, now=now)


def _get_goal(session: Session, caller: Caller, child_id: UUID, goal_id: UUID) -> Goal:
    """Lock a goal; whoever changes it or its steps waits for the others who do."""
    goal = queries.find_goal(session, caller, child_id, goal_id, lock=True)
    if goal is None:
        raise NotFound
    return goal


def find_for_progress(
    session: Session, child_id: UUID, *, goal_id: UUID | None, step_id: UUID | None
) -> tuple[Goal, Step | None] | None:
    """Find and lock what was said something of; that the child may be spoken of is settled."""
    return queries.lock_goal(session, child_id, goal_id=goal_id, step_id=step_id)


def _check_room_for_open_goal(session: Session, child_id: UUID, field: str) -> None:
    if queries.count_open_goals(session, child_id) >= MOST_OPEN_GOALS:
        raise Invalid(field, "too_many", f"A child has at most {MOST_OPEN_GOALS} open goals")


def _write_down_goal(
    session: Session, caller: Caller, verb: str, goal: Goal, *, now: datetime
) -> None:
    emit(
        session,
        f"goal.{verb}d",
        goal.id,
        sequence=goal.version,
        now=now,
        child_id=goal.child_id,
    )
    audit.record(
        session, caller, f"goal.{verb}", now=now, object_id=goal.id, child_ids=[goal.child_id]
    )


def _write_down_step(
    session: Session, caller: Caller, verb: str, goal: Goal, step: Step, *, now: datetime
) -> None:
    emit(
        session,
        f"step.{verb}d",
        step.id,
        sequence=step.version,
        now=now,
        child_id=goal.child_id,
    )
    audit.record(
        session, caller, f"step.{verb}", now=now, object_id=step.id, child_ids=[goal.child_id]
    )
