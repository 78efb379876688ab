"""What the catalogue already has of a feed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, cast, func, literal, select
from sqlalchemy.orm import Session as Transaction

from app.authorities.models import Authority
from app.catalogue.models import Offer, Provider, Session
from app.catalogue.queries import Row


def _texts(values: Collection[str]) -> ColumnElement[list[str]]:
    # One array is one parameter; `IN` would have as many as the file has rows.
    return literal(list(values), ARRAY(Text))


def _ids(values: Collection[UUID]) -> ColumnElement[list[UUID]]:
    return literal(list(values), ARRAY(Uuid()))


def find_by_source_id(
    session: Transaction, kind: type[Row], source_ids: Collection[str]
) -> dict[str, Row]:
    """Find the rows that came from a feed, by their ids there."""
    rows = session.scalars(
        select(kind).where(
            kind.authority_id == session.info["authority_id"],
            kind.source_id == any_(_texts(source_ids)),
        )
    )
    return {row.source_id: row for row in rows if row.source_id is not None}


def list_closed_providers(session: Transaction) -> dict[UUID, datetime]:
    """List the providers that have closed, or will, and from when on."""
    rows = session.execute(
        select(Provider.id, Provider.closed_from).where(
            Provider.authority_id == session.info["authority_id"],
            Provider.closed_from.is_not(None),
        )
    )
    return {row.id: row.closed_from for row in rows if row.closed_from is not None}


def list_scheduled(
    session: Transaction, activity_ids: Collection[UUID], *, after: datetime, before: datetime
) -> Sequence[Session]:
    """List the sessions between two moments that still follow a schedule of these activities."""
    return session.scalars(
        select(Session).where(
            Session.authority_id == session.info["authority_id"],
            Session.activity_id == any_(_ids(activity_ids)),
            Session.starts_at > after,
            Session.starts_at < before,
            Session.status == "scheduled",
            Session.schedule_id.is_not(None),
        )
    ).all()


def offers_by_parent(
    session: Transaction, activity_ids: Collection[UUID], session_ids: Collection[UUID]
) -> dict[UUID, list[Offer]]:
    """Read offers, by the activity or, where they are of one session alone, by the session."""
    of_activities = (Offer.activity_id == any_(_ids(activity_ids))) & Offer.session_id.is_(None)
    rows = session.scalars(
        select(Offer).where(
            Offer.authority_id == session.info["authority_id"],
            of_activities | (Offer.session_id == any_(_ids(session_ids))),
        )
    )
    offers: dict[UUID, list[Offer]] = {}
    for offer in rows:
        offers.setdefault(offer.session_id or offer.activity_id, []).append(offer)
    return offers


def lock_taken(session: Transaction, session_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the places taken in sessions, and let nobody book there until the commit."""
    rows = session.execute(
        select(Session.id, Session.taken)
        .where(
            Session.authority_id == session.info["authority_id"],
            Session.id == any_(_ids(session_ids)),
        )
        .order_by(Session.id)
        .with_for_update()
    )
    return {row.id: row.taken for row in rows}


def find_authorities(session: Transaction, name_or_id: str) -> list[tuple[UUID, str]]:
    """Find the authorities with this name, in any case, or with this id."""
    rows = session.execute(
        select(Authority.id, Authority.name)
        .where(
            (func.lower(Authority.name) == name_or_id.strip().lower())
            | (cast(Authority.id, Text) == name_or_id.strip().lower())
        )
        .order_by(Authority.id)
    )
    return [(row.id, row.name) for row in rows]
