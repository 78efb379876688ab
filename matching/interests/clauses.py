"""Clauses of free text: which words belong together, and whether they are wanted or not.

A negation turns what follows until its clause ends ("hates loud noise, crowds and dogs"), some
turn what came before ("crowds make him anxious"). Idioms are first written plainly.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Final

from matching.interests.text import PAUSE, STOP

# What says how a child can be supported tells little about what it would like to do.
NEED_WEIGHT: Final = 0.5

# Markers that idioms are rewritten to; letters only, so that they are read as words.
_LIKES: Final = "xlikesx"
_DISLIKES: Final = "xdislikesx"
_BEFORE: Final = "xdislikedbeforex"
_NEEDS: Final = "xneedsx"

# Not, no and without turn what they stand next to; these words turn a whole enumeration.
_AVERSE: Final[frozenset[str]] = frozenset(
    """hate hates hated hating dislike dislikes disliked disliking avoid avoids avoiding avoided
    terrified scared afraid frightened fear fears phobia petrified wary nervous phobic refuses
    refuse struggles struggle upset distressed anxious bored sick detests detest loathes loathe
    despises allergic averse overwhelmed except minus hating bothered""".split()  # noqa: SIM905
) | {_DISLIKES}
_NOT: Final[frozenset[str]] = frozenset(
    """not no never nor neither don't dont doesn't doesnt isn't isnt aren't arent didn't didnt
    can't cant cannot won't wont wouldn't wouldnt without nothing none ain't wasn't weren't
    shouldn't hasn't haven't""".split()  # noqa: SIM905
)
_FOR: Final[frozenset[str]] = frozenset(
    """like likes liked love loves loved adores adore enjoy enjoys enjoyed enjoying want wants
    prefers prefer obsessed mad keen crazy fascinated fixated happy happiest yes fan favourite
    loving into nuts wild passionate excited calmed""".split()  # noqa: SIM905
) | {_LIKES}
_CONTRAST: Final[frozenset[str]] = frozenset(
    {"but", "however", "although", "though", "yet", "whereas", "while", "unless", "until", "still"}
)
# What follows says why rather than what; "as" and "so" only where somebody then acts.
_REASON: Final[frozenset[str]] = frozenset({"because", "cos", "coz", "due"})
_REASON_OF: Final[frozenset[str]] = frozenset({"as", "since", "so", "cause"})
_LINKS: Final[frozenset[str]] = frozenset({"and", "or", "n", "also", "plus", "then"})
_SUBJECTS: Final[frozenset[str]] = frozenset(
    """he she they i we he's she's they're i'm we're i'd he'd she'd""".split()  # noqa: SIM905
)
_PRONOUNS: Final[frozenset[str]] = frozenset({"it", "them", "that", "those", "one"})
# A word for liking this close behind a negation belongs to it: "does not really like".
_REACH: Final = 3
_NEVER: Final = -_REACH - 1

MARKERS: Final = frozenset({_LIKES, _DISLIKES, _BEFORE, _NEEDS})

