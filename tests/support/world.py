"""One authority with a client of each kind: what nearly every test of the API starts from.

Tenants cannot see each other, so each test makes its own and nothing has to be cleaned up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from app.access.schemas import ClientCredentials
from app.access.scopes import ClientKind
from app.access.service import register_client
from app.authorities.service import create_authority
from app.catalogue.models import Provider
from app.db import NO_TENANT, transaction
from app.ids import new_id
from tests.support.clock import SetClock


@dataclass
class World:
    """An authority, its clients and short ways to call the API as each of them."""

    http: TestClient
    sessions: sessionmaker[Session]
    clock: SetClock
    authority_id: UUID
    provider_id: UUID
    credentials: dict[ClientKind, ClientCredentials]
    tokens: dict[ClientKind, tuple[str, datetime]]

    def token(self, kind: ClientKind) -> str:
        """Get an access token of a client of the authority, valid by the test's clock."""
        token, expires_at = self.tokens.get(kind, ("", self.clock.now))
        if expires_at <= self.clock.now:
            answer = self.new_token(kind)
            token = answer["access_token"]
            expires_at = self.clock.now + timedelta(seconds=answer["expires_in"])
            self.tokens[kind] = (token, expires_at)
        return token

    def new_token(self, kind: ClientKind, **form: str) -> dict[str, Any]:
        """Ask for a token now."""
        mine = self.credentials[kind]
        answer = self.http.post(
            "/oauth/token",
            data={
                "grant_type": "client_credentials",
                "client_id": str(mine.client_id),
                "client_secret": mine.client_secret,
                **form,
            },
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def call(
        self, method: str, path: str, *, kind: ClientKind = ClientKind.BROKER, **kwargs: Any
    ) -> Any:
        """Call the API as a client of the authority."""
        return self.call_with(self.token(kind), method, path, **kwargs)

    def call_with(self, token: str, method: str, path: str, **kwargs: Any) -> Any:
        """Call the API with a token."""
        headers = {"Authorization": f"Bearer {token}", **kwargs.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **kwargs)

    def family_token(self, household_id: str) -> str:
        """Let the family app act for a household and get its token."""
        answer = self.call("POST", f"/v1/households/{household_id}/family-codes")
        assert answer.status_code == 201, answer.text
        granted = self.new_token(
            ClientKind.FAMILY_APP,
            grant_type="urn:shortbreaks:family-code",
            code=answer.json()["code"],
        )
        token: str = granted["access_token"]
        return token

    def household(self) -> str:
        """Create a household."""
        answer = self.call("POST", "/v1/households", json={})
        assert answer.status_code == 201, answer.text
        household_id: str = answer.json()["id"]
        return household_id


def make_world(
    http: TestClient, sessions: sessionmaker[Session], clock: SetClock, name: str = "Stoke-on-Trent"
) -> World:
    """Create an authority and its clients."""
    with transaction(sessions, NO_TENANT) as session:
        authority = create_authority(session, name, now=clock.now)
        provider = Provider(
            authority_id=authority.id,
            id=new_id(),
            name="Mill Lane Anglers",
            kind="community_group",
            created_at=clock.now,
            updated_at=clock.now,
        )
        session.add(provider)
        session.flush()
        credentials = {
            kind: register_client(
                session,
                kind=kind,
                name=kind.value,
                authority_id=None if kind is ClientKind.OPERATOR else authority.id,
                provider_id=provider.id if kind is ClientKind.PROVIDER else None,
                now=clock.now,
            )
            for kind in ClientKind
        }
    return World(http, sessions, clock, authority.id, provider.id, credentials, tokens={})
