"""Writing and reading passports, and the flag."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.children import keys
from app.children import service as children
from app.encryption import DataKey, MasterKeys
from app.errors import NotFound, PreconditionFailed, PreconditionRequired
from app.etags import check_if_match
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.passports import queries, sealing
from app.passports.models import FLAG, TEXTS, PassportVersion
from app.passports.schemas import FlagRead, PassportRead, PassportWrite


def write_passport(
    session: Session,
    masters: MasterKeys,
    caller: Caller,
    child_id: UUID,
    form: PassportWrite,
    *,
    if_match: str | None,
    now: datetime,
) -> PassportRead:
    """Write the next version of a child's passport; the ones before it stay."""
    # The lock lets two who write at once do so one after the other: the second is refused.
    child = children.get_child(session, caller, child_id, lock=True)
    before = queries.newest_version(session, child.id)
    check_precondition(if_match, before)
    key = keys.get_or_make_key(session, masters, child.id, now=now)
    row = PassportVersion(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        version=1 if before is None else before.version + 1,
        client_id=caller.client_id,
        client_kind=caller.kind.value,
        grant_id=caller.grant_id,
        written_at=now,
    )
    sealing.seal_texts(row, key, form.model_dump())
    session.add(row)
    session.flush()
    emit(session, "passport.written", row.id, sequence=1, now=now, child_id=child.id)
    audit.record(session, caller, "passport.write", now=now, object_id=row.id, child_ids=[child.id])
    return _passport(row, key)


def check_precondition(if_match: str | None, before: PassportVersion | None) -> None:
    """Insist that whoever writes has seen what there is; the first version needs nothing."""
    if before is None:
        if if_match is not None:
            raise PreconditionFailed("There is no passport yet: send no If-Match.")
    elif if_match is None:
        raise PreconditionRequired("Send the ETag that you read as If-Match.")
    else:
        check_if_match(if_match, before.version)


def read_passport(
    session: Session, masters: MasterKeys, caller: Caller, child_id: UUID, *, now: datetime
) -> PassportRead:
    """Show a child's passport as it is now."""
    child = children.get_child(session, caller, child_id)
    row = queries.newest_version(session, child.id)
    return _show(session, masters, caller, row, now=now)


def read_version(
    session: Session,
    masters: MasterKeys,
    caller: Caller,
    child_id: UUID,
    version: int,
    *,
    now: datetime,
) -> PassportRead:
    """Show a child's passport as it once was."""
    child = children.get_child(session, caller, child_id)
    row = queries.find_version(session, child.id, version)
    return _show(session, masters, caller, row, now=now)


def page_of_versions(
    session: Session, caller: Caller, child_id: UUID, page: PageRequest, *, now: datetime
) -> Page[PassportVersion]:
    """Show who wrote a child's passport and when, the oldest version first."""
    child = children.get_child(session, caller, child_id)
    audit.record(session, caller, "passport.list", now=now, child_ids=[child.id])
    return queries.page_of_versions(session, child.id, page)


def read_flag(
    session: Session, masters: MasterKeys, caller: Caller, child_id: UUID, *, now: datetime
) -> FlagRead:
    """Show what to know before ringing a family up."""
    child = children.get_child(session, caller, child_id)
    row = queries.newest_version(session, child.id)
    audit.record(session, caller, "flag.read", now=now, child_ids=[child.id])
    flag = None
    if row is not None:
        flag = sealing.open_texts(row, _key(session, masters, row), [FLAG])[FLAG]
    return FlagRead.model_validate(
        {
            "child_id": child.id,
            "given_name": child.given_name,
            "contact": child.contact,
            "flag": flag,
        }
    )


def _show(
    session: Session,
    masters: MasterKeys,
    caller: Caller,
    row: PassportVersion | None,
    *,
    now: datetime,
) -> PassportRead:
    if row is None:
        raise NotFound
    audit.record(
        session, caller, "passport.read", now=now, object_id=row.id, child_ids=[row.child_id]
    )
    return _passport(row, _key(session, masters, row))


def _key(session: Session, masters: MasterKeys, row: PassportVersion) -> DataKey | None:
    return keys.find_keys(session, masters, [row.child_id]).get(row.child_id)


def _passport(row: PassportVersion, key: DataKey | None) -> PassportRead:
    return PassportRead.model_validate(
        {
            "child_id": row.child_id,
            "version": row.version,
            "written_at": row.written_at,
            "written_by": row.client_kind,
            "client_id": row.client_id,
            **sealing.open_texts(row, key, [*TEXTS, FLAG]),
        }
    )
