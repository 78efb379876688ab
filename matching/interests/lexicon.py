"""What words lead to: popular culture, idiom and senses to activities, activities to their words.

A line of a lexicon file reads "names = what they lead to". Names are matched on stems, so plural
and singular are one, and the longest name wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Final

from matching.interests import text as texts

# What a person may say, and what an activity may call itself.
SAID: Final = ("popular_culture.txt", "everyday_words.txt", "senses.txt", "polish.txt")
OFFERED: Final = ("activities.txt",)


class Lexicon:
    """Names with the words they lead to.

    Parameters
    ----------
    entries : iterable of tuple (names, leads_to)
        Both sequences of str; a name that stands in several entries leads to all of them.
    """

    def __init__(self, entries: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
        said: dict[str, None] = {}
        self._leads: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.entries = tuple((tuple(names), tuple(leads_to)) for names, leads_to in entries)
        for names, leads_to in self.entries:
            for name in names:
                key = tuple(texts.stems(name))
                if key:
                    known = self._leads.get(key, ())
                    self._leads[key] = tuple(dict.fromkeys((*known, *leads_to)))
                    said[name] = None
            said.update(dict.fromkeys(leads_to))
        self._longest = max(map(len, self._leads), default=0)
        self.words = tuple(dict.fromkeys(word for one in said for word in texts.words(one)))

    def find(self, stems: Sequence[str]) -> list[tuple[int, int, tuple[str, ...]]]:
        """Find names, the longest first, left to right.

        Parameters
        ----------
        stems : sequence of str
            Stems of all words, separators as they are.

        Returns
        -------
        list of tuple (first, end, leads_to)
            Half-open ranges that do not overlap.
        """
        found = []
        at = 0
        while at < len(stems):
            for length in range(min(self._longest, len(stems) - at), 0, -1):
                leads_to = self._leads.get(tuple(stems[at : at + length]))
                if leads_to:
                    found.append((at, at + length, leads_to))
                    at += length
                    break
            else:
                at += 1
        return found


def read_entries(name: str) -> list[tuple[list[str], list[str]]]:
    """Read the entries of a lexicon file.

    Parameters
    ----------
    name : str
        Of a file in `data`.

    Returns
    -------
    list of tuple (names, leads_to)
    """
    folder = resources.files("matching.interests") / "data"
    entries = []
    for line in (folder / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            names, leads_to = line.split(" = ")
            entries.append((names.split(", "), leads_to.split(", ")))
    return entries


@cache
def load_said() -> Lexicon:
    """Load what people say: names of popular culture, idiom, senses and motion.

    Returns
    -------
    Lexicon
        Read once a process.
    """
    return Lexicon(entry for name in SAID for entry in read_entries(name))


@cache
def load_offered() -> Lexicon:
    """Load what one does, uses and sees at activities.

    Returns
    -------
    Lexicon
        Read once a process.
    """
    return Lexicon(entry for name in OFFERED for entry in read_entries(name))
