"""What to buy for a month's children, exactly: candidates from near misses, and the best of them.

A child counts once, whichever of its wants are served, and weighs more the longer its last break
is ago (the bands of an allocation). Wants are those that are unmet in the month that is asked
about; what is bought is assumed to be there in each of the plan's months.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.allocations.inputs import BAND_NAMES, band_of
from app.allocations.queries import last_breaks
from app.clock import month_bounds
from app.commissioning import plan_schemas as wire
from app.commissioning import queries
from app.commissioning.errors import NoPlanPossible
from app.commissioning.exact_months import Standing, read_standing
from app.commissioning.schemas import hour_of
from app.engine import candidates as engine
from app.engine.candidates import Candidate
from app.engine.equity import LAST_SETTLED
from app.engine.plans import NoPlan, Plan, PlanProblem, curve, make_plan
from app.engine.warm import WarmCatalogues
from app.postcodes import Postcode, centroid

# Reading, judging, choosing, smaller budgets, keeping.
STAGES: Final = 5
MOST_CANDIDATES: Final = 2_000
MOST_OF_A_PRICE: Final = 700
# A near miss lacks one thing; a need that is also too late counts as two reasons.
NEAR_WITHIN: Final = 2
GAP: Final = 0.005
# Of the points of the curve, which show their bounds.
CURVE_GAP: Final = 0.03
TIME_LIMIT_S: Final = 5.0
# Of the budget, so many points of the curve below the plan itself.
CURVE_POINTS: Final = 5
# By the bands of an allocation: who has waited longest weighs most.
WEIGHTS: Final = tuple(range(len(BAND_NAMES), 0, -1))


@dataclass(frozen=True)
class Item:
    """A candidate with its price."""

    price: int
    candidate: Candidate
    cost: int
    paid: int
    places: int


@dataclass(frozen=True)
class Known:
    """All that a month's plan rests on, read at once."""

    standing: Standing
    # Of children: the end of the last break; the open wishes.
    breaks: Mapping[UUID, datetime]
    wishes: Mapping[UUID, Sequence[tuple[UUID, Sequence[str]]]]
    # Of activities: provider, title, outcode.
    activities: Mapping[UUID, tuple[UUID, str, str | None]]


def read(session: Session, warm: WarmCatalogues, month: str, *, now: datetime) -> Known:
    """Read what a plan for a month rests on."""
    standing = read_standing(session, warm, month, now=now, near_within=NEAR_WITHIN)
    return Known(
        standing,
        breaks=last_breaks(session, before=month_bounds(month)[0]),
        wishes=queries.open_wishes(session),
        activities=queries.providers_of_activities(session),
    )


def run(
    known: Known, form: wire.PlanCreate, step: Callable[[str], None]
) -> tuple[wire.ExactPlan, list[dict[str, Any]]]:
    """Make a plan for a month: the outcome, and a row for each child it serves."""
    standing = known.standing
    step("judging")
    unmet = standing.facts.outcome > LAST_SETTLED
    offered = _offered(standing, form, unmet)
    items = sorted(offered, key=lambda one: -len(one.candidate.serves))[:MOST_CANDIDATES]
    weights = np.array(
        [WEIGHTS[band_of(known.breaks.get(id_), standing.month)] for id_ in standing.child_ids],
        dtype=np.int64,
    )
    problem = _problem(known, form, items, weights)
    step("choosing")
    try:
        plan = make_plan(problem, gap=GAP, time_limit_s=TIME_LIMIT_S)
    except NoPlan as error:
        raise NoPlanPossible(cheapest_pence=error.cheapest) from None
    step("smaller budgets")
    waiting = np.unique(standing.facts.child[unmet])
    told = _Told(known, form, items, plan)
    outcome = wire.ExactPlan(
        children_unmet=len(waiting),
        weight_unmet=int(weights[waiting].sum()),
        candidates=len(items),
        candidates_left_out=len(offered) - len(items),
        children=len(plan.item_of_child),
        weight=plan.weight,
        weight_bound=int(plan.bound),
        gap=round(plan.gap, 6),
        method=plan.method,
        cost_pence=plan.cost,
        paid_pence=sum(items[step.item].paid for step in plan.steps),
        items=told.items(),
        curve=curve_of(problem, plan),
        wishes_closed=told.wishes_closed,
        weights=dict(zip(BAND_NAMES, WEIGHTS, strict=True)),
    )
    return outcome, told.children()


