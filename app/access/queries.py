"""Reads of the access room."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, column, select, table, text, update
from sqlalchemy.orm import Session

from app.access.models import Client, FamilyCode, FamilyGrant, RefreshToken

# The tenants are the business of the room above; all that matters here is whether one is active.
authorities = table("authorities", column("id"), column("active"))


# Written out, as it is part of every request. A grant that is asked for must be live.
STANDING_CLIENT: Final = text(
    """
    SELECT c.id, c.authority_id, c.kind, c.provider_id, g.household_id
    FROM clients c
    LEFT JOIN authorities a ON a.id = c.authority_id
    LEFT JOIN family_grants g ON g.authority_id = c.authority_id
        AND g.id = CAST(:grant_id AS uuid) AND g.client_id = c.id AND g.revoked_at IS NULL
    WHERE c.id = :client_id AND c.active AND (c.authority_id IS NULL OR a.active)
        AND (CAST(:grant_id AS uuid) IS NULL OR g.id IS NOT NULL)
    """
)


def find_standing_client(
    session: Session, client_id: UUID, grant_id: UUID | None
) -> Row[*tuple[Any, ...]] | None:
    """Find a client that may call now, and the household of the grant it names, if it does.

    Gives id, authority, kind, provider and household.
    """
    wanted = {"client_id": client_id, "grant_id": grant_id}
    return session.execute(STANDING_CLIENT, wanted).one_or_none()


def find_active_client(session: Session, client_id: UUID) -> Client | None:
    """Find a client that may call now, together with its authority."""
    return session.scalar(
        select(Client)
        .outerjoin(authorities, authorities.c.id == Client.authority_id)
        .where(
            Client.id == client_id,
            Client.active,
            (Client.authority_id.is_(None)) | authorities.c.active,
        )
    )


def find_client(
    session: Session, *, kind: str, name: str, authority_id: UUID | None
) -> Client | None:
    """Find the client of a kind with this name: of an authority, or an operator."""
    return session.scalar(
        select(Client)
        .where(
            Client.kind == kind,
            Client.name == name,
            Client.authority_id.is_not_distinct_from(authority_id),
        )
        .order_by(Client.id)
        .limit(1)
    )


def find_live_grant(session: Session, grant_id: UUID, client_id: UUID) -> FamilyGrant | None:
    """Find a grant that has not been revoked."""
    return session.scalar(
        select(FamilyGrant).where(
            FamilyGrant.id == grant_id,
            FamilyGrant.client_id == client_id,
            FamilyGrant.revoked_at.is_(None),
        )
    )


def use_family_code(session: Session, code_sha256: bytes, *, now: datetime) -> UUID | None:
    """Use up a valid code and give its household; of two at once, one gets it."""
    return session.scalar(
        update(FamilyCode)
        .where(
            FamilyCode.authority_id == session.info["authority_id"],
            FamilyCode.code_sha256 == code_sha256,
            FamilyCode.used_at.is_(None),
            FamilyCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(FamilyCode.household_id)
    )


def find_refresh_token(session: Session, token_sha256: bytes) -> RefreshToken | None:
    """Find a refresh token, used or not, and keep others from using it meanwhile."""
    return session.scalar(
        select(RefreshToken).where(RefreshToken.token_sha256 == token_sha256).with_for_update()
    )
