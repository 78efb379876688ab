"""Reads of the closures room."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, func, select, text
from sqlalchemy.orm import Session

from app.bookings.models import Booking
from app.catalogue.models import Activity, Provider
from app.catalogue.models import Session as CatalogueSession
from app.closures.models import Closure, TransitionPlan
from app.pagination import Page, PageRequest, fetch_page

# The transaction's own closure, by which the trigger knows that no other has to be made.
NAME_CLOSURE: Final = text("SELECT set_config('app.closure', :closure_id, true)")

# Who lost a place together: children of one household, or who both named each other, in one
# session; from a child over all that hang together with it.
TOGETHER: Final = text(
    """
    WITH RECURSIVE together AS (
        SELECT CAST(:child_id AS uuid) AS child_id, CAST(NULL AS uuid) AS friend_id,
               CAST(NULL AS uuid) AS session_id
        UNION
        SELECT mine.child_id, theirs.child_id, mine.session_id
        FROM together
        JOIN transition_plans mine ON mine.closure_id = :closure_id
            AND mine.child_id = coalesce(together.friend_id, together.child_id)
        JOIN transition_plans theirs ON theirs.authority_id = mine.authority_id
            AND theirs.closure_id = mine.closure_id AND theirs.session_id = mine.session_id
            AND theirs.child_id <> mine.child_id
        JOIN children a ON a.authority_id = mine.authority_id AND a.id = mine.child_id
        JOIN children b ON b.authority_id = theirs.authority_id AND b.id = theirs.child_id
        WHERE a.household_id = b.household_id OR (
            EXISTS (SELECT FROM friendships f WHERE f.authority_id = a.authority_id
                        AND f.child_id = a.id AND f.friend_id = b.id)
            AND EXISTS (SELECT FROM friendships f WHERE f.authority_id = a.authority_id
                            AND f.child_id = b.id AND f.friend_id = a.id))
    )
    SELECT child_id, friend_id, session_id FROM together
    WHERE friend_id IS NOT NULL
    ORDER BY child_id, friend_id, session_id
    """
)


def name_closure(session: Session, closure_id: UUID) -> None:
    """Let what this transaction cancels belong to a closure."""
    session.execute(NAME_CLOSURE, {"closure_id": str(closure_id)})


def find_closure(session: Session, closure_id: UUID) -> Closure | None:
    """Find a closure."""
    return session.scalar(select(Closure).where(Closure.id == closure_id))


def find_same(
    session: Session, target: Mapping[str, UUID], *, starts_from: datetime | None, now: datetime
) -> Closure | None:
    """Find the closure of a target from a moment on, or without one the latest that is in force."""
    statement = select(Closure).filter_by(**target)
    if starts_from is None:
        statement = statement.where(Closure.starts_from <= now)
    else:
        statement = statement.where(Closure.starts_from == starts_from)
    return session.scalar(
        statement.order_by(Closure.starts_from.desc()).limit(1).with_for_update(key_share=True)
    )


def lock_closure(session: Session, closure_id: UUID) -> Closure | None:
    """Take up a closure that is still at work, unless another worker is on it."""
    return session.scalar(
        select(Closure)
        .where(Closure.id == closure_id, Closure.status == "working")
        .with_for_update(key_share=True, skip_locked=True)
    )


def list_working(session: Session) -> Sequence[UUID]:
    """List the closures whose families have not all been helped on, the first one first."""
    return session.scalars(
        select(Closure.id).where(Closure.status == "working").order_by(Closure.id)
    ).all()


def list_closures(session: Session, page: PageRequest) -> Page[Closure]:
    """List closures in the order in which they were made."""
    return fetch_page(
        session,
        select(Closure),
        page,
        keys=[Closure.id],
        parsers=[UUID],
        key_of=lambda closure: [closure.id],
    )


def count_plans(
    session: Session, closure_ids: Collection[UUID]
) -> dict[UUID, Row[*tuple[Any, ...]]]:
    """Count the bookings that closures found, ended and planned for, and those without a way on."""
    planned = TransitionPlan.state == "planned"
    rows = session.execute(
        select(
            TransitionPlan.closure_id,
            func.count().label("bookings"),
            func.count().filter(TransitionPlan.state != "found").label("ended"),
            func.count().filter(planned).label("planned"),
            func.count()
            .filter(planned, TransitionPlan.alternatives == [])
            .label("without_alternative"),
        )
        .where(TransitionPlan.closure_id.in_(closure_ids))
        .group_by(TransitionPlan.closure_id)
    )
    return {row.closure_id: row for row in rows}


def page_of_plans(
    session: Session, page: PageRequest, *, without_alternative: bool | None, **of: UUID
) -> Page[TransitionPlan]:
    """List the plans of a closure or a child in their order."""
    statement = select(TransitionPlan).filter_by(**of)
    if without_alternative is not None:
        none = and_(TransitionPlan.state == "planned", TransitionPlan.alternatives == [])
        statement = statement.where(none if without_alternative else ~none)
    return fetch_page(
        session,
        statement,
        page,
        keys=[TransitionPlan.id],
        parsers=[UUID],
        key_of=lambda plan: [plan.id],
    )


def find_closures(session: Session, closure_ids: Collection[UUID]) -> dict[UUID, Closure]:
    """Find some closures."""
    rows = session.scalars(select(Closure).where(Closure.id.in_(closure_ids)))
    return {closure.id: closure for closure in rows}


def sessions_shown(
    session: Session, session_ids: Collection[UUID]
) -> dict[UUID, Row[*tuple[Any, ...]]]:
    """Read what an answer shows of some sessions, as they are now."""
    rows = session.execute(
        select(
            CatalogueSession.id,
            CatalogueSession.activity_id,
            CatalogueSession.starts_at,
            CatalogueSession.ends_at,
            CatalogueSession.status,
            (CatalogueSession.capacity - CatalogueSession.taken).label("places_left"),
            Activity.title,
            Provider.name.label("provider"),
        )
        .join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        )
        .join(
            Provider,
            and_(
                Provider.authority_id == Activity.authority_id, Provider.id == Activity.provider_id
            ),
        )
        .where(CatalogueSession.id.in_(session_ids))
    )
    return {row.id: row for row in rows}


def next_child(
    session: Session, closure_id: UUID, state: str, *, passed_over: Collection[UUID]
) -> UUID | None:
    """Find a child, not passed over, whose plans are in a state."""
    return session.scalar(
        select(TransitionPlan.child_id)
        .where(
            TransitionPlan.closure_id == closure_id,
            TransitionPlan.state == state,
            TransitionPlan.child_id.not_in(passed_over),
        )
        .order_by(TransitionPlan.child_id)
        .limit(1)
    )


def count_unfinished(session: Session, closure_id: UUID) -> int:
    """Count the plans of a closure that are not made yet."""
    return (
        session.scalar(
            select(func.count())
            .select_from(TransitionPlan)
            .where(TransitionPlan.closure_id == closure_id, TransitionPlan.state != "planned")
        )
        or 0
    )


def list_plans(
    session: Session, closure_id: UUID, child_ids: Collection[UUID], state: str
) -> Sequence[tuple[TransitionPlan, Booking, CatalogueSession]]:
    """List the plans of children that are in a state, with what they lost."""
    rows = session.execute(
        select(TransitionPlan, Booking, CatalogueSession)
        .join(
            Booking,
            and_(
                Booking.authority_id == TransitionPlan.authority_id,
                Booking.id == TransitionPlan.booking_id,
            ),
        )
        .join(
            CatalogueSession,
            and_(
                CatalogueSession.authority_id == TransitionPlan.authority_id,
                CatalogueSession.id == TransitionPlan.session_id,
            ),
        )
        .where(
            TransitionPlan.closure_id == closure_id,
            TransitionPlan.child_id.in_(child_ids),
            TransitionPlan.state == state,
        )
        .order_by(TransitionPlan.booking_id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def lost_together(
    session: Session, closure_id: UUID, child_id: UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """List who lost a place together with whom in which session, from a child over all friends."""
    wanted = {"closure_id": closure_id, "child_id": child_id}
    return session.execute(TOGETHER, wanted).all()
