"""What a place can be like - loud, busy, high, wet - and how people turn it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.interests import text as texts

# Of a listing that says both: "a disco with the music turned down".
MITIGATED: Final = 0.3

# "people looking at me": longer names are not looked for.
_LONGEST_SAID: Final = 6

_NEGATIONS: Final = frozenset({"no", "not", "without", "never", "off", "non"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """One quality of a place.

    Attributes
    ----------
    name : str
    said : frozenset of tuple of str
        Stems of how people call it.
    shown, denied : frozenset of tuple of str
        Stems of what in a listing shows that it is so, and that it is not.
    """

    name: str
    said: frozenset[tuple[str, ...]]
    shown: frozenset[tuple[str, ...]]
    denied: frozenset[tuple[str, ...]]


def of_listing(stems: Sequence[str]) -> NDArray[np.float64]:
    """Tell what a listing is like.

    Parameters
    ----------
    stems : sequence of str
        Of all its words, separators as they are.

    Returns
    -------
    ndarray of shape (n_attributes,), float64
        For each of `load_attributes()` 1 if the listing shows it, 0.3 if it also denies it, -1 if
        it only denies it, else 0.
    """
    signs, longest = _signs()
    n_attributes = len(load_attributes())
    shown, denied = np.zeros(n_attributes, np.bool_), np.zeros(n_attributes, np.bool_)
    for at in range(len(stems)):
        negated = None
        for length in range(1, min(longest, len(stems) - at) + 1):
            for place, is_shown in signs.get(tuple(stems[at : at + length]), ()):
                if negated is None:
                    negated = not _NEGATIONS.isdisjoint(stems[max(0, at - 2) : at])
                (shown if is_shown and not negated else denied)[place] = True
    known: NDArray[np.float64] = np.where(shown, np.where(denied, MITIGATED, 1.0), -1.0 * denied)
    return known


def recognise(stems: Sequence[str]) -> tuple[int, ...]:
    """Name the attributes that the words of a phrase mean.

    Parameters
    ----------
    stems : sequence of str
        Of all its words, in order.

    Returns
    -------
    tuple of int
        Positions in `load_attributes()`.
    """
    said = {
        tuple(stems[at : at + length])
        for at in range(len(stems))
        for length in range(1, min(_LONGEST_SAID, len(stems) - at) + 1)
    }
    return tuple(
        place
        for place, attribute in enumerate(load_attributes())
        if not said.isdisjoint(attribute.said)
    )


@cache
def load_attributes() -> tuple[Attribute, ...]:
    """Load the attributes that ship with the package.

    Returns
    -------
    tuple of Attribute
        Read once a process.
    """
    text = (resources.files("matching.interests") / "data" / "attributes.txt").read_text("utf-8")
    blocks: list[tuple[str, dict[str, frozenset[tuple[str, ...]]]]] = []
    for line in text.splitlines():
        if line.startswith(" "):
            names = line[3:].split(", ")
            keys = frozenset(tuple(texts.stems(name)) for name in names if name.strip())
            blocks[-1][1][line[1]] = keys - {()}
        elif line and not line.startswith("#"):
            blocks.append((line.strip(), {}))
    return tuple(Attribute(name, signs["~"], signs["+"], signs["-"]) for name, signs in blocks)


@cache
def _signs() -> tuple[dict[tuple[str, ...], list[tuple[int, bool]]], int]:
    """Give every sign with the attributes it shows or denies, and the length of the longest."""
    signs: dict[tuple[str, ...], list[tuple[int, bool]]] = {}
    for place, attribute in enumerate(load_attributes()):
        for names, is_shown in ((attribute.shown, True), (attribute.denied, False)):
            for name in names:
                signs.setdefault(name, []).append((place, is_shown))
    return signs, max(map(len, signs))
