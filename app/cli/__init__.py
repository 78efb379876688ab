"""The command line: `shortbreaks`."""

import sys

import psycopg
import typer

from app.cli.allocating import allocate
from app.cli.clients import client
from app.cli.demo import demo
from app.cli.evaluating import evaluate_interests
from app.cli.gaps import gaps
from app.cli.importing import import_files
from app.cli.keys import keys
from app.cli.learning import learn
from app.cli.matching import match
from app.cli.migrating import migrate
from app.cli.openapi import openapi
from app.cli.releasing import release
from app.cli.seeding import seed
from app.cli.serving import serve
from app.cli.verifying import verify
from app.cli.working import worker
from app.embedded_postgres import ServerNotStarted
from app.garbage import collect_rarely

cli = typer.Typer(
    name="shortbreaks",
    help="Matches disabled children to activities: support first, every answer explained.",
    no_args_is_help=True,
    # A traceback with local variables would show children's data.
    pretty_exceptions_enable=False,
)
cli.command()(demo)
cli.command()(serve)
cli.command()(worker)
cli.command()(migrate)
cli.command()(client)
cli.command("import")(import_files)
cli.command()(match)
cli.command()(learn)
cli.command()(allocate)
cli.command()(gaps)
cli.command()(release)
cli.command()(seed)
cli.command()(verify)
cli.add_typer(keys)
cli.command()(openapi)
cli.command()(evaluate_interests)


@cli.callback()
def _group() -> None:
    """Keep every command a subcommand."""
    collect_rarely()


def main() -> None:
    """Run the command line; a database that cannot be reached is told of, not traced."""
    try:
        cli()
    except (psycopg.OperationalError, ServerNotStarted) as error:
        typer.echo(f"The database cannot be reached. {error}", err=True)
        sys.exit(1)
