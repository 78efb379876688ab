"""Reading a listing: its place among words, the concepts it names, what it says it is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.interests import attributes
from matching.interests import text as texts
from matching.interests.lexicon import load_offered
from matching.interests.topics import load_topics
from matching.interests.vectors import load_vectors, unit
from matching.interests.vocabulary import Vocabulary

# A listing's place: its whole text, what one does and sees there, and its title alone.
WHOLE_SHARE: Final = 0.65
OFFERED_SHARE: Final = 0.2
TITLE_SHARE: Final = 0.15
# Of an activity that only the description names, the first words of the lexicon.
IN_PASSING: Final = 5
# A concept that only the description names says less about an activity than one in its title.
IN_DESCRIPTION: Final = 0.6


@dataclass(frozen=True, slots=True)
class Listing:
    """What is read of an activity: title, description, and the concepts it carries."""

    title: str
    description: str = ""
    concepts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ListingSaid:
    """What a listing says.

    Attributes
    ----------
    place : ndarray of shape (n_dimensions,), float32
        Of length 1; zeros if no word is known.
    named : mapping of str to float
        Notations of the concepts it carries or names, with how much that says about it.
    stems : frozenset of str
        Of all its words.
    names : frozenset of str
        Stems of words that no dictionary knows.
    attributes : ndarray of shape (n_attributes,), float64
        What it is like, as `attributes.of_listing` gives it.
    topics : ndarray of shape (n_topics,), float32
        What it is about, as `Topics.of_listing` gives it.
    """

    place: NDArray[np.float32]
    named: Mapping[str, float]
    stems: frozenset[str]
    names: frozenset[str]
    attributes: NDArray[np.float64]
    topics: NDArray[np.float32]


# A catalogue that changes by one activity is read again by one; some 4 kB a listing.
@lru_cache(maxsize=16_384)
def read_listing(listing: Listing, vocabulary: Vocabulary) -> ListingSaid:
    """Read a listing.

    Parameters
    ----------
    listing : Listing
    vocabulary : Vocabulary

    Returns
    -------
    ListingSaid
    """
    # In one order, as concepts have none and sums of fractions do.
    concepts = sorted(listing.concepts)
    labels = " ".join(vocabulary.label(notation) for notation in concepts)
    title, description = texts.tokens(listing.title), texts.tokens(listing.description)
    stems = [texts.stem(token) for token in (*title, texts.STOP, *description)]
    title_stems, description_stems = stems[: len(title)], stems[len(title) + 1 :]

    named = dict.fromkeys(vocabulary.recognise_stems(description_stems), IN_DESCRIPTION)
    named.update(dict.fromkeys(vocabulary.recognise_stems(title_stems), 1.0))
    named.update(dict.fromkeys(concepts, 1.0))

    led = load_offered().find([*title_stems, texts.STOP, *texts.token_stems(labels)])
    offered = [word for *_, leads_to in led for word in leads_to]
    in_passing = load_offered().find(description_stems)
    offered += [word for *_, leads_to in in_passing for word in leads_to[:IN_PASSING]]

    vectors = load_vectors()
    place = (
        WHOLE_SHARE * vectors.mean([*title, *title, *description, *texts.words(labels)])
        + OFFERED_SHARE * vectors.mean(texts.words(" ".join(offered)))
        + TITLE_SHARE * vectors.mean(title)
    )
    words = {token for token in (*title, *description) if token not in {texts.PAUSE, texts.STOP}}
    return ListingSaid(
        place=unit(place.astype(np.float32)),
        named=named,
        stems=frozenset(stems),
        names=frozenset(
            texts.stem(word) for word in words - texts.STOP_WORDS if vectors.place(word) is None
        ),
        attributes=attributes.of_listing(stems),
        topics=load_topics().of_listing(
            [*title_stems, texts.STOP, *texts.token_stems(labels)], description_stems
        ),
    )
