"""Words brought to one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.interests.text import PAUSE, STOP, content_stems, fold, stem, stems, tokens, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fishing", "fish"),
        ("fishes", "fish"),
        ("dance", "dancing"),
        ("swimming", "swim"),
        ("ponies", "pony"),
        ("cycling", "cycle"),
        ("skates", "skating"),
        ("buses", "bus"),
        ("child's", "child"),
    ],
)
def test_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("trains", "training"), ("sing", "s"), ("tennis", "tenni"), ("bus", "bu"), ("boss", "bos")],
)
def test_two_stems(one: str, other: str) -> None:
    assert stem(one) != stem(other)


class TestFold:
    def test_case_accents_and_width(self) -> None:
        assert fold("Café ŁÓDKA ｆｕｎ") == "cafe lodka fun"  # noqa: RUF001

    def test_emoji_are_spelt_out(self) -> None:
        assert words("🎣!") == ["fishing", "pole", "and", "fish"]
        assert words("👩🏽‍🎨") == ["woman", "artist", "palette"]


class TestTokens:
    def test_pauses_and_ends(self) -> None:
        assert tokens("a, b. c – d (e)") == [  # noqa: RUF001
            "a", PAUSE, "b", STOP, "c", STOP, "d", PAUSE, "e", PAUSE,
        ]  # fmt: skip

    def test_apostrophes_stay_within_words(self) -> None:
        assert tokens("doesn’t 'like'") == ["doesn't", "like"]  # noqa: RUF001

    @given(st.text(st.characters(), max_size=200))
    def test_any_text(self, text: str) -> None:
        for token in tokens(text):
            assert token in {PAUSE, STOP} or token[0].isalnum()
        assert len(stems(text)) == len(words(text))


def test_content_is_without_stop_words() -> None:
    assert content_stems(words("he really loves the trains a lot")) == ["train"]
