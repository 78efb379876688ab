"""Reads of the bookings room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    text,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.authorities.models import SupportService
from app.bookings.models import (
    ACTIVE_STATUSES,
    Arrangement,
    Booking,
    BookingChange,
    Feedback,
    GoalProgress,
    SupportServiceWeek,
)
from app.bookings.schemas import BookingQuery
from app.catalogue.models import Activity, Offer
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.db import NewRow, columns_of, insert_together
from app.pagination import Page, PageRequest, fetch_page

# Built once: every booking asks for them, and building them anew takes longer than the database.
SESSION_AND_ACTIVITY: Final = (
    select(CatalogueSession, Activity)
    .join(
        Activity,
        and_(
            Activity.authority_id == CatalogueSession.authority_id,
            Activity.id == CatalogueSession.activity_id,
        ),
    )
    .where(CatalogueSession.id == bindparam("session_id"))
)
INSERT_ARRANGEMENTS: Final = insert(cast("Table", Arrangement.__table__))

# The child's row as well: whoever changes a child's bookings holds it. It comes first, because a
# row that is skipped keeps the locks that were taken before the one it lacks.
EXPIRED_HOLDS: Final = text(
    """
    SELECT b.id
    FROM bookings b
    JOIN children c ON c.authority_id = b.authority_id AND c.id = b.child_id
    WHERE b.status = 'held' AND b.hold_expires_at <= :now
        AND (:every OR b.child_id = ANY (:child_ids) OR b.session_id = CAST(:session_id AS uuid))
    ORDER BY b.id
    LIMIT :limit
    FOR NO KEY UPDATE OF c, b SKIP LOCKED
    """
)

FIRST_LOOK: Final = text(
    """
    SELECT coalesce((SELECT version FROM catalogue_versions), 0),
        EXISTS (SELECT FROM bookings b
                WHERE b.status = 'held' AND b.hold_expires_at <= :now
                    AND (b.child_id = ANY (:child_ids) OR b.session_id = :session_id))
    """
)


def visible_bookings(caller: Caller) -> Select[Booking]:
    """Select the bookings a caller may see: all, one household's, or one provider's."""
    statement = select(Booking)
    if caller.sees_every_household:
        return statement
    if caller.provider_id is not None:
        of_session = and_(
            CatalogueSession.authority_id == Booking.authority_id,
            CatalogueSession.id == Booking.session_id,
        )
        of_activity = and_(
            Activity.authority_id == CatalogueSession.authority_id,
            Activity.id == CatalogueSession.activity_id,
        )
        return (
            statement.join(CatalogueSession, of_session)
            .join(Activity, of_activity)
            .where(Activity.provider_id == caller.provider_id)
        )
    return statement.join(
        Child, and_(Child.authority_id == Booking.authority_id, Child.id == Booking.child_id)
    ).where(Child.household_id == caller.household_id)


def list_bookings(
    session: Session, caller: Caller, query: BookingQuery, page: PageRequest
) -> Page[Booking]:
    """List bookings in the order they were made."""
    statement = visible_bookings(caller)
    for filtered, wanted in (
        (Booking.child_id, query.child_id),
        (Booking.session_id, query.session_id),
        (Booking.party_id, query.party_id),
        (Booking.month, query.month),
        (Booking.status, query.status),
    ):
        if wanted is not None:
            statement = statement.where(filtered == wanted)
    if query.updated_since is not None:
        statement = statement.where(Booking.updated_at >= query.updated_since)
    return fetch_page(
        session,
        statement,
        page,
        keys=[Booking.id],
        parsers=[UUID],
        key_of=lambda booking: [booking.id],
    )


def find_booking(session: Session, caller: Caller, booking_id: UUID) -> Booking | None:
    """Find a booking the caller may see."""
    return session.scalar(visible_bookings(caller).where(Booking.id == booking_id))


def list_changes(session: Session, booking_id: UUID, page: PageRequest) -> Page[BookingChange]:
    """List the changes of a booking in their order."""
    return fetch_page(
        session,
        select(BookingChange).where(BookingChange.booking_id == booking_id),
        page,
        keys=[BookingChange.version],
        parsers=[int],
        key_of=lambda change: [change.version],
    )


def find_feedback(session: Session, booking_id: UUID, voice: str) -> Feedback | None:
    """Find what one voice said of a booking."""
    return session.scalar(
        select(Feedback).where(Feedback.booking_id == booking_id, Feedback.voice == voice)
    )


def list_feedback(
    session: Session, booking_id: UUID, voices: Collection[str]
) -> Sequence[Feedback]:
    """List what some voices said of a booking."""
    return session.scalars(
        select(Feedback)
        .where(Feedback.booking_id == booking_id, Feedback.voice.in_(voices))
        .order_by(Feedback.voice)
    ).all()


def newest_progress(
    session: Session, booking_id: UUID, voice: str
) -> dict[tuple[UUID, UUID | None], GoalProgress]:
    """Find what one voice last said, after a session, of each goal and step it has named."""
    rows = session.scalars(
        select(GoalProgress)
        .where(GoalProgress.booking_id == booking_id, GoalProgress.voice == voice)
        .order_by(GoalProgress.id)
    )
    return {(said.goal_id, said.step_id): said for said in rows}


def facts_of_last(session: Session, booking_id: UUID, what: str) -> dict[str, Any] | None:
    """Read what explained the latest change of a kind."""
    return session.scalar(
        select(BookingChange.facts)
        .where(BookingChange.booking_id == booking_id, BookingChange.what == what)
        .order_by(BookingChange.version.desc())
        .limit(1)
    )


def lock_children(session: Session, child_ids: Collection[UUID]) -> None:
    """Let one change of each child's bookings happen at a time; in one order for everybody."""
    session.execute(
        select(Child.id)
        .where(Child.id.in_(child_ids))
        .order_by(Child.id)
        .with_for_update(key_share=True)
    )


