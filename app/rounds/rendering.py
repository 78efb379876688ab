"""A brochure as bytes: data, accessible HTML, tagged PDF, and both of these in easy words."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

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
STYLE_BEGINS, STYLE_ENDS = b"<style>", b"</style>"


def render(brochure: BrochureRead, form: Form) -> bytes:
    """Make a brochure in one of its forms; the same brochure gives the same bytes."""
    if form == "json":
        return brochure.model_dump_json().encode()
    if form == "html":
        return _html("brochure.html", present(brochure))
    if form == "pdf":
        return _pdf("brochure.typ", present(brochure), brochure)
    words = simplify(brochure)
    if form == "easy_read_html":
        symbols = Markup("".join(map(pictograms.symbol_of, pictograms.WORDS)))  # noqa: S704
        return _html("easy_read.html", {**words, "symbols": symbols})
    pictures = {name: pictograms.svg_of(name) for name in pictograms.WORDS}
    return _pdf("easy_read.typ", {**words, "pictures": pictures}, brochure)


def policy_of(html: bytes) -> str:
    """Give the content security policy under which a page of ours, of any age, is shown."""
    style = html.partition(STYLE_BEGINS)[2].partition(STYLE_ENDS)[0]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _pages() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def _html(template: str, words: Mapping[str, Any]) -> bytes:
    return _pages().get_template(template).render(words).encode()


@cache
def _fonts() -> typst.Fonts:
    # Only these: a machine's own fonts would make other bytes. The package's folder is found
    # without importing it, which would look at every font.
    package = find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        raise RuntimeError("the package font-source-sans-pro is not installed")
    files = Path(package.origin).parent / "files"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files)])


def _pdf(template: str, words: Mapping[str, Any], brochure: BrochureRead) -> bytes:
    compiler = typst.Compiler(font_paths=_fonts(), root=str(TEMPLATES))
    source = (TEMPLATES / template).read_bytes()

    def compile_to(*standards: Literal["ua-1"]) -> bytes:
        made = compiler.compile(
            source,
            format="pdf",
            sys_inputs={"data": json.dumps(words)},
            pdf_standards=list(standards),
            timestamp=int(brochure.frozen_at.timestamp()),
        )
        if not isinstance(made, bytes):
            raise RuntimeError("a PDF is one file")
        return made

    try:
        return compile_to("ua-1")
    except typst.TypstError:
        # Somebody wrote a character that no font here has, an emoji for instance. The file is
        # tagged all the same; it only may not call itself PDF/UA.
        return compile_to()
