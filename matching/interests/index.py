"""The listings of one catalogue version, ready to be compared with phrases.

Three scorers: TF-IDF over stems, TF-IDF over character n-grams (near misses in spelling), and the
concept hierarchy. All that is learnt is learnt in `fit` from the listings alone, and every
comparison of a phrase with a listing is a sum of its own terms in a fixed order. So a score does
not depend on which other phrases or listings are asked for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.interests.phrases import Phrase
from matching.interests.text import content_stems, words
from matching.interests.vocabulary import Vocabulary

# How far each scorer alone can lift a similarity; what is left of it, the other may lift.
CONCEPT_SHARE: Final = 0.9
WORDS_SHARE: Final = 0.8
# Within the words: whole stems against character n-grams.
STEM_WEIGHT: Final = 0.7
CHARACTER_WEIGHT: Final = 0.3
# A concept that only the description names says less about an activity than one in its title.
IN_DESCRIPTION: Final = 0.6

_CHARACTERS: Final = (3, 4)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is read of an activity: title, description, and the concepts it carries."""

    title: str
    description: str = ""
    concepts: tuple[str, ...] = ()


def _join(text: str) -> str:
    return " ".join(content_stems(words(text)))


class _Terms:
    """One TF-IDF space: postings of the listings by term, and how to place a phrase in it."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self._vectorizer = vectorizer

    def fit(self, documents: Sequence[str]) -> _Terms:
        self._analyse = self._vectorizer.build_analyzer()
        self.term_of_: dict[str, int] = {}
        self.idf_: list[float] = []
        self.postings_ = csr_array((0, len(documents)), dtype=np.float64)
        if any(self._analyse(document) for document in documents):
            matrix = self._vectorizer.fit_transform(documents)
            self.term_of_ = self._vectorizer.vocabulary_
            self.idf_ = self._vectorizer.idf_.tolist()
            self.postings_ = csr_array(matrix.T)
        return self

    def place(self, text: str) -> tuple[list[int], list[float]]:
        """Give the terms of a text, ascending, and their weights, of length 1 together."""
        known = (self.term_of_.get(term) for term in self._analyse(text))
        counts = Counter(term for term in known if term is not None)
        terms = sorted(counts)
        weights = [(1.0 + math.log(counts[term])) * self.idf_[term] for term in terms]
        length = math.hypot(*weights) or 1.0
        return terms, [weight / length for weight in weights]


class InterestIndex:
    """Listings against which phrases are scored.

    Parameters
    ----------
    vocabulary : Vocabulary

    Attributes
    ----------
    n_listings_ : int
        How many listings were fitted.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    def fit(self, listings: Sequence[Listing]) -> InterestIndex:
        """Learn the weights of words and freeze the listings.

        Parameters
        ----------
        listings : sequence of Listing
            May be empty.

        Returns
        -------
        InterestIndex
            Itself.
        """
        self.n_listings_ = len(listings)
        labels = [
            " ".join(self.vocabulary.label(notation) for notation in listing.concepts)
            for listing in listings
        ]
        # The title counts twice: a description names much that is only on the side.
        documents = [
            _join(f"{one.title} . {one.title} . {one.description} . {label}")
            for one, label in zip(listings, labels, strict=True)
        ]
        self.stems_ = _Terms(
            TfidfVectorizer(analyzer=str.split, sublinear_tf=True, dtype=np.float64)
        ).fit(documents)
        self.characters_ = _Terms(
            TfidfVectorizer(analyzer="char_wb", ngram_range=_CHARACTERS, sublinear_tf=True)
        ).fit(documents)
        stems, characters = self.stems_.postings_, self.characters_.postings_
        self.postings_ = csr_array(vstack([STEM_WEIGHT * stems, CHARACTER_WEIGHT * characters]))
        self._fit_concepts(listings)
        return self

    def _fit_concepts(self, listings: Sequence[Listing]) -> None:
        self.concept_ids_ = {one: index for index, one in enumerate(self.vocabulary.concepts)}
        carriers: dict[str, list[int]] = {}
        pairs: list[tuple[int, int, float]] = []
        for row, listing in enumerate(listings):
            for notation in set(listing.concepts):
                carriers.setdefault(notation, []).append(row)
            weights = dict.fromkeys(self.vocabulary.recognise(listing.description), IN_DESCRIPTION)
            weights.update(dict.fromkeys(self.vocabulary.recognise(listing.title), 1.0))
            weights.update(dict.fromkeys(listing.concepts, 1.0))
            pairs.extend(
                (row, self.concept_ids_[notation], weight)
                for notation, weight in sorted(weights.items())
                if notation in self.vocabulary
            )
        self._concepts = tuple(self.concept_ids_)
        # Filled as concepts are asked for: at most one entry for each concept.
        self._neighbours: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
        self.carriers_ = {
            notation: np.array(rows, dtype=np.intp) for notation, rows in carriers.items()
        }
        self.pair_concept_ = np.array([concept for _, concept, _ in pairs], dtype=np.intp)
        self.pair_weight_ = np.array([weight for *_, weight in pairs], dtype=np.float64)
        owners = np.array([row for row, *_ in pairs], dtype=np.intp)
        self.paired_, self.pair_start_ = np.unique(owners, return_index=True)
        self._pair_end = np.append(self.pair_start_[1:], len(pairs))

    def similarity(self, phrases: Sequence[Phrase]) -> NDArray[np.float64]:
        """Score phrases against every listing.

        Parameters
        ----------
        phrases : sequence of Phrase
            Whether they are liked plays no part.

        Returns
        -------
        ndarray of shape (n_phrases, n_listings), float64
            In [0, 1].

        Notes
        -----
        Costs the postings of the phrases' terms, plus one pass over the listings' concepts for
        each phrase that names a concept.
        """
        if not phrases or not self.n_listings_:
            return np.zeros((len(phrases), self.n_listings_))
        unmatched = 1.0 - WORDS_SHARE * self._alike(phrases)
        for row, phrase in enumerate(phrases):
            if phrase.concepts and self.pair_start_.size:
                related = self._related(phrase)[self.pair_concept_] * self.pair_weight_
                best = np.maximum.reduceat(related, self.pair_start_)
                unmatched[row, self.paired_] *= 1.0 - CONCEPT_SHARE * best
        similarity: NDArray[np.float64] = 1.0 - unmatched
        return similarity

    def _alike(self, phrases: Sequence[Phrase]) -> NDArray[np.float64]:
        """Weigh the cosines over stems and characters, shape (n_phrases, n_listings)."""
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        n_stems = self.stems_.postings_.shape[0]
        for phrase in phrases:
            text = " ".join(phrase.stems)
            for terms, first in ((self.stems_, 0), (self.characters_, n_stems)):
                places, weights = terms.place(text)
                columns.extend(first + place for place in places)
                values.extend(weights)
            ends.append(len(columns))
        asked = csr_array(
            (np.array(values), np.array(columns, dtype=np.int32), np.array(ends, dtype=np.int32)),
            shape=(len(phrases), self.postings_.shape[0]),
        )
        cosines: NDArray[np.float64] = (asked @ self.postings_).toarray()
        # Rounding can lift the cosine of a text with itself above 1.
        return np.minimum(cosines, 1.0)

    def _related(self, phrase: Phrase) -> NDArray[np.float64]:
        weights = np.zeros(len(self.concept_ids_))
        for notation in phrase.concepts:
            if notation not in self._neighbours:
                related = self.vocabulary.related(notation)
                known = [one for one in related if one in self.concept_ids_]
                self._neighbours[notation] = (
                    np.array([self.concept_ids_[one] for one in known], dtype=np.intp),
                    np.array([related[one] for one in known], dtype=np.float64),
                )
            places, related_weights = self._neighbours[notation]
            weights[places] = np.maximum(weights[places], related_weights)
        return weights

    def shared_concept(self, phrase: Phrase, listing: int) -> str | None:
        """Name the concept that best links a phrase to a listing.

        Parameters
        ----------
        phrase : Phrase
        listing : int

        Returns
        -------
        str or None
            A notation the listing carries or names; None if only words are alike.
        """
        place = int(np.searchsorted(self.paired_, listing))
        if place == len(self.paired_) or self.paired_[place] != listing:
            return None
        pairs = slice(self.pair_start_[place], self._pair_end[place])
        concepts = self.pair_concept_[pairs]
        weights = self._related(phrase)[concepts] * self.pair_weight_[pairs]
        if not weights.any():
            return None
        return self._concepts[int(concepts[np.argmax(weights)])]

    def carrying(self, notations: Iterable[str]) -> NDArray[np.bool_]:
        """Find the listings that carry concepts or narrower ones.

        Parameters
        ----------
        notations : iterable of str

        Returns
        -------
        ndarray of shape (n_listings,), bool
            Only what a listing carries counts here, not what its text happens to name.
        """
        mask = np.zeros(self.n_listings_, dtype=np.bool_)
        for notation in self.vocabulary.with_narrower(notations):
            rows = self.carriers_.get(notation)
            if rows is not None:
                mask[rows] = True
        return mask
