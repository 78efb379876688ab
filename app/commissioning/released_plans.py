"""What to buy, from a release alone: figures of interests by reason, never children."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy.orm import Session

from app.commissioning import plan_schemas as wire
from app.commissioning.errors import NoPlanPossible
from app.commissioning.exact_plans import GAP, TIME_LIMIT_S, curve_of
from app.commissioning.released_sums import error_of_sum
from app.engine.plans import NoPlan, Plan, PlanProblem, make_plan
from app.errors import Invalid
from app.releases import presenting, queries, service
from app.releases.building import Cell
from app.releases.models import GapRelease, GapReleaseCell

# The reason that each kind of item would take away; one kind is for sale for each.
REASON_OF: Final = {
    "session": "nothing_on_offer",
    "equipment": "need",
    "package": "need",
    "transport": "distance",
    "places": "full",
}
MOST_OF_A_KIND: Final = 50
NOTES: Final = (
    "A figure counts children whose nearest miss has this as its first reason: one item of the kind"
    " takes it away for as many as it has places, if nothing else stands in their way.",
    "A child counts in several interests, so what is reached must not be read as children; nor does"
    " a release know areas of these figures, providers, or who has waited how long.",
    "Figures that are not shown are left out.",
)


@dataclass(frozen=True)
class _Item:
    price: int
    cell: Cell
    cost: int
    paid: int
    reached: int


@dataclass(frozen=True)
class Known:
    """A release, and its figures by reason."""

    release: GapRelease
    cells: Sequence[Cell]


def read(session: Session, form: wire.PlanCreate, period: str) -> Known:
    """Read a released quarter, or say what a release cannot tell."""
    _check(form)
    release = service.get_release_of(session, period)
    if "reason" not in release.breakdowns:
        raise Invalid("period", "no_breakdowns", "The release tells of no reasons")
    for at, price in enumerate(form.prices):
        if price.interest is not None and price.interest not in release.topics:
            raise Invalid(f"prices.{at}.interest", "not_in_releases", "No release tells of it")
    return Known(release, queries.list_cells(session, release.id, *_OF_REASONS))


def run(known: Known, form: wire.PlanCreate, step: Callable[[str], None]) -> wire.ReleasedPlan:
    """Make a plan from a released quarter."""
    release = known.release
    step("judging")
    items = _items(form, known.cells)
    problem = PlanProblem(
        item_cost=np.array([item.cost for item in items], dtype=np.int64),
        item_capacity=np.ones(len(items), dtype=np.int64),
        # What an item reaches is its own: a figure is cut into as many as its places.
        child_weight=np.array([item.reached for item in items], dtype=np.int64),
        pair_item=np.arange(len(items)),
        pair_child=np.arange(len(items)),
        budget=form.budget_pence,
    )
    step("choosing")
    try:
        plan = make_plan(problem, gap=GAP, time_limit_s=TIME_LIMIT_S)
    except NoPlan:
        raise NoPlanPossible from None
    step("smaller budgets")
    table = presenting.table_of(release, "reason")
    bought = _bought(form, release, items, plan)
    cells = {(item.interest, item.reason) for item in bought}
    return wire.ReleasedPlan(
        release_id=release.id,
        candidates=len(items),
        reached=plan.weight,
        reached_bound=int(plan.bound),
        error_95=error_of_sum(table, len(cells)),
        gap=round(plan.gap, 6),
        method=plan.method,
        cost_pence=plan.cost,
        paid_pence=sum(item.paid_pence for item in bought),
        items=bought,
        curve=curve_of(problem, plan),
        release_method=presenting.method_of(release),
        notes=list(NOTES),
    )


_OF_REASONS: Final = (GapReleaseCell.by == "reason", GapReleaseCell.shown.is_(True))


def _check(form: wire.PlanCreate) -> None:
    limits = form.limits
    for name, given in (
        ("most_providers", limits.most_providers is not None),
        ("areas", bool(limits.areas)),
        ("every_area", limits.every_area),
    ):
        if given:
            raise Invalid(f"limits.{name}", "not_in_releases", "A release does not know them")
    sold: set[tuple[str, str | None]] = set()
    for at, price in enumerate(form.prices):
        for name in ("need", "outcode", "needs"):
            if getattr(price, name, None):
                raise Invalid(
                    f"prices.{at}.{name}", "not_in_releases", "Of a period, name an interest"
                )
        key = REASON_OF[price.kind], price.interest
        if key in sold:
            raise Invalid(f"prices.{at}.kind", "reason_twice", "Price each reason once")
        sold.add(key)


def _items(form: wire.PlanCreate, cells: Sequence[Cell]) -> list[_Item]:
    """Cut each figure into what one item of each price reaches; the last one reaches the rest."""
    items: list[_Item] = []
    own = {(REASON_OF[price.kind], price.interest) for price in form.prices if price.interest}
    for at, price in enumerate(form.prices):
        reason = REASON_OF[price.kind]
        cost, paid = wire.cost_of(price, form.months, by_life=form.charge_equipment == "by_life")
        for cell in cells:
            # A price for the interest itself goes before one for any.
            if cell.value != reason or price.interest not in (None, cell.interest):
                continue
            if price.interest is None and (reason, cell.interest) in own:
                continue
            left = cell.children or 0
            for _ in range(MOST_OF_A_KIND):
                if left <= 0:
                    break
                items.append(_Item(at, cell, cost, paid, min(left, price.places)))
                left -= price.places
    return items


def _bought(
    form: wire.PlanCreate, release: GapRelease, items: Sequence[_Item], plan: Plan
) -> list[wire.ReleasedItemRead]:
    """Put the items of one price and figure together, in the order in which they come first."""
    table = presenting.table_of(release, "reason")
    found: dict[tuple[int, str, str], list[_Item]] = {}
    for step in plan.steps:
        item = items[step.item]
        found.setdefault((item.price, item.cell.interest, str(item.cell.value)), []).append(item)
    return [
        wire.ReleasedItemRead(
            price=price,
            kind=form.prices[price].kind,
            interest=interest,
            label=presenting.tell_cell(same[0].cell, table).label,
            reason=reason,
            count=len(same),
            cost_pence=sum(item.cost for item in same),
            paid_pence=sum(item.paid for item in same),
            children=same[0].cell.children or 0,
            error_95=table.error_95,
            reached=sum(item.reached for item in same),
        )
        for (price, interest, reason), same in found.items()
    ]
