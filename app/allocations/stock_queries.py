"""What sessions and services have left: locked, tried out, and taken in a few statements."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, Row, TextClause, and_, or_, select, text
from sqlalchemy.orm import Session

from app.bookings.models import SessionSupport, SupportServiceWeek
from app.catalogue.models import Activity, Offer
from app.catalogue.models import Session as CatalogueSession

# Conditional, although the rows are locked: no count is believed that was read before.
TAKE_PLACES: Final = text(
    """
    UPDATE sessions s SET taken = s.taken + wanted.count
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (id uuid, count integer)
    WHERE s.authority_id = :authority_id AND s.id = wanted.id AND s.status = 'scheduled'
        AND (:take_kept OR NOT s.kept_for_waitlist) AND s.taken + wanted.count <= s.capacity
    """
)
TAKE_SUPPORT: Final = text(
    """
    INSERT INTO session_support AS c (authority_id, session_id, need, allowed, used)
    SELECT :authority_id, wanted.session_id, wanted.need, wanted.allowed, wanted.count
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS wanted (session_id uuid, need text, allowed integer, count integer)
    WHERE wanted.count <= wanted.allowed
    ORDER BY wanted.session_id, wanted.need
    ON CONFLICT (authority_id, session_id, need) DO UPDATE
    SET used = c.used + excluded.used, allowed = greatest(excluded.allowed, c.used)
    WHERE c.used + excluded.used <= greatest(excluded.allowed, c.used)
    """
)
TAKE_WEEKS: Final = text(
    """
    UPDATE support_service_weeks w SET used = w.used + wanted.count
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS wanted (id uuid, week text, count integer)
    WHERE w.authority_id = :authority_id AND w.support_service_id = wanted.id
        AND w.week = wanted.week AND w.used + wanted.count <= w.allowed
    """
)
# Found by the worker's round of each minute.
KEEP_FREE: Final = text(
    """
    UPDATE sessions SET kept_for_waitlist = true
    WHERE authority_id = :authority_id AND id = ANY (:ids) AND status = 'scheduled'
        AND taken < capacity AND NOT kept_for_waitlist
    """
)


@dataclass
class Attempt:
    """Takes of one party, which can be undone together."""

    taken: list[tuple[Counter[Any], Any]] = field(default_factory=list)

    def undo(self) -> None:
        """Put back what the party has taken."""
        for counter, key in self.taken:
            counter[key] -= 1
        self.taken.clear()


@dataclass
class Stock:
    """What is left, and what has been taken of it but not yet written."""

    sessions: dict[UUID, Row[*tuple[Any, ...]]]
    # Session and need: places in all, and taken before.
    limited: dict[tuple[UUID, str], int]
    limited_used: dict[tuple[UUID, str], int]
    # Service and ISO week: places left.
    weeks: dict[tuple[UUID, str], int] = field(default_factory=dict)
    places_taken: Counter[UUID] = field(default_factory=Counter)
    limited_taken: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    weeks_taken: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    attempt: Attempt = field(default_factory=Attempt)

    @contextmanager
    def trying(self) -> Iterator[Attempt]:
        """Take for one party; what it has taken can be undone."""
        self.attempt = Attempt()
        yield self.attempt

    def take_place(self, session_id: UUID, *, take_kept: bool) -> bool:
        """Take a place, if one is left and not kept for others."""
        row = self.sessions[session_id]
        left = row.capacity - row.taken - self.places_taken[session_id]
        if row.status != "scheduled" or left <= 0 or (row.kept_for_waitlist and not take_kept):
            return False
        return self._take(self.places_taken, session_id)

    def take_limited(self, session_id: UUID, need: str) -> bool:
        """Take a limited place for a need, if one is left."""
        key = session_id, need
        used = self.limited_used.get(key, 0) + self.limited_taken[key]
        return used < self.limited.get(key, 0) and self._take(self.limited_taken, key)

    def take_service(self, service_ids: Sequence[UUID], week: str) -> UUID | None:
        """Take a place of the first service that has one left in a week."""
        for id_ in service_ids:
            key = id_, week
            if self.weeks_taken[key] < self.weeks.get(key, 0) and self._take(self.weeks_taken, key):
                return id_
        return None

    def _take(self, counter: Counter[Any], key: Any) -> bool:
        counter[key] += 1
        self.attempt.taken.append((counter, key))
        return True


def lock_stock(session: Session, session_ids: Collection[UUID]) -> Stock:
    """Lock some sessions in the order of their ids, and read what each has left."""
    authority_id = session.info["authority_id"]
    rows = session.execute(
        select(
            CatalogueSession.id,
            CatalogueSession.activity_id,
            CatalogueSession.starts_at,
            CatalogueSession.ends_at,
            CatalogueSession.capacity,
            CatalogueSession.taken,
            CatalogueSession.kept_for_waitlist,
            CatalogueSession.status,
            Activity.funding,
            Activity.break_type,
            Activity.price_pence,
            Activity.cost_pence,
        )
        .join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        )
        .where(CatalogueSession.authority_id == authority_id, CatalogueSession.id.in_(session_ids))
        .order_by(CatalogueSession.id)
        .with_for_update(of=CatalogueSession)
    ).all()
    sessions = {row.id: row for row in rows}
    support = session.execute(
        select(SessionSupport.session_id, SessionSupport.need, SessionSupport.used).where(
            SessionSupport.authority_id == authority_id, SessionSupport.session_id.in_(session_ids)
        )
    )
    return Stock(
        sessions=sessions,
        limited=_limited(session, sessions),
        limited_used={(row[0], row[1]): row[2] for row in support},
    )


def _limited(
    session: Session, sessions: dict[UUID, Row[*tuple[Any, ...]]]
) -> dict[tuple[UUID, str], int]:
    """Read the limited places of sessions: their own offers replace their activities'."""
    by_activity: dict[UUID, dict[str, int]] = {}
    by_session: dict[UUID, dict[str, int]] = {}
    offers = session.execute(
        select(Offer.activity_id, Offer.session_id, Offer.need, Offer.per_session).where(
            Offer.authority_id == session.info["authority_id"],
            or_(
                and_(
                    Offer.session_id.is_(None),
                    Offer.activity_id.in_({row.activity_id for row in sessions.values()}),
                ),
                Offer.session_id.in_(sessions),
            ),
        )
    )
    for activity_id, session_id, need, per_session in offers:
        if session_id is None:
            by_activity.setdefault(activity_id, {})[need] = per_session or 0
        else:
            by_session.setdefault(session_id, {})[need] = per_session or 0
    return {
        (id_, need): count
        for id_, row in sessions.items()
        for need, count in {
            **by_activity.get(row.activity_id, {}),
            **by_session.get(id_, {}),
        }.items()
        if count
    }


