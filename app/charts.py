"""Charts as accessible SVG: every value is written out, nothing is told by colour alone.

The same values give the same bytes. There is no script, no style sheet, no font to fetch and no id,
so that several charts may stand on one page.
"""

import math
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

INK: Final = "#1b1b1b"
PAPER: Final = "#ffffff"
# Of bars and lines: stands out from the paper, and whiskers in ink stand out from it.
FILL: Final = "#4a7ab5"
FONTS: Final = "Source Sans 3, Source Sans Pro, Arial, Helvetica, sans-serif"
FONT_SIZE: Final = 14
LINE_HEIGHT: Final = 18

WIDTH: Final = 640
MARGIN: Final = 12
# Where bars begin and end; labels stand on their left, values on their right.
BARS_FROM, BARS_TO = 216, 500
LABEL_LETTERS: Final = 25
VALUE_LETTERS: Final = 15
TITLE_LETTERS: Final = 66
BAR_HEIGHT: Final = 16
BAR_GAP: Final = 12
HATCH_EVERY: Final = 5
CAP: Final = 4

PLOT_HEIGHT: Final = 200
# More points than this are not all written out, as their words would lie over each other.
MOST_WRITTEN: Final = 7
POINT_LETTERS: Final = 10

# Control characters, halves of surrogate pairs, and what is no character at all.
NOT_IN_XML: Final = ("Cc", "Cs", "Cn")

Anchor = Literal["start", "middle", "end"]
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Bar:
    """One value of a chart, also a point of a line: a value, or only what it is below.

    A bar with neither has no value at all. `error` is how far the truth may be on either side.
    `text` replaces the words that the value is given in.
    """

    label: str
    value: float | None = None
    error: float | None = None
    below: float | None = None
    text: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        given = [one for one in (self.value, self.error, self.below) if one is not None]
        if not all(map(math.isfinite, given)):
            raise ValueError("a chart shows finite numbers")
        if self.value is not None and self.below is not None:
            raise ValueError("a value that is shown is not below anything")
        if self.error is not None and self.error < 0:
            raise ValueError("an error is not negative")

    @property
    def words(self) -> str:
        """Say the value."""
        if self.text is not None:
            return self.text
        if self.below is not None:
            return f"fewer than {_number(self.below)}"
        if self.value is None:
            return "no figure"
        error = "" if self.error is None else f" \u00b1 {_number(self.error)}"
        return _number(self.value) + error

    @property
    def reach(self) -> tuple[float, float]:
        """Give the lowest and highest place that is drawn."""
        middle = self.below if self.value is None else self.value
        error = 0.0 if self.error is None or self.value is None else self.error
        return ((middle or 0) - error, (middle or 0) + error)


def spoken(bars: Iterable[Bar]) -> str:
    """Say all values in one sentence, for a description where no table stands beside a chart."""
    return "; ".join(f"{bar.label}: {bar.words}" for bar in bars) + "."


def bar_chart(title: str, description: str, bars: Sequence[Bar]) -> str:
    """Draw horizontal bars, whiskers for errors; what is only below a number is hatched."""
    top, drawn = _heading(title)
    if not bars:
        return _nothing(title, description, top, drawn)
    low, high = _span(bars)

    def across(value: float) -> float:
        return BARS_FROM + (value - low) / (high - low) * (BARS_TO - BARS_FROM)

    begin = top
    for bar in bars:
        label, words = _wrap(bar.label, LABEL_LETTERS), _wrap(bar.words, VALUE_LETTERS)
        drawn += _text_lines(label, BARS_FROM - 10, top + 13, "end")
        drawn += _text_lines(words, BARS_TO + 10, top + 13, "start")
        drawn.append(_bar(bar, across, top))
        top += max(BAR_HEIGHT, max(len(label), len(words)) * LINE_HEIGHT) + BAR_GAP
    drawn.append(_path(f"M{_at(across(0))} {_at(begin - 4)}V{_at(top - 4)}", INK))
    return _svg(title, description, top + MARGIN, drawn)


def line_chart(title: str, description: str, points: Sequence[Bar]) -> str:
    """Draw values in their order as a line; it is broken where there is no value."""
    top, drawn = _heading(title)
    if not points:
        return _nothing(title, description, top, drawn)
    low, high = _span(points)
    # The words of the highest point stand above it.
    top += LINE_HEIGHT * max(len(_wrap(point.words, POINT_LETTERS)) for point in points)
    foot = top + PLOT_HEIGHT
    step = (WIDTH - 2 * MARGIN - 80) / max(len(points) - 1, 1)

    def down(value: float) -> float:
        return foot - (value - low) / (high - low) * PLOT_HEIGHT

    drawn.append(_path(f"M{MARGIN} {_at(down(0))}H{WIDTH - MARGIN}", INK))
    places = [MARGIN + 40 + number * step for number in range(len(points))]
    drawn.append(_polyline(points, places, down))
    every = math.ceil(len(points) / MOST_WRITTEN)
    lowest = foot
    for number, (point, x) in enumerate(zip(points, places, strict=True)):
        drawn.append(_point(point, x, down))
        # Counted from the last, which is what people look for.
        if (len(points) - 1 - number) % every == 0:
            words = _wrap(point.words, POINT_LETTERS)
            above = down(point.reach[1]) - 10 - LINE_HEIGHT * (len(words) - 1)
            drawn += _text_lines(words, x, above, "middle")
            lines = _wrap(point.label, POINT_LETTERS)
            drawn += _text_lines(lines, x, foot + 24, "middle")
            lowest = max(lowest, foot + 24 + LINE_HEIGHT * len(lines))
    return _svg(title, description, lowest + MARGIN, drawn)


