"""Which support needs belong together, for tables that must not name a rare one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.codes import NEED_CODES, NEED_INDEX

# Each need is in exactly one group; the position of a group is a bit of a group mask.
NEED_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "mobility": (
        "wheelchair_access",
        "step_free",
        "hoist",
        "accessible_transport",
        "specialist_bike",
    ),
    "personal_care": (
        "changing_places",
        "accessible_toilet",
        "personal_care",
        "same_gender_staff",
    ),
    "health": (
        "medication",
        "epilepsy_rescue",
        "gastrostomy",
        "suction_or_oxygen",
        "nurse",
        "allergy_aware",
    ),
    "communication": ("makaton", "bsl", "pecs", "aac", "interpreter", "easy_read"),
    "sensory": ("quiet_space", "low_sensory", "vi_support", "hi_support", "assistance_dog"),
    "behaviour": ("positive_behaviour_support", "secure_premises", "autism_aware"),
    "staffing": ("one_to_one", "two_to_one", "small_group", "buddy"),
    "family": ("family_stay",),
}
GROUP_NAMES: Final = tuple(NEED_GROUPS)
GROUP_OF_NEED: Final[dict[str, str]] = {
    need: group for group, needs in NEED_GROUPS.items() for need in needs
}
# By the columns of `NEED_CODES`.
GROUP_INDEX: Final = tuple(GROUP_NAMES.index(GROUP_OF_NEED[need]) for need in NEED_CODES)

_BITS_OF_GROUP: Final = tuple(
    sum(1 << NEED_INDEX[need] for need in needs) for needs in NEED_GROUPS.values()
)


def group_masks(needs: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Turn masks of needs into masks of their groups.

    Parameters
    ----------
    needs : ndarray of shape (n,), int64
        Bit k set: `NEED_CODES[k]`.

    Returns
    -------
    ndarray of shape (n,), uint8
        Bit k set: a need of `GROUP_NAMES[k]` is among them.
    """
    masks = np.zeros(len(needs), dtype=np.uint8)
    for group, bits in enumerate(_BITS_OF_GROUP):
        masks |= ((needs & bits) != 0).astype(np.uint8) << np.uint8(group)
    return masks
