"""Guarded correction of spelling: only of unknown words, and only towards words that are likely.

A wrong correction is worse than none ("epilepsy" is no "piles"): the first letter stays, medical
endings are left alone, and the original is kept beside the correction.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final

SHORTEST: Final = 4

_MEDICAL: Final = re.compile(
    r"(?:ostomy|ectomy|plegia|plegic|paresis|trophy|emia|aemia|itis|osis|lepsy|leptic|pathy|praxia|"
    r"lexia|calculia|phasia|syndrome|therapy|meter|scopy|gram|pump)s?$"
)
_PREFIXES: Final = ("un", "dis", "non", "anti", "hydro", "hyper", "hypo", "epi", "gastro")
# First letters that may stand for the same sound: "kooking", "sirkus", "jimnastics", "fotos".
_STARTS: Final = {"k": "c", "c": "ks", "s": "c", "j": "g", "g": "j", "f": "p", "r": "w", "n": "k"}
_SOUNDS: Final = (("ph", "f"), ("ck", "k"), ("qu", "kw"), ("sc", "s"), ("gh", "g"), ("wr", "r"))


def sound(word: str) -> str:
    """Give the consonants of a word as they sound.

    Parameters
    ----------
    word : str

    Returns
    -------
    str
        Equal for `dinosaurs` and `dinasors`.
    """
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    word = word.translate(str.maketrans("czqy", "kski"))
    kept = word[:1] + re.sub(r"[aeiouhw]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", kept)


def edits(one: str, other: str, most: int) -> int:
    """Count insertions, deletions, changes and swaps of neighbours between two words.

    Parameters
    ----------
    one, other : str
    most : int
        More than this need not be told apart.

    Returns
    -------
    int
        At most `most + 1`. Optimal string alignment; O(len(one) * len(other)).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            cost = min(last[j] + 1, row[-1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


class Speller:
    """Corrects words that nobody knows.

    Parameters
    ----------
    likely : iterable of str
        Words that a correction may lead to, the likeliest first.
    known : iterable of str
        Words that are right as they are.
    favoured : iterable of str
        Likely words that may be one edit further away than others: what texts are about.
    """

    def __init__(
        self, likely: Iterable[str], known: Iterable[str], favoured: Iterable[str] = ()
    ) -> None:
        self._favoured = frozenset(favoured)
        self._rank: dict[str, int] = {}
        for word in likely:
            if len(word) >= SHORTEST:
                self._rank.setdefault(word, len(self._rank))
        self._known = frozenset(known) | self._rank.keys()
        self._starting: defaultdict[str, list[str]] = defaultdict(list)
        for word in self._rank:
            self._starting[word[0]].append(word)
        self.correct = lru_cache(maxsize=4096)(self._correct)

    def _correct(self, word: str) -> str | None:
        """Give the likeliest right spelling of a word.

        Parameters
        ----------
        word : str
            In lower case.

        Returns
        -------
        str or None
            None if the word is known, too short, guarded, or like nothing.

        Notes
        -----
        Fewer edits win, a favoured word counting one less, then the same sound, then the likelier
        word. Some 10 ms for a word
        that was not asked for lately.
        """
        if len(word) < SHORTEST or word in self._known or not word.isascii() or not word.isalpha():
            return None
        if (word.endswith("s") and word[:-1] in self._known) or _MEDICAL.search(word):
            return None
        prefix = next((one for one in _PREFIXES if word.startswith(one)), "")
        heard = sound(word)
        allowed = 1 if len(word) < 6 else 2
        best: tuple[float, int] | None = None
        found = None
        starts = word[0] + _STARTS.get(word[0], "")
        for other in chain.from_iterable(self._starting[start] for start in starts):
            if abs(len(other) - len(word)) > 3 or not other.startswith(prefix):
                continue
            alike = sound(other) == heard
            if not alike and other[0] != word[0]:
                continue
            most = allowed + 1 if alike else allowed
            distance = edits(word, other, most)
            if distance > most:
                continue
            key = (distance - 0.9 * alike - (other in self._favoured), self._rank[other])
            if best is None or key < best:
                best, found = key, other
        return found
