"""Every need is in exactly one group, and masks of groups say so."""

from __future__ import annotations

from collections import Counter

import numpy as np

from matching import GROUP_NAMES, GROUP_OF_NEED, NEED_CODES, NEED_GROUPS, group_masks


def test_every_need_is_in_exactly_one_group():
    listed = Counter(need for needs in NEED_GROUPS.values() for need in needs)
    assert listed == dict.fromkeys(NEED_CODES, 1)


def test_masks_of_groups_follow_the_table():
    masks = np.array([0, *(1 << need for need in range(len(NEED_CODES)))], dtype=np.int64)
    expected = [0, *(1 << GROUP_NAMES.index(GROUP_OF_NEED[need]) for need in NEED_CODES)]
    assert group_masks(masks).tolist() == expected
    both = np.array([(1 << NEED_CODES.index("hoist")) | (1 << NEED_CODES.index("bsl"))])
    names = [name for bit, name in enumerate(GROUP_NAMES) if group_masks(both)[0] >> bit & 1]
    assert names == ["mobility", "communication"]
