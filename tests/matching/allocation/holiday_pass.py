"""What a holiday pass does with the same wishes: the matching of the Swiss Ferienpass.

The algorithm is that of `onegov.activity` (`deferred_acceptance` in
`src/onegov/activity/matching/core.py` of OneGov/onegov-cloud, read at commit fbf83ace; MIT licence,
Copyright (c) 2019 Seantis GmbH), written anew over arrays. An attendee is a child, an occasion a
session, a booking a pair; the limit of bookings is one a child, so that no two can overlap. The
score of a booking is its priority, as in its default scoring: 1 for the up to three bookings that a
family has starred, 0 for the others. What it does is kept, also where it is unusual:

- a child asks its sessions from the highest score down; equal scores in the order of the bookings'
  ids, which it draws at random: here `booking_ids`;
- children take turns, the last id first; in a turn a child is given the first place it can have;
- a full session gives up a child with a lower score, not necessarily the lowest: the first of a
  set, which is in no order; here the one it has had longest;
- whoever was given up asks from the top again in the next turn, until a turn moves nobody.
"""

from __future__ import annotations

import numpy as np

from matching import AllocationProblem


def asking_order(
    problem: AllocationProblem, priority: np.ndarray, booking_ids: np.ndarray
) -> list[list[int]]:
    """List each child's pairs in the order in which it asks."""
    asked: list[list[int]] = [[] for _ in problem.child_ids]
    for pair in np.lexsort((booking_ids, -priority)).tolist():
        asked[problem.pair_child[pair]].append(pair)
    return asked


def holiday_pass(
    problem: AllocationProblem, priority: np.ndarray, booking_ids: np.ndarray
) -> np.ndarray:
    """Give places out as the holiday pass does; a pair or -1 for each child."""
    asked = asking_order(problem, priority, booking_ids)
    session_of, child_of = problem.pair_session.tolist(), problem.pair_child.tolist()
    score, places = priority.tolist(), problem.capacity.tolist()
    # Insertion order: who has had a place longest stands first.
    given: list[dict[int, None]] = [{} for _ in problem.session_ids]
    pair_of_child = [-1] * len(asked)
    turns = sorted(range(len(asked)), key=lambda child: problem.child_ids[child], reverse=True)
    moved = True
    while moved:
        moved = False
        for child in [one for one in turns if pair_of_child[one] < 0]:
            for pair in asked[child]:
                session = session_of[pair]
                if len(given[session]) >= places[session]:
                    lower = next((one for one in given[session] if score[one] < score[pair]), None)
                    if lower is None:
                        continue
                    del given[session][lower]
                    pair_of_child[child_of[lower]] = -1
                given[session][pair] = None
                pair_of_child[child] = pair
                moved = True
                break
    return np.array(pair_of_child, dtype=np.int64)
