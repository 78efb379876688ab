"""How much each factor counts: set by hand, or learned from what became of bookings.

Both kinds name the same factors. Set by hand they add up in score space; learned ones add up in
log-odds, and what they add up to is then shared out in score space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final, TypeAlias

from matching.errors import InvalidProblem

# What a weight is multiplied with: each is measured between 0 and 1.
MEASURES: Final[tuple[str, ...]] = (
    "interest",
    "goal",
    "distance",
    "time",
    "ready",
    "arrange",
    "helpful_met",
    "setting",
    "friends",
    "novelty",
    "dislike",
    "helpful_unmet",
)
# These take; all others give, but for novelty, which may do either once it is learned.
TAKING: Final = ("dislike", "helpful_unmet")
EITHER_WAY: Final = ("novelty",)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each factor can give or take.

    Attributes
    ----------
    base : float
        What every session starts with; not less than both penalties together.
    interest, goal, distance, time, setting, friends, novelty : float
        The most each can give.
    ready, arrange : float
        What support gives when all is in place, and when something must be arranged.
    helpful_met : float
        The most that met helpful needs give.
    dislike, helpful_unmet : float
        The most that disliked things and unmet helpful needs take.
    """

    base: float = 0.26
    interest: float = 0.42
    goal: float = 0.05
    distance: float = 0.08
    time: float = 0.03
    ready: float = 0.05
    arrange: float = 0.02
    helpful_met: float = 0.03
    setting: float = 0.02
    friends: float = 0.04
    novelty: float = 0.02
    dislike: float = 0.21
    helpful_unmet: float = 0.05

    def __post_init__(self) -> None:
        gains = (self.base + self.interest + self.goal + self.distance + self.time + self.ready) + (
            self.helpful_met + self.setting + self.friends + self.novelty
        )
        if not 0 <= self.arrange <= self.ready:
            raise InvalidProblem("weights.arrange must be between 0 and weights.ready")
        if gains > 1 + 1e-9 or self.base < self.dislike + self.helpful_unmet - 1e-9:
            raise InvalidProblem("weights do not keep the score within 0 and 1")


DEFAULT_WEIGHTS: Final = Weights()


@dataclass(frozen=True, slots=True)
class LearnedWeights:
    """How much each factor moves the log-odds that a session is attended and liked.

    Attributes
    ----------
    intercept : float
        Log-odds of a session for which nothing speaks.
    interest, goal, distance, time, setting, friends, novelty : float
        What each gives; novelty may be below zero, where children stay with what they know.
    ready, arrange : float
        What support gives when all is in place, and when something must be arranged.
    helpful_met : float
        What met helpful needs give.
    dislike, helpful_unmet : float
        What disliked things and unmet helpful needs take.
    """

    intercept: float
    interest: float
    goal: float
    distance: float
    time: float
    ready: float
    helpful_met: float
    setting: float
    friends: float
    novelty: float
    dislike: float
    helpful_unmet: float
    arrange: float = 0.0

    def __post_init__(self) -> None:
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        if not all(math.isfinite(value) for value in values.values()):
            raise InvalidProblem("learned weights must be finite")
        signed = set(MEASURES) - set(EITHER_WAY)
        if any(values[name] < 0 for name in signed) or self.arrange > self.ready:
            raise InvalidProblem("learned weights must not turn a factor round")


AnyWeights: TypeAlias = Weights | LearnedWeights
