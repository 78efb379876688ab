"""Refusals of the token endpoint, named as RFC 6749 section 5.2 names them."""

from uuid import UUID

from app.errors import BadRequest, Unauthenticated


class InvalidClient(Unauthenticated):
    """The client is unknown or its secret is wrong."""

    slug = "invalid-client"
    title = "Client authentication failed"


class InvalidGrant(BadRequest):
    """The code or refresh token is unknown, used or expired."""

    slug = "invalid-grant"
    title = "The code or refresh token is not valid"


class RefreshTokenReused(InvalidGrant):
    """Somebody uses a copy of a refresh token, so its grant has to end."""

    def __init__(self, authority_id: UUID, grant_id: UUID) -> None:
        super().__init__(error="invalid_grant")
        self.authority_id = authority_id
        self.grant_id = grant_id


class UnsupportedGrantType(BadRequest):
    """No such grant, or not for this kind of client."""

    slug = "unsupported-grant-type"
    title = "This grant is not offered to this client"


class InvalidScope(BadRequest):
    """A scope was asked for that the client cannot have."""

    slug = "invalid-scope"
    title = "A scope was asked for that the client cannot have"
