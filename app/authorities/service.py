"""Setting up authorities, what a child is entitled to, and what can be arranged."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.access.service import register_client
from app.authorities import queries
from app.authorities.errors import PolicyExists
from app.authorities.models import Authority, EntitlementPolicy, SupportService
from app.authorities.schemas import (
    AuthorityCreate,
    AuthorityCreated,
    AuthorityRead,
    AuthorityUpdate,
    PolicyCreate,
    SupportServiceCreate,
    SupportServiceUpdate,
)
from app.db import bind_tenant
from app.errors import NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit
from app.pagination import Page, PageRequest

# The default policy has always been in force, so that every month has one.
BEGINNING: Final = date(2000, 1, 1)
# Fields of a policy that are stored under another name.
COLUMN_OF_FIELD: Final = {
    "min_age": "min_age_years",
    "max_age": "max_age_years",
    "money_per_year_pence": "pence_per_year",
}


def create_authority(session: Session, name: str, *, now: datetime) -> Authority:
    """Create a tenant with the default policy and bind the transaction to it."""
    authority = Authority(id=new_id(), name=name, created_at=now)
    session.add(authority)
    session.flush()
    bind_tenant(session, authority.id)
    session.add(
        EntitlementPolicy(
            authority_id=authority.id,
            starts_on=BEGINNING,
            free_per_month=1,
            contributory_per_month=1,
            created_at=now,
        )
    )
    emit(session, "authority.created", authority.id, sequence=1, now=now)
    return authority


def open_authority(
    session: Session, caller: Caller, form: AuthorityCreate, *, now: datetime
) -> AuthorityCreated:
    """Create a tenant together with its first broker."""
    authority = create_authority(session, form.name, now=now)
    client = register_client(
        session, kind=ClientKind.BROKER, name=form.name, authority_id=authority.id, now=now
    )
    audit.record(session, caller, "authority.create", now=now, object_id=authority.id)
    return AuthorityCreated(authority=AuthorityRead.model_validate(authority), client=client)


def get_authority(session: Session, caller: Caller, *, lock: bool = False) -> Authority:
    """Get the caller's own authority."""
    authority = queries.find_authority(session, caller.tenant, lock=lock)
    if authority is None:
        raise NotFound
    return authority


def replace_authority(
    session: Session, caller: Caller, form: AuthorityUpdate, *, if_match: str, now: datetime
) -> Authority:
    """Rename the caller's authority."""
    authority = get_authority(session, caller, lock=True)
    check_if_match(if_match, authority.version)
    authority.name = form.name
    authority.version += 1
    emit(session, "authority.updated", authority.id, sequence=authority.version, now=now)
    audit.record(session, caller, "authority.update", now=now, object_id=authority.id)
    return authority


def list_active_authorities(session: Session) -> list[UUID]:
    """List the authorities, for work that goes through all of them one by one."""
    return list(queries.list_active_authorities(session))


def list_every_authority(session: Session) -> list[UUID]:
    """List the authorities, those at rest included, for what has to reach all that is stored."""
    return list(queries.list_every_authority(session))


def page_of_policies(session: Session, page: PageRequest) -> Page[EntitlementPolicy]:
    """List the policies, the oldest first."""
    return queries.page_of_policies(session, page)


def add_policy(
    session: Session, caller: Caller, form: PolicyCreate, *, now: datetime
) -> EntitlementPolicy:
    """Decide what children may book from a month on."""
    columns = form.model_dump(exclude=set(COLUMN_OF_FIELD) | {"hours_per_year"}) | {
        column: getattr(form, field) for field, column in COLUMN_OF_FIELD.items()
    }
    hours = form.hours_per_year
    columns["minutes_per_year"] = None if hours is None else round(hours * 60)
    policy = queries.insert_policy(
        session, {"authority_id": caller.tenant, "id": new_id(), "created_at": now, **columns}
    )
    if policy is None:
        raise PolicyExists("Policies are not changed; start another one on another day.")
    emit(session, "policy.created", policy.id, sequence=1, now=now)
    audit.record(session, caller, "policy.create", now=now, object_id=policy.id)
    return policy


def policy_of_month(policies: Sequence[EntitlementPolicy], month: str) -> EntitlementPolicy:
    """Pick the policy that governs a whole month: the newest that starts in or before it."""
    begun = [policy for policy in policies if f"{policy.starts_on:%Y-%m}" <= month]
    if not begun:
        raise NotFound("No entitlement policy had begun in that month.")
    return max(begun, key=lambda policy: policy.starts_on)


def list_policies(session: Session) -> Sequence[EntitlementPolicy]:
    """List every policy of the bound authority, the oldest first."""
    return queries.list_policies(session)


def list_support_services(session: Session) -> Sequence[SupportService]:
    """List every support service of the bound authority, the oldest first."""
    return queries.list_support_services(session)


def page_of_support_services(session: Session, page: PageRequest) -> Page[SupportService]:
    """List the support services, the oldest first."""
    return queries.page_of_support_services(session, page)


def add_support_service(
    session: Session, caller: Caller, form: SupportServiceCreate, *, now: datetime
) -> SupportService:
    """Record what the authority can put in place."""
    service = SupportService(
        authority_id=caller.tenant, id=new_id(), version=1, created_at=now, **form.model_dump()
    )
    session.add(service)
    emit(session, "support_service.created", service.id, sequence=1, now=now)
    audit.record(session, caller, "support_service.create", now=now, object_id=service.id)
    return service


def update_support_service(
    session: Session,
    caller: Caller,
    service_id: UUID,
    patch: SupportServiceUpdate,
    *,
    if_match: str,
    now: datetime,
) -> SupportService:
    """Change the terms of a support service."""
    service = queries.find_support_service(session, service_id, lock=True)
    if service is None:
        raise NotFound
    check_if_match(if_match, service.version)
    stored = SupportServiceCreate.model_validate(service, extra="ignore").model_dump()
    form = apply_patch(SupportServiceCreate, stored, patch.model_dump(exclude_unset=True))
    for name, value in form.model_dump().items():
        setattr(service, name, value)
    service.version += 1
    emit(session, "support_service.updated", service.id, sequence=service.version, now=now)
    audit.record(session, caller, "support_service.update", now=now, object_id=service.id)
    return service
