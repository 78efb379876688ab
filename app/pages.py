"""Pages from templates: HTML that escapes what it is given, and tagged PDF.

The same words give the same bytes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined

STYLE_BEGINS: Final = b"<style>"
STYLE_ENDS: Final = b"</style>"


def html_of(template: str, words: Mapping[str, Any], *folders: Path) -> bytes:
    """Fill a template of the folders in, or one that it includes; the first folder comes first."""
    return _environment(folders).get_template(template).render(words).encode()


def pdf_of(template: str, words: Mapping[str, Any], folder: Path, *, made_at: datetime) -> bytes:
    """Set a template as PDF/UA-1, or, for a character that no font here has, tagged all the same.

    Such a file, of an emoji for instance, only may not call itself PDF/UA.
    """
    compiler = typst.Compiler(font_paths=_fonts(), root=str(folder))
    source = (folder / template).read_bytes()

    def compile_to(*standards: Literal["ua-1"]) -> bytes:
        made = compiler.compile(
            source,
            format="pdf",
            sys_inputs={"data": json.dumps(words)},
            pdf_standards=list(standards),
            timestamp=int(made_at.timestamp()),
        )
        if not isinstance(made, bytes):
            raise RuntimeError("a PDF is one file")
        return made

    try:
        return compile_to("ua-1")
    except typst.TypstError:
        return compile_to()


def policy_of(html: bytes) -> str:
    """Give the content security policy under which a page of ours, of any age, is shown."""
    style = html.partition(STYLE_BEGINS)[2].partition(STYLE_ENDS)[0]
    digest = base64.b64encode(hashlib.sha256(style).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


@cache
def _fonts() -> typst.Fonts:
    # Only these: a machine's own fonts would make other bytes. The package's folder is found
    # without importing it, which would look at every font.
    package = find_spec("font_source_sans_pro")
    if package is None or package.origin is None:
        raise RuntimeError("the package font-source-sans-pro is not installed")
    files = Path(package.origin).parent / "files"
    return typst.Fonts(include_system_fonts=False, font_paths=[str(files)])
