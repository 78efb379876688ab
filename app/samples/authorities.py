"""The sample authorities: what each is called, where it is and what it can arrange."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

from app.authorities.schemas import SupportServiceCreate
from app.feeds.readers import Item
from app.samples.homes import AREAS, CHESHIRE_EAST, STOKE, Town
from app.samples.listings import move_to_towns, read_listings

SEED: Final = 2027
# Need, days ahead, pence a time, places a week for each thousand children.
SUPPORT_SERVICES: Final = (
    ("one_to_one", 7, 4500, 40),
    ("two_to_one", 14, 9000, 6),
    ("personal_care", 10, 3000, 20),
    ("accessible_transport", 5, 2500, 40),
    ("nurse", 21, 12000, 4),
    ("epilepsy_rescue", 14, 3500, 10),
    ("interpreter", 7, 4000, 15),
    ("bsl", 14, 8000, 8),
    ("makaton", 7, 2000, 20),
    ("pecs", 7, 1500, 10),
    ("hoist", 14, 6000, 6),
    ("specialist_bike", 10, 1500, 8),
    ("vi_support", 10, 3500, 8),
    ("hi_support", 10, 3500, 8),
    ("positive_behaviour_support", 14, 5000, 12),
    ("buddy", 5, 0, 30),
)


@dataclass(frozen=True)
class SampleAuthority:
    """One authority to be made: the same seed makes the same families and listings."""

    name: str
    seed: int
    towns: tuple[Town, ...]
    n_children: int
    listings: Callable[[], Iterable[tuple[int, Item]]]
    # Whether the children of the worked example and of the angling story live here.
    has_stories: bool = False


STOKE_SAMPLE: Final = SampleAuthority(
    "Stoke-on-Trent (sample)", SEED, STOKE, 300, read_listings, has_stories=True
)
CHESHIRE_EAST_SAMPLE: Final = SampleAuthority(
    "Cheshire East (sample)",
    SEED + 1,
    CHESHIRE_EAST,
    3000,
    lambda: move_to_towns(Random(SEED + 1), CHESHIRE_EAST),  # noqa: S311 - nothing secret
)
SAMPLES: Final = (STOKE_SAMPLE, CHESHIRE_EAST_SAMPLE)


def area(number: int) -> tuple[Town, ...]:
    """Give the area of a seeded authority; there are more numbers than areas."""
    return AREAS[(number - 1) % len(AREAS)]


def support_services(n_children: int) -> list[SupportServiceCreate]:
    """List what an authority of this size can put in place."""
    return [
        SupportServiceCreate.model_validate(
            {
                "need": need,
                "lead_days": lead_days,
                "cost_pence": cost_pence,
                "per_week": max(2, per_thousand * n_children // 1000),
            }
        )
        for need, lead_days, cost_pence, per_thousand in SUPPORT_SERVICES
    ]
