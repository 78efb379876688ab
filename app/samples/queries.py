"""Reads of what was loaded before."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session as Transaction

from app.authorities.models import Authority
from app.catalogue.models import Provider, Session
from app.children.models import Child, Household

# Two programs that load the same sample at once must not both make it.
LOADING_LOCK: Final = 7_305_412


def wait_for_other_loaders(session: Transaction) -> None:
    """Let one transaction load at a time."""
    session.execute(text("SET LOCAL lock_timeout = '120s'"))
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOADING_LOCK})


def find_authority(session: Transaction, name: str) -> UUID | None:
    """Find the authority of this name; the oldest, if somebody made another."""
    return session.scalar(
        select(Authority.id).where(Authority.name == name).order_by(Authority.id).limit(1)
    )


def newest_start(session: Transaction) -> datetime | None:
    """Tell when the last session begins that follows a schedule."""
    return session.scalar(
        select(func.max(Session.starts_at)).where(Session.schedule_id.is_not(None))
    )


def first_provider(session: Transaction) -> UUID:
    """Give the provider that was stored first."""
    return session.scalars(select(Provider.id).order_by(Provider.id).limit(1)).one()


def has_household(session: Transaction, reference: str) -> bool:
    """Tell whether there is a household with this reference."""
    found = select(Household.id).where(Household.reference == reference)
    return session.scalar(found) is not None


def find_child(session: Transaction, household_reference: str) -> UUID:
    """Find the one child of the household with this reference."""
    return session.scalars(
        select(Child.id)
        .join(
            Household,
            (Household.authority_id == Child.authority_id) & (Household.id == Child.household_id),
        )
        .where(Household.reference == household_reference)
    ).one()


def count(session: Transaction) -> tuple[int, int]:
    """Count the children and the sessions of the bound authority."""
    n_children = session.scalar(select(func.count()).select_from(Child))
    n_sessions = session.scalar(select(func.count()).select_from(Session))
    return n_children or 0, n_sessions or 0
