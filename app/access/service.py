"""Clients, tokens and the grants of families."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit, queries
from app.access.caller import Caller
from app.access.errors import (
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    RefreshTokenReused,
    UnsupportedGrantType,
)
from app.access.models import Client, FamilyCode, FamilyGrant, RefreshToken
from app.access.schemas import (
    ClientCredentials,
    FamilyCodeRead,
    TokenAnswer,
    TokenRequest,
)
from app.access.scopes import SCOPES_OF_KIND, ClientKind, Scope
from app.access.tokens import LIFETIME, Claims, Tokens
from app.db import bind_tenant
from app.ids import new_id

CODE_LIFETIME: Final = timedelta(days=7)
REFRESH_LIFETIME: Final = timedelta(days=90)


def digest(secret: str) -> bytes:
    """Hash a secret of 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def register_client(
    session: Session,
    *,
    kind: ClientKind,
    name: str,
    authority_id: UUID | None,
    now: datetime,
    provider_id: UUID | None = None,
) -> ClientCredentials:
    """Register a client and give its secret, which is not kept."""
    secret = secrets.token_urlsafe(32)
    client = Client(
        id=new_id(),
        authority_id=authority_id,
        kind=kind,
        name=name,
        secret_sha256=digest(secret),
        provider_id=provider_id,
        created_at=now,
    )
    session.add(client)
    session.flush()
    return ClientCredentials(client_id=client.id, client_secret=secret, kind=kind)


def renew_client(
    session: Session,
    *,
    kind: ClientKind,
    name: str,
    authority_id: UUID | None,
    now: datetime,
    provider_id: UUID | None = None,
) -> ClientCredentials:
    """Give the client of this name a new secret, which ends the old one; register it if new."""
    client = queries.find_client(session, kind=kind, name=name, authority_id=authority_id)
    if client is None:
        return register_client(
            session,
            kind=kind,
            name=name,
            authority_id=authority_id,
            provider_id=provider_id,
            now=now,
        )
    secret = secrets.token_urlsafe(32)
    client.secret_sha256 = digest(secret)
    session.flush()
    return ClientCredentials(client_id=client.id, client_secret=secret, kind=kind)


def authenticate_client(session: Session, client_id: str | None, secret: str | None) -> Client:
    """Find the client with these credentials."""
    try:
        known_id = UUID(client_id or "")
    except ValueError:
        raise InvalidClient(error="invalid_client") from None
    client = queries.find_active_client(session, known_id)
    expected = client.secret_sha256 if client else bytes(32)
    if not hmac.compare_digest(digest(secret or ""), expected) or client is None:
        raise InvalidClient(error="invalid_client")
    return client


def issue_token(
    session: Session, tokens: Tokens, request: TokenRequest, *, request_id: UUID, now: datetime
) -> TokenAnswer:
    """Answer a token request; the session is bound to the client's tenant on the way."""
    client = authenticate_client(session, request.client_id, request.client_secret)
    if client.authority_id is not None:
        bind_tenant(session, client.authority_id)
    kind = ClientKind(client.kind)
    grant_id: UUID | None = None
    match request.grant_type:
        case "client_credentials":
            pass
        case "urn:shortbreaks:family-code" if kind is ClientKind.FAMILY_APP:
            grant_id = _grant_for_code(session, client, request.code or "", now=now)
        case "refresh_token" if kind is ClientKind.FAMILY_APP:
            grant_id = _grant_for_refresh_token(
                session, client, request.refresh_token or "", now=now
            )
        case _:
            raise UnsupportedGrantType(error="unsupported_grant_type")
    scopes = _choose_scopes(kind, request.scope)
    claims = Claims(client.id, client.authority_id, grant_id, scopes)
    if client.authority_id is not None:
        caller = Caller(client.id, kind, client.authority_id, scopes, request_id, grant_id)
        audit.record(session, caller, "token.issue", now=now, object_id=grant_id)
    return TokenAnswer(
        access_token=tokens.issue(claims, now=now),
        expires_in=int(LIFETIME.total_seconds()),
        scope=" ".join(sorted(scopes)),
        refresh_token=_next_refresh_token(session, grant_id, now=now) if grant_id else None,
    )


def _choose_scopes(kind: ClientKind, asked: str | None) -> frozenset[Scope]:
    allowed = SCOPES_OF_KIND[kind]
    if not asked:
        return allowed
    chosen = frozenset(scope for scope in allowed if scope in asked.split())
    if len(chosen) != len(set(asked.split())):
        raise InvalidScope(error="invalid_scope")
    return chosen


def _grant_for_code(session: Session, client: Client, code: str, *, now: datetime) -> UUID:
    household_id = queries.use_family_code(session, digest(code), now=now)
    if household_id is None:
        raise InvalidGrant(error="invalid_grant")
    grant = FamilyGrant(
        authority_id=session.info["authority_id"],
        id=new_id(),
        client_id=client.id,
        household_id=household_id,
        created_at=now,
    )
    session.add(grant)
    session.flush()
    return grant.id


def _grant_for_refresh_token(
    session: Session, client: Client, token: str, *, now: datetime
) -> UUID:
    stored = queries.find_refresh_token(session, digest(token))
    if stored is None or stored.expires_at <= now:
        raise InvalidGrant(error="invalid_grant")
    grant = queries.find_live_grant(session, stored.grant_id, client.id)
    if grant is None:
        raise InvalidGrant(error="invalid_grant")
    if stored.used_at is not None:
        raise RefreshTokenReused(grant.authority_id, grant.id)
    stored.used_at = now
    return grant.id


def revoke_grant(session: Session, grant_id: UUID, *, now: datetime) -> None:
    """End a family app's permission; its access tokens stop working with the next request."""
    grant = session.get_one(FamilyGrant, (session.info["authority_id"], grant_id))
    grant.revoked_at = now


def _next_refresh_token(session: Session, grant_id: UUID, *, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        RefreshToken(
            authority_id=session.info["authority_id"],
            grant_id=grant_id,
            token_sha256=digest(token),
            expires_at=now + REFRESH_LIFETIME,
            created_at=now,
        )
    )
    return token


def invite_family(
    session: Session, caller: Caller, household_id: UUID, *, now: datetime
) -> FamilyCodeRead:
    """Make a one-time code for a household that the caller may invite."""
    code = secrets.token_urlsafe(32)
    expires_at = now + CODE_LIFETIME
    session.add(
        FamilyCode(
            authority_id=caller.tenant,
            household_id=household_id,
            code_sha256=digest(code),
            expires_at=expires_at,
            created_by=caller.client_id,
            created_at=now,
        )
    )
    audit.record(session, caller, "household.invite", now=now, object_id=household_id)
    return FamilyCodeRead(code=code, household_id=household_id, expires_at=expires_at)
