"""What an allocation is told as: places, reasons, prices, what is proved, and how groups fare."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np

from app.allocations.inputs import BAND_NAMES, Inputs
from app.allocations.solving import Part
from app.allocations.wishing import WORTH_OF_LAST, counted_choices, rank_of
from app.clock import age_on
from app.codes import NEED_CODES
from app.engine.allocation import (
    NONE,
    REFUSAL_CAUSES,
    AllocationProblem,
    Integers,
    blocking_reasons,
    equity,
    explain,
    first_come,
    pure_lottery,
)

# Of sessions that nobody ranked, a child without a place is told of so many.
MOST_UNRANKED: Final = 3
AGE_BANDS: Final = ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 18))
# What essential needs are about; a child with needs of two kinds is in the group of several.
NEED_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "mobility": (
        *("wheelchair_access", "step_free", "hoist", "changing_places", "accessible_toilet"),
        *("accessible_transport", "specialist_bike"),
    ),
    "staffing": (
        *("one_to_one", "two_to_one", "small_group", "same_gender_staff", "family_stay"),
        "buddy",
    ),
    "health": (
        *("personal_care", "medication", "epilepsy_rescue", "gastrostomy", "suction_or_oxygen"),
        *("nurse", "allergy_aware"),
    ),
    "communication": ("makaton", "bsl", "pecs", "aac", "interpreter", "easy_read"),
    "behaviour and senses": (
        *("quiet_space", "low_sensory", "positive_behaviour_support", "secure_premises"),
        *("autism_aware", "vi_support", "hi_support", "assistance_dog"),
    ),
}
GROUP_OF_NEED: Final = {need: name for name, needs in NEED_GROUPS.items() for need in needs}


def tell_part(part: Part) -> dict[str, Any]:
    """Tell what a month and funding reached, and what is proved of it."""
    solved, problem = part.solved, part.solved.problem
    allocation, gap = solved.allocation, solved.gap
    levels = zip(allocation.level_names, allocation.reached, solved.bound, strict=True)
    return {
        "month": part.month,
        "funding": part.funding,
        "place_number": part.number + 1,
        "children": len(problem.child_ids),
        "asking": int(np.unique(part.problem.pair_child).size),
        "sessions": len(problem.session_ids),
        "places": int(part.problem.capacity.sum()),
        "pairs": len(part.problem.pair_child),
        "placed": int(allocation.placed.sum()),
        "levels": [{"name": n, "reached": r, "bound": b} for n, r, b in levels],
        "gap": None if gap is None else {"level": gap[0], "at_most": gap[1]},
        "proved": solved.proved,
        "method": allocation.method,
    }


def tell_places(inputs: Inputs, part: Part) -> list[dict[str, Any]]:
    """Tell who is given which place; siblings together share the first one's id."""
    problem = part.solved.problem
    return [
        {
            "month": part.month,
            "funding": part.funding,
            "child_id": str(inputs.profiles[child].id),
            "session_id": str(part.judged.session_ids[session]),
            "value": value,
            "rank": rank_of(value),
            "band": int(problem.band[child]),
            "party_id": None
            if problem.group[child] == NONE
            else str(inputs.profiles[int(problem.group[child])].id),
        }
        for child, session, value in part.given()
    ]


def tell_sessions(part: Part) -> list[dict[str, Any]]:
    """Tell how each session was asked for, and what one more place there would be worth."""
    problem, allocation = part.solved.problem, part.solved.allocation
    n, names = len(problem.session_ids), allocation.level_names
    wanted = np.bincount(part.problem.pair_session, minlength=n)
    is_ranked = part.problem.pair_value >= WORTH_OF_LAST
    ranked = np.bincount(part.problem.pair_session[is_ranked], minlength=n)
    given = np.bincount(allocation.session_of_child[allocation.placed], minlength=n)
    prices, pools = allocation.certificate.session_prices, allocation.certificate.pool_prices
    of_pools: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for pool, at in enumerate(problem.pool_session.tolist()):
        if pools[pool].any():
            price = dict(zip(names, pools[pool].tolist(), strict=True))
            of_pools[at].append({"need": NEED_CODES[int(problem.pool_kind[pool])], "price": price})
    return [
        {
            "session_id": str(problem.session_ids[at]),
            "funding": part.funding,
            "month": part.month,
            "places": int(part.problem.capacity[at]),
            "wanted": int(wanted[at]),
            "ranked": int(ranked[at]),
            "given": int(given[at]),
            "price": dict(zip(names, prices[at].tolist(), strict=True)),
            "support_prices": of_pools[at],
        }
        for at in range(n)
    ]


