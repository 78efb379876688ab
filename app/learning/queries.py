"""Reads of the learning room: what became of bookings, and the models learned from that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.bookings.models import Booking, Feedback
from app.catalogue.models import Session as CatalogueSession
from app.engine.models import Model


def list_outcomes(session: Session) -> Sequence[Row[dict[str, Any], str, datetime, int | None]]:
    """List what was measured, status, start and rating of the bookings that have an outcome.

    The rating is the child's own, and only where there is none the parent's.
    """
    child, parent = aliased(Feedback), aliased(Feedback)

    def said_by(voice: type[Feedback], name: str) -> Any:
        return and_(
            voice.authority_id == Booking.authority_id,
            voice.booking_id == Booking.id,
            voice.voice == name,
        )

    return session.execute(
        select(
            Booking.factors,
            Booking.status,
            CatalogueSession.starts_at,
            func.coalesce(child.rating, parent.rating).label("rating"),
        )
        .join(
            CatalogueSession,
            and_(
                CatalogueSession.authority_id == Booking.authority_id,
                CatalogueSession.id == Booking.session_id,
            ),
        )
        .outerjoin(child, said_by(child, "child"))
        .outerjoin(parent, said_by(parent, "parent"))
        .where(Booking.status.in_(["attended", "no_show"]), Booking.factors.is_not(None))
    ).all()


def find_active_model(session: Session) -> Model | None:
    """Find the model that the authority matches by."""
    return session.scalar(select(Model).where(Model.active))


def find_newest_model(session: Session) -> Model | None:
    """Find what was learned last, whether it is used or not."""
    return session.scalar(select(Model).order_by(Model.version.desc()).limit(1))


def find_retired_model(session: Session) -> Model | None:
    """Find what was in use before, and is no longer."""
    retired = Model.card.has_key("retired")
    return session.scalar(select(Model).where(retired).order_by(Model.version.desc()).limit(1))
