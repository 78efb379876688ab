"""What a run's own places use of a child's year: hours, nights and money.

The inputs know what was used before the run. What it gives in one month, or as a free place, is
not there any more for the next month, or for a contributory place.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import numpy as np

from app.allocations.inputs import Inputs
from app.bookings.entitlement import YEARLY, PlaceTerms, Terms, place_terms
from app.engine.allocation import Integers, Mask

# Of minutes, nights and pence.
NO_LIMIT: Final = 2**40


class YearlyUse:
    """What a run has used of the years of the children whose years are limited."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._used: defaultdict[int, Counter[str]] = defaultdict(Counter)
        policies = inputs.situation.policies
        self._limits_anybody = any(
            limit is not None
            for one in policies
            for limit in (one.minutes_per_year, one.nights_per_year, one.pence_per_year)
        ) or any(one.measure in YEARLY for of in inputs.overrides.values() for one in of)

    def note(self, child: int, session_id: UUID, month: str, funding: str) -> None:
        """Count a place that the run gives."""
        if not self._limits_anybody:
            return
        terms = self._inputs.terms(self._inputs.profiles[child], month)
        if any(terms.allowed[measure] is not None for measure in YEARLY):
            self._used[child].update(self._place_terms(terms, session_id, funding).yearly_use)

    def close(self, mask: Mask, session_ids: Sequence[UUID], month: str, funding: str) -> None:
        """Take out of a mask, (n_children, n_sessions), what a child's year does not reach for.

        A run lies in one year, because no quarter goes over the end of March.
        """
        uses: dict[tuple[UUID, int | None], Integers] = {}
        for child, used in self._used.items():
            profile = self._inputs.profiles[child]
            terms = self._inputs.terms(profile, month)
            key = terms.policy.id, terms.contribution_pence
            if key not in uses:
                uses[key] = self._uses(terms, session_ids, funding)
            before = self._inputs.used_by(profile, month)
            reach = []
            for measure in YEARLY:
                left = terms.left(measure, before)
                reach.append(NO_LIMIT if left is None else left - used[measure])
            mask[child] &= ((uses[key] == 0) | (uses[key] <= np.array(reach))).all(axis=1)

    def _uses(self, terms: Terms, session_ids: Sequence[UUID], funding: str) -> Integers:
        """Give what a place in each session would use, of shape (n_sessions, n_measures)."""
        of_places = [self._place_terms(terms, id_, funding).yearly_use for id_ in session_ids]
        rows = [[use.get(measure, 0) for measure in YEARLY] for use in of_places]
        return np.array(rows, dtype=np.int64).reshape(-1, len(YEARLY))

    def _place_terms(self, terms: Terms, session_id: UUID, funding: str) -> PlaceTerms:
        row = self._inputs.sessions[session_id]
        return place_terms(
            terms,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            break_type=row.break_type,
            funding=funding,
            price_pence=row.price_pence,
            cost_pence=row.cost_pence,
        )
