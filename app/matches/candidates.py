"""Candidates: the children a session would suit, those longest without a break first."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings.holdings import read_candidates
from app.bookings.queries import find_session_and_activity
from app.children.profiles import list_profiles
from app.clock import local_date, years_before
from app.engine import service as engine
from app.engine.warm import WarmCatalogues
from app.errors import NotFound
from app.matches.schemas import CandidateRead, CandidatesRead

NEVER = datetime.min.replace(tzinfo=UTC)


def list_candidates(
    session: Session,
    catalogues: WarmCatalogues,
    caller: Caller,
    session_id: UUID,
    *,
    limit: int,
    now: datetime,
) -> CandidatesRead:
    """Rank the children that a session would suit: the longest wait, then the best score."""
    warm = catalogues.get(session, now=now)
    found = find_session_and_activity(session, session_id)
    if found is None:
        raise NotFound("There is no such session.")
    target, activity = found
    day = local_date(target.starts_at)
    # Those of other ages need not be read at all.
    children = list_profiles(
        session,
        born_after=years_before(day, activity.max_age + 1),
        born_until=years_before(day, activity.min_age) + timedelta(days=1),
        gender=activity.gender,
    )
    candidates, situation = read_candidates(session, target, children, now=now)
    judged = engine.judge_candidates(
        warm,
        session_id,
        [(candidate.child, candidate.holdings) for candidate in candidates],
        situation=situation,
        now=now,
    )
    best = sorted(
        (position for position in range(len(candidates)) if judged.eligible[position]),
        key=lambda position: (
            candidates[position].last_break or NEVER,
            -judged.score[position],
            candidates[position].child.id,
        ),
    )[:limit]
    items = []
    for position in best:
        fit = judged.explain(position)
        items.append(
            CandidateRead(
                child_id=candidates[position].child.id,
                last_break_at=candidates[position].last_break,
                score=fit.score,
                funding=fit.funding,
                price_pence=fit.price_pence,
                distance_km=fit.distance_km,
                support=fit.support,
                arrangements=fit.arrangements,
                reasons=fit.reasons,
            )
        )
    audit.record(
        session,
        caller,
        "candidate.list",
        now=now,
        object_id=session_id,
        child_ids=[item.child_id for item in items],
    )
    return CandidatesRead(session_id=session_id, items=items, blocked=dict(judged.blocked))
