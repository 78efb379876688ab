"""Charts: well formed, read without colour, with every value in words."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import charts
from app.charts import FILL, INK, PAPER, WIDTH, Bar, bar_chart, line_chart, spoken

Chart = Callable[[str, str, Sequence[Bar]], str]
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert(1)</script>\"'&\x00\x1b\ud800\uffff <b onload=x>"
BOTH = pytest.mark.parametrize("chart", [bar_chart, line_chart])
LINES = pytest.mark.parametrize("n_points", [1, 2, 7, 8, 40])


def parse(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.encode())


def words_of(svg: str) -> list[str]:
    return [text.text or "" for text in parse(svg).iter(f"{SVG}text")]


def numbers(svg: str, tag: str, name: str) -> list[float]:
    return [float(one.get(name, "0")) for one in parse(svg).iter(f"{SVG}{tag}")]


@BOTH
def test_a_chart_has_a_role_a_title_and_a_description(chart: Chart) -> None:
    root = parse(chart("What is missing", "One bar an interest", [Bar("Fishing", 20, 12)]))
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [f"{SVG}title", f"{SVG}desc"]
    assert [child.text for child in root][:2] == ["What is missing", "One bar an interest"]


@BOTH
def test_hostile_words_stay_words(chart: Chart) -> None:
    svg = chart(HOSTILE, HOSTILE, [Bar(HOSTILE, 1, text=HOSTILE), Bar(HOSTILE, below=15)])
    root = parse(svg)
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
        *("svg", "title", "desc", "text", "rect", "path", "circle")
    }
    assert not re.search(r"<[^>]*\b(onload|href|style|id)=", svg)
    assert "<script>alert(1)</script>" in (root.findtext(f"{SVG}title") or "")


@BOTH
def test_without_values_it_says_so(chart: Chart) -> None:
    assert "There are no figures to show." in words_of(chart("Empty", "", []))


@BOTH
def test_the_same_values_give_the_same_bytes(chart: Chart) -> None:
    bars = [Bar("a", 1 / 3, 0.1), Bar("b", below=15), Bar("c")]
    assert chart("t", "d", bars) == chart("t", "d", list(bars))


@BOTH
def test_every_value_is_written_out(chart: Chart) -> None:
    bars = [Bar("Swimming", 1235, 12), Bar("Angling", below=15), Bar("Bowls"), Bar("Zero", 0)]
    words = " ".join(words_of(chart("t", "d", bars)))
    for said in ("Swimming", "1,235 \u00b1 12", "fewer than 15", "no figure", "Zero 0"):
        assert set(said.split()) <= set(words.split()), said
    assert spoken(bars) == (
        "Swimming: 1,235 \u00b1 12; Angling: fewer than 15; Bowls: no figure; Zero: 0."
    )


def test_a_bar_is_as_long_as_its_value() -> None:
    svg = bar_chart("t", "d", [Bar("a", 50), Bar("b", 100), Bar("c", 0)])
    _, half, whole, nothing = numbers(svg, "rect", "width")
    assert whole == charts.BARS_TO - charts.BARS_FROM
    assert half == whole / 2
    assert nothing == 0


def test_a_negative_bar_goes_the_other_way_from_zero() -> None:
    svg = bar_chart("t", "d", [Bar("down", -10), Bar("up", 30)])
    _, down_x, up_x = numbers(svg, "rect", "x")
    _, down_width, up_width = numbers(svg, "rect", "width")
    assert down_x == charts.BARS_FROM
    assert down_x + down_width == up_x
    assert up_width == pytest.approx(3 * down_width, abs=0.2)
    assert "-10" in words_of(svg)


def test_whiskers_reach_as_far_as_the_error() -> None:
    svg = bar_chart("t", "d", [Bar("a", 50, 50)])
    whiskers = [one.get("d", "") for one in parse(svg).iter(f"{SVG}path")]
    assert any(
        f"M{charts.BARS_FROM} " in one and f"H{charts.BARS_TO}" in one for one in whiskers
    ), whiskers


def test_what_is_only_below_a_number_is_hatched_not_filled() -> None:
    svg = bar_chart("t", "d", [Bar("few", below=15), Bar("many", 30)])
    paper, filled = parse(svg).iter(f"{SVG}rect")
    assert (paper.get("fill"), filled.get("fill")) == (PAPER, FILL)
    hatched = [one for one in parse(svg).iter(f"{SVG}path") if one.get("d", "").count("v16") > 10]
    assert len(hatched) == 1
    assert hatched[0].get("fill") == "none"


def test_a_line_breaks_where_there_is_no_value() -> None:
    points = [Bar("1", 3), Bar("2", 4), Bar("3", below=15), Bar("4", 5), Bar("5"), Bar("6", 2)]
    svg = line_chart("t", "d", points)
    (line,) = (one.get("d", "") for one in parse(svg).iter(f"{SVG}path") if "L" in one.get("d", ""))
    assert re.sub(r"[^ML]", "", line) == "MLMM"
    assert len(numbers(svg, "circle", "cx")) == 4


@LINES
def test_of_many_points_the_last_is_written_out_and_not_too_many(n_points: int) -> None:
    points = [Bar(f"P{number}", number) for number in range(n_points)]
    words = words_of(line_chart("t", "d", points))[1:]
    assert f"P{n_points - 1}" in words
    assert len(words) <= 2 * charts.MOST_WRITTEN


@BOTH
def test_long_labels_are_broken_and_stay_inside(chart: Chart) -> None:
    long = "wheelchair accessible angling " * 9 + "x" * 200 + "\u91e3\u308a" * 40
    svg = chart(long, long, [Bar(long, 5, text=long), Bar("next", 6)])
    root = parse(svg)
    height = float(root.get("height", "0"))
    assert all(0 < y < height for y in numbers(svg, "text", "y"))
    assert max(map(len, words_of(svg))) <= charts.TITLE_LETTERS
    rests = words_of(svg)
    assert "".join("".join(rests).split()).count("x" * 200) >= 2


def test_labels_of_bars_do_not_lie_over_each_other() -> None:
    svg = bar_chart("t", "d", [Bar("a long label " * 5, n) for n in range(4)])
    labels = [
        float(one.get("y", "0"))
        for one in parse(svg).iter(f"{SVG}text")
        if one.get("text-anchor") == "end"
    ]
    assert labels == sorted(labels)
    assert min(b - a for a, b in pairwise(labels)) >= charts.LINE_HEIGHT


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": float("nan")},
        {"below": float("inf")},
        {"value": 1.0, "error": -1.0},
        {"value": 1.0, "below": 2.0},
    ],
)
def test_what_cannot_be_drawn_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        Bar("x", **wrong)


def test_colours_stand_out_from_each_other() -> None:
    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = (
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
        )
        return sum(share * one for share, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    def contrast(one: str, other: str) -> float:
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    # WCAG 2.2: words 4.5 (1.4.3), what has to be seen to understand a picture 3 (1.4.11).
    assert contrast(INK, PAPER) >= 4.5
    assert contrast(FILL, PAPER) >= 3
    assert contrast(INK, FILL) >= 3


finite = st.floats(-1e9, 1e9)
any_bar = st.one_of(
    st.builds(Bar, st.text(), finite, st.none() | st.floats(0, 1e9)),
    st.builds(Bar, st.text(), below=finite),
    st.builds(Bar, st.text()),
)


@given(st.text(), st.text(), st.lists(any_bar, max_size=12))
def test_whatever_is_asked_for_is_well_formed_and_inside(
    title: str, description: str, bars: list[Bar]
) -> None:
    for chart in (bar_chart, line_chart):
        svg = chart(title, description, bars)
        assert not re.search(r"nan|inf|e[+-]\d", "".join(re.findall(r'"[^"]*"', svg)))
        for tag, name in (("rect", "x"), ("circle", "cx"), ("text", "x")):
            assert all(0 <= place <= WIDTH for place in numbers(svg, tag, name))
        assert all(width >= 0 for width in numbers(svg, "rect", "width"))
