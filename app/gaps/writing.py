"""Writing what was judged: rows as JSON, thousands in a statement, none half visible.

Not by COPY, which tables with row-level security do not take.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

AT_ONCE: Final = 2_000

LOCK: Final = text(
    """
    SELECT id FROM children WHERE authority_id = :authority_id AND id = ANY (:child_ids)
    ORDER BY id FOR KEY SHARE
    """
)
CHILDREN: Final = text(
    """
    INSERT INTO gap_children (authority_id, month, child_id, fingerprint, age, age_band, area,
        needs, sen_types, wants, outcomes, reasons, lacking, sessions, options, going, alike)
    SELECT :authority_id, :month, r.*
    FROM json_to_recordset(CAST(:rows AS json)) AS r (
        child_id uuid, fingerprint bigint, age smallint, age_band text, area text,
        needs bigint, sen_types text[], wants text[], outcomes smallint[], reasons int[],
        lacking bigint[], sessions int[], options int[], going int[], alike int[])
    ON CONFLICT (authority_id, month, child_id) DO UPDATE SET
        fingerprint = excluded.fingerprint, age = excluded.age, age_band = excluded.age_band,
        area = excluded.area, needs = excluded.needs, sen_types = excluded.sen_types,
        wants = excluded.wants, outcomes = excluded.outcomes, reasons = excluded.reasons,
        lacking = excluded.lacking, sessions = excluded.sessions, options = excluded.options,
        going = excluded.going, alike = excluded.alike
    """
)
GONE_CHILDREN: Final = text(
    """
    DELETE FROM gap_children
    WHERE authority_id = :authority_id AND month = :month AND child_id = ANY (:child_ids)
    """
)
SESSIONS: Final = text(
    """
    INSERT INTO gap_sessions (authority_id, month, number, session_id, activity_id, signature,
        weekday, setting, places_left, serves)
    SELECT :authority_id, :month, r.*
    FROM json_to_recordset(CAST(:rows AS json)) AS r (
        number int, session_id uuid, activity_id uuid, signature bigint, weekday smallint,
        setting text, places_left int, serves text[])
    ON CONFLICT (authority_id, month, number) DO UPDATE SET
        activity_id = excluded.activity_id, signature = excluded.signature,
        weekday = excluded.weekday, setting = excluded.setting,
        places_left = excluded.places_left, serves = excluded.serves
    """
)
GONE_SESSIONS: Final = text(
    """
    UPDATE gap_sessions SET signature = NULL, places_left = 0
    WHERE authority_id = :authority_id AND month = :month AND number = ANY (:numbers)
    """
)
# One after the other, as a second look finds nothing.
DEFER: Final = text(
    """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', 'refresh_gaps_of', 0, CAST(:lock AS text), NULL,
            jsonb_build_object('authority_id', CAST(:authority_id AS uuid)),
            NULL)]::procrastinate_job_to_defer_v1[])
    """
)


def lock_children(session: Session, child_ids: Collection[UUID]) -> set[UUID]:
    """Keep children from being erased until their facts are written; tell who is still there."""
    return set(session.scalars(LOCK, _of(session) | {"child_ids": list(child_ids)}))


def write_children(session: Session, month: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what has become of the wants of some children, in place of what was."""
    _write(session, CHILDREN, month, rows)


def write_sessions(session: Session, month: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write some sessions as they were judged, in place of what was."""
    _write(session, SESSIONS, month, rows)


def forget_children(session: Session, month: str, child_ids: Collection[UUID]) -> None:
    """Forget children who are no longer of the authority's ages, or have gone."""
    session.execute(GONE_CHILDREN, _of(session) | {"month": month, "child_ids": list(child_ids)})


def mark_gone(session: Session, month: str, numbers: Collection[int]) -> None:
    """Keep sessions that have gone only as what older facts were about."""
    session.execute(GONE_SESSIONS, _of(session) | {"month": month, "numbers": list(numbers)})


def defer_look(session: Session) -> None:
    """Have the worker look at the bound authority's months, once this transaction is done."""
    values = _of(session)
    session.execute(DEFER, values | {"lock": f"gaps {values['authority_id']}"})


def _write(session: Session, statement: Any, month: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for first in range(0, len(rows), AT_ONCE):
        values = {"month": month, "rows": json.dumps(rows[first : first + AT_ONCE])}
        session.execute(statement, _of(session) | values)


def _of(session: Session) -> dict[str, Any]:
    return {"authority_id": session.info["authority_id"]}
