"""What gap facts add up to."""

from __future__ import annotations

import numpy as np

from matching.gaps.facts import OUTCOMES, GapFacts


def outcome_counts(facts: GapFacts) -> dict[str, int]:
    """Count wants by what has become of them.

    Parameters
    ----------
    facts : GapFacts

    Returns
    -------
    dict of str to int
        In the order of `OUTCOMES`, without those that became of none.
    """
    counts = np.bincount(facts.outcome, minlength=len(OUTCOMES)).tolist()
    return {name: count for name, count in zip(OUTCOMES, counts, strict=True) if count}
