"""Asking, keeping and reading: brokers of months and quarters, commissioners of releases only."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.commissioning import (
    exact_equity,
    exact_scenarios,
    queries,
    released_equity,
    released_plans,
    released_scenarios,
)
from app.commissioning import schemas as wire
from app.commissioning.digests import digest_of
from app.commissioning.exact_plans import STAGES
from app.commissioning.models import CommissioningPlan, PlanChild, Scenario, ScenarioChild
from app.commissioning.plan_schemas import PlanCreate
from app.commissioning.queries import Asked, Concerned
from app.engine.warm import WarmCatalogues
from app.errors import NotFound
from app.ids import new_id
from app.pagination import Page, PageRequest
from app.releases.errors import ReleasesOnly
from app.work.schemas import JobRead
from app.work.service import add_job

EXACT: Final = "exact"
RELEASED: Final = "released"


def ask_scenario(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    form: wire.ScenarioCreate,
    *,
    now: datetime,
) -> Scenario:
    """Answer a scenario and keep it."""
    month = _month_for(caller, form)
    outcome: wire.ExactOutcome | wire.ReleasedOutcome
    children: list[dict[str, Any]] = []
    if month is not None:
        outcome, children = exact_scenarios.run(session, warm, form, month, now=now)
    else:
        outcome = released_scenarios.run(session, form, str(form.period))
    scenario = Scenario(
        **_question(caller, form, now=now),
        changes=[one.model_dump(mode="json", exclude_none=True) for one in form.changes],
        outcome=outcome.model_dump(mode="json"),
        digest=digest_of(outcome),
    )
    session.add(scenario)
    session.flush()
    key = {"authority_id": caller.tenant, "scenario_id": scenario.id}
    queries.insert_children(session, ScenarioChild, [key | row for row in children])
    audit.record(session, caller, "scenario.ask", now=now, object_id=scenario.id)
    return scenario


def start_plan(session: Session, caller: Caller, form: PlanCreate, *, now: datetime) -> JobRead:
    """Start a plan, or say at once what nobody could plan for."""
    if _month_for(caller, form) is None:
        released_plans.read(session, form, str(form.period))
    plan = CommissioningPlan(
        **_question(caller, form, now=now),
        asked=form.model_dump(mode="json", exclude_none=True),
        status="working",
        outcome=None,
        digest=None,
        failure=None,
    )
    session.add(plan)
    session.flush()
    audit.record(session, caller, "commissioning_plan.make", now=now, object_id=plan.id)
    url = f"/v1/commissioning-plans/{plan.id}"
    return add_job(session, caller, "commissioning_plan", plan.id, url, stages=STAGES, now=now)


def get(session: Session, caller: Caller, table: type[Asked], question_id: UUID) -> Asked:
    """Get a scenario or a plan that the caller may read."""
    found = queries.find(session, table, question_id, _bases_of(caller))
    if found is None:
        raise NotFound
    return found


def page_of(session: Session, caller: Caller, table: type[Asked], page: PageRequest) -> Page[Asked]:
    """List the scenarios or plans that the caller may read."""
    return queries.page_of(session, table, page, _bases_of(caller))


def page_of_scenario_children(
    session: Session, caller: Caller, scenario_id: UUID, page: PageRequest, *, now: datetime
) -> Page[ScenarioChild]:
    """List whom a scenario concerns."""
    scenario = get(session, caller, Scenario, scenario_id)
    found = queries.page_of_children(session, ScenarioChild, scenario.id, page)
    return _written_down(session, caller, "scenario.children", scenario.id, found, now=now)


def page_of_plan_children(
    session: Session, caller: Caller, plan_id: UUID, page: PageRequest, *, now: datetime
) -> Page[PlanChild]:
    """List whom a plan serves."""
    plan = get(session, caller, CommissioningPlan, plan_id)
    found = queries.page_of_children(session, PlanChild, plan.id, page)
    return _written_down(session, caller, "commissioning_plan.children", plan.id, found, now=now)


def read_equity(
    session: Session, caller: Caller, query: wire.EquityQuery
) -> wire.EquityRead | wire.ReleasedEquityRead:
    """Tell who is under-served."""
    month = _month_for(caller, query)
    if month is not None:
        return exact_equity.read_month(session, month)
    period = str(query.period)
    return released_equity.read_period(session, period, query.by, query.population_of())


def _bases_of(caller: Caller) -> tuple[str, ...]:
    """Tell which answers a caller may read."""
    return (EXACT, RELEASED) if caller.sees_every_household else (RELEASED,)


def _month_for(caller: Caller, form: wire.About) -> str | None:
    """Give the month that is asked about, if the caller may ask about months."""
    if form.month is not None and not caller.sees_every_household:
        raise ReleasesOnly
    return form.month


def _question(caller: Caller, form: wire.About, *, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": caller.tenant,
        "id": new_id(),
        "basis": RELEASED if form.month is None else EXACT,
        "month": form.month,
        "period": form.period,
        "created_by": caller.client_id,
        "created_at": now,
    }


def _written_down(
    session: Session,
    caller: Caller,
    action: str,
    question_id: UUID,
    found: Page[Concerned],
    *,
    now: datetime,
) -> Page[Concerned]:
    """Write down whose rows were looked at."""
    child_ids: list[UUID | None] = [row.child_id for row in found.items]
    audit.record(
        session, caller, action, now=now, object_id=question_id, child_ids=child_ids or [None]
    )
    return found
