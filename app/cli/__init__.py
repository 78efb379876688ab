"""The command line: `shortbreaks`."""

import typer

from app.cli.serving import serve
from app.cli.working import worker

cli = typer.Typer(
    name="shortbreaks",
    help="Matches disabled children to activities: support first, every answer explained.",
    no_args_is_help=True,
    # A traceback with local variables would show children's data.
    pretty_exceptions_enable=False,
)
cli.command()(serve)
cli.command()(worker)


@cli.callback()
def _group() -> None:
    """Keep every command a subcommand."""


def main() -> None:
    """Run the command line."""
    cli()
