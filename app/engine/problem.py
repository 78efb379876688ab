"""What the engine needs to be told of the rooms above it: what is held and what is taken.

`Holdings` and its parts, `Match` and `Fit` are matching's own; they pass through here so that
the rooms above need not import it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.authorities.models import EntitlementPolicy, SupportService
from matching import Booked, Fit, Holdings, Match, Remaining


@dataclass(frozen=True)
class Taken:
    """How much of what is scarce is taken; ids are text, as they come from the database."""

    # Session, places.
    places: Sequence[tuple[str, int]] = ()
    # Session, need code, places of the limited offer.
    limited: Sequence[tuple[str, str, int]] = ()
    # Support service, ISO week (`YYYY-Www`), places.
    weeks: Sequence[tuple[str, str, int]] = ()


@dataclass(frozen=True)
class Situation:
    """All that decides about a child's sessions beside its profile and the catalogue."""

    # What the catalogue had come to at the same moment.
    catalogue_version: int
    holdings: Holdings
    taken: Taken
    policies: Sequence[EntitlementPolicy]
    services: Sequence[SupportService]


__all__ = ["Booked", "Fit", "Holdings", "Match", "Remaining", "Situation", "Taken"]
