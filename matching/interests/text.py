"""Words of free text, brought to one form: case, accents, emoji, stems, stop words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

# What stands between words: a pause inside a sentence, or its end.
PAUSE: Final = ","
STOP: Final = "."

_TOKEN: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[,/|+&():]|[.;!?\n•·]|\s[-–—]\s", re.UNICODE)  # noqa: RUF001
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})  # noqa: RUF001
# Letters that no normal form takes apart.
_LETTERS: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe"})
_PAUSES: Final = frozenset(",/|+&():")

STOP_WORDS: Final[frozenset[str]] = frozenset(
    """a about after again all also always am an and any anything anyone are around as at be
    because been being best bit but by can child children club could day days do does each
    every everything for forever from get gets getting give go goes going good got group had
    has have having he her hers him himself his hour hours how i if in into is it its job
    just kid kids kind let little lot lots love loved loves loving mad made make makes me
    mine more most mostly much my myself nan nice now of off old on one only or other our
    out over own people person place please really session sessions she so some something
    sort stuff such than that the their them then there these they thing things this those
    through time to too try trying type under up us very want wanted wants was watch
    watching way we week weekly well were what when where which while who will with would
    year years yes you young your like likes liked liking enjoy enjoys enjoyed enjoying keen
    fan fond favourite favourites obsessed fascinated interested interests interest
    passionate crazy nuts happiest happy wish wishes need needs uses use using mum dad
    grandad grandma brother sister teen boy girl autistic adore adores fun great super cool
    forward looking i'm he's she's i'd he'd she'd they'd we'd it's that's i've spend spends
    whole new im ive hes shes id must should especially particularly mainly motivated desperate due
    absolutely totally definitely literally proper please pls plz thanks thank ok okay yeah yep lol
    omg tbh xx cos coz bc ppl w wiv da dat al evry realy reely rly gona gonna summat stuf fings
    lad lass laddie son daughter cousin nan uncle auntie aunt desperately easily join
    consider able truly quite bit tad rather enough already whenever wherever somehow somewhere
    although though however teenager aged age old yo yr""".split()  # noqa: SIM905 - a list of 200 literals cannot be read
)

# Words whose ending is no ending, or whose stem would be another word's.
_WHOLE_WORDS: Final[dict[str, str]] = {
    "training": "training",
    "evening": "evening",
    "morning": "morning",
    "building": "build",
    "rocking": "rocking",
    "rocked": "rocking",
    "clubbing": "clubbing",
    "putting": "putting",
    "popping": "popping",
    "sorting": "sorting",
    "tennis": "tennis",
    "bus": "bus",
    "buses": "bus",
    "gas": "gas",
    "chess": "chess",
    "news": "news",
    "lens": "lens",
    "christmas": "christmas",
    "canvas": "canvas",
    "circus": "circus",
    "wedding": "wedding",
    "bowls": "bowls",
    "colours": "colour",
    "children": "child",
    "puppies": "puppy",
    "ponies": "pony",
    "movies": "movie",
    "cookies": "cookie",
    "bikes": "bike",
    "biking": "bike",
}

# "riding" is of "ride", for "rid" would double its consonant; so "care" is no "car".
_LOST_E: Final = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]")
_KEPT_E: Final = re.compile(r"[^aeiou]*[aeiouy][^aeiouwxy]e$")


def fold(text: str) -> str:
    """Bring text to lower case without accents and with emoji spelt out.

    Parameters
    ----------
    text : str
        Any Unicode, lone surrogates included.

    Returns
    -------
    str
        Lower case; symbols are replaced by the words of their Unicode names between pauses.
    """
    if text.isascii():
        return text.translate(_APOSTROPHES).lower()
    parts = []
    for char in unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)):
        category = unicodedata.category(char)
        if category in {"Mn", "Cs", "Cf"}:
            continue
        if category == "So":
            parts.append(f", {unicodedata.name(char, '').lower()} ,")
        else:
            parts.append(char)
    return "".join(parts).lower().translate(_LETTERS)


def tokens(text: str) -> list[str]:
    """Split text into words and separators.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Words in lower case; `PAUSE` for a comma or its like, `STOP` for the end of a sentence.
    """
    found = []
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if token[0].isalnum():
            found.append(token)
        else:
            found.append(PAUSE if token in _PAUSES else STOP)
    return found


def words(text: str) -> list[str]:
    """Split text into words.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        In lower case, without separators.
    """
    return [token for token in tokens(text) if token not in {PAUSE, STOP}]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Cut the endings of number and tense.

    Parameters
    ----------
    word : str
        In lower case.

    Returns
    -------
    str
        `fishing`, `fishes` and `fish` give `fish`; `dance` and `dancing` give `danc`.
    """
    word = word.removesuffix("'s").replace("'", "")
    if word in _WHOLE_WORDS:
        return _WHOLE_WORDS[word]
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and any(vowel in rest for vowel in "aeiouy"):
            word = rest
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            elif _LOST_E.fullmatch(word):
                word += "e"
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") and not _KEPT_E.match(word) else word


def stems(text: str) -> list[str]:
    """Give the stems of all words of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Stop words included.
    """
    return [stem(word) for word in words(text)]


def token_stems(text: str) -> list[str]:
    """Give the stems of all words of a text, with the separators between them.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
    """
    return [stem(token) for token in tokens(text)]


def content_stems(of: Iterable[str]) -> list[str]:
    """Give the stems of the words that carry meaning.

    Parameters
    ----------
    of : iterable of str
        Words in lower case.

    Returns
    -------
    list of str
        Without stop words and single letters.
    """
    return [stem(word) for word in of if word not in STOP_WORDS and len(word) > 1]
