"""Spelling: corrected where it is likely, left alone where a mistake would harm."""

from __future__ import annotations

import pytest

from matching.interests.reading import correct
from matching.interests.spelling import edits, sound


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("swiming", "swimming"),
        ("dinasors", "dinosaurs"),
        ("trampalining", "trampolining"),
        ("fotball", "football"),
        ("skatebording", "skateboarding"),
        ("horsis", "horses"),
    ],
)
def test_corrects(written: str, meant: str) -> None:
    assert correct(written) == meant


@pytest.mark.parametrize(
    "word",
    [
        "swimming", "epilepsy", "gastrostomy", "tracheostomy", "hemiplegia", "cat", "qzxvk",
        "plywanie", "",
    ],
)  # fmt: skip
def test_leaves_alone(word: str) -> None:
    assert correct(word) == word


@pytest.mark.parametrize(
    ("one", "other", "distance"),
    [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abd", 1), ("ab", "abc", 1),
     ("kitten", "sitting", 3)],
)  # fmt: skip
def test_edits(one: str, other: str, distance: int) -> None:
    assert edits(one, other, 3) == edits(other, one, 3) == distance
    assert edits(one, other, 0) == min(distance, 1)


def test_sound() -> None:
    assert sound("dinosaurs") == sound("dinasors")
    assert sound("phone") == sound("fone")
    assert sound("train") != sound("drain")
