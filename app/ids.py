"""Identity: UUIDv7, so that ids sort by the time they were made."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Make a new id."""
    return uuid7()


def made_at(id_: UUID) -> datetime:
    """Tell when an id was made, by the clock of the machine that made it."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)
