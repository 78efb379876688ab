"""What profiles and activities lack, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.guards import GapQualityRead, SessionDep
from app.clock import month_of
from app.dependencies import NowDep, PageDep
from app.errors import Invalid
from app.gaps import quality_presenting
from app.gaps import quality_schemas as wire
from app.gaps.dependencies import WarmMonthsDep
from app.gaps.quality import Issue
from app.pagination import Page
from app.problems import responses
from app.wire import Month

router = APIRouter(prefix="/gaps/quality", tags=["gaps"])

MonthQuery = Annotated[Month | None, Query(description="Whose sessions and wants count; now's")]


@router.get("", response_model=wire.QualityRead, responses=responses(Invalid))
def read_quality(
    caller: GapQualityRead,
    session: SessionDep,
    warm: WarmMonthsDep,
    now: NowDep,
    month: MonthQuery = None,
) -> wire.QualityRead:
    """Tell what profiles and activities lack that matching needs, and what that costs."""
    return quality_presenting.tell_quality(session, warm, month or month_of(now))


@router.get("/records", response_model=Page[wire.LackRead], responses=responses(Invalid))
def list_records(
    caller: GapQualityRead,
    session: SessionDep,
    warm: WarmMonthsDep,
    now: NowDep,
    page: PageDep,
    month: MonthQuery = None,
    issue: Issue | None = None,
    provider_id: UUID | None = None,
) -> Page[wire.LackRead]:
    """List which records lack what, what costs most first."""
    return quality_presenting.page_of_lacks(
        session,
        warm,
        caller,
        month or month_of(now),
        page,
        issue=issue,
        provider_id=provider_id,
        now=now,
    )


@router.get("/providers", response_model=Page[wire.ProviderQuality], responses=responses(Invalid))
def list_providers(
    caller: GapQualityRead,
    session: SessionDep,
    warm: WarmMonthsDep,
    now: NowDep,
    page: PageDep,
    month: MonthQuery = None,
) -> Page[wire.ProviderQuality]:
    """List the providers whose activities lack anything, most of them first."""
    return quality_presenting.page_of_providers(session, warm, month or month_of(now), page)
