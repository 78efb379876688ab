"""Postcodes: read one as people write it, and say roughly where it is."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import takewhile
from statistics import fmean

# Only the pure string functions are used: the package's `parse` logs the text that it could not
# read, and that text may be a child's home.
from uk_postcodes_parsing import postcode_utils

MAX_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode in its usual form, such as `ST4 2DE`, and its outer parts."""

    text: str
    outcode: str
    area: str

    def __str__(self) -> str:
        return self.text


def parse_postcode(text: str) -> Postcode:
    """Read a postcode whatever its case and spacing, or raise ValueError without repeating it."""
    # The library's patterns also accept digits of other scripts and a line feed at the end.
    if not text.isascii() or len(text) > MAX_LENGTH:
        raise ValueError("This is not a UK postcode.")
    compact = "".join(text.split()).upper()
    normalised = postcode_utils.to_normalised(compact)
    if normalised is None or not postcode_utils.is_valid(compact):
        raise ValueError("This is not a UK postcode.")
    outcode = normalised.split()[0]
    return Postcode(normalised, outcode, _area_of(outcode))


def centroid(postcode: Postcode) -> tuple[float, float] | None:
    """Find (latitude, longitude) of the outcode, else of its area; None where both are unknown."""
    return outcode_centroid(postcode.outcode)


def outcode_centroid(outcode: str) -> tuple[float, float] | None:
    """Find (latitude, longitude) of an outcode, else of its area; None where both are unknown."""
    table = _centroids()
    return table.get(outcode) or table.get(_area_of(outcode))


def _area_of(outcode: str) -> str:
    """Cut an outcode after its leading letters: `ST4` is in `ST`."""
    return "".join(takewhile(str.isalpha, outcode))


@cache
def _centroids() -> dict[str, tuple[float, float]]:
    """Load the centroid of every outcode, and of every area as the mean of its outcodes."""
    table: dict[str, tuple[float, float]] = {}
    by_area: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    with files("app.data").joinpath("outcodes.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            outcode = row["outcode"]
            position = (float(row["latitude"]), float(row["longitude"]))
            table[outcode] = position
            by_area[_area_of(outcode)].append(position)
    for area, positions in by_area.items():
        latitudes, longitudes = zip(*positions, strict=True)
        table[area] = (fmean(latitudes), fmean(longitudes))
    return table
