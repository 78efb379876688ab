"""The counters that guard what is scarce: entitlement, places, and support.

Each is raised by one conditional update, which either finds room or changes nothing; behind
each stands a CHECK. None of them is read first: two requests that read "one left" would both
believe it.
"""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Case, CursorResult, Update, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bookings.models import EntitlementCounter, SessionSupport, SupportServiceWeek
from app.catalogue.models import Session as CatalogueSession


def _changed(session: Session, statement: Update) -> bool:
    result = cast("CursorResult[*tuple[Any, ...]]", session.execute(statement))
    return result.rowcount == 1


def take_entitlement(
    session: Session, child_id: UUID, month: str, funding: str, *, allowed: int | None
) -> bool:
    """Use one of the month's entitlement, if the policy leaves one."""
    authority_id = session.info["authority_id"]
    opened = insert(EntitlementCounter).values(
        authority_id=authority_id, child_id=child_id, month=month, funding=funding, allowed=allowed
    )
    # A policy that now allows less leaves alone what is booked.
    kept: Case[int | None] = case(
        (opened.excluded.allowed.is_(None), None),
        else_=func.greatest(opened.excluded.allowed, EntitlementCounter.used),
    )
    session.execute(
        opened.on_conflict_do_update(
            index_elements=["authority_id", "child_id", "month", "funding"],
            set_={"allowed": kept},
        )
    )
    return _changed(
        session,
        update(EntitlementCounter)
        .where(
            *_counter(session, child_id, month, funding),
            EntitlementCounter.allowed.is_(None)
            | (EntitlementCounter.used < EntitlementCounter.allowed),
        )
        .values(used=EntitlementCounter.used + 1),
    )


def give_back_entitlement(session: Session, child_id: UUID, month: str, funding: str) -> None:
    """Give one of the month's entitlement back."""
    session.execute(
        update(EntitlementCounter)
        .where(*_counter(session, child_id, month, funding))
        .values(used=EntitlementCounter.used - 1)
    )


def _counter(session: Session, child_id: UUID, month: str, funding: str) -> tuple[Any, ...]:
    return (
        EntitlementCounter.authority_id == session.info["authority_id"],
        EntitlementCounter.child_id == child_id,
        EntitlementCounter.month == month,
        EntitlementCounter.funding == funding,
    )


def take_places(session: Session, target: CatalogueSession, wanted: int) -> bool:
    """Take places of a session, if so many are left and it is still when it was read."""
    return _changed(
        session,
        update(CatalogueSession)
        .where(
            *_place(session, target.id),
            CatalogueSession.status == "scheduled",
            # With a place taken it can move no more; before that a broker may just have moved it.
            CatalogueSession.starts_at == target.starts_at,
            CatalogueSession.ends_at == target.ends_at,
            CatalogueSession.taken + wanted <= CatalogueSession.capacity,
        )
        .values(taken=CatalogueSession.taken + wanted),
    )


def give_back_place(session: Session, session_id: UUID) -> None:
    """Give a place of a session back."""
    session.execute(
        update(CatalogueSession)
        .where(*_place(session, session_id))
        .values(taken=CatalogueSession.taken - 1)
    )


def _place(session: Session, session_id: UUID) -> tuple[Any, ...]:
    return (
        CatalogueSession.authority_id == session.info["authority_id"],
        CatalogueSession.id == session_id,
    )


def take_limited_support(session: Session, session_id: UUID, need: str, *, allowed: int) -> bool:
    """Take one of a session's limited places for a need, if one is left."""
    key = {
        "authority_id": session.info["authority_id"],
        "session_id": session_id,
        "need": need,
    }
    opened = insert(SessionSupport).values(**key, allowed=allowed)
    session.execute(
        opened.on_conflict_do_update(
            index_elements=list(key),
            set_={"allowed": func.greatest(opened.excluded.allowed, SessionSupport.used)},
        )
    )
    return _changed(
        session,
        update(SessionSupport)
        .filter_by(**key)
        .where(SessionSupport.used < SessionSupport.allowed)
        .values(used=SessionSupport.used + 1),
    )


def give_back_limited_support(session: Session, session_id: UUID, need: str) -> None:
    """Give one of a session's limited places for a need back."""
    session.execute(
        update(SessionSupport)
        .filter_by(authority_id=session.info["authority_id"], session_id=session_id, need=need)
        .values(used=SessionSupport.used - 1)
    )


def take_service_week(
    session: Session, support_service_id: UUID, week: str, *, allowed: int
) -> bool:
    """Take one of a support service's places in an ISO week, if one is left."""
    key = {
        "authority_id": session.info["authority_id"],
        "support_service_id": support_service_id,
        "week": week,
    }
    opened = insert(SupportServiceWeek).values(**key, allowed=allowed)
    session.execute(
        opened.on_conflict_do_update(
            index_elements=list(key),
            set_={"allowed": func.greatest(opened.excluded.allowed, SupportServiceWeek.used)},
        )
    )
    return _changed(
        session,
        update(SupportServiceWeek)
        .filter_by(**key)
        .where(SupportServiceWeek.used < SupportServiceWeek.allowed)
        .values(used=SupportServiceWeek.used + 1),
    )


def give_back_service_week(session: Session, support_service_id: UUID, week: str) -> None:
    """Give one of a support service's places in an ISO week back."""
    session.execute(
        update(SupportServiceWeek)
        .filter_by(
            authority_id=session.info["authority_id"],
            support_service_id=support_service_id,
            week=week,
        )
        .values(used=SupportServiceWeek.used - 1)
    )


def used_in_month(session: Session, child_id: UUID, month: str) -> dict[str, int]:
    """Read how much of a month a child has used, by funding."""
    rows = session.execute(
        select(EntitlementCounter.funding, EntitlementCounter.used).where(
            EntitlementCounter.child_id == child_id, EntitlementCounter.month == month
        )
    )
    return {row.funding: row.used for row in rows}
