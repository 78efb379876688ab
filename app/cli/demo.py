"""`shortbreaks demo`: the sample authorities, the worked example, and then the service."""

from contextlib import ExitStack
from datetime import date
from typing import Annotated, Final

import typer
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from sqlalchemy.orm import Session, sessionmaker

from app.access.schemas import ClientCredentials, TokenRequest
from app.access.service import issue_token
from app.access.tokens import Tokens
from app.children.schemas import ChildRead
from app.cli.matching import blocked_line, matches_table, words
from app.cli.seeding import bar_for, progress_bar
from app.cli.serving import check_port, serve_database
from app.clock import LONDON, age_on, local_date, now_utc
from app.db import NO_TENANT, transaction
from app.ids import new_id
from app.samples.angling_story import AnglingStory, read_angling_story
from app.samples.authorities import SAMPLES
from app.samples.loading import Loaded, broker_caller, load_sample
from app.samples.worked_example import Booked, Refused, WorkedExample, run_worked_example
from app.server import configure_logging, signing_keys
from app.settings import Settings
from app.storage import open_database

HOST: Final = "127.0.0.1"
BEST: Final = 4


def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to serve on.")] = 8000,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the API after the example.")
    ] = True,
) -> None:
    """Load two sample authorities, show the worked example, then serve the API."""
    settings = Settings()
    if settings.environment == "production":
        typer.echo("The demo would put invented families into a production database.", err=True)
        raise typer.Exit(1)
    if serve:
        check_port(HOST, port)
    configure_logging(settings)
    console = Console()
    with ExitStack() as stack:
        with console.status("Starting the database"):
            database = stack.enter_context(open_database(settings))
        loaded = load_samples(database.sessions, console)
        home = next(one for sample, one in zip(SAMPLES, loaded, strict=True) if sample.has_stories)
        broker = broker_caller(home.broker.client_id, home.authority_id)
        with console.status("Matching"):
            example = run_worked_example(database.sessions, broker, now=now_utc())
            with transaction(database.sessions, home.authority_id) as session:
                story = read_angling_story(session, broker, now=now_utc())
        show_example(console, example, today=local_date(now_utc()))
        console.print(story_panel(story))
        if serve:
            tokens = Tokens(signing_keys(settings), issuer=settings.issuer)
            token = get_token(database.sessions, tokens, home.broker)
            show_address(console, f"http://{HOST}:{port}", example, home.broker, token)
            serve_database(database, HOST, port)


def load_samples(sessions: sessionmaker[Session], console: Console) -> list[Loaded]:
    """Load every sample authority, or find it there, and say how large each is."""
    loaded = []
    with progress_bar() as progress:
        for sample in SAMPLES:
            advance = bar_for(progress, sample.name)
            loaded.append(load_sample(sessions, sample, now=now_utc(), on_progress=advance))
    table = Table(title="Sample authorities", title_justify="left")
    table.add_column("Authority")
    table.add_column("Children", justify="right")
    table.add_column("Sessions", justify="right")
    for sample, one in zip(SAMPLES, loaded, strict=True):
        table.add_row(sample.name, f"{one.n_children:,}", f"{one.n_sessions:,}")
    console.print(table)
    return loaded


def show_example(console: Console, example: WorkedExample, *, today: date) -> None:
    """Tell the story of the example from what the service answered."""
    console.print(child_panel(example.child, today=today))
    console.print(needs_table(example.child))
    console.print(interests_table(example.child))
    free, contributory = example.before.entitlement.free, example.before.entitlement.contributory
    console.print(
        f"In {example.month} {example.child.given_name} may still book {_left(free.remaining)} "
        f"free and {_left(contributory.remaining)} contributory activity.",
        highlight=False,
    )
    best = example.before.items[:BEST]
    console.print(matches_table(best, title=f"Best matches in {example.month}"))
    console.print(blocked_line(example.before))
    if example.booked is None:
        console.print(Panel("Nothing that is free suits in this month.", title="Free booking"))
    else:
        console.print(booking_panel(example.booked))
    if example.refused is None:
        console.print(
            Panel("The authority's policy refuses no second one.", title="Second free booking")
        )
    else:
        console.print(refusal_panel(example.refused))
    console.print(wish_panel(example))


def child_panel(child: ChildRead, *, today: date) -> Panel:
    """Introduce the child."""
    windows = ", ".join(
        f"{one.weekday.capitalize()} {one.start:%H:%M}-{one.end:%H:%M}"
        for one in child.availability
    )
    far = "any distance" if child.travel.max_km is None else f"up to {child.travel.max_km:g} km"
    return Panel(
        Group(
            Text(f"{child.given_name}, {age_on(child.date_of_birth, today)}", style="bold"),
            Text(f"Lives near {child.home.postcode}, travels {far}"),
            Text(f"Communicates by {', '.join(child.communication.methods)}"),
            Text(f"Messages are addressed to the {child.communication.contact}"),
            Text(f"Free on {windows or 'any day'}"),
        ),
        title="The child",
        title_align="left",
    )


def needs_table(child: ChildRead) -> Table:
    """List what support the child needs."""
    table = Table(title="Needs", title_justify="left")
    table.add_column("Need")
    table.add_column("Importance")
    table.add_column("Note")
    for need in child.needs:
        table.add_row(words(need.code), need.importance, Text(need.note or ""))
    return table


