"""Wants: the concepts that a child's interests and open wishes name, and texts that name none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from matching.codes import POSITIVE_FEELINGS
from matching.interests.phrases import Phrase
from matching.interests.vocabulary import Vocabulary
from matching.problem import Interest
from matching.scoring.preferences import weigh_voices


@dataclass(frozen=True, slots=True)
class Want:
    """One thing that a child wants to do.

    Attributes
    ----------
    concept : str or None
        Notation; None for a text that names no concept.
    phrases : tuple of Phrase
        What a text without a concept says; empty for a concept.
    """

    concept: str | None
    phrases: tuple[Phrase, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenWish:
    """A wish that nothing has met yet, with the concepts that its text names."""

    text: str
    concepts: tuple[str, ...] = ()


def wants_of(
    interests: Iterable[Interest], wishes: Iterable[OpenWish], vocabulary: Vocabulary
) -> tuple[Want, ...]:
    """Tell what a child wants.

    Parameters
    ----------
    interests : iterable of Interest
    wishes : iterable of OpenWish
    vocabulary : Vocabulary

    Returns
    -------
    tuple of Want
        Concepts by notation, each once; then texts that name none, by their words, each once.

    Notes
    -----
    A liking that a higher voice overrules is no want. A wish stands for itself: no voice
    overrules what somebody took the trouble to record.
    """
    stated = list(interests)
    concepts = {
        notation
        for liking in weigh_voices(stated, vocabulary).liked
        for notation in liking.phrase.concepts
    }
    texts: dict[tuple[str, ...], tuple[Phrase, ...]] = {}
    for interest in stated:
        if interest.feeling not in POSITIVE_FEELINGS:
            continue
        phrases = interest.phrases
        if phrases is None:
            phrases = vocabulary.encode(interest.text)
        _keep_text(texts, phrases)
    for wish in wishes:
        concepts.update(wish.concepts)
        if not wish.concepts:
            _keep_text(texts, vocabulary.encode(wish.text))
    return (
        *(Want(notation) for notation in sorted(concepts)),
        *(Want(None, texts[words]) for words in sorted(texts)),
    )


def _keep_text(texts: dict[tuple[str, ...], tuple[Phrase, ...]], phrases: Iterable[Phrase]) -> None:
    """Keep what a text likes, by its words, unless it names a concept anywhere."""
    liked = tuple(phrase for phrase in phrases if phrase.liked)
    if liked and not any(phrase.concepts for phrase in liked):
        texts.setdefault(tuple(phrase.text for phrase in liked), liked)
