"""Matches of a child: what it holds and what is left, put before the engine."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings.allowances import entitlement_of
from app.bookings.holdings import read_situation
from app.children.profiles import get_profile
from app.clock import month_bounds, month_of
from app.engine import service as engine
from app.engine.problem import Fit, Match
from app.engine.warm import WarmCatalogue, WarmCatalogues
from app.matches.schemas import FitRead

# Each month of a span has its own entitlement to work out; no catalogue reaches further.
LONGEST_SPAN: Final = timedelta(days=366)


@dataclass(frozen=True)
class Span:
    """The sessions that are looked at: those that start in a half-open span of time."""

    month: str
    starts_from: datetime
    starts_before: datetime


def choose_span(
    month: str | None,
    starts_from: datetime | None,
    starts_before: datetime | None,
    *,
    now: datetime,
) -> Span:
    """Choose a span: the days asked for, within the month asked for or the first one's."""
    if month is None and starts_from is not None:
        month = month_of(starts_from)
        first, after = month_bounds(month)
        # Without a month, the days may reach past its end.
        after = starts_before or after
    else:
        month = month or month_of(now)
        first, after = month_bounds(month)
    start = max(first, starts_from or first)
    return Span(month, start, min(after, starts_before or after, start + LONGEST_SPAN))


def list_matches(
    session: Session,
    catalogues: WarmCatalogues,
    caller: Caller,
    child_id: UUID,
    span: Span,
    *,
    limit: int,
    now: datetime,
) -> dict[str, Any]:
    """Rank the sessions of a span for a child, as a `MatchesRead` is written on the wire.

    To check and copy what has just been computed would take about as long as computing it.
    """
    child = get_profile(session, caller, child_id)
    situation = read_situation(
        session, child, starts_from=span.starts_from, starts_before=span.starts_before
    )
    warm = catalogues.at(session, situation.catalogue_version, now=now)
    matches = engine.rank_sessions(
        warm,
        child,
        situation=situation,
        starts_from=span.starts_from,
        starts_before=span.starts_before,
        limit=limit,
        now=now,
    )
    audit.record(session, caller, "match.list", now=now, child_ids=[child.id])
    entitlement = entitlement_of(
        span.month, situation.policies, situation.overrides, situation.used
    )
    return {
        "child_id": child.id,
        "month": span.month,
        "entitlement": entitlement,
        "items": [_document(warm, match) for match in matches.items],
        "blocked": matches.blocked,
    }


def explain_fit(
    session: Session,
    catalogues: WarmCatalogues,
    caller: Caller,
    child_id: UUID,
    session_id: UUID,
    *,
    now: datetime,
) -> FitRead:
    """Explain one session for a child in full, blocked or not."""
    child = get_profile(session, caller, child_id)
    warm = catalogues.get(session, now=now)
    starts_at, _ = engine.session_times(warm, session_id)
    situation = read_situation(session, child, starts_from=starts_at)
    fit = engine.explain_fit(warm, child, session_id, situation=situation, now=now)
    audit.record(
        session, caller, "match.explain", now=now, object_id=session_id, child_ids=[child.id]
    )
    # One level deep: the schemas read the parts by their attributes.
    explained = {field.name: getattr(fit, field.name) for field in fields(fit)}
    return FitRead(child_id=child.id, **explained | _shown(warm, fit))


def _shown(warm: WarmCatalogue, result: Match | Fit) -> dict[str, Any]:
    """Lay out what an answer shows of a session."""
    starts_at, ends_at = warm.times[result.session_id]
    title, provider = warm.titles[result.activity_id]
    return {
        "session_id": result.session_id,
        "activity_id": result.activity_id,
        "title": title,
        "provider": provider,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "places_left": result.places_left,
    }


def _document(warm: WarmCatalogue, match: Match) -> dict[str, Any]:
    return _shown(warm, match) | {
        "distance_km": match.distance_km,
        "score": match.score,
        "funding": match.funding,
        "price_pence": match.price_pence,
        "support": match.support,
        "arrangements": match.arrangements,
        "reasons": match.reasons,
        "next_dates": [
            {"session_id": id_, "starts_at": warm.times[id_][0], "ends_at": warm.times[id_][1]}
            for id_ in match.next_session_ids
        ],
    }
