"""Asking, keeping and reading: brokers of months and quarters, commissioners of releases only."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.commissioning import buying, comparing, equity, queries, released, released_plans
from app.commissioning import schemas as wire
from app.commissioning.models import CommissioningPlan, PlanChild, Scenario, ScenarioChild
from app.commissioning.plan_schemas import ExactPlan, PlanCreate, ReleasedPlan
from app.engine.warm import WarmCatalogues
from app.errors import NotFound
from app.ids import new_id
from app.pagination import Page, PageRequest
from app.releases.errors import ReleasesOnly

EXACT: Final = "exact"
RELEASED: Final = "released"


def bases_of(caller: Caller) -> tuple[str, ...]:
    """Tell which answers a caller may read."""
    return (EXACT, RELEASED) if caller.sees_every_household else (RELEASED,)


def month_for(caller: Caller, form: wire.About) -> str | None:
    """Give the month that is asked about, if the caller may ask about months."""
    if form.month is not None and not caller.sees_every_household:
        raise ReleasesOnly
    return form.month


def digest_of(outcome: BaseModel) -> str:
    """Give the SHA-256 of an outcome as canonical JSON."""
    text = json.dumps(outcome.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def ask_scenario(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    form: wire.ScenarioCreate,
    *,
    now: datetime,
) -> Scenario:
    """Answer a scenario and keep it."""
    month = month_for(caller, form)
    outcome: wire.ExactOutcome | wire.ReleasedOutcome
    children: list[dict[str, Any]] = []
    if month is not None:
        outcome, children = comparing.run(session, warm, form, month, now=now)
    else:
        outcome = released.run(session, form, str(form.period))
    scenario = Scenario(
        authority_id=caller.tenant,
        id=new_id(),
        basis=RELEASED if month is None else EXACT,
        month=month,
        period=form.period,
        changes=[one.model_dump(mode="json", exclude_none=True) for one in form.changes],
        outcome=outcome.model_dump(mode="json"),
        digest=digest_of(outcome),
        created_by=caller.client_id,
        created_at=now,
    )
    session.add(scenario)
    session.flush()
    key = {"authority_id": caller.tenant, "scenario_id": scenario.id}
    queries.insert_children(session, ScenarioChild, [key | row for row in children])
    audit.record(session, caller, "scenario.ask", now=now, object_id=scenario.id)
    return scenario


def page_of_scenarios(session: Session, caller: Caller, page: PageRequest) -> Page[Scenario]:
    """List the scenarios that the caller may read."""
    return queries.page_of_scenarios(session, page, bases_of(caller))


def get_scenario(session: Session, caller: Caller, scenario_id: UUID) -> Scenario:
    """Get a scenario that the caller may read."""
    scenario = queries.find_scenario(session, scenario_id, bases_of(caller))
    if scenario is None:
        raise NotFound
    return scenario


def page_of_scenario_children(
    session: Session, caller: Caller, scenario_id: UUID, page: PageRequest, *, now: datetime
) -> Page[ScenarioChild]:
    """List whom a scenario concerns; each look is written down."""
    scenario = get_scenario(session, caller, scenario_id)
    found = queries.page_of_scenario_children(session, scenario.id, page)
    audit.record(
        session,
        caller,
        "scenario.children",
        now=now,
        object_id=scenario.id,
        child_ids=[row.child_id for row in found.items] or [None],
    )
    return found


def make_plan(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    form: PlanCreate,
    *,
    now: datetime,
) -> CommissioningPlan:
    """Make a plan and keep it."""
    month = month_for(caller, form)
    outcome: ExactPlan | ReleasedPlan
    children: list[dict[str, Any]] = []
    if month is not None:
        outcome, children = buying.run(session, warm, form, month, now=now)
    else:
        outcome = released_plans.run(session, form, str(form.period))
    plan = CommissioningPlan(
        authority_id=caller.tenant,
        id=new_id(),
        basis=RELEASED if month is None else EXACT,
        month=month,
        period=form.period,
        asked=form.model_dump(mode="json", exclude_none=True),
        outcome=outcome.model_dump(mode="json"),
        digest=digest_of(outcome),
        created_by=caller.client_id,
        created_at=now,
    )
    session.add(plan)
    session.flush()
    key = {"authority_id": caller.tenant, "plan_id": plan.id}
    queries.insert_children(session, PlanChild, [key | row for row in children])
    audit.record(session, caller, "commissioning_plan.make", now=now, object_id=plan.id)
    return plan


def page_of_plans(session: Session, caller: Caller, page: PageRequest) -> Page[CommissioningPlan]:
    """List the plans that the caller may read."""
    return queries.page_of_plans(session, page, bases_of(caller))


def get_plan(session: Session, caller: Caller, plan_id: UUID) -> CommissioningPlan:
    """Get a plan that the caller may read."""
    plan = queries.find_plan(session, plan_id, bases_of(caller))
    if plan is None:
        raise NotFound
    return plan


def page_of_plan_children(
    session: Session, caller: Caller, plan_id: UUID, page: PageRequest, *, now: datetime
) -> Page[PlanChild]:
    """List whom a plan serves; each look is written down."""
    plan = get_plan(session, caller, plan_id)
    found = queries.page_of_plan_children(session, plan.id, page)
    audit.record(
        session,
        caller,
        "commissioning_plan.children",
        now=now,
        object_id=plan.id,
        child_ids=[row.child_id for row in found.items] or [None],
    )
    return found


def read_equity(
    session: Session, caller: Caller, query: wire.EquityQuery
) -> wire.EquityRead | wire.ReleasedEquityRead:
    """Tell who is under-served."""
    month = month_for(caller, query)
    if month is not None:
        return equity.read_month(session, month)
    return released.equity(session, str(query.period), query.by, query.population_of())
