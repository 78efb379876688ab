"""`shortbreaks verify`: whether the stored data keeps every promise."""

import sys
from collections import Counter

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.clock import now_utc
from app.settings import Settings
from app.storage import open_database
from app.verification.checks import OF_AN_AUTHORITY, OF_THE_DATABASE
from app.verification.service import Finding
from app.verification.service import verify as examine


def verify() -> None:
    """Check every rule of the stored data; print one line a breach and exit 1 if there is any."""
    settings = Settings()
    examined: Counter[str] = Counter()
    findings: list[Finding] = []
    errors = Console(stderr=True)
    newest = settings.environment != "production"
    with (
        open_database(settings, newest=newest) as database,
        Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress,
    ):
        task = progress.add_task("Examining each authority")
        for outcome in examine(
            database.sessions,
            now=now_utc(),
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        ):
            examined[outcome.check.name] += outcome.examined
            findings.extend(outcome.findings)
    show_examined(examined, findings)
    # One line each, however narrow the terminal: other programs read these.
    for finding in findings:
        sys.stdout.write(f"{'warning' if finding.check.is_warning else 'breach'} {finding}\n")
    breaches = sum(not finding.check.is_warning for finding in findings)
    typer.echo(f"{breaches} breaches, {len(findings) - breaches} warnings.")
    if breaches:
        raise typer.Exit(1)


def show_examined(examined: Counter[str], findings: list[Finding]) -> None:
    """Show what was examined, and how much of it was wrong."""
    wrong = Counter(finding.check.name for finding in findings)
    table = Table(title="Rules of the stored data")
    table.add_column("Rule")
    table.add_column("Rows", justify="right")
    table.add_column("Wrong", justify="right")
    for check in (*OF_THE_DATABASE, *OF_AN_AUTHORITY):
        found = wrong[check.name]
        style = "green" if not found else "yellow" if check.is_warning else "bold red"
        table.add_row(check.rule, f"{examined[check.name]:,}", f"[{style}]{found:,}[/]")
    Console().print(table)
