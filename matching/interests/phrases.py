"""Phrases: what a text says is liked or disliked, one by one, ready to be stored and compared."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from matching.interests.text import STOP_WORDS

MAX_PHRASES: Final = 64


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a text says is liked or disliked.

    Attributes
    ----------
    text : str
        Its words in lower case, without what says only that it is liked.
    stems : tuple of str
        What is compared with listings, with corrected spelling beside the original.
    liked : bool
        False for what the text turns down.
    concepts : tuple of str
        Notations of the concepts it names.
    leads_to : tuple of str
        Words that the lexicon says it leads to.
    topics : tuple of tuple (str, float)
        What it is about, with shares in (0, 1], the greatest first.
    attributes : tuple of int
        What it says a place is like, as positions in `load_attributes()`.
    weight : float
        In (0, 1]: less for what tells of needs rather than wishes.
    is_name : bool
        True if it says nothing but the name of a concept.
    vector : bytes
        Its place among words, one signed byte a dimension; empty if no word is known.
    """

    text: str
    stems: tuple[str, ...]
    liked: bool
    concepts: tuple[str, ...]
    leads_to: tuple[str, ...] = ()
    topics: tuple[tuple[str, float], ...] = ()
    attributes: tuple[int, ...] = ()
    weight: float = 1.0
    is_name: bool = False
    vector: bytes = b""

    def to_json(self) -> dict[str, Any]:
        """Give what is to be stored.

        Returns
        -------
        dict
            Of JSON's own types; some 500 bytes.
        """
        return {
            "text": self.text,
            "stems": self.stems,
            "liked": self.liked,
            "concepts": self.concepts,
            "leads_to": self.leads_to,
            "topics": self.topics,
            "attributes": self.attributes,
            "weight": self.weight,
            "is_name": self.is_name,
            "vector": base64.b64encode(self.vector).decode(),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Phrase:
        """Take back what `to_json` gave.

        Parameters
        ----------
        stored : dict

        Returns
        -------
        Phrase
        """
        return cls(
            text=stored["text"],
            stems=tuple(stored["stems"]),
            liked=stored["liked"],
            concepts=tuple(stored["concepts"]),
            leads_to=tuple(stored["leads_to"]),
            topics=tuple((name, share) for name, share in stored["topics"]),
            attributes=tuple(stored["attributes"]),
            weight=stored["weight"],
            is_name=stored["is_name"],
            vector=base64.b64decode(stored["vector"]),
        )


def pack(vector: NDArray[np.float32]) -> bytes:
    """Write a vector's direction as bytes.

    Parameters
    ----------
    vector : ndarray of shape (n,), float32

    Returns
    -------
    bytes
        Empty for a vector of zeros.
    """
    largest = float(np.abs(vector).max(initial=0.0))
    if largest == 0.0:
        return b""
    return np.round(vector * (127 / largest)).astype(np.int8).tobytes()


def shown(words: Sequence[str]) -> str:
    """Give the words of a clause as a person should read them.

    Parameters
    ----------
    words : sequence of str
        In lower case, without separators.

    Returns
    -------
    str
        Without the stop words at both ends, unless there is nothing else.
    """
    kept = list(words)
    while kept and kept[0] in STOP_WORDS:
        del kept[0]
    while kept and kept[-1] in STOP_WORDS:
        del kept[-1]
    return " ".join(kept or words)
