"""`shortbreaks match`: a child's matches in the terminal."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session, sessionmaker

from app.access.caller import Caller
from app.access.scopes import ClientKind, Scope
from app.authorities.service import list_active_authorities
from app.children import service as children
from app.cli.importing import COMMAND_LINE, choose_authority
from app.clock import LONDON, now_utc
from app.db import NO_TENANT, transaction
from app.engine.warm import WarmCatalogues
from app.errors import NotFound
from app.ids import new_id
from app.matches import service as matches
from app.matches.schemas import MatchesRead, MatchRead
from app.settings import Settings
from app.storage import open_database
from app.wire import Month


def match(
    child_id: Annotated[UUID, typer.Argument(help="The child's id.")],
    authority: Annotated[
        str | None, typer.Option(help="The authority's name or id; else all are searched.")
    ] = None,
    month: Annotated[str | None, typer.Option(help="As YYYY-MM; else the current one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 10,
) -> None:
    """Show a child's matches, best first, with every reason."""
    if month is not None:
        try:
            TypeAdapter(Month).validate_python(month)
        except ValidationError:
            raise typer.BadParameter("A month is written as YYYY-MM.") from None
    now = now_utc()
    with open_database(Settings()) as database:
        only = None if authority is None else choose_authority(database.sessions, authority)
        caller = find_authority_of(database.sessions, child_id, only)
        span = matches.choose_span(month, None, None, now=now)
        with transaction(database.sessions, caller.tenant) as session:
            listed = matches.list_matches(
                session, WarmCatalogues(), caller, child_id, span, limit=limit, now=now
            )
    found = MatchesRead.model_validate(listed, from_attributes=True)
    console = Console()
    console.print(matches_table(found.items, title=f"Matches in {found.month}"))
    console.print(blocked_line(found))


def find_authority_of(sessions: sessionmaker[Session], child_id: UUID, only: UUID | None) -> Caller:
    """Find the authority that has the child, one after the other, and act in it."""
    with transaction(sessions, NO_TENANT) as session:
        candidates = [only] if only else list_active_authorities(session)
    for authority_id in candidates:
        caller = Caller(
            client_id=COMMAND_LINE,
            kind=ClientKind.BROKER,
            authority_id=authority_id,
            scopes=frozenset({Scope.MATCHES_READ}),
            request_id=new_id(),
        )
        try:
            with transaction(sessions, authority_id) as session:
                children.get_child(session, caller, child_id)
        except NotFound:
            continue
        return caller
    typer.echo("No such child.", err=True)
    raise typer.Exit(1)


def matches_table(found: Sequence[MatchRead], *, title: str) -> Table:
    """Lay matches out: what, when and where; the score and what it is made of."""
    table = Table(title=title, title_justify="left", show_lines=True, expand=True)
    table.add_column("Score", justify="right", no_wrap=True)
    table.add_column("Session", ratio=2)
    table.add_column("Why, and what support is there", ratio=3)
    for match in found:
        table.add_row(f"{match.score:.3f}", session_cell(match), reasons_cell(match))
    return table


def session_cell(best: MatchRead) -> Group:
    """Tell what a match is, when, where and for how much."""
    starts_at, ends_at = best.starts_at.astimezone(LONDON), best.ends_at.astimezone(LONDON)
    lines = [
        Text(best.title, style="bold"),
        Text(best.provider),
        Text(f"{starts_at:%a} {starts_at.day} {starts_at:%b %H:%M}-{ends_at:%H:%M}", style="cyan"),
    ]
    if best.next_dates:
        days = [one.starts_at.astimezone(LONDON) for one in best.next_dates]
        also = ", ".join(f"{day.day} {day:%b}" for day in days)
        lines.append(Text(f"also {also}", style="dim"))
    price = "free" if best.funding == "free" else f"{best.funding}, {pounds(best.price_pence)}"
    away = "" if best.distance_km is None else f", {best.distance_km:.1f} km"
    lines.append(Text(f"{price}{away}"))
    lines.append(Text(f"{best.places_left} places left"))
    return Group(*lines)


def reasons_cell(match: MatchRead) -> Group:
    """List the parts of a score, which add up to it, and what has to be arranged."""
    lines = [
        Text.assemble(
            (f"{reason.contribution:+.3f} ", "green" if reason.contribution >= 0 else "red"),
            f"{reason.factor}: {reason.text}",
        )
        for reason in match.reasons
    ]
    if match.support == "ready":
        lines.append(Text("Support: ready", style="bold green"))
    for wanted in match.arrangements:
        lines.append(
            Text(
                f"To arrange: {words(wanted.need)} by the {wanted.source}, "
                f"{wanted.lead_days} days ahead, {pounds(wanted.cost_pence)}",
                style="bold yellow",
            )
        )
    return Group(*lines)


def blocked_line(found: MatchesRead) -> Text:
    """Tell why the other sessions of the month are not put forward."""
    counts = ", ".join(f"{words(reason)} {count}" for reason, count in found.blocked.items())
    return Text(f"Not put forward, by the first reason: {counts or 'none'}.", style="dim")


def words(code: str) -> str:
    """Write a code as words."""
    return code.replace("_", " ")


def pounds(pence: int) -> str:
    """Write an amount of money."""
    return f"£{pence // 100}.{pence % 100:02d}"
