"""The vocabulary of interests: which concepts a text names.

It stands outside the engine room, as rooms below that name concepts too.
"""

from functools import cache

import matching


@cache
def vocabulary() -> matching.Vocabulary:
    """Load the vocabulary, once a process."""
    return matching.load_vocabulary()


def recognise(text: str) -> list[str]:
    """Name the concepts a text mentions, as notations."""
    return list(vocabulary().recognise(text))


def is_known(notation: str) -> bool:
    """Tell whether the vocabulary has a concept."""
    return notation in vocabulary()
