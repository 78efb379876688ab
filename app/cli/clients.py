"""`shortbreaks client`: registers a program that may call, the first one included."""

from typing import Annotated
from uuid import UUID

import typer
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app.access.scopes import ClientKind
from app.access.service import register_client
from app.catalogue import service as catalogue
from app.catalogue.filters import ProviderFilter
from app.cli.importing import choose_authority
from app.clock import now_utc
from app.db import NO_TENANT, bind_tenant, transaction
from app.errors import NotFound
from app.pagination import MAX_LIMIT, PageRequest
from app.settings import Settings
from app.storage import open_database


def client(
    kind: Annotated[ClientKind, typer.Option(help="What it may do.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    authority: Annotated[
        str | None, typer.Option(help="The authority's name or id; an operator has none.")
    ] = None,
    provider: Annotated[
        str | None, typer.Option(help="Of a provider's client: the provider's name or id.")
    ] = None,
) -> None:
    """Register a client and print its secret, which is not kept and not shown again."""
    if (kind is ClientKind.OPERATOR) != (authority is None):
        raise typer.BadParameter("An operator has no --authority, every other kind has one.")
    if (kind is ClientKind.PROVIDER) != (provider is not None):
        raise typer.BadParameter("A provider's client, and no other, has a --provider.")
    with open_database(Settings()) as database:
        authority_id = None if authority is None else choose_authority(database.sessions, authority)
        with transaction(database.sessions, NO_TENANT) as session:
            if authority_id is not None:
                bind_tenant(session, authority_id)
            registered = register_client(
                session,
                kind=kind,
                name=name,
                authority_id=authority_id,
                provider_id=None if provider is None else choose_provider(session, provider),
                now=now_utc(),
            )
    typer.echo(f"client_id     {registered.client_id}")
    typer.echo(f"client_secret {registered.client_secret}")


def choose_provider(session: Session, name_or_id: str) -> UUID:
    """Find the one provider of the bound authority that is meant, or say why there is none."""
    try:
        return catalogue.get_provider(session, UUID(name_or_id)).id
    except (ValueError, NotFound):
        pass
    try:
        named = ProviderFilter(q=name_or_id)
    except ValidationError:
        raise typer.BadParameter("This cannot be a provider's name.") from None
    page = catalogue.list_providers(session, named, PageRequest(limit=MAX_LIMIT))
    found = [one.id for one in page.items if one.name.lower() == name_or_id.strip().lower()]
    if len(found) == 1:
        return found[0]
    reason = "More than one provider has this name: give its id." if found else "No such provider."
    typer.echo(reason, err=True)
    raise typer.Exit(1)
