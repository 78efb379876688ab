"""Reads of the support tasks of an authority, for those who arrange them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, literal, select
from sqlalchemy.orm import Session

from app.bookings.arrangement_schemas import ArrangementQuery
from app.bookings.models import Arrangement, Booking
from app.catalogue.models import Session as CatalogueSession
from app.pagination import Page, PageRequest, fetch_page


class Occasion(NamedTuple):
    """Whom a booking is for, and where and when."""

    child_id: UUID
    session_id: UUID
    starts_at: datetime


def list_tasks(session: Session, query: ArrangementQuery, page: PageRequest) -> Page[Arrangement]:
    """List support tasks, those that are due first at the head."""
    # The status is written out: behind a parameter the index of open tasks could not be used.
    statement = select(Arrangement).where(
        Arrangement.status == literal(query.status, literal_execute=True)
    )
    if query.due_before is not None:
        statement = statement.where(Arrangement.due_at < query.due_before)
    if query.need is not None:
        statement = statement.where(Arrangement.need == query.need)
    return fetch_page(
        session,
        statement,
        page,
        keys=[Arrangement.due_at, Arrangement.id],
        parsers=[datetime.fromisoformat, UUID],
        key_of=lambda task: [task.due_at.isoformat(), task.id],
    )


def find_task(session: Session, task_id: UUID) -> Arrangement | None:
    """Find a support task."""
    return session.scalar(select(Arrangement).where(Arrangement.id == task_id))


def occasions(session: Session, booking_ids: Collection[UUID]) -> dict[UUID, Occasion]:
    """Read whom some bookings are for, and where and when."""
    rows = session.execute(
        select(Booking.id, Booking.child_id, Booking.session_id, CatalogueSession.starts_at)
        .join(
            CatalogueSession,
            and_(
                CatalogueSession.authority_id == Booking.authority_id,
                CatalogueSession.id == Booking.session_id,
            ),
        )
        .where(Booking.id.in_(booking_ids))
    )
    return {row.id: Occasion(row.child_id, row.session_id, row.starts_at) for row in rows}
