"""Following a job as it goes: one short look after the other, each a transaction of its own."""

import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Final
from uuid import UUID

import anyio
from anyio.to_thread import run_sync
from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.db import transaction
from app.work.service import FINISHED, read_job

PAUSE_S: Final = 0.5
# A stream ends after some minutes whatever happens; a client that still waits asks again.
MOST_LOOKS: Final = 600
ASK_AGAIN_MS: Final = 1000


async def follow(
    sessions: sessionmaker[Session], caller: Caller, job_id: UUID
) -> AsyncIterator[str]:
    """Tell of each change of a job, in the words of `GET /v1/jobs/{id}`, until it is finished."""
    told = None
    yield f"retry: {ASK_AGAIN_MS}\n\n"
    for number in range(MOST_LOOKS):
        state = await run_sync(partial(_look, sessions, caller, job_id))
        if state != told:
            told = state
            yield f"id: {number}\nevent: progress\ndata: {state}\n\n"
        if json.loads(state)["status"] in FINISHED:
            return
        await anyio.sleep(PAUSE_S)


def _look(sessions: sessionmaker[Session], caller: Caller, job_id: UUID) -> str:
    with transaction(sessions, caller.tenant) as session:
        return read_job(session, caller, job_id).model_dump_json()
