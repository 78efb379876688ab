"""A month with something changed: judged as today is, for the children whom it can concern."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

import matching
from app.clock import month_bounds
from app.concepts import vocabulary
from app.engine.gaps import GapFacts, Month, Wanting, judge_month
from app.engine.problem import Remaining
from app.engine.warm import WarmCatalogue
from matching import Catalogue

LONDON: Final = ZoneInfo("Europe/London")
SETTLED: Final = (matching.OUTCOMES.index("met"), matching.OUTCOMES.index("available"))


@dataclass(frozen=True)
class Close:
    """Sessions do not take place."""

    session_ids: Collection[UUID]


@dataclass(frozen=True)
class Move:
    """Sessions are on another weekday of their week, maybe at another hour, as long as before."""

    session_ids: Collection[UUID]
    weekday: int
    # None: at the hour that each has.
    start: time | None


@dataclass(frozen=True)
class Provide:
    """Sessions provide for a need."""

    session_ids: Collection[UUID]
    need: str


@dataclass(frozen=True)
class Carry:
    """Some children are brought where they want to go, so far or to anywhere."""

    # Positions in the children.
    children: Collection[int]
    max_km: float | None


@dataclass(frozen=True)
class SpendLess:
    """The month's places are bought with less money."""

    old_budget: int
    new_budget: int


Change = Close | Move | Provide | Carry | SpendLess


@dataclass(frozen=True)
class Place:
    """A place that a child holds, or is offered."""

    session_id: UUID
    starts_at: datetime
    ends_at: datetime
    # What it uses of the month: None if it counts nothing or is of another month.
    funding: str | None


@dataclass(frozen=True)
class Then:
    """Today and then, of the same wants."""

    today: GapFacts
    # Positions in `OUTCOMES`, of the wants of `today`.
    outcome: NDArray[np.uint8]
    # Where a budget was cut: pence, or places where none has a cost and each counts alike.
    wanted: int
    saved: int
    places_cut: int
    has_costs: bool

    @property
    def unmet_today(self) -> NDArray[np.bool_]:
        """Mark the wants that are neither met nor available."""
        return ~np.isin(self.today.outcome, SETTLED)

    @property
    def unmet_then(self) -> NDArray[np.bool_]:
        """Mark the wants that would be neither."""
        return ~np.isin(self.outcome, SETTLED)


@dataclass
class _World:
    """A month as it is being changed."""

    month: Month
    children: list[Wanting]
    # Positions of children and ids of activities that something has happened to.
    touched: set[int] = field(default_factory=set)
    activities: set[UUID] = field(default_factory=set)
    wanted: int = 0
    saved: int = 0
    places_cut: int = 0
    has_costs: bool = False

    @property
    def arrays(self) -> Catalogue:
        """Give the catalogue as it is by now."""
        return self.month.warm.arrays

    def indices(self, session_ids: Collection[UUID]) -> list[int]:
        """Find sessions, and note their activities."""
        index, sessions = self.arrays.session_index, self.arrays.sessions
        found = sorted(index[id_] for id_ in session_ids if id_ in index)
        ids = self.arrays.activities.ids
        self.activities |= {ids[at] for at in sessions.activity[found].tolist()}
        return found

    def put(self, arrays: Catalogue, live: matching.Live | None = None) -> None:
        """Go on with other arrays."""
        warm = replace(self.month.warm, arrays=arrays)
        span = arrays.span(*month_bounds(self.month.month))
        self.month = replace(self.month, warm=warm, live=live or self.month.live, span=span)


def judge_then(
    month: Month,
    children: Sequence[Wanting],
    places: Sequence[Sequence[Place]],
    changes: Sequence[Change],
    *,
    today: GapFacts,
) -> Then:
    """Judge what would become of each want; `places` are those of each child."""
    world = _World(month, list(children))
    for change in changes:
        match change:
            case Close():
                _let_go(world, places, set(change.session_ids))
                world.put(
                    matching.without_sessions(world.arrays, world.indices(change.session_ids))
                )
            case Move():
                _let_go(world, places, set(change.session_ids), keep_places=True)
                _move(world, change)
            case Provide():
                at = world.indices(change.session_ids)
                world.put(matching.with_need_met(world.arrays, at, change.need))
            case Carry():
                for position in change.children:
                    world.children[position] = _carried(world.children[position], change.max_km)
                world.touched |= set(change.children)
            case SpendLess():
                _spend_less(world, change)
    concerned = _concerned(world)
    found = judge_month(world.month, [world.children[position] for position in concerned])
    outcome = today.outcome.copy()
    # The rows of a child are the same as long as its wants are.
    outcome[np.isin(today.child, concerned)] = found.outcome
    return Then(today, outcome, world.wanted, world.saved, world.places_cut, world.has_costs)


def _concerned(world: _World) -> list[int]:
    """Name the children whose facts can differ: what serves no want of theirs changes nothing."""
    arrays = world.arrays
    at = {arrays.activity_index[id_] for id_ in world.activities}
    carried = {
        notation
        for notation, rows in arrays.interests.carriers_.items()
        if not at.isdisjoint(rows.tolist())
    }
    served = vocabulary().with_broader(carried)
    return [
        position
        for position, child in enumerate(world.children)
        if position in world.touched
        or (at and any(w.concept is None or w.concept in served for w in child.wants))
    ]


