"""Drawing releases and reading them: once a period, within the year's budget, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.clock import local_date, quarter_bounds
from app.db import bind_tenant
from app.errors import Invalid, NotFound
from app.gaps.refreshing import LAST_LOOK_AFTER
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.releases import noise, queries
from app.releases.building import INTEREST, Cell, Table, build, plan_tables
from app.releases.errors import (
    BudgetSpent,
    ReleaseExists,
    ReleaseTooEarly,
    SizeClassNotSet,
    SizeClassSet,
)
from app.releases.grid import declare_grid, lay_out
from app.releases.models import (
    AuthoritySize,
    GapRelease,
    GapReleaseCell,
    LocalityDeclaration,
)
from app.releases.schemas import (
    CellsQuery,
    LocalitiesUpdate,
    ReleaseCreate,
    SizeClass,
    SizeUpdate,
)
from app.releases.topics import OTHER
from app.releases.wants import unmet_of

# A release's budget, and a year's; both are zero-concentrated differential privacy.
RHO_THOUSANDTHS: Final = 125
YEAR_THOUSANDTHS: Final = 500
RELEASES_A_YEAR: Final = {"under_200": 1, "200_to_500": 4, "over_500": 4}
WITH_BREAKDOWNS: Final = frozenset({"over_500"})


def set_size(
    session: Session, caller: Caller, authority_id: UUID, form: SizeUpdate, *, now: datetime
) -> AuthoritySize:
    """Say how large an authority is in a year; the same once more changes nothing."""
    if not queries.is_authority(session, authority_id):
        raise NotFound
    bind_tenant(session, authority_id)
    return set_size_of_bound(session, caller, form, now=now)


def set_size_of_bound(
    session: Session, caller: Caller, form: SizeUpdate, *, now: datetime
) -> AuthoritySize:
    """Say how large the bound authority is in a year."""
    authority_id: UUID = session.info["authority_id"]
    queries.insert_size(
        session,
        {
            "authority_id": authority_id,
            "year": form.year,
            "size_class": form.size_class,
            "set_by": caller.client_id,
            "set_at": now,
        },
    )
    size = queries.find_size(session, form.year)
    if size is None or size.size_class != form.size_class:
        raise SizeClassSet("It stays for the year.", year=form.year)
    audit.record(session, caller, "authority.size", now=now, object_id=authority_id)
    return size


def find_size(session: Session, year: int) -> AuthoritySize | None:
    """Find what was said of the bound authority's year."""
    return queries.find_size(session, year)


def size_class_of(n_children: int) -> SizeClass:
    """Name the class of an authority with so many registered children."""
    if n_children < 200:
        return "under_200"
    return "200_to_500" if n_children < 500 else "over_500"


def declare_localities(
    session: Session, caller: Caller, form: LocalitiesUpdate, *, now: datetime
) -> LocalityDeclaration:
    """Declare which parts of the authority releases tell of from now on."""
    declaration = LocalityDeclaration(
        authority_id=caller.tenant,
        id=new_id(),
        groups=[locality.model_dump() for locality in form.localities],
        declared_by=caller.client_id,
        declared_at=now,
    )
    session.add(declaration)
    emit(session, "localities.declared", declaration.id, sequence=1, now=now)
    audit.record(session, caller, "localities.declare", now=now, object_id=declaration.id)
    return declaration


def find_localities(session: Session) -> LocalityDeclaration | None:
    """Find what was declared last."""
    return queries.find_localities(session)


