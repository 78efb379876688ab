"""Jobs, with the worker's part done in the test."""

from typing import Any
from uuid import UUID

from app.access.scopes import ClientKind
from app.engine.warm import WarmCatalogues
from app.kinds_of_work import KINDS
from app.work.working import work_on_job
from tests.support.world import World


def work(world: World, job_id: str, kind: ClientKind = ClientKind.BROKER) -> dict[str, Any]:
    """Do a job as the worker does, and read it."""
    ids = world.authority_id, UUID(job_id)
    work_on_job(world.sessions, world.clock, WarmCatalogues(), KINDS, *ids)
    job: dict[str, Any] = world.call("GET", f"/v1/jobs/{job_id}", kind=kind).json()
    return job
