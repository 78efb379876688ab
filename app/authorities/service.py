"""Setting up authorities."""

from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from app.authorities.models import Authority, EntitlementPolicy
from app.db import bind_tenant
from app.ids import new_id

# The default policy has always been in force, so that every month has one.
BEGINNING: Final = date(2000, 1, 1)


def create_authority(session: Session, name: str, *, now: datetime) -> Authority:
    """Create a tenant with the default policy and bind the transaction to it."""
    authority = Authority(id=new_id(), name=name, created_at=now)
    session.add(authority)
    session.flush()
    bind_tenant(session, authority.id)
    session.add(EntitlementPolicy(authority_id=authority.id, starts_on=BEGINNING, created_at=now))
    return authority
