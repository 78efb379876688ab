"""`shortbreaks seed`: authorities of a chosen size, and credentials to use them with."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from app.clock import now_utc
from app.samples.loading import OnProgress
from app.samples.seeding import SeededAuthority, seed_authority
from app.settings import Settings
from app.storage import open_database


def seed(
    authorities: Annotated[int, typer.Option(min=1, max=1000, help="How many authorities.")],
    children: Annotated[int, typer.Option(min=1, max=200_000, help="Children of each.")],
    sessions: Annotated[int, typer.Option(min=1, max=200_000, help="Sessions of each.")],
    credentials: Annotated[
        Path, typer.Option(dir_okay=False, help="The file to write the clients' secrets to.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed makes the same families.")] = 1,
) -> None:
    """Make authorities of a chosen size, or find those that the same arguments made before."""
    now = now_utc()
    made = []
    with open_database(Settings()) as database, progress_bar() as progress:
        for number in range(1, authorities + 1):
            made.append(
                seed_authority(
                    database.sessions,
                    number,
                    n_children=children,
                    n_sessions=sessions,
                    seed=seed,
                    now=now,
                    on_progress=bar_for(progress, f"Authority {number}"),
                )
            )
    write_credentials(credentials, made)
    typer.echo(f"{len(made)} authorities are ready; {credentials} has their clients' secrets.")


def progress_bar() -> Progress:
    """Make the bar, on stderr, and only where somebody can watch it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def bar_for(progress: Progress, name: str) -> OnProgress:
    """Show the progress of one authority, one line for each thing that is loaded."""
    tasks: dict[str, TaskID] = {}

    def advance(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = progress.add_task(f"{name}: {what}")
        progress.update(tasks[what], completed=done, total=total)

    return advance


def write_credentials(path: Path, made: Sequence[SeededAuthority]) -> None:
    """Write the secrets to a file that its owner alone can read, all of it or nothing."""
    document = {
        "authorities": [
            {
                "id": str(authority.id),
                "name": authority.name,
                "clients": {
                    kind.value: {
                        "client_id": str(client.client_id),
                        "client_secret": client.client_secret,
                    }
                    for kind, client in authority.clients.items()
                },
            }
            for authority in made
        ]
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600, exist_ok=False)
    try:
        draft.write_text(json.dumps(document, indent=2) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
