"""Which groups of children are large enough to be spoken of in public, and how loudly.

Exact numbers would tell of a child by difference: between two quarters, between a district and the
whole, or between what is published and what somebody knows of all the others. So a group is judged
by a number that noise was added to, once; what is published of it is the foot of a wide band.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

# Adds noise to a count.
Noise = Callable[[int], int]

# Standard deviation of the noise of one count.
NOISE_SCALE: Final = 6.0
# With at least so many more than a band's foot after noise; two standard deviations, so that a
# group just large enough is nearly never shown, and one child more or less changes nearly nothing.
MARGIN: Final = 12
# The feet of the bands: "15 or more children". The first is the releases' threshold.
BANDS: Final = (15, 30, 60, 120, 240, 480)
AREA_THRESHOLD: Final = 20
# Fewer children than these on an authority's books, after noise: no statement, no districts.
FEWEST_CHILDREN: Final = 200
FEWEST_FOR_AREAS: Final = 500
# No family decides alone, and no child weighs more than others, however many wishes they record.
CHILDREN_OF_A_HOUSEHOLD: Final = 2
CONCEPTS_OF_A_CHILD: Final = 3


@dataclass(frozen=True)
class Asked:
    """A child that wished for a concept: who, of which family, living where."""

    child: object
    household: object
    # None where it is unknown.
    area: str | None
    concept: str


@dataclass(frozen=True)
class Line:
    """What may be said of one concept."""

    concept: str
    asked_at_least: int
    areas: tuple[str, ...]


def draw_noise() -> Noise:
    """Make the noise of a release: discrete Gaussian, from OpenDP's own source of randomness."""
    # Loading it takes seconds, and only the job of a quarter needs it.
    from opendp.domains import atom_domain  # noqa: PLC0415
    from opendp.measurements import make_gaussian  # noqa: PLC0415
    from opendp.metrics import absolute_distance  # noqa: PLC0415
    from opendp.mod import enable_features  # noqa: PLC0415

    # OpenDP's word for mechanisms whose proofs its own reviewers have not finished vetting.
    enable_features("contrib")
    measurement = make_gaussian(atom_domain(T="i32"), absolute_distance(T="i32"), NOISE_SCALE)
    return lambda count: int(measurement(count))


def choose_lines(
    asked: Iterable[Asked],
    registered: Mapping[str | None, int],
    *,
    noise: Noise,
    rng: Random,
) -> list[Line]:
    """Choose what may be said, by concept; `registered` counts all children by area."""
    total = noise(sum(registered.values()))
    if total < FEWEST_CHILDREN:
        return []
    everywhere, by_area = _count(_limit(asked, rng))
    areas = sorted(area for area in registered if area is not None)
    living = {area: noise(registered[area]) for area in areas if total >= FEWEST_FOR_AREAS}
    lines = []
    for concept in sorted(everywhere):
        foot = _band(everywhere[concept], noise, of=total)
        if foot is None:
            continue
        named = (
            area
            for area, n_living in living.items()
            if _is_large(by_area[concept, area], noise, of=n_living)
        )
        lines.append(Line(concept, foot, tuple(named)))
    return lines


def _limit(asked: Iterable[Asked], rng: Random) -> list[Asked]:
    """Let each child count for a few concepts and each household with a few children, at random."""
    in_order = sorted(asked, key=lambda one: (str(one.household), str(one.child), one.concept))
    rng.shuffle(in_order)
    children: defaultdict[object, set[object]] = defaultdict(set)
    concepts: defaultdict[object, set[str]] = defaultdict(set)
    kept = []
    for one in in_order:
        of_household, of_child = children[one.household], concepts[one.child]
        if one.child not in of_household and len(of_household) >= CHILDREN_OF_A_HOUSEHOLD:
            continue
        if one.concept in of_child or len(of_child) >= CONCEPTS_OF_A_CHILD:
            continue
        of_household.add(one.child)
        of_child.add(one.concept)
        kept.append(one)
    return kept


def _count(asked: Iterable[Asked]) -> tuple[dict[str, int], defaultdict[tuple[str, str], int]]:
    everywhere: defaultdict[str, int] = defaultdict(int)
    by_area: defaultdict[tuple[str, str], int] = defaultdict(int)
    for one in asked:
        everywhere[one.concept] += 1
        if one.area is not None:
            by_area[one.concept, one.area] += 1
    return everywhere, by_area


def _band(count: int, noise: Noise, *, of: int) -> int | None:
    """Give the foot of the highest band that a count and its noisy sister both reach."""
    noisy = noise(count)
    # Of a group that is most of the children, every child would be known to belong to it.
    if 2 * max(noisy, count) > of:
        return None
    reached = [foot for foot in BANDS if count >= foot and noisy >= foot + MARGIN]
    return max(reached, default=None)


def _is_large(count: int, noise: Noise, *, of: int) -> bool:
    noisy = noise(count)
    if 2 * max(noisy, count) > of:
        return False
    return count >= AREA_THRESHOLD and noisy >= AREA_THRESHOLD + MARGIN
