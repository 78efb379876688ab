"""Reads and writes of the releases room; row-level security keeps each to the bound authority."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from app.authorities.models import Authority
from app.ids import new_id
from app.pagination import Page, PageRequest, fetch_page
from app.releases.building import Cell
from app.releases.models import (
    AuthoritySize,
    GapRelease,
    GapReleaseCell,
    LocalityDeclaration,
    ReleaseBudget,
    Statement,
)
from app.wire import LARGEST_INTEGER


def is_authority(session: Session, authority_id: UUID) -> bool:
    """Tell whether there is such an authority; its table has no tenant."""
    return bool(session.scalar(select(exists().where(Authority.id == authority_id))))


def find_size(session: Session, year: int) -> AuthoritySize | None:
    """Find what an operator said of a year."""
    return session.scalar(select(AuthoritySize).where(AuthoritySize.year == year))


def insert_size(session: Session, values: dict[str, Any]) -> None:
    """Store a year's size class unless it has one."""
    session.execute(postgresql.insert(AuthoritySize).values(values).on_conflict_do_nothing())


def find_localities(session: Session) -> LocalityDeclaration | None:
    """Find the newest declaration."""
    newest = select(LocalityDeclaration).order_by(LocalityDeclaration.id.desc()).limit(1)
    return session.scalar(newest)


def charge(
    session: Session, authority_id: UUID, year: int, *, allowed: int, rho_thousandths: int
) -> ReleaseBudget | None:
    """Charge a release to its year, or give None: one statement decides, whoever else asks."""
    key = {"authority_id": authority_id, "year": year}
    session.execute(
        postgresql.insert(ReleaseBudget)
        .values(**key, releases=0, allowed=allowed, rho_thousandths=0)
        .on_conflict_do_nothing()
    )
    return session.scalar(
        update(ReleaseBudget)
        .where(
            ReleaseBudget.year == year,
            ReleaseBudget.releases < ReleaseBudget.allowed,
            ReleaseBudget.rho_thousandths + rho_thousandths <= 500,
        )
        .values(
            releases=ReleaseBudget.releases + 1,
            rho_thousandths=ReleaseBudget.rho_thousandths + rho_thousandths,
        )
        .returning(ReleaseBudget)
    )


def insert_release(session: Session, values: dict[str, Any]) -> GapRelease | None:
    """Store a release unless its period has one; of two at once, one gets in."""
    return session.scalar(
        postgresql.insert(GapRelease)
        .values(authority_id=session.info["authority_id"], id=new_id(), **values)
        .on_conflict_do_nothing(index_elements=["authority_id", "period"])
        .returning(GapRelease)
    )


def insert_cells(session: Session, release: GapRelease, cells: Sequence[Cell]) -> None:
    """Store the figures of a release."""
    session.execute(
        insert(GapReleaseCell),
        [
            {
                "authority_id": release.authority_id,
                "release_id": release.id,
                "position": position,
                "by": cell.by,
                "interest": cell.interest,
                "value": cell.value,
                "noised": cell.noised,
                "shown": cell.shown,
            }
            for position, cell in enumerate(cells)
        ],
    )


def insert_statements(session: Session, release: GapRelease, interests: Sequence[str]) -> None:
    """Let what a release shows be answered in public."""
    if interests:
        session.execute(
            insert(Statement),
            [
                {
                    "authority_id": release.authority_id,
                    "id": new_id(),
                    "release_id": release.id,
                    "period": release.period,
                    "interest": interest,
                    "version": 1,
                }
                for interest in interests
            ],
        )


def find_release(session: Session, release_id: UUID) -> GapRelease | None:
    """Find a release."""
    return session.scalar(select(GapRelease).where(GapRelease.id == release_id))


def find_release_of(session: Session, period: str) -> GapRelease | None:
    """Find the release of a period."""
    return session.scalar(select(GapRelease).where(GapRelease.period == period))


def list_releases_of(session: Session, periods: Sequence[str]) -> Sequence[GapRelease]:
    """List the releases of some periods, the earliest period first."""
    return session.scalars(
        select(GapRelease).where(GapRelease.period.in_(periods)).order_by(GapRelease.period)
    ).all()


def list_interest_cells(session: Session, release_ids: Sequence[UUID]) -> Sequence[GapReleaseCell]:
    """List the figures of whole authorities of some releases."""
    return session.scalars(
        select(GapReleaseCell)
        .where(GapReleaseCell.release_id.in_(release_ids), GapReleaseCell.by == "interest")
        .order_by(GapReleaseCell.release_id, GapReleaseCell.position)
    ).all()


def page_of_releases(session: Session, page: PageRequest) -> Page[GapRelease]:
    """List releases, the oldest first."""
    return fetch_page(
        session,
        select(GapRelease),
        page,
        keys=(GapRelease.id,),
        parsers=(UUID,),
        key_of=lambda release: (release.id,),
    )


def list_cells(session: Session, release_id: UUID, *where: ColumnElement[bool]) -> list[Cell]:
    """List cells of a release as they were drawn, in the order of the declared grid."""
    rows = session.execute(
        select(
            GapReleaseCell.by,
            GapReleaseCell.interest,
            GapReleaseCell.value,
            GapReleaseCell.noised,
            GapReleaseCell.shown,
        )
        .where(GapReleaseCell.release_id == release_id, *where)
        .order_by(GapReleaseCell.position)
    )
    return [Cell(*row) for row in rows]


def page_of_cells(
    session: Session, release_id: UUID, page: PageRequest, *where: ColumnElement[bool]
) -> Page[GapReleaseCell]:
    """List cells of a release, a page at a time."""
    return fetch_page(
        session,
        select(GapReleaseCell).where(GapReleaseCell.release_id == release_id, *where),
        page,
        keys=(GapReleaseCell.position,),
        parsers=(_read_position,),
        key_of=lambda cell: (cell.position,),
    )


def cell_of(row: GapReleaseCell) -> Cell:
    """Read a stored cell."""
    return Cell(row.by, row.interest, row.value, row.noised, row.shown)


def _read_position(text: str) -> int:
    position = int(text)
    if not 0 <= position <= LARGEST_INTEGER:
        raise ValueError("not a position")
    return position
