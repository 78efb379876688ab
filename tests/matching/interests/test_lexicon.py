"""The lexicon: the longest name wins, and no everyday word is a name."""

from __future__ import annotations

import pytest

from matching import load_vocabulary
from matching.interests.lexicon import Lexicon, load_offered, load_said
from matching.interests.text import STOP_WORDS, stem, stems

SMALL = Lexicon([(["fire engines", "fire"], ["sirens"]), (["fire engine"], ["hoses", "sirens"])])


def test_the_longest_name_wins() -> None:
    assert SMALL.find(stems("a fire engine on fire")) == [
        (1, 3, ("sirens", "hoses")),
        (4, 5, ("sirens",)),
    ]


def test_no_names() -> None:
    assert SMALL.find([]) == []
    assert Lexicon([]).find(["fire"]) == []


@pytest.mark.parametrize("lexicon", [load_said(), load_offered()])
def test_no_name_is_a_word_without_meaning(lexicon: Lexicon) -> None:
    empty = {stem(word) for word in STOP_WORDS}
    names = {tuple(stems(name)) for names, _ in lexicon.entries for name in names}
    assert not {name[0] for name in names if len(name) == 1} & empty


@pytest.mark.parametrize(
    "text",
    ["wants to try things", "up the street", "plays all day", "she'd go", "sort of", "a fan of it"],
)
def test_everyday_phrases_lead_nowhere(text: str) -> None:
    assert all(not phrase.leads_to for phrase in load_vocabulary().encode(text))


@pytest.mark.parametrize(
    "text", ["🎣🚂", "lubię pociągi", "Ѫ", "a" * 2000, ", ".join(["lego"] * 50)]
)
def test_any_script_is_read(text: str) -> None:
    for phrase in load_vocabulary().encode(text):
        assert phrase.text


@pytest.mark.parametrize(
    ("text", "liked", "leads_to"),
    [
        ("lubię pociągi", True, "trains"),
        ("kocha psy i konie", True, "dogs"),
        ("pływanie", True, "swimming"),
        ("nie lubi hałasu", False, "noise"),
    ],
)
def test_polish_leads_to_english(text: str, liked: bool, leads_to: str) -> None:
    (phrase,) = load_vocabulary().encode(text)
    assert phrase.liked is liked
    assert leads_to in phrase.leads_to
