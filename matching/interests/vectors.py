"""The static word-vector table: a text's vector is the mean of the vectors of its words.

The table was fitted once so that these means come close to the sentence vectors of a small
language model; how, and under which licence, stands in `data/SOURCES.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from matching.interests.text import STOP_WORDS, stem


class WordVectors:
    """Vectors of words, one row each.

    Parameters
    ----------
    words : sequence of str
        In lower case.
    rows : ndarray of shape (n_words, n_dimensions), int8
    scales : ndarray of shape (n_words,), float
        What a row must be multiplied by.
    """

    def __init__(
        self, words: Sequence[str], rows: NDArray[np.int8], scales: NDArray[np.floating]
    ) -> None:
        self.words = tuple(words)
        self.dimensions = rows.shape[1]
        self._rows = rows
        self._scales = scales.astype(np.float32)
        self._place = {word: place for place, word in enumerate(self.words)}
        self._by_stem: dict[str, int] = {}
        for place, word in enumerate(self.words):
            self._by_stem.setdefault(stem(word), place)

    def __contains__(self, word: object) -> bool:
        return word in self._place

    def place(self, word: str) -> int | None:
        """Find the row of a word, or of another form of it.

        Parameters
        ----------
        word : str
            In lower case.

        Returns
        -------
        int or None
        """
        word = word.removesuffix("'s").replace("'", "")
        found = self._place.get(word)
        return self._by_stem.get(stem(word)) if found is None else found

    def mean(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Give the vector of some words, of length 1.

        Parameters
        ----------
        words : iterable of str
            In lower case; stop words and unknown words are left out.

        Returns
        -------
        ndarray of shape (n_dimensions,), float32
            Zeros if no word is known.
        """
        known = [self.place(word) for word in words if word not in STOP_WORDS]
        places = [place for place in known if place is not None]
        if not places:
            return np.zeros(self.dimensions, dtype=np.float32)
        return unit(self._scales[places] @ self._rows[places].astype(np.float32))


def unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bring a vector to length 1.

    Parameters
    ----------
    vector : ndarray of shape (n,), float32

    Returns
    -------
    ndarray of shape (n,), float32
        Zeros stay zeros.
    """
    length = float(np.linalg.norm(vector))
    return vector if length == 0.0 else (vector / np.float32(length)).astype(np.float32)


@cache
def load_vectors() -> WordVectors:
    """Load the table that ships with the package.

    Returns
    -------
    WordVectors
        Read once a process, in about 0.1 s.
    """
    folder = resources.files("matching.interests") / "data"
    words = (folder / "word_vectors.txt").read_text(encoding="utf-8").split()
    with (folder / "word_vectors.npz").open("rb") as file:
        table = np.load(file)
        return WordVectors(words, table["rows"], table["scales"])
