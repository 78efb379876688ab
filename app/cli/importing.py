"""`shortbreaks import`: a file into an authority's catalogue."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.access.scopes import ClientKind, Scope
from app.clock import now_utc
from app.db import NO_TENANT, transaction
from app.feeds import queries, service
from app.feeds.errors import ImportRejected
from app.feeds.readers import FeedKind, Limits, Rows, read_records
from app.feeds.schemas import ImportReport, RowProblem
from app.ids import new_id
from app.settings import Settings
from app.storage import open_database

# Who the audit trail says it was: the machine's own operator has no client.
COMMAND_LINE: Final = UUID(int=0)


def import_files(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file to import.")
    ],
    kind: Annotated[FeedKind, typer.Option(help="What the file is.")],
    authority: Annotated[str, typer.Option(help="The authority's name or id.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and change nothing.")] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Take the good rows although others have errors.")
    ] = False,
) -> None:
    """Import a file of providers, activities and sessions into an authority's catalogue."""
    console = Console()
    with open_database(Settings()) as database:
        authority_id = choose_authority(database.sessions, authority)
        report = import_into(
            database.sessions,
            authority_id,
            file.read_bytes(),
            kind,
            now=now_utc(),
            dry_run=dry_run,
            partial=partial,
            console=console,
        )
    show(report, console)
    if report.error_count and not partial:
        raise typer.Exit(1)


def choose_authority(sessions: sessionmaker[Session], name_or_id: str) -> UUID:
    """Find the one authority that is meant, or say why there is none."""
    with transaction(sessions, NO_TENANT) as session:
        found = queries.find_authorities(session, name_or_id)
    if len(found) == 1:
        return found[0][0]
    reason = (
        "More than one authority has this name: give its id." if found else "No such authority."
    )
    typer.echo(reason, err=True)
    raise typer.Exit(1)


def import_into(
    sessions: sessionmaker[Session],
    authority_id: UUID,
    data: bytes,
    kind: FeedKind,
    *,
    now: datetime,
    dry_run: bool,
    partial: bool,
    console: Console,
) -> ImportReport:
    """Import with a progress bar; a rejected file gives its report like any other."""
    caller = Caller(
        client_id=COMMAND_LINE,
        kind=ClientKind.BROKER,
        authority_id=authority_id,
        scopes=frozenset({Scope.CATALOGUE_WRITE}),
        request_id=new_id(),
    )
    with progress_bar(console) as progress:
        records = watched(
            read_records(data, kind, Limits(file_bytes=service.LARGEST_FILE)), progress
        )
        try:
            with transaction(sessions, authority_id) as session:
                return service.import_records(
                    session, caller, records, kind=kind, now=now, dry_run=dry_run, partial=partial
                )
        except ImportRejected as rejection:
            return ImportReport.model_validate(rejection.facts)


def progress_bar(console: Console) -> Progress:
    """Make the bar."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )


def watched(records: Rows, progress: Progress) -> Rows:
    """Pass records on and move the bar; reading is quick, so their number is known first."""
    items = list(records)
    task = progress.add_task("Checking", total=len(items))
    for item in items:
        yield item
        progress.advance(task)
    progress.update(task, description="Storing")


def show(report: ImportReport, console: Console) -> None:
    """Print what was done, and row by row what was wrong."""
    table = Table(title=_title(report), title_justify="left")
    for heading in ("", "created", "updated", "unchanged"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name in ("providers", "activities", "sessions"):
        counts = (
            getattr(part, name) for part in (report.created, report.updated, report.unchanged)
        )
        table.add_row(name, *map(str, counts))
    console.print(table)
    if report.cancelled:
        console.print(f"{report.cancelled} of the updated sessions are cancelled by this.")
    if report.skipped:
        console.print(f"{report.skipped} rows were passed over as none of ours.")
    _show_problems("Errors", report.errors, report.error_count, console)
    _show_problems("Warnings", report.warnings, report.warning_count, console)


def _title(report: ImportReport) -> str:
    if report.applied:
        return "Imported"
    return "Dry run: nothing was changed" if report.dry_run else "Rejected: nothing was changed"


def _show_problems(
    title: str, problems: Sequence[RowProblem], count: int, console: Console
) -> None:
    if not problems:
        return
    shown = f" (the first {len(problems)} of {count})" if count > len(problems) else f" ({count})"
    table = Table(title=title + shown, title_justify="left")
    table.add_column("row", justify="right")
    for heading in ("field", "rule", "message"):
        table.add_column(heading, overflow="fold")
    for problem in problems:
        # Text, not markup: a field may be a name from the file.
        table.add_row(
            str(problem.row), Text(problem.field), Text(problem.rule), Text(problem.message)
        )
    console.print(table)
