"""How well a phrase is answered by listings."""

from __future__ import annotations

import numpy as np
import pytest

from matching import InterestIndex, Listing, Phrase, load_vocabulary
from matching.interests import index as index_module

LISTINGS = [
    Listing("Junior angling", "Coarse fishing at the lake, rods and bait provided", ("angling",)),
    Listing("Steam railway day", "Ride behind a locomotive"),
    Listing("Wheelchair basketball", "Fast court sport", ("wheelchair_basketball",)),
    Listing("Basketball club", "", ("basketball",)),
    Listing("Baking morning", "Make cupcakes"),
    Listing("Swim and splash"),
]


def fitted(listings: list[Listing] = LISTINGS) -> InterestIndex:
    return InterestIndex(load_vocabulary()).fit(listings)


def phrases(text: str) -> tuple[Phrase, ...]:
    return load_vocabulary().encode(text)


def best(text: str) -> str:
    scores = fitted().similarity(phrases(text)).max(axis=0)
    return LISTINGS[int(np.argmax(scores))].title


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("really into fishing", "Junior angling"),
        ("trains", "Steam railway day"),
        ("basketbal", "Basketball club"),
        ("cooking", "Baking morning"),
        ("swiming", "Swim and splash"),
        ("🎣", "Junior angling"),
        ("pływanie", "Swim and splash"),
    ],
)
def test_finds(text: str, title: str) -> None:
    assert best(text) == title


class TestSimilarity:
    def test_same_concept_over_narrower_over_none(self) -> None:
        scores = fitted().similarity(phrases("basketball"))[0]
        assert scores[3] > scores[2] > scores[4]
        assert (scores >= 0).all()
        assert (scores <= 1).all()

    def test_does_not_depend_on_the_other_phrases(self) -> None:
        index = fitted()
        texts = ["fishing", "trains", "anything at all", "basketball", "swiming", "zzz"]
        several = [phrase for text in texts for phrase in phrases(text)]
        together = index.similarity(several)
        for row, phrase in enumerate(several):
            assert (index.similarity([phrase])[0] == together[row]).all()

    def test_recalled_as_it_was_scored(self, monkeypatch: pytest.MonkeyPatch) -> None:
        index = fitted()
        said = [*phrases("fishing and trains"), *phrases("swiming"), *phrases("fishing")]
        scored = index.similarity(said)
        assert (index.recall(said) == scored).all()

        monkeypatch.setattr(index, "similarity", None)
        assert (index.recall(said[::-1]) == scored[::-1]).all()
        assert index.recall([]).shape == (0, len(LISTINGS))

    def test_keeps_no_more_than_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(index_module, "MOST_KEPT_BYTES", 2 * 8 * len(LISTINGS))
        index = fitted()
        for text in ("fishing", "trains", "basketball"):
            assert (index.recall(phrases(text)) == index.similarity(phrases(text))).all()
        assert len(index._kept) == 1

    def test_does_not_depend_on_the_order_of_listings(self) -> None:
        said = phrases("fishing, trains and swimming")
        turned = fitted(LISTINGS[::-1]).similarity(said)[:, ::-1]
        assert turned == pytest.approx(fitted().similarity(said), abs=1e-6)

    def test_other_words_for_the_same_thing(self) -> None:
        scores = fitted().similarity(phrases("rods and bait by the canal"))[0]
        assert int(np.argmax(scores)) == 0
        assert scores[0] > 0.2
        assert scores[2] < 0.05

    def test_what_the_lexicon_knows(self) -> None:
        listings = [*LISTINGS, Listing("Agility", "Puppies and their people")]
        scores = fitted(listings).similarity(phrases("paw patrol"))[0]
        assert int(np.argmax(scores)) == 6

    def test_a_name_that_no_dictionary_knows(self) -> None:
        listings = [*LISTINGS, Listing("Saturday meet", "With the Zoggelbex")]
        scores = fitted(listings).similarity(phrases("zoggelbex"))[0]
        assert scores[6] >= 0.8
        assert not scores[:6].any()

    @pytest.mark.parametrize(
        ("text", "loud"),
        [
            ("Samba drums for all", 1.0),
            ("Disco with the music off", 0.3),
            ("Origami", 0.0),
            ("No loud music", 0.0),
        ],
    )
    def test_dislikes_are_read_from_what_a_place_is_like(self, text: str, loud: float) -> None:
        index = fitted([Listing(text)])
        (disliked,) = phrases("hates loud noise")
        assert index.similarity([disliked])[0, 0] == pytest.approx(loud, abs=0.05)

    def test_one_listing_alone(self) -> None:
        index = fitted(LISTINGS[:1])
        assert index.similarity(phrases("fishing"))[0, 0] > 0.5
        assert index.similarity(phrases("ballet"))[0, 0] < 0.05

    def test_an_added_listing_moves_no_row(self) -> None:
        # Another catalogue version may weigh words anew, but concepts stay what they are.
        index = fitted([*LISTINGS, Listing("Chess")])
        scores = index.similarity(phrases("basketball"))[0]
        assert int(np.argmax(scores)) == 3
        assert scores.shape == (7,)

    @pytest.mark.parametrize(
        "listings", [[], [Listing("")], [Listing("", "", ("unheard_of",))], [Listing("the a of")]]
    )
    def test_listings_without_words(self, listings: list[Listing]) -> None:
        index = fitted(listings)
        scores = index.similarity(phrases("fishing and trains"))
        assert scores.shape == (2, len(listings))
        assert scores.max(initial=0.0) < 0.05

    def test_no_phrases(self) -> None:
        assert fitted().similarity([]).shape == (0, 6)


class TestConcepts:
    def test_shared_concept_explains(self) -> None:
        index = fitted()
        (fishing,) = phrases("fishing")
        assert index.shared_concept(fishing, 0) == "angling"
        assert index.shared_concept(fishing, 4) is None
        (basketball,) = phrases("basketball")
        assert index.shared_concept(basketball, 2) == "wheelchair_basketball"

    def test_shared_word_explains(self) -> None:
        (bluey,) = phrases("bluey")
        index = fitted([Listing("Dog walking"), Listing("Chess")])
        assert index.shared_word(bluey, 0) == "dogs"
        assert index.shared_word(bluey, 1) is None

    def test_carrying_counts_only_what_is_carried(self) -> None:
        index = fitted()
        assert index.carrying(["basketball"]).tolist() == [False, False, True, True, False, False]
        # The railway's title names trains, but it carries no concept.
        assert not index.carrying(["trains"]).any()
        assert not index.carrying([]).any()
