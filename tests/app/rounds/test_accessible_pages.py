"""What can be checked of a page without a browser; `python -m tests.accessibility` asks axe."""

from itertools import pairwise

import pytest

from app.rounds import easy_read, pictograms, wording
from app.rounds.brochure_schemas import BrochureRead
from app.rounds.rendering import TEMPLATES, render
from tests.app.rounds.pages import Page, colours, contrast
from tests.support.brochures import brochure, own_brochure

CSS = (TEMPLATES / "brochure.css").read_text()
PAGES = {
    "html": (brochure(), "html"),
    "easy read": (brochure(), "easy_read_html"),
    "for a child": (own_brochure(), "html"),
    "for a child in easy words": (own_brochure(), "easy_read_html"),
    "empty": (brochure(activities=0), "html"),
}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    content, form = PAGES[request.param]
    return Page(render(content, form).decode())  # type: ignore[arg-type]


class TestStructure:
    def test_says_its_language_and_title(self, page: Page) -> None:
        [root] = page.all("html")
        [title] = page.all("title")
        assert root.attributes["lang"] == "en-GB"
        assert "Short breaks" in title.text

    def test_headings_leave_out_no_level(self, page: Page) -> None:
        levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert all(element.text for element in page.all("h1", "h2", "h3"))

    def test_has_one_of_each_landmark(self, page: Page) -> None:
        for tag in ("header", "main", "footer"):
            assert len([one for one in page.all(tag) if one.parents == ("html", "body")]) == 1
        for navigation in page.all("nav"):
            assert navigation.attributes["aria-label"]

    def test_names_are_given_once_and_found(self, page: Page) -> None:
        ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
        assert len(ids) == len(set(ids))
        for one in page.elements:
            for name in ("aria-labelledby", "aria-describedby"):
                assert one.attributes.get(name, ids[0]) in ids
            target = one.attributes.get("href")
            assert target is None or target.removeprefix("#") in ids

    def test_the_first_link_skips_to_the_content(self, page: Page) -> None:
        first = page.all("a")[0]
        [main] = page.all("main")
        assert first.attributes["href"] == f"#{main.attributes['id']}"
        assert main.attributes["tabindex"] == "-1"

    def test_tables_say_what_their_cells_are(self, page: Page) -> None:
        for table in page.all("th"):
            assert table.attributes["scope"] in ("col", "row")
        assert len(page.all("caption")) == len(page.all("table"))

    def test_pictures_are_passed_over_and_words_stand_beside(self, page: Page) -> None:
        for picture in page.all("svg"):
            assert picture.attributes["aria-hidden"] == "true"
        for line in page.all("li"):
            assert line.text

    def test_needs_nothing_from_elsewhere(self, page: Page) -> None:
        assert page.all("script", "link", "img", "iframe", "form") == []
        assert not any("style" in one.attributes for one in page.elements)
        assert not any(name.startswith("on") for one in page.elements for name in one.attributes)


class TestColours:
    @pytest.mark.parametrize(
        ("ink", "ground"),
        [
            *[(ink, "paper") for ink in ("ink", "quiet", "link", "strong")],
            *[(ink, "band") for ink in ("ink", "strong", "link")],
            ("paper", "strong"),
        ],
    )
    def test_text_can_be_told_from_what_is_behind_it(self, ink: str, ground: str) -> None:
        named = colours(CSS)
        assert contrast(named[ink], named[ground]) >= 4.5

    @pytest.mark.parametrize("ground", ["paper", "band"])
    def test_the_focus_can_be_seen(self, ground: str) -> None:
        named = colours(CSS)
        assert contrast(named["focus"], named[ground]) >= 3

    def test_no_colour_goes_without_a_name(self) -> None:
        assert len(colours(CSS)) == CSS.count("#")

    def test_the_measure_is_that_of_the_standard(self) -> None:
        assert contrast("#000000", "#ffffff") == pytest.approx(21)
        assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


class TestEasyWords:
    def longest(self, words: str) -> str:
        days = "Wednesday 30 September 2027"
        parts = {
            **{"day": days, "time": "11:59pm", "days": "366 days", "dates": "1,000 dates"},
            **{"price": "£1,000.50", "first": "10", "last": "18"},
            # A name is one thing, however it is written.
            **{"who": "Name", "place": "Name"},
            "need": max((easy for _, easy in wording.NEEDS.values()), key=lambda x: len(x.split())),
        }
        return words.format(**parts)

    @pytest.mark.parametrize("name", easy_read.SENTENCES)
    def test_sentences_are_short(self, name: str) -> None:
        picture, words = easy_read.SENTENCES[name]
        assert "," not in words or name == "choose_until"
        assert picture in pictograms.SHAPES
        for sentence in self.longest(words).rstrip(".:").split(". "):
            assert 1 <= len(sentence.split()) <= easy_read.MOST_WORDS

    def test_no_long_words_of_our_own(self) -> None:
        jargon = ("eligib", "entitle", "contribut", "allocat", "arrange", "provi", "accessib")
        for _, words in easy_read.SENTENCES.values():
            assert not any(word in words.lower() for word in jargon)

    def test_every_picture_is_in_the_key(self) -> None:
        assert set(pictograms.WORDS) == set(pictograms.SHAPES)
        page = Page(render(brochure(), "easy_read_html").decode())
        drawn = {one.attributes["id"] for one in page.all("symbol")}
        used = {str(one.attributes["href"]).removeprefix("#") for one in page.all("use")}
        assert used <= drawn

    def test_letters_are_large(self) -> None:
        # In points: the page's size is a share of 16 pixels, three quarters of a point each.
        size = 16 * 1.125 * 1.25 * 0.75
        assert "html { font-size: 112.5%; }" in CSS
        assert "body.easy { font-size: 1.25rem;" in CSS
        assert size >= 14
        assert "size: 16pt" in (TEMPLATES / "easy_read.typ").read_text()


def test_the_same_brochure_gives_the_same_bytes() -> None:
    content: BrochureRead = brochure()
    for form in ("json", "html", "pdf", "easy_read_html", "easy_read_pdf"):
        assert render(content, form) == render(content, form)  # type: ignore[arg-type]
