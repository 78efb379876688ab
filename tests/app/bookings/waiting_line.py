"""One who waits, or has a place, as the model of waiting lists sees it."""

from dataclasses import dataclass, field
from datetime import datetime

# What may happen, the usual more often. One rule for all of it, because Hypothesis leaves some of
# many rules out of each run, and an offer takes several of them.
KINDS = (
    *("book", "join", "join", "join", "cancel", "cancel", "cancel", "leave"),
    *("accept", "accept", "decline", "decline", "answer again"),
    *("raise", "work", "wait", "deadline", "read"),
)


@dataclass
class Line:
    """A booking, as the model sees it."""

    child: int
    place: int
    status: str
    joined: int
    cause: str | None = None
    # Of an open offer.
    until: datetime | None = None
    skipped: str | None = None
    offers: list[str] = field(default_factory=list)

    @property
    def takes(self) -> bool:
        """Tell whether a place is its own, or is kept for it."""
        return self.status == "confirmed" or self.until is not None
