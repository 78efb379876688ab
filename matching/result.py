"""The output of matching: small frozen dataclasses with Python values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a score.

    Attributes
    ----------
    factor : str
        One of `FACTORS`; a factor may stand in two reasons, one for and one against.
    contribution : float
        In score space; the contributions of a match add up to its score.
    text : str
        For people.
    """

    factor: str
    contribution: float
    text: str


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Support that must be arranged before the session.

    Attributes
    ----------
    need : str
    source : str
        `provider` (an offer on request) or `authority` (a support service).
    lead_days : int
    cost_pence : int
    """

    need: str
    source: str
    lead_days: int
    cost_pence: int


@dataclass(frozen=True, slots=True)
class Match:
    """A session put forward for a child.

    Attributes
    ----------
    session_id, activity_id : UUID
    score : float
        In [0, 1].
    distance_km : float or None
        None when home or venue is unknown.
    funding : str
        `free` or `contributory`.
    price_pence : int
        What the family pays: 0 when free.
    support : str
        `ready` or `arrange`.
    arrangements : tuple of Arrangement
    reasons : tuple of Reason
    places_left : int
    next_session_ids : tuple of UUID
        Further sessions of the activity that the child could go to, by start.
    """

    session_id: UUID
    activity_id: UUID
    score: float
    distance_km: float | None
    funding: str
    price_pence: int
    support: str
    arrangements: tuple[Arrangement, ...]
    reasons: tuple[Reason, ...]
    places_left: int
    next_session_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Matches:
    """Ranked matches of a child.

    Attributes
    ----------
    items : tuple of Match
        Best first; ties by start, then by session id.
    blocked : mapping of str to int
        Sessions by their first blocking reason, in the order of `BLOCKING_REASONS`; reasons
        that block none are left out.
    considered : int
        All sessions looked at, blocked ones included.
    """

    items: tuple[Match, ...]
    blocked: Mapping[str, int]
    considered: int


@dataclass(frozen=True, slots=True)
class NeedFit:
    """How one need of a child is met in one session.

    Attributes
    ----------
    need : str
    importance : str
        `essential` or `helpful`.
    met_by : str
        `provided`, `limited`, `provider` or `authority` (both on request), `too_late` (it could
        be arranged, but not before the session starts) or `nothing`.
    lead_days, cost_pence : int or None
        Of the arrangement, if one is made.
    text : str
    """

    need: str
    importance: str
    met_by: str
    lead_days: int | None
    cost_pence: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason that blocks a session.

    Attributes
    ----------
    reason : str
        One of `BLOCKING_REASONS`.
    text : str
    facts : mapping of str to value
        Numbers, codes and dates in JSON types.
    remedy : str or None
        What would make it possible, if anything would.
    """

    reason: str
    text: str
    facts: Mapping[str, object]
    remedy: str | None


@dataclass(frozen=True, slots=True)
class Fit:
    """One pair of child and session explained in full, blocked or not.

    Attributes
    ----------
    session_id, activity_id : UUID
    eligible : bool
        True if there is no obstacle.
    score : float
        What the pair would score without its obstacles.
    distance_km : float or None
    funding : str or None
        None if no entitlement is left.
    price_pence : int or None
        None if no entitlement is left.
    support : str
        `ready`, `arrange` or `blocked`.
    arrangements : tuple of Arrangement
    reasons : tuple of Reason
    needs : tuple of NeedFit
        Essential ones first.
    obstacles : tuple of Obstacle
        In the order of `BLOCKING_REASONS`.
    places_left : int
    measures : mapping of str to float
        What the weights were multiplied with, by the names of `MEASURES`; each in [0, 1].
    """

    session_id: UUID
    activity_id: UUID
    eligible: bool
    score: float
    distance_km: float | None
    funding: str | None
    price_pence: int | None
    support: str
    arrangements: tuple[Arrangement, ...]
    reasons: tuple[Reason, ...]
    needs: tuple[NeedFit, ...]
    obstacles: tuple[Obstacle, ...]
    places_left: int
    measures: Mapping[str, float]
