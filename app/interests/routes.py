"""Interests over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from app import concepts
from app.access.guards import CatalogueRead
from app.interests.schemas import ConceptRead, SuggestionQuery, Suggestions

router = APIRouter(prefix="/interests", tags=["interests"])


@router.get("", response_model=Suggestions)
def suggest_concepts(
    query: Annotated[SuggestionQuery, Query()], caller: CatalogueRead
) -> Suggestions:
    """Suggest concepts for what has been typed."""
    return Suggestions(
        items=[
            ConceptRead(
                notation=found.concept.notation,
                label=found.concept.label,
                matched=found.matched,
                broader=list(found.concept.broader),
            )
            for found in concepts.suggest(query.q, limit=query.limit)
        ]
    )
