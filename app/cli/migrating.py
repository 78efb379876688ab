"""`shortbreaks migrate`: the database at the newest schema."""

import typer

from app.migrate import newest_revision
from app.settings import Settings
from app.storage import open_database


def migrate() -> None:
    """Bring the database to the newest schema, making its roles and tables where missing."""
    with open_database(Settings()):
        typer.echo(f"The database is at revision {newest_revision()}.")
