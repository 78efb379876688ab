"""Reads and writes of you said, we did: lines, and the released figures that they tell."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.pagination import Page, PageRequest, fetch_page
from app.releases.models import GapRelease, GapReleaseCell, Statement


def page_of_lines(
    session: Session, quarter: str | None, page: PageRequest, *, released: bool
) -> Page[Statement]:
    """List lines, the first quarter first."""
    statement = select(Statement)
    if released:
        statement = statement.where(Statement.released_at.is_not(None))
    if quarter is not None:
        statement = statement.where(Statement.period == quarter)
    return fetch_page(
        session,
        statement,
        page,
        keys=(Statement.period, Statement.interest),
        parsers=(_word, _word),
        key_of=lambda line: (line.period, line.interest),
    )


def _word(value: str) -> str:
    if "\x00" in value or not value.isascii():
        raise ValueError("not a name that was given out")
    return value


def find_line(session: Session, line_id: UUID) -> Statement | None:
    """Find a line."""
    return session.scalar(select(Statement).where(Statement.id == line_id))


def lock_line(session: Session, line_id: UUID) -> Statement | None:
    """Find a line and keep others from changing it meanwhile."""
    return session.scalar(select(Statement).where(Statement.id == line_id).with_for_update())


def releases_of(session: Session, release_ids: Collection[UUID]) -> dict[UUID, GapRelease]:
    """Find some releases by their ids."""
    found = session.scalars(select(GapRelease).where(GapRelease.id.in_(release_ids)))
    return {release.id: release for release in found}


def shown_cells(
    session: Session, release_ids: Collection[UUID], *tables: str
) -> Sequence[GapReleaseCell]:
    """List the figures that some tables of some releases show, in the order of their grid."""
    return session.scalars(
        select(GapReleaseCell)
        .where(
            GapReleaseCell.release_id.in_(release_ids),
            GapReleaseCell.by.in_(tables),
            GapReleaseCell.shown,
        )
        .order_by(GapReleaseCell.release_id, GapReleaseCell.position)
    ).all()
