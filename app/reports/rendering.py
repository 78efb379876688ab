"""A report as bytes: data, accessible HTML, tagged PDF."""

from pathlib import Path
from typing import Final

from app.pages import html_of, pdf_of
from app.reports.presenting import present
from app.reports.schemas import Form, ReportRead
from app.rounds.rendering import TEMPLATES as BROCHURES

FORMS: Final[tuple[Form, ...]] = ("json", "html", "pdf")
MEDIA_TYPES: Final[dict[Form, str]] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
TEMPLATES: Final = Path(__file__).parent / "templates"


def render(report: ReportRead, form: Form) -> bytes:
    """Make a report in one of its forms; the same report gives the same bytes."""
    if form == "json":
        return report.model_dump_json().encode()
    words = present(report)
    if form == "html":
        # It looks like a brochure: that has the style, with contrasts that are tested.
        return html_of("report.html", words, TEMPLATES, BROCHURES)
    return pdf_of("report.typ", words, TEMPLATES, made_at=report.released_at)