def tell_missed(
    inputs: Inputs, part: Part, given: Set[tuple[int, UUID]]
) -> dict[int, list[dict[str, Any]]]:
    """Tell by child why it did not get what it wanted more than what it got.

    What has been `given` in another part, by child and session, has not been missed.
    """
    refusals, problem = explain(part.solved), part.solved.problem
    names = part.solved.allocation.level_names
    value = problem.pair_value[refusals.pair]
    told: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    wanted = _worth_telling(part, refusals.child, value)
    for at in wanted.tolist():
        child, session_id = int(refusals.child[at]), problem.session_ids[int(refusals.session[at])]
        if (child, session_id) in given:
            continue
        told[child].append(
            {
                "session_id": str(session_id),
                "funding": part.funding,
                "rank": rank_of(int(value[at])),
                "cause": REFUSAL_CAUSES[int(refusals.cause[at])],
                "decided_by": None
                if refusals.decided_by[at] == NONE
                else names[int(refusals.decided_by[at])],
                "wanted": int(refusals.wanted[at]),
                "places": int(refusals.places[at]),
                "given": int(refusals.given[at]),
                "longer_wait": int(refusals.longer_wait[at]),
                "wanted_more": int(refusals.higher_value[at]),
                "luckier": int(refusals.luckier[at]),
                "needed_it": int(refusals.needed_it[at]),
                "reasons": [],
            }
        )
    _tell_impossible(inputs, part, given, told)
    return told


def _worth_telling(part: Part, child: Integers, value: Integers) -> Integers:
    """Pick the rows of choices, and for children without a place the best of the others."""
    # Rows stand by child, the most wanted first: the n-th of its child.
    number = np.arange(len(child)) - np.searchsorted(child, child)
    without = ~part.solved.allocation.placed[child]
    picked: Integers = np.flatnonzero(
        (value >= WORTH_OF_LAST) | (without & (number < MOST_UNRANKED))
    )
    return picked


def _tell_impossible(
    inputs: Inputs,
    part: Part,
    given: Set[tuple[int, UUID]],
    told: defaultdict[int, list[dict[str, Any]]],
) -> None:
    """Tell of choices that could not be given to the child at all, and of what ran out first."""
    problem = part.solved.problem
    column = {id_: at for at, id_ in enumerate(part.judged.session_ids)}
    got = {child: rank_of(value) for child, _, value in part.given()}
    possible, asked = _ranked_pairs(problem), _ranked_pairs(part.problem)
    for child, profile in enumerate(inputs.profiles):
        found = inputs.lists.get(profile.id)
        if found is None or (part.number and not part.entitled[child]):
            continue
        counted = counted_choices(inputs, profile.id, part.month)
        for one in found.choices:
            if (one.month, one.funding) != (part.month, part.funding):
                continue
            if (child, one.session_id) in given:
                continue
            best = got.get(child) if child in got else None
            if child in got and best is not None and best <= one.rank:
                continue
            at = column.get(one.session_id)
            if at is not None and (child, at) in possible:
                continue
            if at is not None and (child, at) in asked:
                cause, reasons = "support", []
            else:
                cause = "not_possible"
                reasons = ["cancelled"] if at is None else _reasons(part, child, at)
                if not reasons:
                    reasons = ["other_place" if one in counted else "sibling_missing"]
            told[child].append(
                {
                    "session_id": str(one.session_id),
                    "funding": one.funding,
                    "rank": one.rank,
                    "cause": cause,
                    "decided_by": None,
                    **dict.fromkeys(COUNTS),
                    "reasons": reasons,
                }
            )
        if child in told:
            told[child].sort(key=lambda row: (row["rank"] is None, row["rank"] or 0))


def _ranked_pairs(problem: AllocationProblem) -> set[tuple[int, int]]:
    """Name the pairs that families have chosen, by child and session."""
    ranked = problem.pair_value >= WORTH_OF_LAST
    pairs = problem.pair_child[ranked].tolist(), problem.pair_session[ranked].tolist()
    return set(zip(*pairs, strict=True))


