"""Suggestions: order, and what does not matter."""

import pytest

from matching import Concept, Vocabulary, suggest

VOCABULARY = Vocabulary(
    [
        Concept("rowing", "Rowing"),
        Concept("row_dance", "Arrow dance", alternatives=("row",)),
        Concept("indoor_rowing", "Indoor rowing", broader=("rowing",)),
        Concept("archery", "Archery", alternatives=("bow and arrow",)),
    ]
)


@pytest.mark.parametrize(
    ("typed", "expected", "reason"),
    [
        (
            "row",
            ["row_dance", "rowing", "indoor_rowing", "archery"],
            "the word itself, a beginning, a word's beginning, a part",
        ),
        ("ROWing ", ["rowing", "indoor_rowing"], "case and outer space do not matter"),
        ("bow and", ["archery"], "other names count"),
        ("", [], "nothing typed"),
        ("   ", [], "nothing typed"),
        ("zzz", [], "nothing like it"),
        ("🎣", [], "no word at all"),
    ],
)
def test_order(typed: str, expected: list[str], reason: str) -> None:
    assert [found.concept.notation for found in suggest(VOCABULARY, typed)] == expected, reason


def test_limit() -> None:
    assert [s.concept.notation for s in suggest(VOCABULARY, "row", limit=1)] == ["row_dance"]
    assert suggest(VOCABULARY, "row", limit=0) == ()
