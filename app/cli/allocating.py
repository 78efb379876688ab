"""`shortbreaks allocate`: a round's allocation for one authority, or for all of them as a batch."""

import re
import secrets
from importlib.util import find_spec
from typing import Annotated

import typer

from app.allocations.batch import Task, done_by_dask, done_here
from app.allocations.schemas import LARGEST_SEED
from app.authorities.service import list_active_authorities
from app.cli.importing import choose_authority
from app.cli.seeding import progress_bar
from app.clock import local_date, now_utc
from app.db import NO_TENANT, transaction
from app.settings import Settings
from app.storage import open_database


def allocate(
    authority: Annotated[str | None, typer.Option(help="The authority's name or id.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every active authority.")] = False,
    month: Annotated[
        str | None,
        typer.Option(
            help="Any month, as YYYY-MM, of the quarter whose round is meant: all its months are"
            " given out. If not given, the quarter after this one."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=LARGEST_SEED, help="Of the lottery; drawn if not given."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing.")] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; local workers otherwise.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Local processes; 0: in this one.")] = 2,
) -> None:
    """Give the places of a quarter's rounds out, one task an authority; what is done is skipped."""
    if (authority is None) != everywhere:
        raise typer.BadParameter("Give either --authority or --all.")
    settings, now = Settings(), now_utc()
    quarter = quarter_of(month or next_quarter(f"{local_date(now):%Y-%m}"))
    drawn = secrets.randbelow(LARGEST_SEED + 1) if seed is None else seed
    failed = 0
    with open_database(settings) as database, progress_bar() as progress:
        if authority is None:
            with transaction(database.sessions, NO_TENANT) as session:
                ids = list_active_authorities(session)
        else:
            ids = [choose_authority(database.sessions, authority)]
        url = database.engine.url.render_as_string(hide_password=False)
        tasks = [Task(url, id_, quarter, drawn, dry_run, now) for id_ in ids]
        bar = progress.add_task(quarter, total=len(tasks))
        no_dask = find_spec("distributed") is None
        if scheduler is not None and no_dask:
            raise typer.BadParameter("A scheduler needs Dask: pip install 'shortbreaks[batch]'.")
        here = scheduler is None and (no_dask or workers == 0 or len(tasks) == 1)
        results = done_here(tasks) if here else done_by_dask(tasks, scheduler, workers)
        for result in results:
            progress.advance(bar)
            failed += result.status == "failed"
            typer.echo(f"{result.authority_id}: {result.told}")
    typer.echo(f"{len(tasks)} authorities, {quarter}, seed {drawn}; {failed} failed.")
    if failed:
        raise typer.Exit(1)


def quarter_of(month: str) -> str:
    """Name the quarter of a month."""
    if re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", month) is None:
        raise typer.BadParameter("A month is written as YYYY-MM.")
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def next_quarter(month: str) -> str:
    """Name the first month of the quarter after a month's."""
    year, number = int(month[:4]), (int(month[5:7]) + 2) // 3
    return f"{year + 1}-01" if number == 4 else f"{year}-{number * 3 + 1:02d}"