def draw_release(
    session: Session, caller: Caller, form: ReleaseCreate, *, now: datetime
) -> GapRelease:
    """Draw a period's release: the figures, the charge and the entry are one transaction."""
    _refuse_second(queries.find_release_of(session, form.period))
    if not form.early:
        _wait_for_the_end(form.period, now=now)
    year = local_date(now).year
    size = queries.find_size(session, year)
    if size is None:
        raise SizeClassNotSet("Ask an operator to set it for the year.", year=year)
    declared = queries.find_localities(session)
    localities = declared.groups if declared else []
    grid = declare_grid(localities, with_breakdowns=size.size_class in WITH_BREAKDOWNS)
    tables = plan_tables(grid, RHO_THOUSANDTHS / 1000)
    flags = lay_out(unmet_of(session, form.period, now=now), grid, localities)
    cells = build(flags, grid, tables)
    # Charged last, as the charge holds the year's row: two at once wait here, and not for long.
    budget = queries.charge(
        session,
        caller.tenant,
        year,
        allowed=RELEASES_A_YEAR[size.size_class],
        rho_thousandths=RHO_THOUSANDTHS,
    )
    if budget is None:
        # Of two at once for the last of the year, the other may have drawn this very period.
        _refuse_second(queries.find_release_of(session, form.period))
        raise BudgetSpent(
            "The next year has a budget of its own.",
            year=year,
            releases=RELEASES_A_YEAR[size.size_class],
        )
    release = queries.insert_release(
        session,
        {
            "period": form.period,
            "year": year,
            "release_of_year": budget.releases,
            "rho_thousandths": RHO_THOUSANDTHS,
            "size_class": size.size_class,
            "mechanism": noise.MECHANISM,
            "library": noise.LIBRARY,
            "tables": [_stored(table) for table in tables],
            "topics": list(grid.topics),
            "breakdowns": {by: list(values) for by, values in grid.breakdowns.items()},
            "created_by": caller.client_id,
            "created_at": now,
        },
    )
    if release is None:
        # The charge goes with the transaction.
        _refuse_second(queries.find_release_of(session, form.period))
        raise ReleaseExists
    queries.insert_cells(session, release, cells)
    queries.insert_statements(session, release, _answerable(cells))
    emit(session, "gap_release.created", release.id, sequence=1, now=now)
    audit.record(session, caller, "gap_release.create", now=now, object_id=release.id)
    return release


def _wait_for_the_end(period: str, *, now: datetime) -> None:
    """Refuse a quarter of which who came is not known yet."""
    not_before = quarter_bounds(period)[1] + LAST_LOOK_AFTER
    if now < not_before:
        raise ReleaseTooEarly(
            "It is drawn once for ever: wait for the quarter to end, or draw it early on purpose.",
            not_before=not_before.isoformat(),
            remedy="early: true draws it of what is known so far",
        )


def _refuse_second(drawn: GapRelease | None) -> None:
    if drawn is not None:
        raise ReleaseExists("Read the one that was drawn.", release_id=str(drawn.id))


def _answerable(cells: Sequence[Cell]) -> list[str]:
    """Name the interests of which a release shows how many children want them in vain."""
    return [
        cell.interest
        for cell in cells
        if cell.by == INTEREST and cell.shown and cell.interest != OTHER
    ]


def _stored(table: Table) -> dict[str, Any]:
    return {
        "by": table.by,
        "rho": round(table.rho, 9),
        "sd": round(table.sd, 3),
        "threshold": table.threshold,
        "error": table.error,
    }


def page_of_releases(session: Session, page: PageRequest) -> Page[GapRelease]:
    """List the authority's releases, the oldest first."""
    return queries.page_of_releases(session, page)


def get_release(session: Session, release_id: UUID) -> GapRelease:
    """Get a release of the authority."""
    release = queries.find_release(session, release_id)
    if release is None:
        raise NotFound
    return release


def get_release_of(session: Session, period: str) -> GapRelease:
    """Get the release of a period."""
    release = queries.find_release_of(session, period)
    if release is None:
        raise NotFound("The period has not been released.")
    return release


def page_of_cells(
    session: Session, release: GapRelease, query: CellsQuery, page: PageRequest
) -> Page[GapReleaseCell]:
    """Select stored cells, a page at a time."""
    return queries.page_of_cells(session, release.id, page, *selection(release, query))


def selection(release: GapRelease, query: CellsQuery) -> list[ColumnElement[bool]]:
    """Say which stored cells are meant; whatever names none is refused."""
    breakdowns: dict[str, list[str]] = release.breakdowns
    if query.by != INTEREST and query.by not in breakdowns:
        raise Invalid("by", "not_in_this_release", "The release has no such table")
    where = [GapReleaseCell.by == query.by]
    filters = query.model_dump(include={INTEREST, "locality", "age_band", "need_group", "reason"})
    for name, wanted in filters.items():
        if wanted is None:
            continue
        if name not in (INTEREST, query.by):
            raise Invalid(name, "not_in_this_table", "Filter by the interest, or as in `by`")
        declared = release.topics if name == INTEREST else breakdowns[name]
        if wanted not in declared:
            raise Invalid(name, "not_in_this_release", "The release tells of no such thing")
        column = GapReleaseCell.interest if name == INTEREST else GapReleaseCell.value
        where.append(column == wanted)
    return where
