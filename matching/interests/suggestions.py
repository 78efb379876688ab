"""Suggestions: the concepts a person may mean while they are still typing."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from matching.interests import text as texts
from matching.interests.vocabulary import Concept, Vocabulary


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A concept that what was typed may be the beginning of.

    Attributes
    ----------
    concept : Concept
    matched : str
        The name it was found by: its label, or another word for it.
    """

    concept: Concept
    matched: str


def suggest(vocabulary: Vocabulary, typed: str, *, limit: int = 10) -> tuple[Suggestion, ...]:
    """Suggest concepts for a word that is being typed.

    Parameters
    ----------
    vocabulary : Vocabulary
    typed : str
        Anything; case, accents' form and outer space do not matter.
    limit : int
        How many at most.

    Returns
    -------
    tuple of Suggestion
        Each concept once, the likeliest first; none for nothing typed.

    Notes
    -----
    A name that is the typed word comes before one that begins with it, then one of whose words
    begins with it, then one that holds it; labels before other words, shorter names first, ties
    by notation. One pass over all names, under a millisecond a thousand.
    """
    wanted = _folded(typed)
    if not wanted or limit <= 0:
        return ()
    best: dict[str, tuple[tuple[int, int, int, str], Suggestion]] = {}
    for concept in vocabulary.concepts.values():
        for place, name in enumerate((concept.label, *concept.alternatives)):
            rank = _rank(_folded(name), wanted)
            if rank is None:
                continue
            key = (rank, min(place, 1), len(name), concept.notation)
            known = best.get(concept.notation)
            if known is None or key < known[0]:
                best[concept.notation] = (key, Suggestion(concept, name))
    ordered = heapq.nsmallest(limit, best.values(), key=lambda found: found[0])
    return tuple(suggestion for _, suggestion in ordered)


def _folded(name: str) -> str:
    return " ".join(texts.fold(name).split())


def _rank(name: str, wanted: str) -> int | None:
    if wanted not in name:
        return None
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in name else 3
