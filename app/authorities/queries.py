"""Reads of the authorities room; row-level security keeps each to the bound authority."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.authorities.models import Authority, EntitlementPolicy, SupportService
from app.pagination import Page, PageRequest, fetch_page


def find_authority(session: Session, authority_id: UUID, *, lock: bool = False) -> Authority | None:
    """Find an authority; its table has no tenant, so the id comes from the caller's token."""
    statement = select(Authority).where(Authority.id == authority_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def list_active_authorities(session: Session) -> Sequence[UUID]:
    """List the authorities whose clients may call."""
    return session.scalars(
        select(Authority.id).where(Authority.active).order_by(Authority.id)
    ).all()


def list_every_authority(session: Session) -> Sequence[UUID]:
    """List the authorities, whether or not their clients may call."""
    return session.scalars(select(Authority.id).order_by(Authority.id)).all()


def page_of_policies(session: Session, page: PageRequest) -> Page[EntitlementPolicy]:
    """List policies by the day they start on."""
    return fetch_page(
        session,
        select(EntitlementPolicy),
        page,
        keys=(EntitlementPolicy.starts_on, EntitlementPolicy.id),
        parsers=(date.fromisoformat, UUID),
        key_of=lambda policy: (policy.starts_on, policy.id),
    )


def list_policies(session: Session) -> Sequence[EntitlementPolicy]:
    """List every policy, the oldest first."""
    return session.scalars(select(EntitlementPolicy).order_by(EntitlementPolicy.starts_on)).all()


def insert_policy(session: Session, values: dict[str, Any]) -> EntitlementPolicy | None:
    """Insert a policy unless another starts on its day; of two at once, one gets in."""
    return session.scalar(
        insert(EntitlementPolicy)
        .values(values)
        .on_conflict_do_nothing(index_elements=["authority_id", "starts_on"])
        .returning(EntitlementPolicy)
    )


def page_of_support_services(session: Session, page: PageRequest) -> Page[SupportService]:
    """List support services, the oldest first."""
    return fetch_page(
        session,
        select(SupportService),
        page,
        keys=(SupportService.id,),
        parsers=(UUID,),
        key_of=lambda service: (service.id,),
    )


def list_support_services(session: Session) -> Sequence[SupportService]:
    """List every support service, the oldest first."""
    return session.scalars(select(SupportService).order_by(SupportService.id)).all()


def find_support_service(
    session: Session, service_id: UUID, *, lock: bool = False
) -> SupportService | None:
    """Find a support service."""
    statement = select(SupportService).where(SupportService.id == service_id)
    return session.scalar(statement.with_for_update() if lock else statement)