def add_services(session: Session, stock: Stock, weeks: Collection[str]) -> None:
    """Read what the authority's services have left in some weeks, which are locked."""
    rows = session.execute(
        select(
            SupportServiceWeek.support_service_id,
            SupportServiceWeek.week,
            SupportServiceWeek.allowed - SupportServiceWeek.used,
        ).where(
            SupportServiceWeek.authority_id == session.info["authority_id"],
            SupportServiceWeek.week.in_(weeks),
        )
    )
    stock.weeks = {(row[0], row[1]): row[2] for row in rows}


def take(session: Session, stock: Stock, *, take_kept: bool) -> bool:
    """Write what has been taken; false: something was not there, and nothing must be kept."""
    places = [{"id": id_, "count": n} for id_, n in stock.places_taken.items() if n]
    limited = [
        {"session_id": id_, "need": need, "allowed": stock.limited[id_, need], "count": n}
        for (id_, need), n in stock.limited_taken.items()
        if n
    ]
    weeks = [
        {"id": id_, "week": week, "count": n} for (id_, week), n in stock.weeks_taken.items() if n
    ]
    return (
        _run(session, TAKE_PLACES, places, take_kept=take_kept)
        and _run(session, TAKE_SUPPORT, limited)
        and _run(session, TAKE_WEEKS, weeks)
    )


def keep_free(session: Session, session_ids: Collection[UUID]) -> None:
    """Keep what is free in some sessions, which are locked, for a round's next children."""
    values = {"authority_id": session.info["authority_id"], "ids": list(session_ids)}
    session.execute(KEEP_FREE, values)


def _run(
    session: Session, statement: TextClause, rows: Sequence[dict[str, Any]], **more: Any
) -> bool:
    if not rows:
        return True
    wanted = {
        "authority_id": session.info["authority_id"],
        "rows": json.dumps(rows, default=str),
        **more,
    }
    result = cast("CursorResult[*tuple[Any, ...]]", session.execute(statement, wanted))
    return result.rowcount == len(rows)
