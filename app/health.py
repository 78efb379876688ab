"""Whether this process lives, and whether it can serve."""

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text

from app.db import NO_TENANT, transaction
from app.dependencies import AdmissionDep, ContextDep
from app.errors import Unavailable
from app.migrate import newest_revision
from app.problems import responses

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The answer of a healthy service; it names no version."""

    status: str = "ok"


@router.get("/healthz")
async def tell_liveness() -> Health:
    """Tell that the process lives."""
    return Health()


@router.get("/readyz", responses=responses(Unavailable))
def tell_readiness(context: ContextDep, _: AdmissionDep) -> Health:
    """Tell whether requests can be served: the database answers and has the newest schema."""
    with transaction(context.session_factory, NO_TENANT) as session:
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != newest_revision():
        raise Unavailable("The database has another schema than this service.")
    return Health()
