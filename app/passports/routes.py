"""Passports, flags and briefings over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Path, Response

from app.access.guards import (
    BriefingsRead,
    FlagsRead,
    PassportsRead,
    PassportsWrite,
    SessionDep,
)
from app.dependencies import MasterKeysDep, NowDep, PageDep, with_etag
from app.errors import (
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Unauthenticated,
)
from app.pagination import Page
from app.passports import briefing, schemas, service
from app.passports.errors import BriefingOver
from app.passports.models import PassportVersion
from app.problems import responses

router = APIRouter(tags=["passports"])

FIRST = 1


@router.get(
    "/children/{child_id}/passport",
    response_model=schemas.PassportRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_passport(
    child_id: UUID,
    caller: PassportsRead,
    session: SessionDep,
    masters: MasterKeysDep,
    now: NowDep,
    response: Response,
) -> schemas.PassportRead:
    """Read a child's passport."""
    return with_etag(response, service.read_passport(session, masters, caller, child_id, now=now))


@router.put(
    "/children/{child_id}/passport",
    response_model=schemas.PassportRead,
    responses={
        201: {"description": "The first version", "model": schemas.PassportRead},
        **responses(
            Unauthenticated, Forbidden, NotFound, PreconditionFailed, Invalid, PreconditionRequired
        ),
    },
)
def write_passport(
    child_id: UUID,
    form: schemas.PassportWrite,
    caller: PassportsWrite,
    session: SessionDep,
    masters: MasterKeysDep,
    now: NowDep,
    response: Response,
    if_match: Annotated[str | None, Header(max_length=100)] = None,
) -> schemas.PassportRead:
    """Write the next version of a child's passport; only the first needs no If-Match."""
    written = service.write_passport(
        session, masters, caller, child_id, form, if_match=if_match, now=now
    )
    if written.version == FIRST:
        response.status_code = 201
    return with_etag(response, written)


@router.get(
    "/children/{child_id}/passport/versions",
    response_model=Page[schemas.VersionRead],
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def list_versions(
    child_id: UUID, caller: PassportsRead, session: SessionDep, page: PageDep, now: NowDep
) -> Page[PassportVersion]:
    """List who wrote a child's passport and when, the oldest version first."""
    return service.page_of_versions(session, caller, child_id, page, now=now)


@router.get(
    "/children/{child_id}/passport/versions/{version}",
    response_model=schemas.PassportRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_version(
    child_id: UUID,
    version: Annotated[schemas.VersionNumber, Path()],
    caller: PassportsRead,
    session: SessionDep,
    masters: MasterKeysDep,
    now: NowDep,
) -> schemas.PassportRead:
    """Read a child's passport as it was in one version."""
    return service.read_version(session, masters, caller, child_id, version, now=now)


@router.get(
    "/children/{child_id}/flag",
    response_model=schemas.FlagRead,
    responses=responses(Unauthenticated, Forbidden, NotFound, Invalid),
)
def read_flag(
    child_id: UUID, caller: FlagsRead, session: SessionDep, masters: MasterKeysDep, now: NowDep
) -> schemas.FlagRead:
    """Read what to know before ringing a family up."""
    return service.read_flag(session, masters, caller, child_id, now=now)


@router.get(
    "/sessions/{session_id}/briefing",
    response_model=schemas.BriefingRead,
    responses=responses(Unauthenticated, BriefingOver, NotFound, Invalid),
)
def read_briefing(
    session_id: UUID,
    caller: BriefingsRead,
    session: SessionDep,
    masters: MasterKeysDep,
    page: PageDep,
    now: NowDep,
) -> schemas.BriefingRead:
    """Read who comes to a session and what each needs there; every look is recorded."""
    return briefing.read_briefing(session, masters, caller, session_id, page, now=now)
