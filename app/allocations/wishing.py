"""What families want, as values: a ranked choice stands above whatever the engine would give.

A choice is worth a million, less 25,000 for each place further down the list, so that the twentieth
is still worth more than five perfect scores; a session that nobody ranked is worth its score, at
most 100,000. Equal ranks are worth the same however long the lists are: a short list wins nothing.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.allocations.inputs import Inputs
from app.allocations.queries import Listed
from app.engine.allocation import NONE, TIME_BIT, Integers, Judged, Mask

WORTH_OF_FIRST: Final = 1_000_000
WORTH_OF_A_RANK: Final = 25_000
WORTH_OF_LAST: Final = 500_000


def worth_of(rank: int) -> int:
    """Give the value of a choice."""
    return max(WORTH_OF_LAST, WORTH_OF_FIRST - (rank - 1) * WORTH_OF_A_RANK)


def counted_choices(inputs: Inputs, child_id: UUID, month: str) -> list[Listed]:
    """List a child's choices of a month that count: whoever must come along wants it as well."""
    found = inputs.lists.get(child_id)
    if found is None:
        return []
    return [
        one
        for one in found.choices
        if one.month == month
        and all(_comes_along(inputs, child_id, one, companion) for companion in one.siblings)
    ]


def _comes_along(inputs: Inputs, child_id: UUID, one: Listed, companion: UUID) -> bool:
    """Tell whether a companion has listed a choice too; a friend, together with this child."""
    theirs = inputs.lists[companion].choices if companion in inputs.lists else ()
    is_sibling = inputs.households.get(companion) == inputs.households.get(child_id)
    return any(
        (other.session_id, other.funding) == (one.session_id, one.funding)
        and (is_sibling or child_id in other.siblings)
        for other in theirs
    )


def weigh(
    inputs: Inputs, judged: Judged, month: str, funding: str, *, further: bool
) -> tuple[Mask, NDArray[np.int32], Integers]:
    """Tell which places each child may be given, what they are worth to it, and who goes together.

    A `further` place, after the one free place of the month, goes only to who has asked for it.
    Gives the mask and the values, of shape (n_children, n_sessions), and each child's group.
    """
    column = {id_: at for at, id_ in enumerate(judged.session_ids)}
    row_of = {profile.id: row for row, profile in enumerate(inputs.profiles)}
    mask, value = judged.funded_by[funding] & (judged.blocked == 0), judged.score.copy()
    links: list[tuple[int, int, int]] = []
    for row, profile in enumerate(inputs.profiles):
        # Who waits for a session already has a turn there.
        waits_in = {booking.session_id for booking in inputs.live.get(profile.id, ())}
        for session_id in waits_in & column.keys():
            mask[row, column[session_id]] = False
        found = inputs.lists.get(profile.id)
        mine = [one for one in found.choices if one.month == month] if found else []
        counted = counted_choices(inputs, profile.id, month)
        here = [one for one in counted if one.funding == funding and one.session_id in column]
        if further or (found is not None and not found.fill_in):
            allowed = np.zeros(mask.shape[1], dtype=bool)
            allowed[[column[one.session_id] for one in here]] = True
            mask[row] &= allowed
        for one in mine:
            if one.session_id in column and one not in here:
                mask[row, column[one.session_id]] = False
        for one in here:
            if _only_at_another_time(judged, funding, row, column[one.session_id]):
                mask[row, column[one.session_id]] = one.session_id not in waits_in
            value[row, column[one.session_id]] = worth_of(one.rank)
            if not row_of.keys() >= set(one.siblings):
                mask[row, column[one.session_id]] = False
                continue
            links += [(row, row_of[sibling], column[one.session_id]) for sibling in one.siblings]
    groups = _groups(len(inputs.profiles), [(one, other) for one, other, _ in links])
    for group in np.unique(groups[groups != NONE]).tolist():
        members = np.flatnonzero(groups == group)
        if not mask[members].all(axis=0).any():
            # There is nothing they could do together: the other choices of each stand for it alone.
            groups[members] = NONE
            for child, _, at in links:
                if child in members:
                    mask[child, at] = False
    return mask, value, groups


def _only_at_another_time(judged: Judged, funding: str, child: int, at: int) -> bool:
    """Tell whether only the hours that the family has named stand against its own choice."""
    return bool(judged.funded_by[funding][child, at] and judged.blocked[child, at] == TIME_BIT)


def rank_of(value: int) -> int | None:
    """Give the rank that a value stands for; None: the engine's score."""
    return (WORTH_OF_FIRST - value) // WORTH_OF_A_RANK + 1 if value >= WORTH_OF_LAST else None


def _groups(n_children: int, links: Sequence[tuple[int, int]]) -> Integers:
    """Number those who hang together by any link after the first of them."""
    first = list(range(n_children))

    def head(one: int) -> int:
        while first[one] != one:
            one = first[one]
        return one

    for one, other in links:
        low, high = sorted((head(one), head(other)))
        first[high] = low
    groups = np.full(n_children, NONE)
    for one in {child for link in links for child in link}:
        groups[one] = head(one)
    return groups
