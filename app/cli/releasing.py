"""`shortbreaks release`: a quarter's unmet interests as commissioners may know them."""

import re
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.access.scopes import ClientKind, Scope
from app.cli.importing import COMMAND_LINE, choose_authority
from app.cli.seeding import progress_bar
from app.clock import local_date, month_of, months_of_quarter, now_utc
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.errors import AppError
from app.gaps.refreshing import refresh_month
from app.ids import new_id
from app.releases import presenting, queries, service
from app.releases.building import INTEREST, Cell
from app.releases.models import GapRelease, GapReleaseCell
from app.releases.schemas import ReleaseCreate, ReleaseRead, SizeClass, SizeUpdate
from app.releases.topics import label_of
from app.settings import Settings
from app.storage import open_database


def release(
    authority: Annotated[str, typer.Option(help="The authority's name or id.")],
    period: Annotated[str, typer.Option(help="The quarter, as YYYY-Qn.")],
    size_class: Annotated[
        SizeClass | None, typer.Option(help="How large it is, if it has not been said this year.")
    ] = None,
    early: Annotated[
        bool, typer.Option("--early", help="Draw it before the quarter has ended, for ever.")
    ] = False,
) -> None:
    """Draw a quarter's release of unmet interests: once, and for ever."""
    if re.fullmatch(r"20[0-9]{2}-Q[1-4]", period) is None:
        raise typer.BadParameter("A quarter is written as YYYY-Qn.")
    with open_database(Settings()) as database:
        authority_id = choose_authority(database.sessions, authority)
        form = ReleaseCreate(period=period, early=early)
        judge(database.sessions, authority_id, period)
        try:
            with transaction(database.sessions, authority_id) as session:
                drawn, cells = draw(session, authority_id, form, size_class)
        except AppError as refusal:
            typer.echo(f"{refusal.title}. {refusal.detail or ''}".rstrip(), err=True)
            raise typer.Exit(1) from None
    show(Console(), presenting.tell_release(drawn), cells)


def judge(sessions: sessionmaker[Session], authority_id: UUID, period: str) -> None:
    """Bring the gaps of a quarter's months up to date, those that have passed excepted."""
    now, warm = now_utc(), WarmCatalogues()
    months = [month for month in months_of_quarter(period) if month >= month_of(now)]
    with progress_bar() as progress:
        bar = progress.add_task("Gaps", total=len(months))
        for month in months:
            refresh_month(sessions, warm, authority_id, month, now=now)
            progress.advance(bar)


def draw(
    session: Session, authority_id: UUID, asked: ReleaseCreate, size_class: SizeClass | None
) -> tuple[GapRelease, list[Cell]]:
    """Draw the release of the bound authority, and give its table of the whole authority."""
    now = now_utc()
    caller = Caller(
        client_id=COMMAND_LINE,
        kind=ClientKind.BROKER,
        authority_id=authority_id,
        scopes=frozenset({Scope.GAP_RELEASES_WRITE}),
        request_id=new_id(),
    )
    if size_class is not None:
        form = SizeUpdate(year=local_date(now).year, size_class=size_class)
        service.set_size_of_bound(session, caller, form, now=now)
    drawn = service.draw_release(session, caller, asked, now=now)
    return drawn, queries.list_cells(session, drawn.id, GapReleaseCell.by == INTEREST)


def show(console: Console, told: ReleaseRead, cells: list[Cell]) -> None:
    """Print the figures of the whole authority, the largest first, and how they were made."""
    whole, method = told.tables[0], told.method
    table = Table(title=f"Unmet interests, {told.period}", title_justify="left")
    table.add_column("Interest")
    table.add_column("Children", justify="right")
    for cell in sorted(cells, key=lambda cell: -(cell.children or 0)):
        figure = f"<{whole.threshold}" if cell.children is None else f"{cell.children:,}"
        table.add_row(label_of(cell.interest), figure)
    console.print(table)
    budget = method.budget
    console.print(
        f"{method.mechanism} ({method.library}), standard deviation {whole.sd:g}; 95 of a hundred"
        f" figures are within {whole.error_95} of the truth. Release {budget.release_of_year} of"
        f" {budget.year}: {budget.rho:g} of {budget.rho_a_year:g} a year.",
        highlight=False,
    )
