"""Topics: words of one field meet, accidental words of a title do not count as much."""

from __future__ import annotations

import pytest

from matching import InterestIndex, Listing, load_vocabulary
from matching.interests.lexicon import read_entries
from matching.interests.text import STOP_WORDS, stem, token_stems
from matching.interests.topics import Topics, load_topics

SMALL = Topics(
    [("fishing", ["rod", "float"]), ("water_play", ["float", "splash"]), ("bugs", ["bee"])],
    [(["wet things"], ["fishing", "water_play"])],
)


def of_phrase(text: str) -> dict[str, float]:
    return dict(SMALL.of_phrase(token_stems(text), [], []))


def test_a_word_of_several_topics_means_each_less() -> None:
    assert of_phrase("rods") == {"fishing": 1.0}
    assert of_phrase("floats") == {"fishing": 0.707, "water_play": 0.707}


def test_the_name_of_a_topic_means_it() -> None:
    assert of_phrase("water play") == {"water_play": 1.0}


def test_broad_words_cover_topics() -> None:
    assert of_phrase("wet things") == {"fishing": 0.6, "water_play": 0.6}
    assert of_phrase("nothing of it") == {}


def test_what_it_leads_to_counts_less() -> None:
    assert dict(SMALL.of_phrase([], ["rod"], [])) == {"fishing": 0.6}
    assert dict(SMALL.of_phrase([], [], ["rod"])) == {"fishing": 0.8}


def test_a_listing_is_about_what_it_says_most() -> None:
    fishing, water_play, bugs = SMALL.of_listing(["rod"], ["splash", "splash"])
    assert fishing > water_play > bugs == 0.0


def test_a_title_that_its_description_does_not_confirm() -> None:
    *_, alone = SMALL.of_listing(["bee"], [])
    *_, contradicted = SMALL.of_listing(["bee"], ["rod", "splash"])
    *_, confirmed = SMALL.of_listing(["bee"], ["rod", "splash", "bug"])
    assert contradicted < alone < confirmed


def test_every_broad_word_covers_topics_that_exist() -> None:
    known = load_topics().place
    for names, topics in read_entries("broad_words.txt"):
        assert names
        assert set(topics) <= known.keys()


def test_no_word_of_a_topic_is_without_meaning() -> None:
    empty = {stem(word) for word in STOP_WORDS}
    for _, words in read_entries("topics.txt"):
        assert not [word for word in words if stem(word) in empty]


@pytest.mark.parametrize(
    ("text", "title"),
    [("stir the cake mixture", "Tasty Tuesdays"), ("choo choo", "The Loft"), ("salah", "Kickers")],
)
def test_meets_without_a_shared_word(text: str, title: str) -> None:
    listings = [
        Listing("Tasty Tuesdays", "Pizza dough to knead and recipes to take home."),
        Listing("The Loft", "Hornby layouts and locomotives with retired enthusiasts."),
        Listing("Kickers", "A goalkeeper and striker squad on the 3G pitch."),
        Listing("Netball - Bee inclusive", "Passing and shooting on an indoor court."),
    ]
    index = InterestIndex(load_vocabulary()).fit(listings)
    (similarity,) = index.similarity(load_vocabulary().encode(text))
    assert listings[int(similarity.argmax())].title == title


def test_a_name_in_a_title_is_no_topic() -> None:
    listings = [
        Listing("Netball - Bee inclusive", "Passing and shooting on an indoor court."),
        Listing("Hive visit", "See the queen, taste honey and wear a keeper's veil."),
    ]
    index = InterestIndex(load_vocabulary()).fit(listings)
    (similarity,) = index.similarity(load_vocabulary().encode("bees"))
    assert similarity[1] > 2 * similarity[0]


def test_a_shared_topic_explains() -> None:
    listings = [Listing("The Loft", "Hornby layouts and locomotives."), Listing("Choir", "Carols.")]
    index = InterestIndex(load_vocabulary()).fit(listings)
    (phrase,) = load_vocabulary().encode("choo choo")
    assert index.shared_word(phrase, 0) == "trains"
    assert index.shared_word(phrase, 1) is None
