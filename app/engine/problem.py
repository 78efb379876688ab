"""What the engine needs to be told of the rooms above it: what is held and what is taken.

`Holdings` and its parts, `Match` and `Fit` are matching's own; they pass through here so that
the rooms above need not import it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.authorities.models import EntitlementPolicy, SupportService
from matching import Booked, Fit, Holdings, Match, Remaining


@dataclass(frozen=True)
class SupportTaken:
    """How much of the scarce support is taken."""

    # (session, need code, places of the limited offer taken)
    limited: Sequence[tuple[UUID, str, int]] = ()
    # By support service and ISO week (`YYYY-Www`).
    weeks: Mapping[tuple[UUID, str], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """All that decides about a child's sessions beside its profile and the catalogue."""

    holdings: Holdings
    taken: SupportTaken
    policies: Sequence[EntitlementPolicy]
    services: Sequence[SupportService]
    # How much of a month's funding the child has used, by month and funding.
    used: Mapping[tuple[str, str], int]


__all__ = ["Booked", "Fit", "Holdings", "Match", "Remaining", "Situation", "SupportTaken"]
