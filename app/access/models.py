"""Tables of the access room."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to
from app.ids import new_id


class Client(Base):
    """A program that may call: known before its tenant is, so it stands outside the tenants."""

    __tablename__ = "clients"
    __table_args__ = (
        belongs_to("providers", "provider_id"),
        CheckConstraint(
            "kind IN ('broker', 'family_app', 'provider', 'commissioner', 'operator')",
            name="kind",
        ),
        CheckConstraint("(kind = 'operator') = (authority_id IS NULL)", name="tenant_of_kind"),
        CheckConstraint("(kind = 'provider') = (provider_id IS NOT NULL)", name="provider_of_kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    authority_id: Mapped[UUID | None] = mapped_column(ForeignKey("authorities.id"))
    kind: Mapped[str]
    name: Mapped[str]
    # The secret has 256 random bits, so a plain hash of it cannot be searched.
    secret_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    provider_id: Mapped[UUID | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class FamilyCode(TenantTable, Base):
    """A broker's one-time invitation for a family app."""

    __tablename__ = "family_codes"
    __table_args__ = (
        belongs_to("households", "household_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "code_sha256"),
    )

    household_id: Mapped[UUID]
    code_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]


class FamilyGrant(TenantTable, Base):
    """A family app's standing permission to act for one household, until revoked."""

    __tablename__ = "family_grants"
    __table_args__ = (belongs_to("households", "household_id", ondelete="CASCADE"),)

    client_id: Mapped[UUID] = mapped_column(ForeignKey("clients.id"))
    household_id: Mapped[UUID]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RefreshToken(TenantTable, Base):
    """One use of a grant's right to a new access token; each use makes the next."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        belongs_to("family_grants", "grant_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "token_sha256"),
    )

    grant_id: Mapped[UUID]
    token_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AuditEntry(TenantTable, Base):
    """Who did what to which object, with no child's data inside."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "authority_id", "child_id", "at"),
        Index(None, "authority_id", "at"),
    )

    at: Mapped[datetime]
    client_id: Mapped[UUID]
    grant_id: Mapped[UUID | None]
    action: Mapped[str]
    object_id: Mapped[UUID | None]
    child_id: Mapped[UUID | None]
    outcome: Mapped[str]
    request_id: Mapped[UUID]
