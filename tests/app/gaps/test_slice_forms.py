"""A slice as CSV, as points of areas and as a chart: the same figures, safe to open."""

import csv
import io
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from app.postcodes import outcode_centroid
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.gaps import MARCH, refresh, rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
HOIST = [{"code": "hoist", "importance": "essential"}]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def town(world: World) -> World:
    add_session(world, add_activity(world, title="=HYPERLINK(A1)", concepts=["angling"]))
    for sen_type in ("=cmd", "+1", "-1", "@SUM", "ASD"):
        add_child(world, interests=[FISHING], needs=HOIST, sen_types=[sen_type])
    nowhere = add_child(world, interests=[FISHING])
    rows_of(
        world,
        "UPDATE children SET home_postcode = NULL WHERE id = CAST(:id AS uuid) RETURNING id",
        id=nowhere,
    )
    refresh(world)
    return world


def ask(world: World, accept: str, **params: Any) -> Any:
    return world.call(
        "GET", "/v1/gaps", params={"month": MARCH, **params}, headers={"Accept": accept}
    )


def test_csv_has_the_same_figures(town: World) -> None:
    answer = ask(town, "text/csv", by="need")
    items = ask(town, "application/json", by="need").json()["items"]

    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Vary"] == "Accept, Authorization"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(line["value"], int(line["unmet"]), line["month"]) for line in lines] == [
        (item["value"], item["unmet"], MARCH) for item in items
    ]
    assert lines[0]["action_need"] == "hoist"
    assert lines[0]["action_children"] == "5"


def test_csv_comes_in_pages_too(town: World) -> None:
    first = ask(town, "text/csv", by="sen_type", limit=4)
    rest = ask(town, "text/csv", by="sen_type", limit=4, cursor=first.headers["Next-Cursor"])

    assert "Next-Cursor" not in rest.headers
    values = [
        line["value"]
        for answer in (first, rest)
        for line in csv.DictReader(io.StringIO(answer.text))
    ]
    assert len(set(values)) == len(values) == 6


def test_csv_holds_no_formula(town: World) -> None:
    lines = list(csv.DictReader(io.StringIO(ask(town, "text/csv", by="sen_type").text)))

    assert sorted(line["value"] for line in lines) == [
        *("'+1", "'-1", "'=cmd", "'@SUM", "ASD", "none"),
    ]
    for line in lines:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())


def test_areas_are_points(town: World) -> None:
    answer = ask(town, "application/geo+json", by="area")

    assert answer.headers["Content-Type"].startswith("application/geo+json")
    told = answer.json()
    assert (told["type"], told["month"]) == ("FeatureCollection", MARCH)
    known, unknown = told["features"]
    latitude, longitude = outcode_centroid("ST4") or (0, 0)
    assert known["geometry"] == {"type": "Point", "coordinates": [longitude, latitude]}
    assert (known["properties"]["value"], known["properties"]["unmet"]) == ("ST4", 5)
    assert (unknown["geometry"], unknown["properties"]["value"]) == (None, "unknown")


@pytest.mark.parametrize("by", ["reason", "sen_type", "month"])
def test_a_chart_says_all_it_shows(town: World, by: str) -> None:
    answer = ask(town, "image/svg+xml", by=by)
    items = ask(town, "application/json", by=by).json()["items"]

    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    chart = ElementTree.fromstring(answer.text)
    assert chart.attrib["role"] == "img"
    assert MARCH in chart.findtext(f"{SVG}title", "")
    description = chart.findtext(f"{SVG}desc", "")
    written = "".join(chart.itertext())
    for item in items:
        label = item["value"] if by == "month" else item["label"]
        assert f"{label}: {item['children_unmet']}" in description
        assert label in written.replace(description, "")


def test_a_chart_of_a_month_that_is_not_judged_says_so(world: World) -> None:
    answer = ask(world, "image/svg+xml")
    assert f"{MARCH} has not been judged yet." in answer.text
    assert ask(world, "text/csv").text.count("\r\n") == 1
    assert ask(world, "application/geo+json", by="area").json()["features"] == []


@pytest.mark.parametrize(
    ("accept", "by"), [("application/geo+json", "reason"), ("image/png", "area")]
)
def test_in_no_other_form(town: World, accept: str, by: str) -> None:
    answer = ask(town, accept, by=by)

    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
    available = answer.json()["facts"]["available"]
    assert ("application/geo+json" in available) == (by == "area")
