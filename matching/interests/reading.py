"""Reading a text once, when it is written: phrases with all that is compared later."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from matching.interests import attributes
from matching.interests import text as texts
from matching.interests.clauses import MARKERS, NEED_WEIGHT, Clause, replace_idioms, split_clauses
from matching.interests.lexicon import load_offered, load_said
from matching.interests.phrases import MAX_PHRASES, Phrase, pack, shown
from matching.interests.spelling import Speller
from matching.interests.topics import load_topics, shown_name, stems_of
from matching.interests.vectors import load_vectors, unit

# What moves the place of a phrase: what its words lead to, what one does at the activity they
# name, the concepts they name, and the other likings of the same text.
LED_SHARE: Final = 0.4
OFFERED_SHARE: Final = 0.2
LABEL_SHARE: Final = 0.15
TEXT_SHARE: Final = 0.35
# How many words of the table a misspelling may lead to: the commonest come first.
_COMMON: Final = 8_000

_NO_WORDS: Final = MARKERS | {texts.PAUSE, texts.STOP}

Spans = list[tuple[int, int, tuple[str, ...]]]


class ConceptNames(Protocol):
    """What reading asks of a vocabulary."""

    def find(self, stems: Sequence[str]) -> Spans:
        """Find the concepts that words name.

        Parameters
        ----------
        stems : sequence of str

        Returns
        -------
        list of tuple (first, end, notations)
        """

    def label(self, notation: str) -> str:
        """Give what people read for a concept.

        Parameters
        ----------
        notation : str

        Returns
        -------
        str
        """


# Words that tell how a child is supported. A clause of nothing else is no wish.
_OF_NEEDS: Final = """
    wheelchair powerchair hoist hoisted hoisting epilepsy epileptic seizures seizure
    peg gastrostomy tube fed feed feeding nappy nappies pads changing toilet toileting continence
    deaf blind visual visually impaired impairment hearing sight autism autistic adhd asd pda add
    downs syndrome cerebral palsy spina bifida muscular dystrophy verbal nonverbal pecs carer
    carers support supported staff nurse medication meds medicine oxygen ventilator suction
    personal care allergy allergies nut asthma diabetes diabetic disability disabled mobility
    walker frame ramp ramps step level access accessible communication aid interpreter user
    ratio trained learning disabilities severe complex physical anxiety delay delayed
    helper worker supervision splints callipers crutches stick cane rescue buccal midazolam pmld
    sld mld cp hemiplegia quadriplegia diplegia scoliosis shunt hydrocephalus dyspraxia dyspraxic
    dyslexia dyslexic fasd tourettes tics rett angelman fragile williams sma dmd global
    developmental processing disorder condition diagnosis diagnosed moderate profound multiple
    limited tracheostomy stoma catheter send sen ehcp
