"""What a place can be like - loud, busy, high, wet - and how people turn it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from matching.interests import text as texts

# Of a listing that says both: "a disco with the music turned down".
MITIGATED: Final = 0.3

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

    def of_listing(self, stems: Sequence[str]) -> float:
        """Tell how far a listing is so.

        Parameters
        ----------
        stems : sequence of str
            Of all its words, separators as they are.

        Returns
        -------
        float
            1 if it shows it, 0.3 if it also denies it, -1 if it only denies it, else 0.
        """
        shown = [at for at, _ in _found(stems, self.shown)]
        plain = [at for at in shown if not _NEGATIONS.intersection(stems[max(0, at - 2) : at])]
        denied = len(plain) < len(shown) or bool(_found(stems, self.denied))
        if plain:
            return MITIGATED if denied else 1.0
        return -1.0 if denied else 0.0


def _found(stems: Sequence[str], names: frozenset[tuple[str, ...]]) -> list[tuple[int, int]]:
    longest = max(map(len, names), default=0)
    return [
        (at, at + length)
        for at in range(len(stems))
        for length in range(1, min(longest, len(stems) - at) + 1)
        if tuple(stems[at : at + length]) in names
    ]


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
    return tuple(
        place for place, attribute in enumerate(load_attributes()) if _found(stems, attribute.said)
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