def list_party(session: Session, caller: Caller, party_id: UUID) -> Sequence[Booking]:
    """List those of the bookings made together that the caller may see."""
    return session.scalars(
        visible_bookings(caller).where(Booking.party_id == party_id).order_by(Booking.id)
    ).all()


def reload_locked(session: Session, booking: Booking) -> None:
    """Read a booking again and keep it from changing."""
    session.refresh(booking, with_for_update={"of": Booking})


def get_locked(session: Session, booking_id: UUID) -> Booking:
    """Get a booking as it is now, and keep it from changing."""
    return session.scalars(
        select(Booking)
        .where(Booking.id == booking_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def find_session_and_activity(
    session: Session, session_id: UUID
) -> tuple[CatalogueSession, Activity] | None:
    """Find a session and its activity."""
    row = session.execute(SESSION_AND_ACTIVITY, {"session_id": session_id}).one_or_none()
    return None if row is None else (row[0], row[1])


def session_start(session: Session, session_id: UUID) -> datetime:
    """Read when a session starts."""
    return session.scalars(
        select(CatalogueSession.starts_at).where(CatalogueSession.id == session_id)
    ).one()


def limited_places(session: Session, session_id: UUID, activity_id: UUID) -> dict[str, int]:
    """Read how many limited places a session has for each need."""
    rows = session.execute(
        select(Offer.need, Offer.kind, Offer.per_session, Offer.session_id)
        .where(
            Offer.activity_id == activity_id,
            or_(Offer.session_id.is_(None), Offer.session_id == session_id),
        )
        # The session's own offers come last and replace the activity's.
        .order_by(Offer.session_id.is_not(None))
    )
    offers = {need: (kind, per_session) for need, kind, per_session, _ in rows}
    return {need: count for need, (kind, count) in offers.items() if kind == "limited" and count}


def insert_booking(session: Session, booking: Booking, told: Sequence[NewRow]) -> None:
    """Write a new booking with what is told of it, and its support tasks, all past the mapper."""
    insert_together(session, [(Booking, columns_of(booking)), *told])
    if booking.arrangements:
        for task in booking.arrangements:
            task.booking_id = booking.id
        session.connection().execute(
            INSERT_ARRANGEMENTS, [columns_of(task) for task in booking.arrangements]
        )


def list_expired_holds(
    session: Session,
    *,
    now: datetime,
    child_ids: Collection[UUID] = (),
    session_id: UUID | None = None,
    limit: int,
) -> Sequence[Booking]:
    """List holds that have run out and that nobody else is dealing with, and lock them."""
    wanted = {
        "now": now,
        "every": not child_ids and session_id is None,
        "child_ids": list(child_ids),
        "session_id": session_id,
        "limit": limit,
    }
    ids = session.scalars(EXPIRED_HOLDS, wanted).all()
    if not ids:
        return []
    return session.scalars(
        select(Booking)
        .where(Booking.id.in_(ids))
        .order_by(Booking.id)
        .execution_options(populate_existing=True)
    ).all()


def look_first(
    session: Session, child_ids: Collection[UUID], session_id: UUID, *, now: datetime
) -> tuple[int, bool]:
    """Read the catalogue's version, and whether holds have run out that may be in the way."""
    wanted = {"now": now, "child_ids": list(child_ids), "session_id": session_id}
    version, overdue = session.execute(FIRST_LOOK, wanted).one()
    return version, overdue


def lock_sessions(session: Session, session_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Lock sessions in one order, so that no two changes wait for each other; tell their starts."""
    rows = session.execute(
        select(CatalogueSession.id, CatalogueSession.starts_at)
        .where(CatalogueSession.id.in_(session_ids))
        .order_by(CatalogueSession.id)
        .with_for_update()
    )
    return {row.id: row.starts_at for row in rows}


def lock_service_weeks(session: Session, weeks: Collection[str]) -> None:
    """Lock what the authority can put in place in some weeks, in the order of taking it.

    A week in which a service was never wanted gets its row here, so that it can be locked.
    """
    week = values(column("week", Text), name="weeks").data([(week,) for week in sorted(weeks)])
    opened = insert(SupportServiceWeek).from_select(
        ["authority_id", "support_service_id", "week", "allowed", "used"],
        select(
            SupportService.authority_id,
            SupportService.id,
            week.c.week,
            SupportService.per_week,
            literal(0),
        )
        .join(week, true())
        .order_by(SupportService.need, SupportService.id, week.c.week),
    )
    session.execute(
        opened.on_conflict_do_update(
            index_elements=["authority_id", "support_service_id", "week"],
            set_={"used": SupportServiceWeek.used},
        )
    )


def list_rolls(
    session: Session, target: CatalogueSession, *, now: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read of every child with places: its last break, visits, and what stands in a session's way.

    Gives child, last break's start, whether another place overlaps, how often it has a place in
    the activity, and whether it has one in the session.
    """
    return session.execute(
        select(
            Booking.child_id,
            func.max(CatalogueSession.starts_at)
            .filter(
                CatalogueSession.starts_at <= now, Booking.status.in_(("confirmed", "attended"))
            )
            .label("last_break"),
            func.bool_or(
                (CatalogueSession.starts_at < target.ends_at)
                & (CatalogueSession.ends_at > target.starts_at)
            ).label("overlaps"),
            func.count().filter(CatalogueSession.activity_id == target.activity_id).label("visits"),
            func.bool_or(CatalogueSession.id == target.id).label("booked"),
        )
        .join(
            CatalogueSession,
            and_(
                CatalogueSession.authority_id == Booking.authority_id,
                CatalogueSession.id == Booking.session_id,
            ),
        )
        .where(Booking.status.in_(ACTIVE_STATUSES))
        .group_by(Booking.child_id)
    ).all()
