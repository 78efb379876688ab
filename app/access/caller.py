"""The caller: who asks, for whom, and which rows that lets them see."""

from dataclasses import dataclass
from uuid import UUID

from app.access.scopes import ClientKind, Scope


@dataclass(frozen=True)
class Caller:
    """The client behind a request and what it may do."""

    client_id: UUID
    kind: ClientKind
    # None for an operator only.
    authority_id: UUID | None
    scopes: frozenset[Scope]
    request_id: UUID
    # Of a family app that acts for a household.
    grant_id: UUID | None = None
    household_id: UUID | None = None
    # Of a provider.
    provider_id: UUID | None = None

    @property
    def tenant(self) -> UUID:
        """Give the authority of a caller that has one."""
        if self.authority_id is None:
            raise RuntimeError("an operator has no authority")
        return self.authority_id

    @property
    def sees_every_household(self) -> bool:
        """Tell whether all families of the authority are the caller's business."""
        return self.kind is ClientKind.BROKER

    @property
    def acting_as(self) -> UUID:
        """Give whom idempotency keys belong to: the family's grant, or the client."""
        return self.grant_id or self.client_id
