"""Matches over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic_core import to_json

from app.access.guards import CandidatesRead as CandidatesDoor
from app.access.guards import MatchesRead as MatchesDoor
from app.access.guards import SessionDep
from app.dependencies import NowDep
from app.engine.dependencies import WarmCataloguesDep
from app.errors import NotFound
from app.matches import candidates, service
from app.matches.schemas import CandidatesRead, FitRead, MatchesQuery, MatchesRead
from app.problems import responses

router = APIRouter(tags=["matches"])


@router.get(
    "/children/{child_id}/matches", response_model=MatchesRead, responses=responses(NotFound)
)
def list_matches(
    child_id: UUID,
    query: Annotated[MatchesQuery, Query()],
    caller: MatchesDoor,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
) -> Response:
    """Rank the sessions that suit a child, with every reason."""
    span = service.choose_span(query.month, query.starts_from, query.starts_before, now=now)
    found = service.list_matches(session, warm, caller, child_id, span, limit=query.limit, now=now)
    # The model in the contract is not applied once more; a test holds the answer to it.
    return Response(to_json(found), media_type="application/json")


@router.get(
    "/children/{child_id}/sessions/{session_id}/fit",
    response_model=FitRead,
    responses=responses(NotFound),
)
def explain_fit(
    child_id: UUID,
    session_id: UUID,
    caller: MatchesDoor,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
) -> FitRead:
    """Explain one session for a child in full, blocked or not."""
    return service.explain_fit(session, warm, caller, child_id, session_id, now=now)


@router.get(
    "/sessions/{session_id}/candidates",
    response_model=CandidatesRead,
    responses=responses(NotFound),
)
def list_candidates(
    session_id: UUID,
    caller: CandidatesDoor,
    session: SessionDep,
    warm: WarmCataloguesDep,
    now: NowDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> CandidatesRead:
    """Rank the children a session would suit, those longest without a break first."""
    return candidates.list_candidates(session, warm, caller, session_id, limit=limit, now=now)
