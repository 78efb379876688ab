"""Entitlements, and overrides of them, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.guards import MatchesRead, OverridesRead, OverridesWrite, SessionDep
from app.bookings import allowances, entitlement_schemas
from app.bookings.entitlement_schemas import EntitlementRead, OverrideRead
from app.clock import month_of
from app.dependencies import NowDep, PageDep
from app.errors import NotFound
from app.pagination import Page
from app.problems import responses
from app.wire import Month

router = APIRouter(prefix="/children/{child_id}", tags=["bookings"])


@router.get("/entitlements", response_model=EntitlementRead, responses=responses(NotFound))
def read_entitlement(
    child_id: UUID,
    caller: MatchesRead,
    session: SessionDep,
    now: NowDep,
    month: Annotated[Month | None, Query()] = None,
) -> EntitlementRead:
    """Tell what a child may still book in a month, and use in its year."""
    return allowances.get_entitlement(session, caller, child_id, month or month_of(now), now=now)


@router.get(
    "/entitlement-overrides", response_model=Page[OverrideRead], responses=responses(NotFound)
)
def list_overrides(
    child_id: UUID,
    page: PageDep,
    caller: OverridesRead,
    session: SessionDep,
    now: NowDep,
    ended: Annotated[bool, Query()] = False,
) -> Page[OverrideRead]:
    """List what a child is allowed instead of the policy; on request also what has been ended."""
    return allowances.page_of_overrides(session, caller, child_id, page, ended=ended, now=now)


@router.put(
    "/entitlement-overrides", response_model=Page[OverrideRead], responses=responses(NotFound)
)
def replace_overrides(
    child_id: UUID,
    form: entitlement_schemas.OverridesWrite,
    caller: OverridesWrite,
    session: SessionDep,
    now: NowDep,
) -> Page[OverrideRead]:
    """Allow a child more, less or any number instead of the policy, with a reason and an end."""
    return allowances.replace_overrides(session, caller, child_id, form, now=now)
