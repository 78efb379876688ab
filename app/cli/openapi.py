"""`shortbreaks openapi`: the contract as a file, and whether the file still says it."""

import json
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import KeySet
from sqlalchemy.orm import sessionmaker

from app.access.tokens import Tokens
from app.main import create_app

DOCUMENT = Path("openapi") / "openapi.json"


def openapi(
    check: Annotated[
        bool, typer.Option("--check", help="Compare, and exit 1 if the file is out of date.")
    ] = False,
    file: Annotated[Path, typer.Option(dir_okay=False, help="The file.")] = DOCUMENT,
) -> None:
    """Write the OpenAPI document of the service, or check the one that is there."""
    current = render_document()
    if not check:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(current, encoding="utf-8")
        typer.echo(f"Wrote {file}.")
    elif not file.is_file() or file.read_text(encoding="utf-8") != current:
        typer.echo(f"{file} is out of date: run `shortbreaks openapi`.", err=True)
        raise typer.Exit(1)


def render_document() -> str:
    """Write the document the same way each time; it needs neither a database nor keys."""
    service = create_app(sessionmaker(), Tokens(KeySet([]), issuer="shortbreaks"))
    return json.dumps(service.openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