def curve_of(problem: PlanProblem, plan: Plan) -> list[wire.CurveRead]:
    """Tell what parts of the budget reach, and the plan itself."""
    parts = [problem.budget * part // (CURVE_POINTS + 1) for part in range(1, CURVE_POINTS + 1)]
    budgets = [part for part in parts if 0 < part < problem.budget]
    return [
        wire.CurveRead(
            budget_pence=point.budget,
            cost_pence=point.cost,
            children=point.children,
            weight=point.weight,
            weight_bound=int(point.bound),
        )
        for point in curve(problem, plan, budgets, gap=CURVE_GAP, time_limit_s=TIME_LIMIT_S)
    ]


def _offered(standing: Standing, form: wire.PlanCreate, unmet: Any) -> list[Item]:
    items: list[Item] = []
    for at, price in enumerate(form.prices):
        cost, paid = wire.cost_of(price, form.months, by_life=form.charge_equipment == "by_life")
        for candidate in _candidates(standing, price, unmet):
            places = price.places
            if isinstance(price, wire.EquipmentPrice) and candidate.activity_id is not None:
                month = standing.inputs.month
                places = min(places, engine.places_left(month, candidate.activity_id))
            if places and candidate.serves:
                items.append(Item(at, candidate, cost, paid, places))
    return items


def _candidates(standing: Standing, price: wire.Price, unmet: Any) -> list[Candidate]:
    month, facts = standing.inputs.month, standing.facts
    match price:
        case wire.EquipmentPrice():
            found = engine.needs_met(month, facts)
        case wire.PackagePrice():
            found = engine.packages(month, facts)
        case wire.TransportPrice():
            found = engine.transport(facts, standing.areas)
        case wire.PlacesPrice():
            found = engine.more_places(month, facts)
        case wire.SessionPrice():
            found = engine.new_sessions(
                month,
                standing.children.wanting,
                facts,
                unmet,
                engine.NewSession(
                    hour_of(price.start),
                    hour_of(price.end),
                    price.weekdays,
                    price.needs,
                    price.places,
                    price.interest,
                ),
                positions=_positions(standing),
                most=MOST_OF_A_PRICE,
            )
    need, outcode = getattr(price, "need", None), getattr(price, "outcode", None)
    chosen = [one for one in found if need in (None, one.need) and outcode in (None, one.outcode)]
    return [_of_interest(standing, one, price.interest) for one in chosen]


def _of_interest(standing: Standing, candidate: Candidate, interest: str | None) -> Candidate:
    """Keep the wants of one interest, if the price is for one only."""
    if interest is None or candidate.interest is not None:
        return candidate
    kept = {
        child: [fact for fact in facts if standing.interest(fact) == interest]
        for child, facts in candidate.serves.items()
    }
    serves = {child: facts for child, facts in kept.items() if facts}
    return Candidate(
        serves, candidate.need, candidate.activity_id, candidate.outcode, interest=interest
    )


def _positions(standing: Standing) -> dict[str, tuple[float, float]]:
    """Give where the areas are in which the most children live."""
    areas = Counter(standing.areas)
    areas.pop("unknown", None)
    most = sorted(areas, key=lambda area: (-areas[area], area))[: engine.MOST_OUTCODES]
    found = {area: centroid(Postcode(area, area, area)) for area in most}
    return {area: position for area, position in found.items() if position is not None}


def _problem(
    known: Known, form: wire.PlanCreate, items: Sequence[Item], weights: Any
) -> PlanProblem:
    standing, activities = known.standing, known.activities
    owners = [_owner(item, activities) for item in items]
    outcodes = [_outcode(item, activities) for item in items]
    provider, area = _numbers(owners), _numbers(outcodes)
    keys = [
        (c.need, c.activity_id, c.outcode, c.interest, c.weekday, form.prices[item.price].kind)
        for item in items
        for c in (item.candidate,)
    ]
    shared = {key for key, count in Counter(keys).items() if count > 1}
    groups = _numbers([key if key in shared else None for key in keys])
    missing = [one for one in form.limits.areas if one not in outcodes]
    if missing:
        raise NoPlanPossible("Nothing that is for sale serves anybody there.", areas=missing)
    wanted = set(form.limits.areas)
    if form.limits.every_area:
        wanted |= {one for one in outcodes if one is not None and one in set(standing.areas)}
    places = dict(zip(outcodes, area, strict=True))
    pairs = [
        (at, child) for at, item in enumerate(items) for child in sorted(item.candidate.serves)
    ]
    return PlanProblem(
        item_cost=np.array([item.cost for item in items], dtype=np.int64),
        item_capacity=np.array([item.places for item in items], dtype=np.int64),
        child_weight=weights,
        pair_item=np.array([item for item, _ in pairs], dtype=np.int64),
        pair_child=np.array([child for _, child in pairs], dtype=np.int64),
        budget=form.budget_pence,
        item_provider=np.array(provider, dtype=np.int64),
        item_area=np.array(area, dtype=np.int64),
        item_group=np.array(groups, dtype=np.int64),
        most_providers=form.limits.most_providers,
        areas=tuple(places[one] for one in sorted(wanted)),
    )


def _numbers(values: Sequence[Any]) -> list[int]:
    """Number values as they come; None is -1."""
    numbers: dict[Any, int] = {}
    return [-1 if v is None else numbers.setdefault(v, len(numbers)) for v in values]


def _owner(item: Item, activities: Any) -> Any:
    found = activities.get(item.candidate.activity_id)
    return found and found[0]


def _outcode(item: Item, activities: Any) -> str | None:
    found = activities.get(item.candidate.activity_id)
    return item.candidate.outcode or (found[2] if found else None)


class _Told:
    """A plan in words: its items, and the children with what it closes for them."""

    def __init__(
        self, known: Known, form: wire.PlanCreate, items: Sequence[Item], plan: Plan
    ) -> None:
        self._standing, self._form, self._items, self._plan = known.standing, form, items, plan
        self._activities = known.activities
        standing, ids = known.standing, known.standing.child_ids
        self._interests: dict[int, list[str]] = {}
        self._wishes: dict[int, list[Any]] = {}
        for child, item in plan.item_of_child.items():
            served = {standing.interest(fact) for fact in items[item].candidate.serves[child]}
            self._interests[child] = sorted(served)
            self._wishes[child] = [
                wish
                for wish, concepts in known.wishes.get(ids[child], ())
                if not served.isdisjoint(concepts)
            ]
        self.wishes_closed = sum(map(len, self._wishes.values()))

    def items(self) -> list[wire.ItemRead]:
        """Tell of each item."""
        closed: Counter[int] = Counter()
        for child, at in self._plan.item_of_child.items():
            closed[at] += len(self._wishes[child])
        told = []
        for position, step in enumerate(self._plan.steps):
            item = self._items[step.item]
            candidate = item.candidate
            owner = candidate.activity_id
            activity = None if owner is None else self._activities.get(owner)
            told.append(
                wire.ItemRead(
                    position=position,
                    price=item.price,
                    kind=self._form.prices[item.price].kind,
                    interest=candidate.interest,
                    need=candidate.need,
                    activity_id=candidate.activity_id,
                    activity=activity and activity[1],
                    provider_id=activity and activity[0],
                    outcode=candidate.outcode or (activity[2] if activity else None),
                    weekday=candidate.weekday,
                    cost_pence=item.cost,
                    paid_pence=item.paid,
                    spent_pence=step.spent,
                    places=item.places,
                    children=len(step.children),
                    weight=step.weight,
                    wishes_closed=closed[step.item],
                )
            )
        return told

    def children(self) -> list[dict[str, Any]]:
        """Give a row for each child that is served."""
        position = {step.item: at for at, step in enumerate(self._plan.steps)}
        return [
            {
                "child_id": self._standing.child_ids[child],
                "item": position[item],
                "interests": self._interests[child],
                "wish_ids": self._wishes[child],
            }
            for child, item in sorted(self._plan.item_of_child.items())
        ]