def _bar(bar: Bar, across: Scale, top: float) -> str:
    if bar.below is not None:
        begin, end = sorted((across(0), across(bar.below)))
        strokes = "".join(
            f"M{_at(x)} {_at(top)}v{BAR_HEIGHT}" for x in _steps(begin, end, HATCH_EVERY)
        )
        outline = f"M{_at(begin)} {_at(top)}H{_at(end)}v{BAR_HEIGHT}H{_at(begin)}z"
        return _path(outline + strokes, FILL)
    if bar.value is None:
        return ""
    begin, end = sorted((across(0), across(bar.value)))
    filled = (
        f'<rect x="{_at(begin)}" y="{_at(top)}" width="{_at(end - begin)}"'
        f' height="{BAR_HEIGHT}" fill="{FILL}"/>'
    )
    if not bar.error:
        return filled
    left, right = map(across, bar.reach)
    middle = top + BAR_HEIGHT / 2
    caps = "".join(f"M{_at(x)} {_at(middle - CAP)}v{2 * CAP}" for x in (left, right))
    return filled + _path(f"M{_at(left)} {_at(middle)}H{_at(right)}{caps}", INK)


def _point(point: Bar, x: float, down: Scale) -> str:
    if point.below is not None:
        # Somewhere between none and so many: a ladder, without a dot.
        head, foot = sorted((down(0), down(point.below)))
        rungs = "".join(
            f"M{_at(x - CAP)} {_at(y)}h{2 * CAP}" for y in _steps(head, foot, HATCH_EVERY)
        )
        return _path(rungs, FILL)
    if point.value is None:
        return ""
    dot = f'<circle cx="{_at(x)}" cy="{_at(down(point.value))}" r="5" fill="{FILL}"/>'
    if not point.error:
        return dot
    foot, head = map(down, point.reach)
    caps = "".join(f"M{_at(x - CAP)} {_at(y)}h{2 * CAP}" for y in (foot, head))
    return dot + _path(f"M{_at(x)} {_at(foot)}V{_at(head)}{caps}", INK)


def _polyline(points: Sequence[Bar], places: Sequence[float], down: Scale) -> str:
    steps, pen_is_down = [], False
    for point, x in zip(points, places, strict=True):
        if point.value is not None:
            steps.append(f"{'L' if pen_is_down else 'M'}{_at(x)} {_at(down(point.value))}")
        pen_is_down = point.value is not None
    return _path("".join(steps), FILL, width=3) if steps else ""


def _span(bars: Iterable[Bar]) -> tuple[float, float]:
    """Give the lowest and the highest place, zero among them; never the same."""
    reaches = [reach for bar in bars for reach in bar.reach]
    low, high = min(0.0, *reaches), max(0.0, *reaches)
    return (low, high) if high > low else (0.0, 1.0)


def _steps(begin: float, end: float, every: float) -> list[float]:
    return [begin + every * number for number in range(int((end - begin) / every) + 1)]


def _heading(title: str) -> tuple[float, list[str]]:
    """Write the title; tell where the rest may begin."""
    lines = _wrap(title, TITLE_LETTERS)
    drawn = _text_lines(lines, MARGIN, MARGIN + 14, "start", bold=True)
    return MARGIN + LINE_HEIGHT * len(lines) + 12, drawn


def _nothing(title: str, description: str, top: float, drawn: list[str]) -> str:
    drawn += _text_lines(["There are no figures to show."], MARGIN, top + 13, "start")
    return _svg(title, description, top + LINE_HEIGHT + MARGIN, drawn)


def _svg(title: str, description: str, height: float, drawn: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {_at(height)}"'
        f' width="{WIDTH}" height="{_at(height)}" font-family="{FONTS}" font-size="{FONT_SIZE}">'
        f"<title>{escape(_clean(title))}</title><desc>{escape(_clean(description))}</desc>"
        f'<rect width="{WIDTH}" height="{_at(height)}" fill="{PAPER}"/>{"".join(drawn)}</svg>'
    )


def _text_lines(
    lines: Iterable[str], x: float, y: float, anchor: Anchor, *, bold: bool = False
) -> list[str]:
    weight = ' font-weight="bold"' if bold else ""
    return [
        f'<text x="{_at(x)}" y="{_at(y + LINE_HEIGHT * number)}" text-anchor="{anchor}"'
        f' fill="{INK}"{weight}>{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]


def _path(steps: str, colour: str, *, width: float = 1.5) -> str:
    return f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _wrap(words: str, letters: int) -> list[str]:
    """Break words into lines; letters that are twice as wide have half as many on a line."""
    clean = _clean(words)
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in clean):
        letters //= 2
    return textwrap.wrap(clean, letters) or [""]


def _clean(words: str) -> str:
    """Replace what XML cannot hold."""
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in NOT_IN_XML else "\ufffd"
        for letter in words
    )


def _number(value: float) -> str:
    # Adding zero takes the sign off a zero.
    return f"{round(value, 2) + 0.0:,.2f}".rstrip("0").rstrip(".")


def _at(place: float) -> str:
    """Write a coordinate: a tenth is finer than anybody sees."""
    return f"{round(place, 1) + 0.0:.1f}".removesuffix(".0")
