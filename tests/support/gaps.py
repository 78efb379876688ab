"""Gap facts as the worker finds them, read back by name."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.db import transaction
from app.engine.gaps import BLOCKING_REASONS, OUTCOMES
from app.engine.warm import WarmCatalogues
from app.gaps.refreshing import refresh_authority, refresh_month
from matching import NEED_CODES
from tests.support.world import World

MARCH = "2027-03"


@dataclass(frozen=True)
class Fact:
    """One want of a child, in words."""

    outcome: str
    reasons: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    session_id: str | None = None


def refresh(world: World, month: str = MARCH) -> bool:
    """Look at a month as the worker does."""
    return refresh_month(
        world.sessions, WarmCatalogues(), world.authority_id, month, now=world.clock.now
    )


def refresh_all(world: World, *, at_once: bool = True) -> list[str]:
    """Look at every month as the worker does."""
    return refresh_authority(
        world.sessions, world.clock, WarmCatalogues(), world.authority_id, at_once=at_once
    )


def rows_of(world: World, statement: str, **values: Any) -> list[Any]:
    """Read rows of the world's authority."""
    with transaction(world.sessions, world.authority_id) as session:
        return list(session.execute(text(statement), values).all())


def facts_of(world: World, child_id: str, month: str = MARCH) -> dict[str | None, Fact]:
    """Read the facts of a child by what it wants."""
    rows = rows_of(
        world,
        """
        SELECT f.want, f.outcome, f.reasons, f.lacking, s.session_id
        FROM gap_children c
        CROSS JOIN unnest(c.wants, c.outcomes, c.reasons, c.lacking, c.sessions)
            AS f (want, outcome, reasons, lacking, number)
        LEFT JOIN gap_sessions s ON s.authority_id = c.authority_id AND s.month = c.month
            AND s.number = f.number
        WHERE c.child_id = :child_id AND c.month = :month
        """,
        child_id=UUID(child_id),
        month=month,
    )
    return {
        want: Fact(
            OUTCOMES[outcome],
            _names(reasons, BLOCKING_REASONS),
            _names(lacking, NEED_CODES),
            None if session_id is None else str(session_id),
        )
        for want, outcome, reasons, lacking, session_id in rows
    }


def _names(mask: int, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for bit, name in enumerate(names) if mask >> bit & 1)


def version_of(world: World, month: str = MARCH) -> int:
    """Read the version of a month; 0 if there is none."""
    rows = rows_of(world, "SELECT version FROM gap_months WHERE month = :month", month=month)
    return int(rows[0][0]) if rows else 0