_MACRO: Final = re.compile(r"(<[A-Z]+>) := (.*)")
_MARKERS: Final = {
    "LIKES": _LIKES,
    "DISLIKES": _DISLIKES,
    "BEFORE": _BEFORE,
    "NEEDS": _NEEDS,
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A half-open range of tokens, wanted or not.

    Attributes
    ----------
    first, end : int
    liked : bool
    weight : float
        In (0, 1]: less for what tells of needs.
    """

    first: int
    end: int
    liked: bool
    weight: float = 1.0


def replace_idioms(text: str) -> str:
    """Write idioms around wishes and aversions plainly.

    Parameters
    ----------
    text : str
        In lower case.

    Returns
    -------
    str
    """
    for pattern, replacement in _load_idioms():
        text = pattern.sub(replacement, text)
    return text


@cache
def _load_idioms() -> tuple[tuple[re.Pattern[str], str], ...]:
    path = resources.files("matching.interests") / "data" / "rewordings.txt"
    macros: dict[str, str] = {}
    idioms = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        macro = _MACRO.fullmatch(line)
        if macro:
            macros[macro[1]] = macro[2]
            continue
        pattern, replacement = line.split(" => ")
        for name, meaning in macros.items():
            pattern = pattern.replace(name, meaning)
        # Whole words only; a pattern that starts with what stands between words says so itself.
        if not pattern.startswith((" ", "[")):
            pattern = rf"(?<![\w'])(?:{pattern})(?![\w'])"
        for name, marker in _MARKERS.items():
            replacement = re.sub(rf"\b{name}\b", marker, replacement)
        idioms.append((re.compile(pattern), f" {replacement} "))
    return tuple(idioms)


def split_clauses(tokens: Sequence[str], kept_together: Sequence[bool]) -> list[Clause]:
    """Cut a text into clauses, each liked or disliked.

    Parameters
    ----------
    tokens : sequence of str
        Words and separators, idioms replaced.
    kept_together : sequence of bool
        True for a token inside a concept's name, which is never cut ("arts and crafts").

    Returns
    -------
    list of Clause
        Words that only turn the meaning are left out.
    """
    clauses: list[Clause] = []
    here = Clause(0, 0, True)
    turned_at = _NEVER
    local = False

    def _close(end: int) -> None:
        if end > here.first:
            clauses.append(replace(here, end=end))

    def _refers_back(at: int) -> bool:
        after = [*tokens[at + 1 : at + 3], STOP, STOP]
        return after[0] in _PRONOUNS and (after[1] in {STOP, PAUSE} or after[1] in _CONTRAST)

    for at, token in enumerate(tokens):
        if kept_together[at]:
            continue
        if token == STOP or token in _CONTRAST:
            _close(at)
            here, turned_at = Clause(at + 1, 0, True), _NEVER
        elif token in {_BEFORE, _NEEDS}:
            if token == _BEFORE:
                here = replace(here, liked=False)
            _close(at)
            here = Clause(at + 1, 0, True, NEED_WEIGHT if token == _NEEDS else 1.0)
        elif token in _REASON or (token in _REASON_OF and _next(tokens, at) in _SUBJECTS):
            _close(at)
            here = Clause(at + 1, 0, True, NEED_WEIGHT)
        elif token == PAUSE or token in _LINKS:
            _close(at)
            goes_on = not local or token != PAUSE or _enumerates(tokens, at)
            keep = goes_on and _next(tokens, at) not in _SUBJECTS
            here = Clause(at + 1, 0, here.liked or not keep, here.weight if keep else 1.0)
        elif token in _AVERSE or token in _NOT:
            if token in _AVERSE and _refers_back(at) and clauses:
                _close(at)
                clauses[-1] = replace(clauses[-1], liked=False)
                here = Clause(at + 2, 0, True)
                continue
            _close(at)
            local = token in _NOT
            here, turned_at = Clause(at + 1, 0, False), at if local else _NEVER
        elif token in _FOR and at - turned_at > _REACH:
            _close(at)
            if _refers_back(at) and clauses:
                clauses[-1] = replace(clauses[-1], liked=True, weight=1.0)
            here = Clause(at + 1, 0, True)
        elif token in _FOR and not here.liked:
            # "does not like": what is not liked is disliked, enumeration and all.
            local = False
    _close(len(tokens))
    return clauses


def _next(tokens: Sequence[str], at: int) -> str:
    return tokens[at + 1] if at + 1 < len(tokens) else STOP


def _enumerates(tokens: Sequence[str], at: int) -> bool:
    """Tell whether "or" follows in the sentence: "no dogs, cats or noise"."""
    for token in tokens[at + 1 :]:
        if token == STOP or token in _CONTRAST or token in _FOR:
            return False
        if token in {"or", "nor"}:
            return True
    return False