def _let_go(
    world: _World,
    places: Sequence[Sequence[Place]],
    session_ids: set[UUID],
    *,
    keep_places: bool = False,
) -> None:
    """Take places from children, and give back what they used of the month."""
    freed = world.month.live.places_left.copy()
    for position, held in enumerate(places):
        gone = [place for place in held if place.session_id in session_ids]
        if not gone:
            continue
        world.touched.add(position)
        world.children[position] = _freed(world.children[position], gone, world)
        for place in gone:
            if keep_places:
                freed[world.arrays.session_index[place.session_id]] += 1
    world.month = replace(world.month, live=replace(world.month.live, places_left=freed))


def _freed(child: Wanting, gone: Sequence[Place], world: _World) -> Wanting:
    intervals = {(place.starts_at, place.ends_at) for place in gone}
    booked = tuple(
        one for one in child.holdings.booked if (one.starts_at, one.ends_at) not in intervals
    )
    month = world.month.month
    remaining = child.holdings.remaining[month]
    for place in gone:
        if place.funding is not None:
            remaining = _given_back(remaining, place, world.arrays)
    holdings = replace(
        child.holdings,
        booked=booked,
        remaining={**child.holdings.remaining, month: remaining},
    )
    ids = {place.session_id for place in gone}
    return replace(
        child, holdings=holdings, places=tuple(id_ for id_ in child.places if id_ not in ids)
    )


def _given_back(remaining: Remaining, place: Place, arrays: Catalogue) -> Remaining:
    at = arrays.session_index[place.session_id]
    activity = int(arrays.sessions.activity[at])
    cost = int(arrays.activities.cost_pence[activity])
    if place.funding == "contributory":
        price = int(arrays.activities.price_pence[activity])
        most = remaining.contribution_pence
        cost = max(0, cost - (price if most is None else min(price, most)))
    back: Mapping[str, int] = {
        str(place.funding): 1,
        "minutes": int(arrays.sessions.minutes[at]),
        "nights": int(arrays.sessions.nights[at]),
        "pence": cost,
    }
    # What is not limited stays so.
    raised: dict[str, Any] = {
        name: getattr(remaining, name) + more
        for name, more in back.items()
        if getattr(remaining, name) is not None
    }
    return replace(remaining, **raised)


def _move(world: _World, change: Move) -> None:
    at = world.indices(change.session_ids)
    sessions = world.arrays.sessions
    starts = [_moved(int(sessions.starts_us[one]), change) for one in at]
    lasting = sessions.ends_us[at] - sessions.starts_us[at]
    new = np.array(starts, dtype=np.int64)
    world.put(*matching.moved(world.arrays, world.month.live, at, new, new + lasting))


def _moved(starts_us: int, change: Move) -> int:
    """Give the same week's weekday and hour in Europe/London."""
    epoch = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
    local = (epoch + timedelta(microseconds=starts_us)).astimezone(LONDON)
    day = local.date() + timedelta(days=change.weekday - local.weekday())
    moment = datetime.combine(day, change.start or local.time(), tzinfo=LONDON)
    return (moment - epoch) // timedelta(microseconds=1)


def _carried(child: Wanting, max_km: float | None) -> Wanting:
    own = child.child
    reach = None if max_km is None or own.max_km is None else max(own.max_km, max_km)
    needs = tuple(need for need in own.needs if need.code != "accessible_transport")
    carried = replace(own, max_km=reach, needs=needs, accessible_transport_only=False)
    return replace(child, child=carried)


def _spend_less(world: _World, change: SpendLess) -> None:
    warm, live, span = world.month.warm, world.month.live, world.month.span
    sessions = world.arrays.sessions
    takes_place = ~sessions.cancelled[span]
    cost = world.arrays.activities.cost_pence[sessions.activity[span]] * takes_place
    world.has_costs = bool((cost > 0).any())
    if not world.has_costs:
        cost = takes_place.astype(np.int64)
    cut = matching.cut_places(
        _capacity(warm, span),
        live.places_left[span].astype(np.int64),
        cost,
        old_budget=change.old_budget,
        new_budget=change.new_budget,
    )
    left = live.places_left.copy()
    left[span] -= cut.places
    at = np.flatnonzero(cut.places) + span.start
    world.indices([sessions.ids[one] for one in at.tolist()])
    world.month = replace(world.month, live=replace(live, places_left=left))
    world.wanted, world.saved = world.wanted + cut.wanted, world.saved + cut.saved
    world.places_cut += int(cut.places.sum())


def _capacity(warm: WarmCatalogue, span: slice) -> NDArray[np.int64]:
    """Give the places of sessions; those that moved have another position than in the version."""
    ids = warm.arrays.sessions.ids[span]
    return np.array([warm.capacity[warm.index_of[str(id_)]] for id_ in ids], dtype=np.int64)


__all__ = [
    "Carry",
    "Change",
    "Close",
    "Move",
    "Place",
    "Provide",
    "SpendLess",
    "Then",
    "judge_then",
]
