"""Free text into phrases, each liked or disliked.

"likes being up high, hates loud noise" is one liked and one disliked phrase. Negation is simple:
a word such as "not" or "hates" turns what follows until the clause ends, an enumeration goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matching.interests.text import PAUSE, STOP, STOP_WORDS, content_stems

MAX_PHRASES: Final = 64

_AGAINST: Final[frozenset[str]] = frozenset(
    """not no never don't dont doesn't doesnt isn't isnt aren't didn't can't cant cannot won't wont
    wouldn't hate hates hated hating dislike dislikes disliked avoid avoids avoiding terrified
    scared afraid frightened fear fears phobia except without nothing refuses struggles upset
    distressed anxious bored sick detests loathes horrible""".split()  # noqa: SIM905 - reads better than forty literals
)
_FOR: Final[frozenset[str]] = frozenset(
    """like likes love loves loved adores enjoy enjoys enjoyed wants prefers obsessed mad keen
    fascinated happy yes fan favourite""".split()  # noqa: SIM905 - as above
)
_CONTRAST: Final[frozenset[str]] = frozenset({"but", "however", "although", "though", "yet"})
_LINKS: Final[frozenset[str]] = frozenset({"and", "or", "n", "also", "plus", "then"})
# A word for liking this close behind a negation belongs to it: "does not really like".
_REACH: Final = 3

# Idioms in which a negation praises, and negations of more than one word.
_IDIOMS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"can(?:'|no)?t (?:get|have) enough(?: of)?", "loves"),
        (r"can(?:'|no)?t (?:get|keep|drag|tear) (?:him|her|them|me) (?:off|away from|out of)", ","),
        (r"can(?:'|no)?t (?:stop|wait(?: for| to)?)", "loves"),
        (r"(?:doesn't|don't|doesnt|dont) mind", "likes"),
        (r"never (?:stops|tires of|bored of)", "loves"),
        (r"nothing better than", "loves"),
        (r"not (?:just|only)|no (?:problem|problems|worries) with|not to mention", ","),
        (r"(?:apart from|other than|rather than|instead of|away from)", "except"),
        (r"had enough of|fed up (?:with|of)|put off by", "hates"),
    )
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One thing that a text says is liked or disliked.

    Attributes
    ----------
    text : str
        Its words in lower case, without what says only that it is liked.
    stems : tuple of str
        What is compared with listings.
    liked : bool
        False for what the text turns down.
    concepts : tuple of str
        Notations of the concepts it names.
    """

    text: str
    stems: tuple[str, ...]
    liked: bool
    concepts: tuple[str, ...]


def replace_idioms(text: str) -> str:
    """Write idioms around a negation plainly.

    Parameters
    ----------
    text : str
        In lower case.

    Returns
    -------
    str
    """
    for pattern, replacement in _IDIOMS:
        text = pattern.sub(replacement, text)
    return text


def split_clauses(
    tokens: Sequence[str], kept_together: Sequence[bool]
) -> list[tuple[int, int, bool]]:
    """Cut a text into clauses, each liked or disliked.

    Parameters
    ----------
    tokens : sequence of str
        Words and separators.
    kept_together : sequence of bool
        True for a token inside a concept's name, which is never cut ("arts and crafts").

    Returns
    -------
    list of tuple (first, end, liked)
        Half-open ranges of tokens; words that only turn the meaning are left out.
    """
    clauses: list[tuple[int, int, bool]] = []
    first, liked, turned_at = 0, True, -_REACH - 1

    def close(end: int) -> None:
        if end > first:
            clauses.append((first, end, liked))

    for at, token in enumerate(tokens):
        if kept_together[at]:
            continue
        if token == STOP or token in _CONTRAST:
            close(at)
            first, liked = at + 1, True
        elif token == PAUSE or token in _LINKS:
            close(at)
            first = at + 1
        elif token in _AGAINST:
            close(at)
            first, liked, turned_at = at + 1, False, at
        elif token in _FOR and at - turned_at > _REACH:
            close(at)
            first, liked = at + 1, True
    close(len(tokens))
    return clauses


def make_phrase(words: Sequence[str], liked: bool, concepts: Sequence[str]) -> Phrase | None:
    """Make a phrase of the words of a clause.

    Parameters
    ----------
    words : sequence of str
        In lower case, without separators.
    liked : bool
    concepts : sequence of str
        Notations.

    Returns
    -------
    Phrase or None
        None if the words carry no meaning of their own.
    """
    stems = tuple(content_stems(words))
    if not stems and not concepts:
        return None
    shown = list(words)
    while shown and shown[0] in STOP_WORDS:
        del shown[0]
    while shown and shown[-1] in STOP_WORDS:
        del shown[-1]
    return Phrase(" ".join(shown or words), stems, liked, tuple(dict.fromkeys(concepts)))
