"""Reading a page's structure with the standard library."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class Element:
    """One element, where it stands and what it says."""

    tag: str
    attributes: dict[str, str | None]
    parents: tuple[str, ...]
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Give what it says."""
        return " ".join(" ".join(self.words).split())


class Page(HTMLParser):
    """A page as its elements in order; a tag that is not closed in turn is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        element = Element(tag, dict(attrs), tuple(one.tag for one in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element without content."""
        self.elements.append(Element(tag, dict(attrs), tuple(one.tag for one in self._open)))

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be of this tag."""
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        """Let each open element say it."""
        for element in self._open:
            element.words.append(data)

    def all(self, *tags: str) -> list[Element]:
        """Find elements by their tags."""
        return [element for element in self.elements if element.tag in tags]


def colours(css: str) -> dict[str, str]:
    """Read a style sheet's named colours."""
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", css))


def contrast(one: str, other: str) -> float:
    """Compute the contrast ratio of WCAG 2.2."""

    def luminance(colour: str) -> float:
        channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
