"""What if, exactly: a month judged as it stands and as it would be, by the same engine.

A closed session gives its children's places back. A moved one does too, and the places are free at
the new time: who can come then has an open place, as everybody else. A smaller budget buys fewer
places in the proportion of the budgets, by what a place costs, or all alike where no activity of
the month says so: sessions give up places that nobody has, the least used
ones first; no child loses a place, and what cannot be saved so is told. Transport brings the
children of an area, so they need no accessible vehicle and travel as far as it goes.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.clock import month_bounds
from app.codes import WEEKDAYS
from app.commissioning import queries
from app.commissioning import schemas as wire
from app.commissioning.exact_months import Standing, read_standing
from app.engine import scenarios as engine
from app.engine.warm import WarmCatalogues
from app.errors import Invalid


def run(
    session: Session, warm: WarmCatalogues, form: wire.ScenarioCreate, month: str, *, now: datetime
) -> tuple[wire.ExactOutcome, list[dict[str, Any]]]:
    """Answer a scenario of a month: the outcome, and a row for each child it concerns."""
    changes: list[engine.Change] = []
    carried: list[tuple[int, wire.AddTransport]] = []
    for at, change in enumerate(form.changes):
        if isinstance(change, wire.AddTransport):
            carried.append((at, change))
        else:
            changes.append(_read_change(session, change, at, month))
    standing = read_standing(session, warm, month, now=now)
    changes += [_carry(standing, change, at) for at, change in carried]
    then = engine.judge_then(
        standing.inputs.month,
        standing.children.wanting,
        standing.places,
        changes,
        today=standing.facts,
    )
    cuts = any(isinstance(change, engine.SpendLess) for change in changes)
    budget = wire.CutRead(
        wanted_pence=then.wanted if then.has_costs else None,
        saved_pence=then.saved if then.has_costs else None,
        places=then.places_cut,
    )
    outcome = _tell(standing, then, budget if cuts else None)
    return outcome, _children(standing, then)


def _read_change(session: Session, change: wire.Change, at: int, month: str) -> engine.Change:
    """Find what a change is about, or say which field names nothing."""
    bounds = month_bounds(month)
    where = f"changes.{at}"
    if getattr(change, "interest", None) is not None:
        raise Invalid(f"{where}.interest", "period_only", "Of a month, name what is changed")
    match change:
        case wire.CloseProvider():
            if not queries.is_provider(session, change.provider_id):
                raise Invalid(f"{where}.provider_id", "unknown", "There is no such provider")
            return engine.Close(
                queries.sessions_of(session, bounds, provider_id=change.provider_id)
            )
        case wire.MoveActivity():
            if change.weekday is None:
                raise Invalid(f"{where}.weekday", "missing", "Say which weekday")
            ids = _of_activity(session, change.activity_id, f"{where}.activity_id", bounds)
            start = None if change.start is None else wire.hour_of(change.start)
            return engine.Move(ids, WEEKDAYS.index(change.weekday), start)
        case wire.AddOffer():
            return _read_offer(session, change, where, bounds)
        case wire.ChangeBudget():
            return engine.SpendLess(change.from_pence, change.to_pence)
        case _:
            raise TypeError("transport is read with the children")


def _read_offer(
    session: Session, change: wire.AddOffer, where: str, bounds: tuple[datetime, datetime]
) -> engine.Provide:
    if change.need is None:
        raise Invalid(f"{where}.need", "missing", "Say which need is met")
    if (change.activity_id is None) == (change.session_id is None):
        raise Invalid(where, "activity_or_session", "Name an activity or a session")
    if change.session_id is None:
        ids = _of_activity(session, change.activity_id, f"{where}.activity_id", bounds)
        return engine.Provide(ids, change.need)
    ids = queries.sessions_of(session, bounds, session_id=change.session_id)
    if not ids:
        raise Invalid(f"{where}.session_id", "unknown", "There is no such session in the month")
    return engine.Provide(ids, change.need)


def _of_activity(
    session: Session, activity_id: UUID | None, field: str, bounds: tuple[datetime, datetime]
) -> list[UUID]:
    if activity_id is None or not queries.is_activity(session, activity_id):
        raise Invalid(field, "unknown", "There is no such activity")
    return queries.sessions_of(session, bounds, activity_id=activity_id)


def _carry(standing: Standing, change: wire.AddTransport, at: int) -> engine.Carry:
    if change.interest is not None:
        raise Invalid(f"changes.{at}.interest", "period_only", "Of a month, name an outcode")
    if change.outcode is None:
        raise Invalid(f"changes.{at}.outcode", "missing", "Say which area is brought")
    inside = [position for position, area in enumerate(standing.areas) if area == change.outcode]
    return engine.Carry(inside, change.max_km)


def _tell(standing: Standing, then: engine.Then, budget: wire.CutRead | None) -> wire.ExactOutcome:
    facts = standing.facts
    today, later = then.unmet_today, then.unmet_then
    lost, gained = later & ~today, today & ~later
    child = facts.child

    differing = np.flatnonzero(lost | gained).tolist()

    def differences(groups_of: Callable[[int], Iterable[str]]) -> list[wire.DifferenceRead]:
        """Count groups with a difference; of the others not even who is unmet is asked for."""
        counts: dict[str, Counter[str]] = {
            group: Counter() for fact in differing for group in groups_of(fact)
        }
        if not counts:
            return []
        for name, mask in (
            ("unmet_today", today),
            ("unmet_then", later),
            ("lost", lost),
            ("gained", gained),
        ):
            for fact in np.flatnonzero(mask).tolist():
                for group in groups_of(fact):
                    if group in counts:
                        counts[group][name] += 1
        return [_difference(group, counts[group]) for group in sorted(counts)]

    def of_child(values: Sequence[str]) -> Callable[[int], Iterable[str]]:
        return lambda fact: (values[int(child[fact])],)

    return wire.ExactOutcome(
        children=len(standing.child_ids),
        total=wire.DifferenceRead(
            group="all",
            unmet_today=int(today.sum()),
            unmet_then=int(later.sum()),
            lost=int(lost.sum()),
            gained=int(gained.sum()),
        ),
        children_losing=len(np.unique(child[lost])),
        children_gaining=len(np.unique(child[gained])),
        budget=budget,
        interests=differences(lambda fact: (standing.interest(fact),)),
        needs=differences(lambda fact: standing.needs[int(child[fact])]),
        areas=differences(of_child(standing.areas)),
        age_bands=differences(of_child(standing.age_bands)),
    )


def _difference(group: str, counts: Counter[str]) -> wire.DifferenceRead:
    return wire.DifferenceRead(
        group=group,
        unmet_today=counts["unmet_today"],
        unmet_then=counts["unmet_then"],
        lost=counts["lost"],
        gained=counts["gained"],
    )


def _children(standing: Standing, then: engine.Then) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, list[str]]] = defaultdict(lambda: {"lost": [], "gained": []})
    today, later = then.unmet_today, then.unmet_then
    for name, mask in (("lost", later & ~today), ("gained", today & ~later)):
        for fact in np.flatnonzero(mask).tolist():
            rows[int(standing.facts.child[fact])][name].append(standing.interest(fact))
    return [
        {"child_id": standing.child_ids[position], **interests}
        for position, interests in sorted(rows.items())
    ]