def interests_table(child: ChildRead) -> Table:
    """List what the child likes and does not like, and who says so."""
    table = Table(title="Interests", title_justify="left")
    table.add_column("In their words")
    table.add_column("Feeling")
    table.add_column("Voice")
    for interest in child.interests:
        table.add_row(Text(interest.text), interest.feeling, interest.voice)
    return table


def booking_panel(booked: Booked) -> Panel:
    """Show the free booking."""
    starts_at = booked.session.starts_at.astimezone(LONDON)
    lines = [
        Text(booked.activity.title, style="bold"),
        Text(f"{starts_at:%A} {starts_at.day} {starts_at:%B %Y at %H:%M}"),
        Text(f"Status: {booked.booking.status}, funding: {booked.booking.funding}"),
        Text(f"Places left: {booked.session.places_left} of {booked.session.capacity}"),
    ]
    for task in booked.booking.arrangements:
        due = task.due_at.astimezone(LONDON)
        lines.append(
            Text(
                f"To arrange: {words(task.need)} by the {task.source}, "
                f"by {due.day} {due:%B} ({task.status})",
                style="yellow",
            )
        )
    lines.append(Text(f"Booking {booked.booking.id}", style="dim"))
    title = "The free booking, made before" if booked.is_earlier else "The free booking is made"
    return Panel(Group(*lines), title=title, title_align="left", border_style="green")


def refusal_panel(refused: Refused) -> Panel:
    """Show why a second free booking is refused, by which rule, and what would be possible."""
    starts_at = refused.wanted.starts_at.astimezone(LONDON)
    refusal = refused.refusal
    lines = [
        Text(f"{refused.wanted.title}, {starts_at:%A} {starts_at.day} {starts_at:%B %Y}"),
        Text(f"{refusal.status} {refusal.title}", style="bold red"),
        Text(refusal.detail or ""),
        Text(f"Rule: {refusal.slug}"),
        *(Text(f"  {words(name)}: {value}") for name, value in refusal.facts.items()),
    ]
    return Panel(
        Group(*lines),
        title="A second free booking in the month is refused",
        title_align="left",
        border_style="red",
    )


def wish_panel(example: WorkedExample) -> Panel:
    """Show the wish and what the catalogue has for it."""
    wish = example.wish
    serving = ", ".join(activity.title for activity in example.serving_the_wish)
    return Panel(
        Group(
            Text(f"“{wish.text}”", style="bold"),
            Text(f"In the catalogue: {serving or 'nothing serves it'}"),
            Text(f"Recorded as a wish, in the voice of: {wish.voice}; status: {wish.status}"),
            Text(f"Asked about it: {', '.join(provider.name for provider in example.asked)}"),
            Text(f"Wish {wish.id}", style="dim"),
        ),
        title="A wish",
        title_align="left",
        border_style="magenta",
    )


def story_panel(story: AnglingStory) -> Panel:
    """Show what was done for a wish, day by day, and how it came true."""
    wish = story.wish
    said = f"{local_date(wish.created_at):%d %B %Y}: recorded, in the voice of: {wish.voice}"
    ended = "" if wish.ended_at is None else f", {local_date(wish.ended_at):%d %B %Y}"
    return Panel(
        Group(
            Text(f"{story.child.given_name}: “{wish.text}”", style="bold"),
            Text(said),
            *(
                Text(f"{action.happened_on:%d %B %Y}: {words(action.kind)}")
                for action in story.actions
            ),
            Text(f"Status: {wish.status}, by {wish.met_by}{ended}", style="green"),
            *(Text(f"{part.since:%d %B %Y}: {part.role} of the club") for part in story.parts),
            Text(f"Wish {wish.id}", style="dim"),
        ),
        title="A wish that came true",
        title_align="left",
        border_style="magenta",
    )


def get_token(sessions: sessionmaker[Session], tokens: Tokens, broker: ClientCredentials) -> str:
    """Get a token as any client would."""
    request = TokenRequest(
        grant_type="client_credentials",
        client_id=str(broker.client_id),
        client_secret=broker.client_secret,
    )
    with transaction(sessions, NO_TENANT) as session:
        answer = issue_token(session, tokens, request, request_id=new_id(), now=now_utc())
    return answer.access_token


def show_address(
    console: Console, base: str, example: WorkedExample, broker: ClientCredentials, token: str
) -> None:
    """Tell how to call the service; lines to paste are never broken."""
    path = f"/v1/children/{example.child.id}/matches?month={example.month}&limit=3"
    lines = [
        "",
        f"Serving {base}; the documentation is at {base}/docs. Stop with Ctrl-C.",
        "",
        "Her matches, with a token that is good for ten minutes:",
        f"curl -s -H 'Authorization: Bearer {token}' '{base}{path}'",
        "",
        "The next token:",
        f"curl -s {base}/oauth/token -d grant_type=client_credentials"
        f" -d client_id={broker.client_id} -d client_secret={broker.client_secret}",
        "",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _left(remaining: int | None) -> str:
    return "any number of" if remaining is None else str(remaining)
