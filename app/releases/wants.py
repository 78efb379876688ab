"""What was unmet in a quarter, from the stored gap facts."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import month_bounds, month_of, months_of_quarter
from app.gaps.quarters import unmet_of_quarter
from app.gaps.queries import months_with_sessions
from app.releases.errors import FactsMissing
from app.releases.grid import Unmet


def unmet_of(session: Session, period: str, *, now: datetime) -> Unmet:
    """Read the unmet wants of a quarter, once every month of it that still can be has been judged.

    A month that had passed before anybody judged it is left out, and one without sessions meets
    nothing.
    """
    months = months_of_quarter(period)
    bounds = month_bounds(months[0])[0], month_bounds(months[-1])[1]
    found = unmet_of_quarter(session, period)
    waiting = [
        month
        for month in months_with_sessions(session, bounds)
        if month not in found.months and month >= month_of(now)
    ]
    if waiting:
        raise FactsMissing("The worker does so within minutes.", months=waiting)
    if not found.months:
        # Sessions are judged before and in their month, so nothing becomes of these by waiting.
        raise FactsMissing("No session of the quarter has been judged.", months=months)
    return Unmet(
        child=found.child,
        concept=found.concept,
        outcode=found.outcode,
        age_band=found.age_band,
        need_groups=found.need_groups,
        reason=found.reason,
    )
