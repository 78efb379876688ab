"""What a child's interests say for and against each activity, with the child's voice first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.codes import POSITIVE_FEELINGS, VOICES
from matching.interests.phrases import Phrase
from matching.interests.vocabulary import Vocabulary
from matching.problem import Interest

FEELING_STRENGTH: Final = {"love": 1.0, "like": 0.85, "curious": 0.65, "dislike": 0.8, "avoid": 1.0}
VOICE_STRENGTH: Final = {"child": 1.0, "parent": 0.92, "professional": 0.85, "observed": 0.8}
# What a second matching interest adds, of what the best one leaves open.
SECOND_SHARE: Final = 0.2
# A dislike that shares hardly more than a syllable with an activity says nothing against it.
NOTICEABLE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Preference:
    """One phrase of a child with its weight.

    Attributes
    ----------
    phrase : Phrase
    strength : float
        In (0, 1], of feeling, voice and phrase.
    avoid : bool
        True if it blocks activities that carry its concepts.
    """

    phrase: Phrase
    strength: float
    avoid: bool


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a child likes and what it does not, after the voices are weighed.

    Attributes
    ----------
    liked, disliked : tuple of Preference
    """

    liked: tuple[Preference, ...]
    disliked: tuple[Preference, ...]

    def avoided(self) -> frozenset[str]:
        """Give the concepts that block.

        Returns
        -------
        frozenset of str
            Notations.
        """
        return frozenset(
            notation
            for preference in self.disliked
            if preference.avoid
            for notation in preference.phrase.concepts
        )


def weigh_voices(interests: Iterable[Interest], vocabulary: Vocabulary) -> Preferences:
    """Settle where voices disagree on a concept: the higher voice stands.

    Parameters
    ----------
    interests : iterable of Interest
    vocabulary : Vocabulary

    Returns
    -------
    Preferences

    Notes
    -----
    A liking and a dislike of the same concept both stand if their voices are equal, so an `avoid`
    then still blocks. A phrase whose every concept is overruled is dropped. What a text of a
    liking turns down ("football but not in the rain") counts as a dislike and does not block; in
    a text of dislike every phrase is disliked.
    """
    signed: list[tuple[bool, int, Preference]] = []
    for interest in interests:
        phrases = interest.phrases
        if phrases is None:
            phrases = vocabulary.encode(interest.text)
        positive = interest.feeling in POSITIVE_FEELINGS
        rank = VOICES.index(interest.voice)
        for phrase in phrases:
            liked = positive and phrase.liked
            feeling = interest.feeling if liked or not positive else "dislike"
            strength = FEELING_STRENGTH[feeling] * VOICE_STRENGTH[interest.voice] * phrase.weight
            signed.append((liked, rank, Preference(phrase, strength, feeling == "avoid")))

    highest: dict[tuple[bool, str], int] = {}
    for liked, rank, preference in signed:
        for notation in preference.phrase.concepts:
            highest[liked, notation] = max(rank, highest.get((liked, notation), -1))
    sides: dict[bool, list[Preference]] = {True: [], False: []}
    for liked, rank, preference in signed:
        concepts = preference.phrase.concepts
        standing = tuple(one for one in concepts if highest.get((not liked, one), -1) <= rank)
        if standing == concepts:
            sides[liked].append(preference)
        elif standing:
            phrase = replace(preference.phrase, concepts=standing)
            sides[liked].append(replace(preference, phrase=phrase))
    return Preferences(tuple(sides[True]), tuple(sides[False]))


def strengths(
    preferences: tuple[Preference, ...], similarity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give how strongly each preference speaks to each activity.

    Parameters
    ----------
    preferences : tuple of Preference
    similarity : ndarray of shape (n_preferences, n_activities), float64
        Of their phrases.

    Returns
    -------
    ndarray of shape (n_preferences, n_activities), float64
        In [0, 1].
    """
    weights = np.array([preference.strength for preference in preferences]).reshape(-1, 1)
    weighted: NDArray[np.float64] = similarity * weights
    return weighted


def worst(each: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold the dislikes of an activity into one.

    Parameters
    ----------
    each : ndarray of shape (n_preferences, n_activities), float64

    Returns
    -------
    ndarray of shape (n_activities,), float64
        In [0, 1]: the strongest, 0 where it is not noticeable.
    """
    strongest_dislike: NDArray[np.float64] = each.max(axis=0, initial=0.0)
    strongest_dislike[strongest_dislike < NOTICEABLE] = 0.0
    return strongest_dislike


def strongest(each: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fold the likings for an activity into one.

    Parameters
    ----------
    each : ndarray of shape (n_preferences, n_activities), float64

    Returns
    -------
    ndarray of shape (n_activities,), float64
        In [0, 1]: the best, and a share of the second in what the best leaves open.
    """
    if len(each) == 0:
        return np.zeros(each.shape[1])
    best: NDArray[np.float64] = each[0].copy()
    if len(each) == 1:
        return best
    # Row by row: there are few, and sorting columns takes longer.
    second = np.zeros_like(best)
    for row in each[1:]:
        np.maximum(second, np.minimum(best, row), out=second)
        np.maximum(best, row, out=best)
    folded: NDArray[np.float64] = best + (1 - best) * SECOND_SHARE * second
    return folded
