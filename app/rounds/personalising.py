"""A brochure ordered for one child: what suits it first, and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.bookings.holdings import read_situation
from app.children.profiles import Profile
from app.clock import quarter_bounds
from app.engine import service as engine
from app.engine.problem import Fit, Taken
from app.engine.warm import WarmCatalogue
from app.rounds.brochure_schemas import (
    BrochureActivity,
    BrochureRead,
    BrochureSessionRead,
    ForChild,
    Suits,
    ToArrange,
)

# Of dates that the catalogue does not have any more.
NOT_LISTED = "not_listed"


def personalise(
    session: Session,
    warm: WarmCatalogue,
    brochure: BrochureRead,
    child: Profile,
    *,
    given_name: str,
    now: datetime,
) -> BrochureRead:
    """Order a brochure's activities by how well they suit a child, without what is closed to it.

    Places and support that others have taken do not count: the round gives them out.
    """
    starts_from, starts_before = quarter_bounds(brochure.round.quarter)
    situation = read_situation(session, child, starts_from=starts_from, starts_before=starts_before)
    judged = engine.judge_span(
        warm,
        child,
        situation=replace(situation, taken=Taken()),
        starts_from=starts_from,
        starts_before=starts_before,
        now=now,
    )
    position = {id_: at for at, id_ in enumerate(judged.session_ids)}
    closed: list[int] = []
    found: list[BrochureActivity] = []
    missing = 0
    for activity in brochure.activities:
        known = [one for one in activity.sessions if one.session_id in position]
        missing += len(activity.sessions) - len(known)
        at = [position[one.session_id] for one in known]
        closed += [one for one in at if judged.mask[one]]
        open_to = [one for one in at if not judged.mask[one]]
        if not open_to:
            continue
        # Ties by start, as the engine orders them.
        best = min(open_to, key=lambda one: (-judged.score[one], one))
        fit = judged.explain(judged.session_ids[best])
        dates = [
            one.model_copy(update={"support": "ready" if judged.ready[place] else "arrange"})
            for one, place in zip(known, at, strict=True)
            if not judged.mask[place]
        ]
        found.append(activity.model_copy(update={"sessions": dates, "suits": _suits(fit)}))
    blocked = Counter(judged.blocked(closed)) + Counter({NOT_LISTED: missing})
    return brochure.model_copy(
        update={
            "activities": _best_first(found),
            "for_child": ForChild(child_id=child.id, given_name=given_name, blocked=dict(blocked)),
        }
    )


def _suits(fit: Fit) -> Suits:
    # What counts against it is left to the explanation of the single session.
    speaking_for = sorted(
        (reason for reason in fit.reasons if reason.contribution > 0 and reason.factor != "base"),
        key=lambda reason: -reason.contribution,
    )
    return Suits(
        score=fit.score,
        reasons=[reason.text for reason in speaking_for],
        arrangements=[ToArrange.model_validate(task) for task in fit.arrangements],
        funding=fit.funding,
        price_pence=fit.price_pence,
    )


def _best_first(activities: Iterable[BrochureActivity]) -> Sequence[BrochureActivity]:
    def key(one: BrochureActivity) -> tuple[float, datetime, object]:
        first: BrochureSessionRead = one.sessions[0]
        return -(one.suits.score if one.suits else 0.0), first.starts_at, one.activity_id

    return sorted(activities, key=key)
