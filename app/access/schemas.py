"""What the token endpoint takes and gives."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.access.scopes import ClientKind
from app.wire import Wire

FAMILY_CODE_GRANT = "urn:shortbreaks:family-code"
Secret = Annotated[str, Field(max_length=200)]


class TokenRequest(Wire):
    """A request for an access token (form)."""

    grant_type: Annotated[str, Field(max_length=100)]
    client_id: Secret | None = None
    client_secret: Secret | None = None
    scope: Annotated[str, Field(max_length=1000)] | None = None
    code: Secret | None = None
    refresh_token: Secret | None = None


class TokenAnswer(BaseModel):
    """An access token."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - not a password
    expires_in: int
    scope: str
    refresh_token: str | None = None


class FamilyCodeRead(BaseModel):
    """A one-time code for a family app, shown this once."""

    code: str
    household_id: UUID
    expires_at: datetime


class ClientCredentials(BaseModel):
    """A new client's credentials; the secret is shown this once."""

    client_id: UUID
    client_secret: str
    kind: ClientKind
