"""Topics: what the words of a phrase and of a listing are about, though they share no word.

A topic is a field of activity ("fishing") with everything that people say of it ("rod", "carp",
"riverbank"). Both sides are placed among the same topics, so that they meet there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from matching.interests import text as texts
from matching.interests.lexicon import Lexicon, read_entries

# How much of a topic is meant by a broad word, by what the lexicon leads to, by a concept's label.
BROAD_SHARE: Final = 0.6
LED_SHARE: Final = 0.6
LABEL_SHARE: Final = 0.8
# A word of a listing's title counts for more than one of its description.
TITLE_SHARE: Final = 1.6
# A title may be only a name ("Netball - Bee inclusive"): where the description is about other
# topics and never about this one, it counts for less.
UNCONFIRMED_SHARE: Final = 0.4
CONFIRMING: Final = 1.5
# How soon further words of one topic add nothing.
SATURATION: Final = 0.7


class Topics:
    """Topics with their words.

    Parameters
    ----------
    entries : iterable of tuple (topic, words)
        A word of several topics means each of them a little less.
    broad : iterable of tuple (words, topics)
        Words that cover many topics.

    Attributes
    ----------
    names : tuple of str
        In the order of the columns of `of_listing`.
    """

    def __init__(
        self,
        entries: Iterable[tuple[str, Sequence[str]]],
        broad: Iterable[tuple[Sequence[str], Sequence[str]]],
    ) -> None:
        listed = list(entries)
        self.names = tuple(name for name, _ in listed)
        self.place = {name: place for place, name in enumerate(self.names)}
        empty = {texts.stem(word) for word in texts.STOP_WORDS}
        self._words = Lexicon(
            ([word], [name])
            for name, words in listed
            for word in (shown_name(name), *words)
            # "innings" would be "in".
            if texts.stem(word) not in empty
        )
        self._broad = Lexicon(broad)
        self.words = tuple(word for word in self._words.words if word not in self.place)

    def of_phrase(
        self, stems: Sequence[str], leads_to: Sequence[str], labels: Sequence[str]
    ) -> tuple[tuple[str, float], ...]:
        """Give the topics of a phrase.

        Parameters
        ----------
        stems : sequence of str
            Of all its words, in order.
        leads_to : sequence of str
            Stems of what the lexicon leads to, in order.
        labels : sequence of str
            Stems of the labels of its concepts, in order.

        Returns
        -------
        tuple of tuple (topic, share)
            Shares in (0, 1], the greatest first, then by the topic's name.
        """
        shares: dict[str, float] = {}
        for sequence, share in ((stems, 1.0), (leads_to, LED_SHARE), (labels, LABEL_SHARE)):
            for names, weight in self._find(sequence):
                for name in names:
                    shares[name] = max(shares.get(name, 0.0), round(share * weight, 3))
        return tuple(sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])))

    def of_listing(self, title: Sequence[str], description: Sequence[str]) -> NDArray[np.float32]:
        """Give how far a listing is about each topic.

        Parameters
        ----------
        title, description : sequence of str
            Stems of all words, separators as they are.

        Returns
        -------
        ndarray of shape (n_topics,), float32
            In [0, 1). The same name counts once, wherever it stands.
        """
        titled, described = np.zeros(len(self.names)), np.zeros(len(self.names))
        seen: set[tuple[str, ...]] = set()
        for stems, counts in ((title, titled), (description, described)):
            for first, end, names in self._words.find(stems):
                word = tuple(stems[first:end])
                if word not in seen:
                    seen.add(word)
                    counts[[self.place[name] for name in names]] += len(names) ** -0.5
        if described.sum() > CONFIRMING:
            titled[described == 0.0] *= UNCONFIRMED_SHARE
        about = 1.0 - np.exp(-SATURATION * (TITLE_SHARE * titled + described))
        return about.astype(np.float32)

    def _find(self, stems: Sequence[str]) -> Iterator[tuple[tuple[str, ...], float]]:
        for *_, names in self._words.find(stems):
            yield names, len(names) ** -0.5
        for *_, names in self._broad.find(stems):
            yield names, BROAD_SHARE


def shown_name(topic: str) -> str:
    """Write a topic's name as people read it.

    Parameters
    ----------
    topic : str

    Returns
    -------
    str
    """
    return topic.replace("_", " ")


@cache
def load_topics() -> Topics:
    """Load the topics that ship with the package.

    Returns
    -------
    Topics
        Read once a process.
    """
    entries = [(names[0], words) for names, words in read_entries("topics.txt")]
    return Topics(entries, read_entries("broad_words.txt"))


def stems_of(words: Iterable[str]) -> list[str]:
    """Give the stems of words in order, for what `of_phrase` looks for.

    Parameters
    ----------
    words : iterable of str
        In lower case.

    Returns
    -------
    list of str
    """
    return [texts.stem(word) for word in words]