COUNTS: Final = (
    *("wanted", "places", "given", "longer_wait", "wanted_more", "luckier", "needed_it"),
)


def _reasons(part: Part, child: int, at: int) -> list[str]:
    reasons = blocking_reasons(int(part.judged.blocked[child, at]))
    if not reasons and not part.judged.funded_by[part.funding][child, at]:
        return ["entitlement"]
    return reasons


def tell_children(inputs: Inputs, month: str, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Tell how each child stood in a month: how long it has waited, its options, what it missed."""
    given = {
        (child, part.judged.session_ids[session])
        for part in parts
        for child, session, _ in part.given()
    }
    missed = [tell_missed(inputs, part, given) for part in parts]
    n = len(inputs.profiles)
    options = {
        part.funding: np.bincount(part.problem.pair_child, minlength=n)
        for part in parts
        if part.number == 0
    }
    rows = []
    for child, profile in enumerate(inputs.profiles):
        had = {funding: int(count[child]) for funding, count in options.items()}
        # Where several parts have refused a choice, the first one says why.
        reasons: dict[tuple[str, str], dict[str, Any]] = {}
        for told in missed:
            for row in told.get(child, ()):
                reasons.setdefault((row["session_id"], row["funding"]), row)
        if any(had.values()) or reasons:
            rows.append(
                {
                    "child_id": str(profile.id),
                    "month": month,
                    "band": int(parts[0].problem.band[child]),
                    "options": had,
                    "missed": list(reasons.values()),
                }
            )
    return rows


def tell_equity(inputs: Inputs, part: Part, born_by: date) -> list[dict[str, Any]]:
    """Tell how groups fare, beside first come, first served and beside a lottery alone."""
    problem = part.problem
    plans = {
        "allocation": _in_asked(part),
        "first_come": first_come(problem, _in_order_of_choosing(inputs)),
        "lottery": pure_lottery(problem),
    }
    settings = [inputs.sessions[id_].setting for id_ in problem.session_ids]
    rows = equity(
        problem,
        plans,
        {
            "age": [_age_group(age_on(one.date_of_birth, born_by)) for one in inputs.profiles],
            "need": [_need_group(one.needs) for one in inputs.profiles],
            "area": [inputs.outcodes.get(one.id, "unknown") for one in inputs.profiles],
            "waiting": [BAND_NAMES[band] for band in problem.band.tolist()],
        },
        {"setting": settings},
    )
    return [
        {
            "month": part.month,
            "funding": part.funding,
            **{name: getattr(row, name) for name in EQUITY_FIELDS},
        }
        for row in rows
    ]


EQUITY_FIELDS: Final = ("dimension", "group", "plan", "children", "asked", "placed", "value")


def _in_asked(part: Part) -> Integers:
    """Name the pairs given by their positions in the problem as it was asked."""
    asked, problem = part.problem, part.solved.problem
    n = len(asked.session_ids)
    keys = asked.pair_child * n + asked.pair_session
    order = np.argsort(keys)
    given = part.solved.allocation.pair_of_child.copy()
    pairs = given[given != NONE]
    wanted = problem.pair_child[pairs] * n + problem.pair_session[pairs]
    given[given != NONE] = order[np.searchsorted(keys[order], wanted)]
    return given


def _in_order_of_choosing(inputs: Inputs) -> list[int]:
    """Order children as they came: by their lists, and those without one by their ids after."""

    def came(child: int) -> tuple[bool, Any, UUID]:
        profile = inputs.profiles[child]
        found = inputs.lists.get(profile.id)
        return (found is None, found.updated_at.timestamp() if found else 0, profile.id)

    return sorted(range(len(inputs.profiles)), key=came)


def _age_group(age_years: int) -> str:
    for low, high in AGE_BANDS:
        if low <= age_years <= high:
            return f"{low:02d} to {high:02d}"
    return f"over {AGE_BANDS[-1][1]}"


def _need_group(needs: Sequence[tuple[str, str]]) -> str:
    kinds = {GROUP_OF_NEED[code] for code, importance in needs if importance == "essential"}
    if not kinds:
        return "none"
    return kinds.pop() if len(kinds) == 1 else "several"
