"""Read published wording with the tables of `app.feeds.readers.terms`."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
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


# Both classes stop at the next bracket, so that hostile markup takes linear time; the standard
# library's HTML parser needs minutes for a few megabytes of it.
_TAG = re.compile(r"<(/?)(?=[A-Za-z!])([^<>]*)>")
_NAME = re.compile(r"[a-z0-9]*")


def plain_text(text: str) -> str:
    """Take markup out of a description, with scripts and styles, keeping its lines."""
    if "<" in text:
        text = "".join(_outside_tags(text))
    lines = (" ".join(line.split()) for line in unescape(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _outside_tags(text: str) -> Iterator[str]:
    end, hidden = 0, False
    for tag in _TAG.finditer(text):
        if not hidden:
            yield text[end : tag.start()]
        end = tag.end()
        found = _NAME.match(tag[2].lower())
        name = found[0] if found else ""
        if name in _BLOCKS:
            yield "\n"
        elif name in {"script", "style"}:
            hidden = not tag[1]
    if not hidden:
        yield text[end:]


def first_match(table: Iterable[Phrase], text: str, default: str) -> str:
    """Give the code of the first phrase of the table that the text has."""
    lowered = text.lower()
    return next((phrase.code for phrase in table if phrase.pattern.search(lowered)), default)


def offers_in(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Find which needs the texts say are met, as fields of offers by need.

    A sentence that denies it ("no hoist", "hoist not available") gives nothing, and one such
    sentence outweighs others; one that asks to be told first gives an offer on request.
    """
    met: dict[str, dict[str, Any]] = {}
    denied: set[str] = set()
    for text in texts:
        for sentence in _SENTENCE_END.split(text.lower()):
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
