"""The listings of one catalogue version, ready to be compared with phrases.

Three things are compared: places among words (a static word-vector table, so that other words for
the same thing lie close), concepts (with their hierarchy) and topics (written knowledge of what
words go with which activity). The first two are measured against how well the phrase fits listings
in general, then a logistic regression weighs all three. All of it is frozen
in `fit`, and every step is exact or the same for each phrase alone. So a score does not depend on
which other phrases or listings are asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.interests import text as texts
from matching.interests.attributes import load_attributes
from matching.interests.lexicon import load_offered
from matching.interests.listings import Listing, ListingSaid, read_listing
from matching.interests.phrases import Phrase, pack
from matching.interests.topics import load_topics, shown_name
from matching.interests.vocabulary import Vocabulary

# The logistic regression: weights of the two measures in standard deviations, of the topic they
# share most, and its offset.
# Fitted by `python -m tests.benchmarks.interests --fit`.
VECTOR_WEIGHT: Final = 1.06
CONCEPT_WEIGHT: Final = 0.05
TOPIC_WEIGHT: Final = 4.13
OFFSET: Final = -6.48
# What an unrelated listing gets is taken for nothing.
FLOOR: Final = 0.02
# A name that no dictionary knows ("Oswestry Otters"), said and listed, is hardly a coincidence.
NAME_SHARE: Final = 0.8

# So is a phrase that only names a concept, and a listing that is tagged with it or with a narrower
# one. A title may be no more than a name ("Little Tigers").
SAME_SHARE: Final = 0.3
# A topic that both sides share by so much is told as a reason.
SHOWN_TOPIC: Final = 0.25
# Concepts that phrases name together and that are kept ready; more start anew.
MOST_CONCEPT_PARTS: Final = 512
# Scores of one phrase each that are kept ready, in bytes; more start anew.
MOST_KEPT_BYTES: Final = 16 * 1024 * 1024
# How much of what all listings have in common is taken out, so that they stand apart.
COMMON_SHARE: Final = 0.75


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
        """Place the listings and freeze what they are measured against.

        Parameters
        ----------
        listings : sequence of Listing
            May be empty.

        Returns
        -------
        InterestIndex
            Itself.

        Notes
        -----
        The activities of the lexicon are fitted along, so that in a small catalogue, too, a
        phrase is measured against activities of every kind. About 0.4 ms a listing that was
        not read lately, else 0.03 ms.
        """
        self.n_listings_ = len(listings)
        self._kept: dict[Phrase, NDArray[np.float64]] = {}
        background = _background()
        said = [read_listing(one, self.vocabulary) for one in (*listings, *background)]
        self._fit_places(np.array([one.place for one in said]))
        self._fit_concepts(listings, said)
        self._fit_words(said[: len(listings)])
        topics = [one.topics for one in said[: len(listings)]]
        self._topics = np.ascontiguousarray(
            np.array(topics, dtype=np.float32).reshape(len(topics), len(load_topics().names)).T
        )
        return self

    def _fit_places(self, places: NDArray[np.float32]) -> None:
        places = places - COMMON_SHARE * _settled(places.mean(axis=0, dtype=np.float64))
        # Whole numbers up to 127, as phrases have them: their products are exact in float32, in
        # whatever order they are added, up to 1,000 dimensions.
        packed = [np.frombuffer(pack(place), dtype=np.int8) for place in places]
        empty = np.zeros(places.shape[1], dtype=np.int8)
        rows = np.array([row if row.size else empty for row in packed], dtype=np.float32)
        self._places = np.ascontiguousarray(rows.T)
        self._lengths = np.maximum(np.sqrt((rows * rows).sum(axis=1)), 1.0)

    def _fit_concepts(self, listings: Sequence[Listing], said: Sequence[ListingSaid]) -> None:
        named: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for row, one in enumerate(said):
            for notation, weight in one.named.items():
                named[notation].append((row, weight))
        self._bearing = {
            notation: (
                np.array([row for row, _ in pairs], dtype=np.intp),
                np.array([weight for _, weight in pairs], dtype=np.float32),
            )
            for notation, pairs in named.items()
        }
        # Filled as concepts are asked for: at most one row for each concept.
        self._columns: dict[str, NDArray[np.float32]] = {}
        self._concept_parts: dict[tuple[str, ...], NDArray[np.float32]] = {}
        carriers: defaultdict[str, list[int]] = defaultdict(list)
        for row, listing in enumerate(listings):
            for notation in set(listing.concepts):
                carriers[notation].append(row)
        self.carriers_ = {
            notation: np.array(rows, dtype=np.intp) for notation, rows in carriers.items()
        }

    def _fit_words(self, said: Sequence[ListingSaid]) -> None:
        self._said = tuple(said)
        self.attributes_ = np.zeros((len(load_attributes()), len(said)))
        bearers: defaultdict[str, list[int]] = defaultdict(list)
        for row, one in enumerate(said):
            self.attributes_[:, row] = one.attributes
            for stem in one.names:
                bearers[stem].append(row)
        self._bearers = {stem: np.array(rows, dtype=np.intp) for stem, rows in bearers.items()}

    def similarity(self, phrases: Sequence[Phrase]) -> NDArray[np.float64]:
        """Score phrases against every listing.

        Parameters
        ----------
        phrases : sequence of Phrase
            A disliked one is also compared by what it says a place is like ("too loud").

        Returns
        -------
        ndarray of shape (n_phrases, n_listings), float64
            In [0, 1]; 0 for what is not related.

        Notes
        -----
        One matrix product over the listings, and for each phrase one pass for each concept that
        it names.
        """
        if not phrases or not self.n_listings_:
            return np.zeros((len(phrases), self.n_listings_))
        logits = VECTOR_WEIGHT * _standardised(self._cosines(phrases)) + OFFSET
        for row, phrase in enumerate(phrases):
            if phrase.concepts:
                logits[row] += self._concept_part(phrase.concepts)
            logits[row, : self.n_listings_] += TOPIC_WEIGHT * self._shared_topic(phrase)
        chances = 1.0 / (1.0 + np.exp(-logits[:, : self.n_listings_].astype(np.float64)))
        similarity: NDArray[np.float64] = np.maximum(chances - FLOOR, 0.0) / (1.0 - FLOOR)
        for row, phrase in enumerate(phrases):
            self._raise_names(similarity[row], phrase)
            if phrase.attributes and not phrase.liked:
                # What a listing says of itself decides: "no loud music" is only like "loud music".
                said = self.attributes_[list(phrase.attributes)].max(axis=0)
                similarity[row] = np.where(said == 0.0, similarity[row], np.maximum(said, 0.0))
        return similarity

    def recall(self, phrases: Sequence[Phrase]) -> NDArray[np.float64]:
        """Score phrases as `similarity` does, keeping ready what each one gave.

        Parameters
        ----------
        phrases : sequence of Phrase

        Returns
        -------
        ndarray of shape (n_phrases, n_listings), float64

        Notes
        -----
        For the few phrases of one child: families look again and again, and children say alike.
        At most `MOST_KEPT_BYTES` are kept.
        """
        known = {phrase: self._kept.get(phrase) for phrase in phrases}
        unknown = [phrase for phrase, row in known.items() if row is None]
        if unknown:
            fresh = dict(zip(unknown, self.similarity(unknown), strict=True))
            if (len(self._kept) + len(fresh)) * self.n_listings_ * 8 > MOST_KEPT_BYTES:
                self._kept.clear()
            self._kept |= fresh
            known |= fresh
        rows = [known[phrase] for phrase in phrases]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.n_listings_)

    def _cosines(self, phrases: Sequence[Phrase]) -> NDArray[np.float32]:
        asked = np.zeros((len(phrases), len(self._places)), dtype=np.float32)
        for row, phrase in enumerate(phrases):
            if len(phrase.vector) == asked.shape[1]:
                asked[row] = np.frombuffer(phrase.vector, dtype=np.int8)
        lengths = np.maximum(np.sqrt((asked * asked).sum(axis=1, keepdims=True)), 1.0)
        cosines: NDArray[np.float32] = (asked @ self._places) / lengths / self._lengths
        return cosines

    def _concept_part(self, concepts: tuple[str, ...]) -> NDArray[np.float32]:
        """Give what concepts add to the logits of every listing, the background included."""
        part = self._concept_parts.get(concepts)
        if part is None:
            if len(self._concept_parts) >= MOST_CONCEPT_PARTS:
                self._concept_parts.clear()
            best = np.maximum.reduce([self._column(notation) for notation in concepts])
            part = CONCEPT_WEIGHT * _standardised(best[np.newaxis])[0]
            self._concept_parts[concepts] = part
        return part

    def _column(self, notation: str) -> NDArray[np.float32]:
        """Give how far every listing answers a concept, the background included."""
        column = self._columns.get(notation)
        if column is None:
            column = np.zeros(self._places.shape[1], dtype=np.float32)
            for other, share in self.vocabulary.related(notation).items():
                if other in self._bearing:
                    # A listing names a concept once, so no row stands twice.
                    rows, weights = self._bearing[other]
                    column[rows] = np.maximum(column[rows], np.float32(share) * weights)
            self._columns[notation] = column
        return column

    def _shared_topic(self, phrase: Phrase) -> NDArray[np.float32]:
        """Give how far every listing is about the topic that it shares most with a phrase."""
        known = load_topics().place
        shares = {known[name]: share for name, share in phrase.topics if name in known}
        if not shares:
            return np.zeros(self.n_listings_, dtype=np.float32)
        weights = np.array(list(shares.values()), dtype=np.float32)[:, np.newaxis]
        shared: NDArray[np.float32] = (weights * self._topics[list(shares)]).max(axis=0)
        return shared

    def _raise_names(self, similarity: NDArray[np.float64], phrase: Phrase) -> None:
        """Lift the listings that bear the very name that a phrase says."""
        for stem in set(phrase.stems) & self._bearers.keys():
            rows = self._bearers[stem]
            similarity[rows] += NAME_SHARE / len(set(phrase.stems)) * (1.0 - similarity[rows])
        if phrase.is_name:
            tagged = self.carrying(phrase.concepts)
            similarity[tagged] += SAME_SHARE * (1.0 - similarity[tagged])

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
        best: dict[str, float] = {}
        for asked in phrase.concepts:
            related = self.vocabulary.related(asked)
            for notation, weight in self._said[listing].named.items():
                share = related.get(notation, 0.0) * weight
                if share > best.get(notation, 0.0):
                    best[notation] = share
        # The greatest share, then the first notation.
        return min(best, key=lambda notation: (-best[notation], notation), default=None)

    def shared_word(self, phrase: Phrase, listing: int) -> str | None:
        """Name what a phrase leads to at a listing: a word of it, or what both are about.

        Parameters
        ----------
        phrase : Phrase
        listing : int

        Returns
        -------
        str or None
            "bluey" leads to "dogs" where a listing says so, "choo choo" to "trains"; None if
            nothing links them but likeness.
        """
        said = self._said[listing]
        word = next((word for word in phrase.leads_to if texts.stem(word) in said.stems), None)
        if word is not None:
            return word
        known = load_topics().place
        shared = {
            name: share * float(said.topics[known[name]])
            for name, share in phrase.topics
            if name in known
        }
        # The greatest share, then the first name.
        best = min(shared, key=lambda name: (-shared[name], name), default=None)
        return shown_name(best) if best is not None and shared[best] >= SHOWN_TOPIC else None

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


def _background() -> list[Listing]:
    return [
        Listing(names[0], ", ".join((*names[1:], *leads_to)))
        for names, leads_to in load_offered().entries
    ]


def _standardised(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give each row in standard deviations from its mean; a row that does not vary as zeros."""
    means = _settled(values.mean(axis=1, keepdims=True, dtype=np.float64))
    deviations = _settled(values.std(axis=1, keepdims=True, dtype=np.float64))
    deviations[deviations <= 1e-6] = 1.0
    scaled: NDArray[np.float32] = (values - means) / deviations
    return scaled


def _settled(means: NDArray[np.float64]) -> NDArray[np.float32]:
    """Round off what depends on the order in which the listings were added up."""
    return means.round(9).astype(np.float32)
