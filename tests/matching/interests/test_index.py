"""How well a phrase is answered by listings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from matching import InterestIndex, Listing, Phrase, load_vocabulary
from matching.interests.index import CHARACTER_WEIGHT, STEM_WEIGHT, WORDS_SHARE
from matching.interests.text import content_stems

LISTINGS = [
    Listing("Junior angling", "Coarse fishing at the lake, rods and bait provided", ("angling",)),
    Listing("Steam railway day", "Ride behind a locomotive"),
    Listing("Wheelchair basketball", "Fast court sport", ("wheelchair_basketball",)),
    Listing("Basketball club", "", ("basketball",)),
    Listing("Baking morning", "Make cupcakes"),
    Listing("Swim and splash"),
]

LABELS = ["angling", "", "wheelchair basketball", "basketball", "", ""]


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

    def test_words_are_weighed_as_scikit_learn_weighs_them(self) -> None:
        said = [Phrase("lake rods", ("lake", "rod"), True, ()), Phrase("x", ("court",), True, ())]
        words = [
            " ".join(
                content_stems(
                    f"{one.title} {one.title} {one.description} {label}".lower()
                    .replace(",", "")
                    .split()
                )
            )
            for one, label in zip(LISTINGS, LABELS, strict=True)
        ]
        expected = np.zeros((len(said), len(LISTINGS)))
        for share, vectorizer in (
            (STEM_WEIGHT, TfidfVectorizer(analyzer=str.split, sublinear_tf=True)),
            (
                CHARACTER_WEIGHT,
                TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True),
            ),
        ):
            listed = vectorizer.fit_transform(words)
            asked = vectorizer.transform([" ".join(one.stems) for one in said])
            expected += share * (asked @ listed.T).toarray()
        assert fitted().similarity(said) == pytest.approx(WORDS_SHARE * expected, abs=1e-12)

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
        assert not scores.any()

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

    def test_carrying_counts_only_what_is_carried(self) -> None:
        index = fitted()
        assert index.carrying(["basketball"]).tolist() == [False, False, True, True, False, False]
        # The railway's title names trains, but it carries no concept.
        assert not index.carrying(["trains"]).any()
        assert not index.carrying([]).any()
