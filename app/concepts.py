"""The vocabulary of interests: which concepts a text names.

It stands outside the engine room, as rooms below that name concepts too.
"""

from functools import cache
from typing import Any

import matching
from matching import encoder_version


@cache
def vocabulary() -> matching.Vocabulary:
    """Load the vocabulary, once a process."""
    return matching.load_vocabulary()


def recognise(text: str) -> list[str]:
    """Name the concepts a text mentions, as notations."""
    return list(vocabulary().recognise(text))


def encode(text: str) -> list[dict[str, Any]]:
    """Read a text once, when it is written; what it says is stored beside it."""
    return [phrase.to_json() for phrase in vocabulary().encode(text)]


def suggest(typed: str | None, *, limit: int) -> tuple[matching.Suggestion, ...]:
    """Suggest concepts for a word that is being typed; before the first letter, the widest."""
    if typed is not None:
        return matching.suggest(vocabulary(), typed, limit=limit)
    widest = (concept for concept in vocabulary().concepts.values() if not concept.broader)
    by_label = sorted(widest, key=lambda concept: concept.label.lower())
    return tuple(matching.Suggestion(concept, concept.label) for concept in by_label[:limit])


def is_known(notation: str) -> bool:
    """Tell whether the vocabulary has a concept."""
    return notation in vocabulary()


__all__ = ["encode", "encoder_version", "is_known", "recognise", "suggest", "vocabulary"]
