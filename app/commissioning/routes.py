"""Scenarios and equity over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.guards import (
    CommissionedChildrenRead,
    CommissioningRead,
    CommissioningWrite,
    SessionDep,
)
from app.commissioning import schemas, service
from app.commissioning.models import Scenario, ScenarioChild
from app.dependencies import NowDep, PageDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import Invalid, NotFound
from app.pagination import Page
from app.problems import responses
from app.releases.errors import FactsMissing, ReleasesOnly

router = APIRouter(tags=["commissioning"])


@router.post(
    "/scenarios",
    status_code=201,
    response_model=schemas.ScenarioRead,
    responses=responses(ReleasesOnly, NotFound, Invalid),
)
def ask_scenario(
    form: schemas.ScenarioCreate,
    caller: CommissioningWrite,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
    response: Response,
) -> Scenario:
    """Ask what would be different: of a month exactly, of a quarter from its release."""
    scenario = service.ask_scenario(session, warm, caller, form, now=now)
    response.headers["Location"] = f"/v1/scenarios/{scenario.id}"
    return scenario


@router.get("/scenarios", response_model=Page[schemas.ScenarioRead], responses=responses(Invalid))
def list_scenarios(caller: CommissioningRead, session: SessionDep, page: PageDep) -> Page[Scenario]:
    """List what was asked, the oldest first; commissioners see what rests on releases."""
    return service.page_of(session, caller, Scenario, page)


@router.get(
    "/scenarios/{scenario_id}",
    response_model=schemas.ScenarioRead,
    responses=responses(NotFound),
)
def read_scenario(scenario_id: UUID, caller: CommissioningRead, session: SessionDep) -> Scenario:
    """Read a scenario as it was answered."""
    return service.get(session, caller, Scenario, scenario_id)


@router.get(
    "/scenarios/{scenario_id}/children",
    response_model=Page[schemas.ScenarioChildRead],
    responses=responses(NotFound, Invalid),
)
def list_scenario_children(
    scenario_id: UUID,
    caller: CommissionedChildrenRead,
    session: SessionDep,
    page: PageDep,
    now: NowDep,
) -> Page[ScenarioChild]:
    """List the children for whom something would be different, and which interests."""
    return service.page_of_scenario_children(session, caller, scenario_id, page, now=now)


@router.get(
    "/equity",
    response_model=schemas.EquityRead | schemas.ReleasedEquityRead,
    responses=responses(ReleasesOnly, NotFound, FactsMissing, Invalid),
)
def read_equity(
    query: Annotated[schemas.EquityQuery, Query()], caller: CommissioningRead, session: SessionDep
) -> schemas.EquityRead | schemas.ReleasedEquityRead:
    """Tell which groups are under-served: of a month exactly, of a quarter from its release."""
    return service.read_equity(session, caller, query)
