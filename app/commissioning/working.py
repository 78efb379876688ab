"""The work of a plan: everything read once, the best of the candidates chosen, the answer kept."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.commissioning import exact_plans, queries, released_plans
from app.commissioning.digests import digest_of
from app.commissioning.models import CommissioningPlan, PlanChild
from app.commissioning.plan_schemas import ExactPlan, PlanCreate, ReleasedPlan
from app.db import transaction
from app.errors import AppError
from app.work.errors import Stopped
from app.work.kinds import Keep, Kind, Task


def make_plan(task: Task) -> Keep:
    """Make a plan."""
    outcome: ExactPlan | ReleasedPlan
    children: list[dict[str, Any]] = []
    with transaction(task.sessions, task.authority_id) as session:
        plan = _get(session, task.result_id)
        form, month = PlanCreate.model_validate(plan.asked), plan.month
        if month is not None:
            known = exact_plans.read(session, task.warm, month, now=plan.created_at)
        else:
            released = released_plans.read(session, form, str(plan.period))
    if month is not None:
        outcome, children = exact_plans.run(known, form, task.step)
    else:
        outcome = released_plans.run(released, form, task.step)

    def keep(session: Session, _: datetime) -> None:
        plan = _get(session, task.result_id)
        plan.status, plan.outcome = "done", outcome.model_dump(mode="json")
        plan.digest = digest_of(outcome)
        session.flush()
        key = {"authority_id": plan.authority_id, "plan_id": plan.id}
        queries.insert_children(session, PlanChild, [key | row for row in children])

    return keep


def end(session: Session, plan_id: UUID, status: str, error: Exception | None, _: datetime) -> None:
    """End a plan that has found nothing, and tell what would make it possible."""
    plan = _get(session, plan_id)
    plan.status = status
    if isinstance(error, AppError):
        plan.failure = {"reason": error.slug, "detail": str(error), "facts": error.facts}
    elif status == "failed":
        plan.failure = {"reason": "unexpected", "detail": None, "facts": {}}


def _get(session: Session, plan_id: UUID) -> CommissioningPlan:
    plan = queries.find(session, CommissioningPlan, plan_id, ("exact", "released"))
    if plan is None:
        raise Stopped
    return plan


COMMISSIONING_PLAN: Final = Kind(do=make_plan, end=end)
