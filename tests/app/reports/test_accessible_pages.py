"""What can be checked of a report without a browser; `python -m tests.accessibility` asks axe."""

from itertools import pairwise

import pytest

from app.reports.rendering import render
from app.reports.schemas import ReportRead
from tests.app.rounds.pages import Page
from tests.support.reports import report

REPORTS = {
    "full": report(),
    "few figures": report(children=120, before=2000),
    "no figures": report(children=0, before=None, said=False),
    "no breakdowns": report(breakdowns=False),
}


@pytest.fixture(params=REPORTS)
def made(request: pytest.FixtureRequest) -> ReportRead:
    content: ReportRead = REPORTS[request.param]
    return content


@pytest.fixture
def page(made: ReportRead) -> Page:
    return Page(render(made, "html").decode())


def test_headings_leave_out_no_level(page: Page) -> None:
    levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_names_are_given_once_and_found(page: Page) -> None:
    ids = [one.attributes["id"] for one in page.elements if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for one in page.elements:
        assert one.attributes.get("aria-labelledby", ids[0]) in ids
        target = one.attributes.get("href")
        assert target is None or target.removeprefix("#") in ids


def test_each_chart_has_a_name_and_a_table_after_it(page: Page) -> None:
    inside = [one for one in page.elements if one.tag in ("svg", "table")]
    charts = [at for at, one in enumerate(inside) if one.tag == "svg"]
    assert charts
    for at in charts:
        assert inside[at].attributes["role"] == "img"
        assert inside[at + 1].tag == "table"
    names = [one.text for one in page.all("title")]
    assert len(names) == len(charts) + 1
    assert all(names)


def test_tables_say_what_their_cells_are(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    for head in page.all("th"):
        assert head.attributes["scope"] in ("col", "row")


def test_a_hidden_figure_is_told_in_words(page: Page) -> None:
    for row in page.all("tr"):
        assert "None" not in row.text


def test_it_needs_nothing_from_elsewhere(page: Page) -> None:
    assert page.all("script", "link", "img", "iframe", "form") == []
    assert not any("style" in one.attributes for one in page.elements)
    assert not any(name.startswith("on") for one in page.elements for name in one.attributes)


@pytest.mark.parametrize("form", ["json", "html", "pdf"])
def test_the_same_report_gives_the_same_bytes(made: ReportRead, form: str) -> None:
    assert render(made, form) == render(made, form)  # type: ignore[arg-type]


def test_hostile_names_of_areas_stay_words() -> None:
    hostile = report()
    name = 'x</text></svg><script>alert("1")</script>'
    for one in hostile.tables:
        for item in one.items:
            if one.table.by == "locality":
                item.value = name
    html = render(hostile, "html").decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert render(hostile, "pdf").startswith(b"%PDF-")
