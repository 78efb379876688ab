"""Concepts of interest with their hierarchy, and how they are recognised in free text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from matching.errors import InvalidProblem
from matching.interests import text as texts
from matching.interests.phrases import Phrase
from matching.interests.reading import read

# How much of a liking for one concept carries over to another, by their relation.
SAME = 1.0
NARROWER = 0.9
BROADER = 0.5
SIBLING = 0.35


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept of the vocabulary.

    Attributes
    ----------
    notation : str
        Its code.
    label : str
        What people read.
    alternatives : tuple of str
        Other words for it.
    broader : tuple of str
        Notations of the concepts that contain it.
    spoken : bool
        False if its label is an everyday word that must not be recognised in free text.
    """

    notation: str
    label: str
    alternatives: tuple[str, ...] = ()
    broader: tuple[str, ...] = ()
    spoken: bool = True


class Vocabulary:
    """A set of concepts, immutable once made.

    Parameters
    ----------
    concepts : iterable of Concept

    Raises
    ------
    InvalidProblem
        If a notation stands twice, a broader concept is unknown, or a concept contains itself.
    """

    def __init__(self, concepts: Iterable[Concept]) -> None:
        ordered = sorted(concepts, key=lambda concept: concept.notation)
        self.concepts: Mapping[str, Concept] = {one.notation: one for one in ordered}
        if len(self.concepts) < len(ordered):
            raise InvalidProblem("a notation stands twice in the vocabulary")
        if any(up not in self.concepts for one in ordered for up in one.broader):
            raise InvalidProblem("a broader concept is not in the vocabulary")
        self._ancestors = {one.notation: self._climb(one.notation) for one in ordered}
        self._descendants: dict[str, set[str]] = {one.notation: set() for one in ordered}
        self._children: dict[str, set[str]] = {one.notation: set() for one in ordered}
        for one in ordered:
            for up in self._ancestors[one.notation]:
                self._descendants[up].add(one.notation)
            for up in one.broader:
                self._children[up].add(one.notation)
        self._named: dict[tuple[str, ...], list[str]] = {}
        for one in ordered:
            names = (one.label, *one.alternatives) if one.spoken else one.alternatives
            for name in names:
                key = tuple(texts.stems(name))
                if key and one.notation not in self._named.setdefault(key, []):
                    self._named[key].append(one.notation)
        self._longest = max(map(len, self._named), default=0)

    def _climb(self, notation: str) -> frozenset[str]:
        found: set[str] = set()
        ahead = list(self.concepts[notation].broader)
        while ahead:
            up = ahead.pop()
            if up == notation:
                raise InvalidProblem("a concept of the vocabulary contains itself")
            if up not in found:
                found.add(up)
                ahead.extend(self.concepts[up].broader)
        return frozenset(found)

    def __contains__(self, notation: object) -> bool:
        return notation in self.concepts

    def label(self, notation: str) -> str:
        """Give what people read for a concept.

        Parameters
        ----------
        notation : str

        Returns
        -------
        str
            The notation itself if the vocabulary does not hold it.
        """
        known = self.concepts.get(notation)
        return known.label if known else notation

    def with_narrower(self, notations: Iterable[str]) -> frozenset[str]:
        """Give concepts together with everything they contain.

        Parameters
        ----------
        notations : iterable of str
            Unknown ones stand alone.

        Returns
        -------
        frozenset of str
        """
        found: set[str] = set()
        for notation in notations:
            found.add(notation)
            found |= self._descendants.get(notation, set())
        return frozenset(found)

    def with_broader(self, notations: Iterable[str]) -> frozenset[str]:
        """Give concepts together with everything that contains them.

        Parameters
        ----------
        notations : iterable of str
            Unknown ones stand alone.

        Returns
        -------
        frozenset of str
        """
        found: set[str] = set()
        for notation in notations:
            found.add(notation)
            found |= self._ancestors.get(notation, frozenset())
        return frozenset(found)

    def related(self, notation: str) -> Mapping[str, float]:
        """Give how much a liking for one concept carries over to others.

        Parameters
        ----------
        notation : str

        Returns
        -------
        mapping of str to float
            In (0, 1]; concepts that are not related are left out.
        """
        if notation not in self.concepts:
            return {notation: SAME}
        weights: dict[str, float] = {}
        for up in self.concepts[notation].broader:
            for sibling in self._children[up]:
                weights[sibling] = SIBLING
        weights.update(dict.fromkeys(self._ancestors[notation], BROADER))
        weights.update(dict.fromkeys(self._descendants[notation], NARROWER))
        weights[notation] = SAME
        return weights

    def find(self, stems: Sequence[str]) -> list[tuple[int, int, tuple[str, ...]]]:
        """Find the concepts that words name, the longest name first, left to right.

        Parameters
        ----------
        stems : sequence of str
            Stems of all words, separators as they are.

        Returns
        -------
        list of tuple (first, end, notations)
            Half-open ranges that do not overlap.
        """
        found = []
        at = 0
        while at < len(stems):
            for length in range(min(self._longest, len(stems) - at), 0, -1):
                named = self._named.get(tuple(stems[at : at + length]))
                if named:
                    found.append((at, at + length, tuple(named)))
                    at += length
                    break
            else:
                at += 1
        return found

    def recognise(self, text: str) -> tuple[str, ...]:
        """Name the concepts that a text names, liked or not.

        Parameters
        ----------
        text : str

        Returns
        -------
        tuple of str
            Notations in the order they appear, each once.
        """
        return self.recognise_stems(texts.token_stems(text))

    def recognise_stems(self, stems: Sequence[str]) -> tuple[str, ...]:
        """Name the concepts that words name.

        Parameters
        ----------
        stems : sequence of str
            Of all words, separators as they are.

        Returns
        -------
        tuple of str
            Notations in the order they appear, each once.
        """
        return tuple(dict.fromkeys(one for *_, named in self.find(stems) for one in named))

    def encode(self, text: str) -> tuple[Phrase, ...]:
        """Read a text once: its likes and dislikes with the concepts they name.

        Parameters
        ----------
        text : str
            Anything, empty included.

        Returns
        -------
        tuple of Phrase
            At most 64, in the order of the text; equal ones once. Does not depend on any
            catalogue, so it may be stored beside the text until the vocabulary changes.
        """
        return read(text, self)


@cache
def load_vocabulary() -> Vocabulary:
    """Load the concepts that ship with the package.

    Returns
    -------
    Vocabulary
        The OpenActive activity list and our own additions; read once per process.

    Notes
    -----
    Sources and licences stand in `data/SOURCES.md`.
    """
    folder = resources.files("matching.interests") / "data"
    openactive = json.loads((folder / "openactive.json").read_text(encoding="utf-8"))
    own = json.loads((folder / "concepts.json").read_text(encoding="utf-8"))
    unspoken = set(own["unspoken"])
    concepts = []
    for entry in [*openactive, *own["concepts"]]:
        more = own["extends"].get(entry["notation"], {})
        concepts.append(
            Concept(
                notation=entry["notation"],
                label=entry["label"],
                alternatives=(*entry.get("alt", ()), *more.get("alt", ())),
                broader=(*entry.get("broader", ()), *more.get("broader", ())),
                spoken=entry["notation"] not in unspoken,
            )
        )
    return Vocabulary(concepts)
