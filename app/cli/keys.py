"""`shortbreaks keys`: the master keys of what is encrypted at rest."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.orm import Session, sessionmaker

from app.authorities.service import list_every_authority
from app.children.keys import WrappedAgain, count_by_master_key, wrap_again
from app.db import NO_TENANT, transaction
from app.encryption import MasterKeys, add_master_key
from app.key_files import KeysBeingChanged
from app.server import master_keys, master_keys_file
from app.settings import Settings
from app.storage import open_database

BATCH = 500

keys = typer.Typer(
    name="keys", help="Keep the master keys of what is encrypted.", no_args_is_help=True
)


@keys.command()
def add() -> None:
    """Put a new master key first in the key file, or make the file with one.

    Running services take it up by themselves.
    """
    settings = Settings()
    path = master_keys_file(settings)
    try:
        if path.exists():
            # Whatever is wrong with the file is told before it is written to.
            master_keys(settings)
            name = add_master_key(path)
        else:
            name = MasterKeys.load_or_make(path).names[0]
    except KeysBeingChanged as error:
        typer.echo(f"Another command is changing {path}. If none is, remove {error}.", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"{path} cannot be written: {error.strerror}.", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{name} is now the first key of {path}. Next: `shortbreaks keys rotate`.")


@keys.command()
def rotate() -> None:
    """Wrap every child's key with the first master key, and say which other keys are unused."""
    settings = Settings()
    masters = master_keys(settings)
    newest = settings.environment != "production"
    errors = Console(stderr=True)
    with (
        open_database(settings, newest=newest) as database,
        Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress,
    ):
        with transaction(database.sessions, NO_TENANT) as session:
            authority_ids = list_every_authority(session)
        wrapped, lost, in_use = 0, list[UUID](), Counter[str]()
        for authority_id in progress.track(authority_ids, description="Wrapping keys"):
            for batch in wrap_all_again(database.sessions, authority_id, masters):
                wrapped += batch.count
                lost.extend(batch.lost)
            with transaction(database.sessions, authority_id) as session:
                in_use.update(count_by_master_key(session))
    show_keys(masters, in_use)
    typer.echo(f"{wrapped:,} keys wrapped anew.")
    for child_id in lost:
        typer.echo(f"lost child_id={child_id}: no key of the file opens it", err=True)
    if set(in_use) - {masters.names[0]}:
        typer.echo("Not all are wrapped by the first key yet: run it again.", err=True)
        raise typer.Exit(1)


def wrap_all_again(
    sessions: sessionmaker[Session], authority_id: UUID, masters: MasterKeys
) -> Iterator[WrappedAgain]:
    """Wrap the keys of one authority's children anew, a batch a transaction."""
    last, more = None, True
    while more:
        with transaction(sessions, authority_id) as session:
            batch = wrap_again(session, masters, after=last, limit=BATCH)
        yield batch
        last, more = batch.last, batch.last is not None


def show_keys(masters: MasterKeys, in_use: Counter[str]) -> None:
    """Show each master key and how many children's keys it wraps."""
    table = Table(title="Master keys")
    table.add_column("Key")
    table.add_column("Wraps", justify="right")
    table.add_column("")
    for number, name in enumerate(masters.names):
        count = in_use[name]
        state = "wraps new ones" if number == 0 else "in use" if count else "unused, may go"
        table.add_row(name, f"{count:,}", state)
    Console().print(table)
