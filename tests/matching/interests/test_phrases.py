"""Phrases as they are stored beside the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Phrase, load_vocabulary


@given(st.text(st.characters(), max_size=80))
def test_any_phrase_survives_json(text: str) -> None:
    for phrase in load_vocabulary().encode(text):
        assert Phrase.from_json(json.loads(json.dumps(phrase.to_json()))) == phrase


def test_a_stored_phrase_is_small() -> None:
    (phrase,) = load_vocabulary().encode("obsessed with trains")
    assert len(json.dumps(phrase.to_json())) < 800
    assert len(phrase.vector) == 256


@pytest.mark.parametrize(("text", "word"), [("bluey", "dogs"), ("man utd", "football")])
def test_what_words_lead_to(text: str, word: str) -> None:
    (phrase,) = load_vocabulary().encode(text)
    assert word in phrase.leads_to


def test_both_spellings_are_kept() -> None:
    (phrase,) = load_vocabulary().encode("swiming")
    assert phrase.text == "swiming"
    assert set(phrase.stems) == {"swim", "swime"}
    (phrase,) = load_vocabulary().encode("dinasors")
    assert set(phrase.stems) == {"dinosaur", "dinasor"}
