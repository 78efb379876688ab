"""Reads of the engine room: an authority's catalogue as plain columns, and the places taken."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from app.catalogue.models import Activity, Offer, Provider
from app.catalogue.models import Session as CatalogueSession
from app.engine.models import Model

# Written out, as it is part of every booking.
VERSION: Final = text("SELECT version FROM catalogue_versions")


def catalogue_version(session: Session) -> int:
    """Read the version that moves with every change of the bound authority's catalogue."""
    return session.scalar(VERSION) or 0


def active_weights(session: Session) -> dict[str, Any] | None:
    """Read the weights that were learned for the bound authority, if any are in use."""
    return session.scalar(select(Model.weights).where(Model.active))


def newest_model_version(session: Session) -> int:
    """Read the version of the model that was learned last."""
    return session.scalar(select(func.max(Model.version))) or 0


def list_activities(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """List what matching needs of every activity."""
    return session.execute(
        select(
            Activity.id,
            Activity.title,
            Activity.description,
            Activity.latitude,
            Activity.longitude,
            Activity.min_age,
            Activity.max_age,
            Activity.gender,
            Activity.setting,
            Activity.break_type,
            Activity.funding,
            Activity.price_pence,
            Activity.cost_pence,
            Activity.concepts,
            Provider.name.label("provider"),
        ).join(
            Provider,
            (Provider.authority_id == Activity.authority_id)
            & (Provider.id == Activity.provider_id),
        )
    ).all()


def list_sessions(session: Session, *, starts_from: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """List what matching needs of every session from an instant on."""
    return session.execute(
        select(
            CatalogueSession.id,
            CatalogueSession.activity_id,
            CatalogueSession.starts_at,
            CatalogueSession.ends_at,
            CatalogueSession.status,
            CatalogueSession.capacity,
        ).where(CatalogueSession.starts_at >= starts_from)
    ).all()


def list_offers(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    """List every offer."""
    return session.execute(
        select(
            Offer.activity_id,
            Offer.session_id,
            Offer.need,
            Offer.kind,
            Offer.per_session,
            Offer.lead_days,
            Offer.cost_pence,
        ).order_by(Offer.need)
    ).all()
