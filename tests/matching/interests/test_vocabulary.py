"""Concepts: recognised, related, and split into likes and dislikes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import Concept, InvalidProblem, Vocabulary, load_vocabulary
from matching.interests.phrases import MAX_PHRASES
from tests.matching.worlds import SMALL_VOCABULARY


class TestRecognise:
    @pytest.mark.parametrize(
        ("text", "concept"),
        [
            ("He's really into fishing", "angling"),
            ("Junior angling club", "angling"),
            ("footy!!!", "football"),
            ("loves going on the double deckers", "buses"),
            ("mad about Thomas the Tank Engine", "trains"),
            ("baking cakes", "cooking"),
            ("guinea pigs", "small_pets"),
            ("LEGO", "building_bricks"),
            ("the pictures", "cinema"),
            ("arts & crafts", "arts_and_crafts"),
            ("pływanie", "swimming"),
            ("🎣", "angling"),
            ("🚂", "trains"),
            ("farm animals", "farms"),
            ("Wheelchair Basketball", "wheelchair_basketball"),
        ],
    )
    def test_names(self, text: str, concept: str) -> None:
        assert concept in load_vocabulary().recognise(text)

    @pytest.mark.parametrize("text", ["", "...", "the house is full of air", "sprint", "qwerty"])
    def test_names_nothing(self, text: str) -> None:
        assert load_vocabulary().recognise(text) == ()

    def test_the_longest_name_wins(self) -> None:
        assert load_vocabulary().recognise("table tennis") == ("table_tennis",)
        assert load_vocabulary().recognise("model trains") == ("model_railways",)


class TestHierarchy:
    def test_narrower_and_related(self) -> None:
        assert SMALL_VOCABULARY.with_narrower(["sport"]) == {
            "sport", "ball_games", "football", "swimming",
        }  # fmt: skip
        assert SMALL_VOCABULARY.with_narrower(["unheard_of"]) == {"unheard_of"}
        related = SMALL_VOCABULARY.related("ball_games")
        order = sorted(related, key=lambda one: -related[one])
        assert order == ["ball_games", "football", "sport", "swimming"]
        assert len(set(related.values())) == 4
        assert "dogs" not in related

    @pytest.mark.parametrize(
        ("concepts", "message"),
        [
            ([Concept("a", "A"), Concept("a", "B")], "twice"),
            ([Concept("a", "A", (), ("b",))], "broader"),
            ([Concept("a", "A", (), ("b",)), Concept("b", "B", (), ("a",))], "itself"),
        ],
    )
    def test_refuses(self, concepts: list[Concept], message: str) -> None:
        with pytest.raises(InvalidProblem, match=message):
            Vocabulary(concepts)

    def test_what_ships_is_whole(self) -> None:
        vocabulary = load_vocabulary()
        assert len(vocabulary.concepts) > 850
        assert "football" in vocabulary
        assert "angling" in vocabulary.with_narrower(["nature"])
        assert vocabulary.label("angling") == "Angling"
        assert vocabulary.label("unheard_of") == "unheard_of"


class TestEncode:
    @pytest.mark.parametrize(
        ("text", "liked", "disliked"),
        [
            ("likes being up high, hates loud noise", ["high"], ["loud noise"]),
            (
                "Likes football but hates loud noise and crowds",
                ["football"],
                ["loud noise", "crowds"],
            ),
            ("loves trains and buses", ["trains", "buses"], []),
            ("no sports. i like crafts", ["crafts"], ["sports"]),
            ("doesn't really like swimming but loves dogs", ["dogs"], ["swimming"]),
            ("fishing, can't get enough of it", ["fishing"], []),
            ("can't get him off the trampoline", ["trampoline"], []),
            ("arts and crafts", ["arts and crafts"], []),
            ("anything sporty apart from football", ["sporty"], ["football"]),
            ("avoids messy play (slime, clay)", [], ["messy play", "slime", "clay"]),
            ("he doesn't mind dogs", ["dogs"], []),
            ("", [], []),
            ("he likes it a lot", [], []),
        ],
    )
    def test_likes_and_dislikes(self, text: str, liked: list[str], disliked: list[str]) -> None:
        phrases = load_vocabulary().encode(text)
        assert [one.text for one in phrases if one.liked] == liked
        assert [one.text for one in phrases if not one.liked] == disliked

    @given(st.text(st.characters(), max_size=2000))
    def test_any_text(self, text: str) -> None:
        phrases = load_vocabulary().encode(text)
        assert len(phrases) <= MAX_PHRASES
        assert all(one.stems or one.concepts for one in phrases)

    def test_long_texts_are_bounded(self) -> None:
        phrases = load_vocabulary().encode(", ".join(f"word{n}" for n in range(300))[:2000])
        assert len(phrases) == MAX_PHRASES
