"""Where sample families live and sample venues stand: somewhere in a real postcode district."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from app.postcodes import centroid, parse_postcode

# The letters that the second half of a postcode is written with.
UNIT_LETTERS: Final = "ABDEFGHJLNPQRSTUWXYZ"
# Of a degree: about 1.3 km to each side, so that homes of one district are not one point.
SPREAD_LATITUDE: Final = 0.012
SPREAD_LONGITUDE: Final = 0.02


@dataclass(frozen=True)
class Town:
    """A town and its postcode districts."""

    name: str
    outcodes: tuple[str, ...]


STOKE: Final = (
    Town("Stoke-on-Trent", ("ST1", "ST2", "ST3", "ST4", "ST6")),
    Town("Newcastle-under-Lyme", ("ST5",)),
    Town("Kidsgrove", ("ST7",)),
    Town("Biddulph", ("ST8",)),
    Town("Cheadle", ("ST10",)),
    Town("Blythe Bridge", ("ST11",)),
    Town("Barlaston", ("ST12",)),
)
CHESHIRE_EAST: Final = (
    Town("Crewe", ("CW1", "CW2")),
    Town("Macclesfield", ("SK10", "SK11")),
    Town("Congleton", ("CW12",)),
    Town("Nantwich", ("CW5",)),
    Town("Sandbach", ("CW11",)),
    Town("Wilmslow", ("SK9",)),
    Town("Middlewich", ("CW10",)),
    Town("Poynton", ("SK12",)),
    Town("Knutsford", ("WA16",)),
    Town("Alsager", ("ST7",)),
)
AREAS: Final = (
    STOKE,
    CHESHIRE_EAST,
    (
        Town("Stafford", ("ST16", "ST17")),
        Town("Cannock", ("WS11", "WS12")),
        Town("Lichfield", ("WS13",)),
    ),
    (Town("Derby", ("DE1", "DE21", "DE22", "DE23")), Town("Ilkeston", ("DE7",))),
    (Town("Telford", ("TF1", "TF2", "TF3", "TF4")), Town("Wellington", ("TF6",))),
    (
        Town("Stockport", ("SK1", "SK2", "SK3", "SK5")),
        Town("Cheadle", ("SK8",)),
        Town("Marple", ("SK6",)),
    ),
)


def choose_place(rng: Random, towns: Sequence[Town]) -> dict[str, Any]:
    """Choose a postcode in one of the towns and a position near its district's middle."""
    outcodes = [outcode for town in towns for outcode in town.outcodes]
    letters = "".join(rng.choices(UNIT_LETTERS, k=2))
    postcode = parse_postcode(f"{rng.choice(outcodes)} {rng.randrange(1, 10)}{letters}")
    middle = centroid(postcode)
    if middle is None:
        raise ValueError("a sample postcode district whose position is unknown")
    return {
        "postcode": postcode.text,
        "latitude": round(middle[0] + rng.uniform(-SPREAD_LATITUDE, SPREAD_LATITUDE), 5),
        "longitude": round(middle[1] + rng.uniform(-SPREAD_LONGITUDE, SPREAD_LONGITUDE), 5),
    }