"""
_OF_NEEDS_STEMS: Final = frozenset(texts.stems(_OF_NEEDS))
# Who shares these often looks for others who do.
_ABOUT_PEOPLE: Final = frozenset(texts.stems("deaf blind visually impaired hearing sight autistic"))
# "13", "10yo": an age is no wish, either.
_AGE: Final = re.compile(r"\d+(?:yo|yr|yrs|st|nd|rd|th)?")


def _tells_of_needs(stems: Sequence[str]) -> bool:
    return all(stem in _OF_NEEDS_STEMS or _AGE.fullmatch(stem) for stem in stems)


def read(text: str, vocabulary: ConceptNames) -> tuple[Phrase, ...]:
    """Read a text: its likes and dislikes with the concepts they name.

    Parameters
    ----------
    text : str
        Anything, empty included.
    vocabulary : ConceptNames
        A `Vocabulary`.

    Returns
    -------
    tuple of Phrase
        At most 64, in the order of the text; equal ones once.
    """
    tokens = texts.tokens(replace_idioms(texts.fold(text)))
    spelled = [token if token in _NO_WORDS else correct(token) for token in tokens]
    stems = [texts.stem(token) for token in spelled]
    named = vocabulary.find(stems)
    led = load_said().find(stems)
    kept_together = [False] * len(tokens)
    for first, end, _ in (*named, *led):
        kept_together[first:end] = [True] * (end - first)
    drafts = [
        draft
        for clause in split_clauses(spelled, kept_together)
        if (draft := _draft(clause, tokens, spelled, named, led, vocabulary)) is not None
    ]
    phrases = dict.fromkeys(_placed(_weighed(drafts)))
    return tuple(phrases)[:MAX_PHRASES]


def _draft(
    clause: Clause,
    tokens: Sequence[str],
    spelled: Sequence[str],
    named: Spans,
    led: Spans,
    vocabulary: ConceptNames,
) -> tuple[Phrase, NDArray[np.float32]] | None:
    """Make a phrase of a clause, with the place of its words but without that of its text."""
    within = range(clause.first, clause.end)
    places = [at for at in within if tokens[at] not in _NO_WORDS]
    words = [spelled[at] for at in places]
    stems = texts.content_stems(words)
    stems += texts.content_stems(tokens[at] for at in places if tokens[at] != spelled[at])
    concepts = _inside(named, clause)
    leads_to = tuple(
        word
        for word in dict.fromkeys(texts.words(" ".join(_inside(led, clause))))
        if word not in texts.STOP_WORDS
    )
    qualities = attributes.recognise([texts.stem(word) for word in words])
    # "not with people watching" has no word of its own, but turns down a quality of places.
    if not stems and not concepts and not leads_to and (clause.liked or not qualities):
        return None
    named_places = {at for first, end, _ in named for at in range(first, end)}
    is_need = not concepts and not leads_to and _tells_of_needs(stems)
    all_stems = [texts.stem(word) for word in words]
    labels = texts.words(" ".join(vocabulary.label(notation) for notation in concepts))
    phrase = Phrase(
        text=shown([tokens[at] for at in places]),
        stems=tuple(stems),
        liked=clause.liked,
        concepts=concepts,
        leads_to=leads_to,
        topics=load_topics().of_phrase(
            [texts.STOP if stem in _OF_NEEDS_STEMS - _ABOUT_PEOPLE else stem for stem in all_stems],
            stems_of(leads_to),
            stems_of(labels),
        ),
        attributes=qualities,
        weight=NEED_WEIGHT if is_need else clause.weight,
        is_name=bool(concepts)
        and all(at in named_places or spelled[at] in texts.STOP_WORDS for at in places),
    )
    about = texts.words(" ".join(shown_name(name) for name, _ in phrase.topics[:2]))
    return phrase, _place(words, leads_to, labels, about)


def _weighed(
    drafts: Sequence[tuple[Phrase, NDArray[np.float32]]],
) -> list[tuple[Phrase, NDArray[np.float32]]]:
    """Let what names no field of activity count for less beside what does."""
    if not any(phrase.liked and phrase.topics for phrase, _ in drafts):
        return list(drafts)
    return [
        (phrase, place)
        if phrase.topics or not phrase.liked
        else (replace(phrase, weight=min(phrase.weight, NEED_WEIGHT)), place)
        for phrase, place in drafts
    ]


def _placed(drafts: Sequence[tuple[Phrase, NDArray[np.float32]]]) -> Iterator[Phrase]:
    """Draw the likings of one text a little together: often they describe one wish."""
    liked = [phrase.weight * place for phrase, place in drafts if phrase.liked]
    whole = unit(np.sum(liked, axis=0)) if len(liked) > 1 else None
    for phrase, place in drafts:
        if phrase.liked and whole is not None:
            drawn = unit((1 - TEXT_SHARE) * place + TEXT_SHARE * whole)
            yield replace(phrase, vector=pack(drawn))
        else:
            yield replace(phrase, vector=pack(place))


def _inside(spans: Spans, clause: Clause) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            one
            for first, end, found in spans
            if clause.first <= first < end <= clause.end
            for one in found
        )
    )


def _place(
    words: Sequence[str], leads_to: Sequence[str], labels: Sequence[str], about: Sequence[str]
) -> NDArray[np.float32]:
    """Place words near what they lead to, what one does there, and what they name.

    Only what the table has no word for is placed by what it is about.
    """
    stems = [texts.stem(word) for word in words]
    offered = " ".join(word for *_, found in load_offered().find(stems) for word in found)
    place = load_vectors().mean(words)
    for share, around in (
        (LED_SHARE, leads_to),
        (OFFERED_SHARE, texts.words(offered)),
        # Even a word of another language can name a concept.
        (LABEL_SHARE, labels),
    ):
        if around:
            place = unit((1 - share) * place + share * load_vectors().mean(around))
    return place if place.any() else load_vectors().mean(about)


def correct(word: str) -> str:
    """Correct the spelling of a word if nobody knows it as it is.

    Parameters
    ----------
    word : str
        In lower case.

    Returns
    -------
    str
        The word itself if it is known or nothing is like it.
    """
    return _speller().correct(word) or word


@cache
def _speller() -> Speller:
    vectors = load_vectors()
    told = (*load_offered().words, *load_said().words, *load_topics().words)
    folder = resources.files("matching.interests") / "data"
    rare = (folder / "known_words.txt").read_text(encoding="utf-8").split()
    known = (*vectors.words, *rare, *texts.words(_OF_NEEDS))
    return Speller((*told, *vectors.words[:_COMMON]), known, told)
