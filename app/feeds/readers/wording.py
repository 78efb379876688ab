"""Read published wording with the tables of `app.feeds.readers.terms`."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from app.feeds.readers.offers import DEFAULT_LEAD_DAYS
from app.feeds.readers.terms import (
    NEED_PHRASES,
    NEED_TERMS,
    NEGATIONS,
    ON_REQUEST,
    UNAVAILABLE,
    Phrase,
)

_SENTENCE_END = re.compile(r"[.!?;](?:\s|$)|\n|\u2022")
_BLOCKS = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6"})


class _Words(HTMLParser):
    """Keeps the text of a page and drops its markup, scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden = tag in {"script", "style"}
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain_text(text: str) -> str:
    """Take markup out of a description, keeping its lines."""
    if "<" in text or "&" in text:
        words = _Words()
        words.feed(text)
        words.close()
        text = "".join(words.parts)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def first_match(table: Iterable[Phrase], text: str, default: str) -> str:
    """Give the code of the first phrase of the table that the text has."""
    return next((phrase.code for phrase in table if phrase.pattern.search(text)), default)


def offers_in(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Find which needs the texts say are met, as fields of offers by need.

    A sentence that denies it ("no hoist", "hoist not available") gives nothing, and one such
    sentence outweighs others; one that asks to be told first gives an offer on request.
    """
    met: dict[str, dict[str, Any]] = {}
    denied: set[str] = set()
    for text in texts:
        for sentence in _SENTENCE_END.split(text):
            for phrase in NEED_PHRASES:
                found = phrase.pattern.search(sentence)
                if found is None:
                    continue
                before = sentence[max(0, found.start() - 40) : found.start()]
                after = sentence[found.end() :]
                if NEGATIONS.search(before) or UNAVAILABLE.search(after):
                    denied.add(phrase.code)
                elif ON_REQUEST.search(sentence):
                    met.setdefault(phrase.code, _on_request(phrase.code))
                else:
                    met[phrase.code] = {"need": phrase.code, "kind": "provided"}
    return {need: fields for need, fields in met.items() if need not in denied}


def offer_of_term(term: str) -> dict[str, Any] | None:
    """Find the need that a taxonomy's whole term means, if any."""
    known = NEED_TERMS.get(term.strip().lower())
    if known is not None:
        return {"need": known[0], "kind": "provided"}
    found = offers_in([term])
    return next(iter(found.values()), None)


def _on_request(need: str) -> dict[str, Any]:
    return {"need": need, "kind": "on_request", "lead_days": DEFAULT_LEAD_DAYS}
