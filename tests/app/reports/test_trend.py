"""The trend of a report: released quarters in a line, as they were released."""

import re
from datetime import timedelta
from typing import Any

import pytest

from app.reports.trending import MOST_QUARTERS, periods_until
from tests.app.rounds.pages import Page
from tests.support.releases import draw_of, read, set_size
from tests.support.reports import wants
from tests.support.world import World

DRAWN = ("2026-Q2", "2026-Q4", "2027-Q1")
QUARTERS = ["2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"]


@pytest.fixture
def drawn(world: World) -> World:
    """Draw three quarters in their order, and none of the summer."""
    set_size(world)
    for number, period in enumerate(DRAWN):
        draw_of(world, wants(600 * (number + 1), seed=number), period)
        world.clock.now += timedelta(minutes=1)
    return world


def report(world: World, period: str = "2027-Q1", form: str = "json") -> Any:
    answer = read(world, f"/v1/reports/{period}?format={form}")
    assert answer.status_code == 200, answer.text
    return answer


def test_has_each_released_figure_and_nothing_else(drawn: World) -> None:
    trend = report(drawn).json()["trend"]

    assert [one["period"] for one in trend["quarters"]] == QUARTERS
    assert [one["release_id"] is None for one in trend["quarters"]] == [False, True, False, False]
    for at, period in enumerate(QUARTERS):
        told = {one["interest"]: one["figures"][at] for one in trend["items"]}
        if period not in DRAWN:
            assert set(told.values()) == {None}
            continue
        cells = read(drawn, f"/v1/gaps?period={period}").json()["items"]
        assert told == {cell["interest"]: cell for cell in cells}


def test_ends_with_the_quarter_of_the_report(drawn: World) -> None:
    earlier = report(drawn, "2026-Q4").json()

    assert [one["period"] for one in earlier["trend"]["quarters"]] == QUARTERS[:3]
    assert report(drawn, "2026-Q2").json()["trend"] is None, "one quarter is no trend"


def test_what_is_drawn_later_changes_nothing(drawn: World) -> None:
    before = report(drawn).content

    draw_of(drawn, wants(900), "2026-Q3")

    assert report(drawn).content == before


def test_is_drawn_with_every_value_in_words(drawn: World) -> None:
    trend = report(drawn).json()["trend"]
    page = Page(report(drawn, form="html").text)

    charts = [one.text for one in page.all("desc") if "2026-Q3: no figure" in one.text]
    assert len(charts) == 5
    first = max(trend["items"], key=lambda one: one["figures"][-1]["children"] or 0)
    said = re.findall(r"2027-Q1: ([\d,]+)", charts[0])
    assert said == [str(first["figures"][-1]["children"])]
    assert [cell.text for cell in page.all("td")].count("not released") >= len(trend["items"])
    assert report(drawn, form="pdf").content.startswith(b"%PDF")


def test_goes_two_years_back() -> None:
    periods = periods_until("2027-Q1")

    assert len(periods) == MOST_QUARTERS == 8
    assert (periods[0], periods[-2:]) == ("2025-Q2", ["2026-Q4", "2027-Q1"])
