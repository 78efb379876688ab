"""The model of an authority over HTTP."""

from fastapi import APIRouter

from app.access.guards import AuthorityRead, SessionDep
from app.learning import service
from app.learning.schemas import ModelRead

router = APIRouter(tags=["authorities"])


@router.get("/authority/model", response_model=ModelRead)
def read_model(caller: AuthorityRead, session: SessionDep) -> ModelRead:
    """Tell what matches are weighed by, and how good that is."""
    return service.get_model(session)
