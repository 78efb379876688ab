"""A brochure as bytes: data, accessible HTML, tagged PDF, and both of these in easy words."""

from pathlib import Path
from typing import Final, Literal

from markupsafe import Markup

from app.pages import html_of, pdf_of
from app.rounds import pictograms
from app.rounds.brochure_schemas import BrochureRead
from app.rounds.easy_read import simplify
from app.rounds.presenting import present

Form = Literal["json", "html", "pdf", "easy_read_html", "easy_read_pdf"]
FORMS: Final[tuple[Form, ...]] = ("json", "html", "pdf", "easy_read_html", "easy_read_pdf")
MEDIA_TYPES: Final[dict[Form, str]] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "easy_read_html": "text/html; charset=utf-8",
    "easy_read_pdf": "application/pdf",
}
TEMPLATES: Final = Path(__file__).parent / "templates"


def render(brochure: BrochureRead, form: Form) -> bytes:
    """Make a brochure in one of its forms; the same brochure gives the same bytes."""
    if form == "json":
        return brochure.model_dump_json().encode()
    if form == "html":
        return html_of("brochure.html", present(brochure), TEMPLATES)
    if form == "pdf":
        made_at = brochure.frozen_at
        return pdf_of("brochure.typ", present(brochure), TEMPLATES, made_at=made_at)
    words = simplify(brochure)
    if form == "easy_read_html":
        symbols = Markup("".join(map(pictograms.symbol_of, pictograms.WORDS)))  # noqa: S704
        return html_of("easy_read.html", {**words, "symbols": symbols}, TEMPLATES)
    pictures = {name: pictograms.svg_of(name) for name in pictograms.WORDS}
    easy = {**words, "pictures": pictures}
    return pdf_of("easy_read.typ", easy, TEMPLATES, made_at=brochure.frozen_at)
