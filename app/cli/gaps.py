"""`shortbreaks gaps`: what children want and cannot get, judged now."""

from typing import Annotated

import typer

from app.authorities.service import list_active_authorities
from app.cli.importing import choose_authority
from app.clock import now_utc
from app.db import NO_TENANT, transaction
from app.engine.warm import WarmCatalogues
from app.gaps.refreshing import refresh_authority
from app.settings import Settings
from app.storage import open_database


def gaps(
    authority: Annotated[str | None, typer.Option(help="The authority's name or id.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every active authority.")] = False,
) -> None:
    """Judge what has changed of the gaps of every month, as the worker does every few minutes."""
    if (authority is None) != everywhere:
        raise typer.BadParameter("Give either --authority or --all.")
    warm = WarmCatalogues()
    with open_database(Settings()) as database:
        if authority is None:
            with transaction(database.sessions, NO_TENANT) as session:
                authority_ids = list_active_authorities(session)
        else:
            authority_ids = [choose_authority(database.sessions, authority)]
        for authority_id in authority_ids:
            changed = refresh_authority(
                database.sessions, now_utc, warm, authority_id, at_once=True
            )
            typer.echo(f"{authority_id}: {', '.join(changed) or 'nothing has changed'}")
