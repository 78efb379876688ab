"""A month of an authority put in front of the engine: what becomes of what its children want.

`GapFacts` and its parts are matching's own; they pass through here so that the rooms
above need not import it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

import matching
from app.clock import month_bounds
from app.concepts import vocabulary
from app.engine.problem import Holdings, Situation
from app.engine.service import make_live, matching_children
from app.engine.warm import WarmCatalogue
from matching import (
    BLOCKING_REASONS,
    GROUP_NAMES,
    OUTCOMES,
    RANKS,
    SETTINGS,
    GapFacts,
    OpenWish,
    Wanting,
    essential_masks,
    group_masks,
)

ALL_NEEDS: Final = (1 << len(matching.NEED_CODES)) - 1
# Raised when facts mean something else than before, so that stored ones are judged again.
RULES: Final = 1


def clock_of(month: str, now: datetime) -> datetime:
    """Give the instant that a month is judged by: now, or the last one before it begins.

    So what has begun and what can still be arranged do not change as the month passes.
    """
    return min(now, month_bounds(month)[0] - timedelta(microseconds=1))


@dataclass(frozen=True)
class Month:
    """The sessions of one month as they stand, ready to be judged."""

    month: str
    warm: WarmCatalogue
    # Its `now` is the clock of the month.
    live: matching.Live
    # Of session indices.
    span: slice


@dataclass(frozen=True)
class SessionStates:
    """The sessions of a month, in the order of their start, and all that a judgement sees."""

    ids: Sequence[UUID]
    activity_ids: Sequence[UUID]
    # 0 is Monday; position in `SETTINGS`.
    weekday: NDArray[np.int64]
    setting: NDArray[np.uint8]
    places_left: NDArray[np.int64]
    # The concepts that each serves: those it carries and what contains them.
    serves: Sequence[Sequence[str]]
    # Equal as long as no judgement can change but for its place among the others.
    signature: Sequence[int]


def make_month(warm: WarmCatalogue, situation: Situation, month: str, *, now: datetime) -> Month:
    """Put the state of an authority in front of the sessions of a month."""
    live = make_live(warm, situation, now=clock_of(month, now))
    return Month(month, warm, live, warm.arrays.span(*month_bounds(month)))


def make_wanting(
    child: matching.Child,
    holdings: Holdings,
    wishes: Iterable[tuple[str, Sequence[str]]],
    places: Iterable[UUID],
) -> Wanting:
    """Put a child as the engine takes it: wishes with their concepts, sessions with a place."""
    open_wishes = [OpenWish(text, tuple(concepts)) for text, concepts in wishes]
    wants = matching.wants_of(child.interests, open_wishes, vocabulary())
    return Wanting(child, holdings, wants, tuple(places))


def judge_month(month: Month, children: Sequence[Wanting], *, near_within: int = 0) -> GapFacts:
    """Find what becomes of each want of some children; see `matching.find_gaps`."""
    return matching.find_gaps(
        month.warm.arrays, children, month.live, span=month.span, near_within=near_within
    )


def session_states(month: Month) -> SessionStates:
    """Describe the sessions of a month, each with a signature of all that a judgement sees."""
    arrays, span = month.warm.arrays, month.span
    sessions, activities = arrays.sessions, arrays.activities
    activity = sessions.activity[span]
    missing = matching.missing_needs(arrays, month.live, span, ALL_NEEDS)
    places_left = month.live.places_left[span].astype(np.int64)
    served = _served(month.warm)
    columns = [
        sessions.starts_us[span],
        sessions.ends_us[span],
        sessions.cancelled[span],
        sessions.funding[span],
        missing.nothing,
        missing.late,
        places_left > 0,
        *(
            of_activity[activity]
            for of_activity in (
                activities.latitude.view(np.int64),
                activities.longitude.view(np.int64),
                activities.gender,
                activities.min_age,
                activities.max_age,
                activities.setting,
                activities.break_type,
                activities.price_pence,
                activities.cost_pence,
            )
        ),
    ]
    table = np.stack([column.astype(np.int64) for column in columns], axis=1)
    segments = sessions.segments[sessions.segment[span], 0]
    return SessionStates(
        ids=arrays.session_ids[span],
        activity_ids=[activities.ids[at] for at in activity.tolist()],
        weekday=segments,
        setting=activities.setting[activity],
        places_left=places_left,
        serves=[served[at] for at in activity.tolist()],
        signature=[
            _digest(row.tobytes() + "\n".join(served[at]).encode() + activities.ids[at].bytes)
            for row, at in zip(table, activity.tolist(), strict=True)
        ],
    )


def _served(warm: WarmCatalogue) -> list[tuple[str, ...]]:
    """Name the concepts that each activity serves."""
    carried: list[list[str]] = [[] for _ in warm.arrays.activities.ids]
    for notation, rows in warm.arrays.interests.carriers_.items():
        for row in rows.tolist():
            carried[row].append(notation)
    return [tuple(sorted(vocabulary().with_broader(one))) for one in carried]


def _digest(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)


def judged_by() -> str:
    """Name the rules and the encoder: facts found by others are judged again."""
    return f"{RULES}:{matching.encoder_version()}"


__all__ = [
    "BLOCKING_REASONS",
    "GROUP_NAMES",
    "OUTCOMES",
    "RANKS",
    "SETTINGS",
    "GapFacts",
    "Month",
    "SessionStates",
    "Wanting",
    "clock_of",
    "essential_masks",
    "group_masks",
    "judge_month",
    "judged_by",
    "make_month",
    "make_wanting",
    "matching_children",
    "session_states",
]
