"""The counters that guard what is scarce: entitlement, places, and support.

Each is raised by one conditional update, which either finds room or changes nothing; behind
each stands a CHECK. None of them is read first: two requests that read "one left" would both
believe it.
"""

from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, Update, func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bookings.models import EntitlementCounter, SessionSupport, SupportServiceWeek
from app.catalogue.models import Session as CatalogueSession


def _changed(session: Session, statement: Update) -> bool:
    result = cast("CursorResult[*tuple[Any, ...]]", session.execute(statement))
    return result.rowcount == 1


# One statement finds room or changes nothing. The allowance of today is stored with what it lets
# through; a policy that now allows less leaves alone what is booked.
TAKE_MONTH: Final = text(
    """
    INSERT INTO entitlement_counters AS c (authority_id, child_id, month, funding, allowed, used)
    SELECT :authority_id, :child_id, :month, :funding, wanted.allowed, 1
    FROM (SELECT CAST(:allowed AS integer) AS allowed) wanted
    WHERE wanted.allowed IS NULL OR wanted.allowed >= 1
    ON CONFLICT (authority_id, child_id, month, funding) DO UPDATE
    SET used = c.used + 1, allowed = excluded.allowed
    WHERE excluded.allowed IS NULL OR c.used + 1 <= excluded.allowed
    """
)
# With a place taken a session can move no more; before that a broker may just have moved it. What
# has come free goes to those who wait, and to nobody else.
TAKE_PLACES: Final = text(
    """
    UPDATE sessions SET taken = taken + :wanted
    WHERE authority_id = :authority_id AND id = :session_id AND status = 'scheduled'
        AND starts_at = :starts_at AND ends_at = :ends_at
        AND taken + :wanted <= capacity AND (:for_waitlist OR NOT kept_for_waitlist)
    """
)
TAKE_YEAR: Final = text(
    """
    INSERT INTO yearly_counters AS c (authority_id, child_id, year, measure, allowed, used)
    SELECT :authority_id, :child_id, :year, wanted.measure, wanted.allowed, wanted.used
    FROM unnest(CAST(:measures AS text[]), CAST(:allowed AS integer[]), CAST(:uses AS integer[]))
        AS wanted (measure, allowed, used)
    WHERE wanted.allowed IS NULL OR wanted.used <= wanted.allowed
    ORDER BY wanted.measure
    ON CONFLICT (authority_id, child_id, year, measure) DO UPDATE
    SET used = c.used + excluded.used, allowed = excluded.allowed
    WHERE excluded.allowed IS NULL OR c.used + excluded.used <= excluded.allowed
    RETURNING c.measure
    """
)
GIVE_BACK_YEAR: Final = text(
    """
    UPDATE yearly_counters AS c SET used = c.used - given.used
    FROM unnest(CAST(:measures AS text[]), CAST(:uses AS integer[])) AS given (measure, used)
    WHERE c.authority_id = :authority_id AND c.child_id = :child_id AND c.year = :year
        AND c.measure = given.measure
    """
)
USED: Final = text(
    """
    SELECT month AS period, funding AS measure, used FROM entitlement_counters
    WHERE child_id = :child_id AND month = :month
    UNION ALL
    SELECT year, measure, used FROM yearly_counters
    WHERE child_id = :child_id AND year = :year
    """
)


def take_entitlement(
    session: Session, child_id: UUID, month: str, funding: str, *, allowed: int | None
) -> bool:
    """Use one of the month's entitlement, if one is left."""
    taken = session.execute(
        TAKE_MONTH,
        {
            "authority_id": session.info["authority_id"],
            "child_id": child_id,
            "month": month,
            "funding": funding,
            "allowed": allowed,
        },
    )
    return cast("CursorResult[*tuple[Any, ...]]", taken).rowcount == 1


def give_back_entitlement(session: Session, child_id: UUID, month: str, funding: str) -> None:
    """Give one of the month's entitlement back."""
    session.execute(
        update(EntitlementCounter)
        .filter_by(
            authority_id=session.info["authority_id"],
            child_id=child_id,
            month=month,
            funding=funding,
        )
        .values(used=EntitlementCounter.used - 1)
    )


def take_year(
    session: Session,
    child_id: UUID,
    year: str,
    uses: Mapping[str, int],
    *,
    allowed: Mapping[str, int | None],
) -> set[str]:
    """Use some of the year's entitlement; tell the measures of which so much was left."""
    return set(
        session.scalars(
            TAKE_YEAR,
            {
                "authority_id": session.info["authority_id"],
                "child_id": child_id,
                "year": year,
                "measures": list(uses),
                "allowed": [allowed[measure] for measure in uses],
                "uses": list(uses.values()),
            },
        )
    )


def give_back_year(session: Session, child_id: UUID, year: str, uses: Mapping[str, int]) -> None:
    """Give some of the year's entitlement back."""
    session.execute(
        GIVE_BACK_YEAR,
        {
            "authority_id": session.info["authority_id"],
            "child_id": child_id,
            "year": year,
            "measures": list(uses),
            "uses": list(uses.values()),
        },
    )


def used_by(session: Session, child_id: UUID, month: str, year: str) -> dict[tuple[str, str], int]:
    """Read how much of a month and of a year a child has used, by period and measure."""
    periods = {"child_id": child_id, "month": month, "year": year}
    return {(row.period, row.measure): row.used for row in session.execute(USED, periods)}


def take_places(
    session: Session, target: CatalogueSession, wanted: int, *, for_waitlist: bool = False
) -> bool:
    """Take places of a session, if so many are left and it is still when it was read."""
    taken = session.execute(
        TAKE_PLACES,
        {
            "authority_id": session.info["authority_id"],
            "session_id": target.id,
            "starts_at": target.starts_at,
            "ends_at": target.ends_at,
            "wanted": wanted,
            "for_waitlist": for_waitlist,
        },
    )
    return cast("CursorResult[*tuple[Any, ...]]", taken).rowcount == 1


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
