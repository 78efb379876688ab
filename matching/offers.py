"""Offers of sessions, folded into the few distinct profiles that sessions share.

Session-level offers replace the activity's for the same need; what results is one row of the
tables below. Weekly sessions of one activity share a row, so support is judged once per row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.codes import NEED_CODES, NEED_INDEX
from matching.problem import OfferRow

# How a need is met. PROVIDER and AUTHORITY must be arranged; what follows them blocks.
PROVIDED, LIMITED, PROVIDER, AUTHORITY, TOO_LATE, NOTHING = range(6)

ProfileKey = tuple[tuple[int, bool, int, tuple[tuple[int, int], ...]], ...]


@dataclass(frozen=True, slots=True)
class OfferProfiles:
    """What each distinct profile of offers holds for each need.

    Attributes
    ----------
    first_means : ndarray of shape (n_profiles, n_needs), uint8
        `PROVIDED`, `LIMITED` or `NOTHING`: what meets the need while nothing is taken and
        nothing arranged.
    limited : ndarray of shape (n_profiles, n_needs), int32
        Places of the limited offer in one session; 0 is none.
    lead_days : ndarray of shape (n_options, n_profiles, n_needs), int32
        Days of notice of each offer on request; -1 where there is none.
    cost_pence : ndarray of shape (n_options, n_profiles, n_needs), int64
    """

    first_means: NDArray[np.uint8]
    limited: NDArray[np.int32]
    lead_days: NDArray[np.int32]
    cost_pence: NDArray[np.int64]


def profile_key(
    activity_offers: Iterable[OfferRow], session_offers: Iterable[OfferRow]
) -> ProfileKey:
    """Fold the offers that hold for a session into a hashable, ordered key.

    Parameters
    ----------
    activity_offers, session_offers : iterable of OfferRow

    Returns
    -------
    tuple
        For each need that is offered: its column, whether it is provided, how many are limited,
        and the (cost, lead days) pairs that can be asked for. The order of the offers is lost.
    """
    own = list(session_offers)
    replaced = {offer.need for offer in own}
    offers = own + [offer for offer in activity_offers if offer.need not in replaced]
    provided: set[int] = set()
    limited: dict[int, int] = {}
    options: dict[int, set[tuple[int, int]]] = {}
    for offer in offers:
        need = NEED_INDEX[offer.need]
        if offer.kind == "provided":
            provided.add(need)
        elif offer.kind == "limited":
            limited[need] = limited.get(need, 0) + offer.per_session
        else:
            options.setdefault(need, set()).add((offer.cost_pence, offer.lead_days))
    return tuple(
        (need, need in provided, limited.get(need, 0), tuple(sorted(options.get(need, ()))))
        for need in sorted({*provided, *limited, *options})
    )


def tabulate(keys: list[ProfileKey]) -> OfferProfiles:
    """Write distinct profiles as tables.

    Parameters
    ----------
    keys : list of tuple
        As `profile_key` gives them.

    Returns
    -------
    OfferProfiles
        Row i is `keys[i]`.
    """
    shape = (len(keys), len(NEED_CODES))
    n_options = max((len(entry[3]) for key in keys for entry in key), default=0)
    profiles = OfferProfiles(
        first_means=np.full(shape, NOTHING, dtype=np.uint8),
        limited=np.zeros(shape, dtype=np.int32),
        lead_days=np.full((n_options, *shape), -1, dtype=np.int32),
        cost_pence=np.zeros((n_options, *shape), dtype=np.int64),
    )
    for row, key in enumerate(keys):
        for need, provided, limited, options in key:
            profiles.limited[row, need] = limited
            if provided or limited:
                profiles.first_means[row, need] = PROVIDED if provided else LIMITED
            for option, (cost, lead) in enumerate(options):
                profiles.lead_days[option, row, need] = lead
                profiles.cost_pence[option, row, need] = cost
    return profiles
