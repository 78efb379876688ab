"""Tables of the releases room: written once; the database itself refuses a change."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to

SIZE_CLASSES = "size_class IN ('under_200', '200_to_500', 'over_500')"


class AuthoritySize(Base):
    """How many children an operator says an authority has registered, once a year."""

    __tablename__ = "authority_sizes"
    __table_args__ = (CheckConstraint(SIZE_CLASSES, name="size_class"),)

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size_class: Mapped[str]
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


class LocalityDeclaration(TenantTable, Base):
    """Groups of outcodes that releases tell of from now on; the newest declaration counts."""

    __tablename__ = "locality_declarations"

    # Each `{"name": ..., "outcodes": [...]}`.
    groups: Mapped[list[dict[str, Any]]]
    declared_by: Mapped[UUID]
    declared_at: Mapped[datetime]


class ReleaseBudget(Base):
    """What an authority's releases of a year have cost; it only grows."""

    __tablename__ = "release_budgets"
    __table_args__ = (
        CheckConstraint("releases BETWEEN 0 AND allowed", name="releases_allowed"),
        CheckConstraint("allowed BETWEEN 1 AND 4", name="allowed"),
        CheckConstraint("rho_thousandths BETWEEN 0 AND 500", name="rho_within_year"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    releases: Mapped[int]
    allowed: Mapped[int]
    rho_thousandths: Mapped[int]


class GapRelease(TenantTable, Base):
    """One quarter's table of unmet interests, as it was drawn."""

    __tablename__ = "gap_releases"
    __table_args__ = (
        UniqueConstraint("authority_id", "period"),
        UniqueConstraint("authority_id", "year", "release_of_year"),
        CheckConstraint(SIZE_CLASSES, name="size_class"),
        CheckConstraint("rho_thousandths > 0", name="rho_positive"),
        CheckConstraint("release_of_year >= 1", name="release_of_year"),
    )

    # As `YYYY-Qn`.
    period: Mapped[str]
    # The calendar year in which it was drawn, and whose budget it is charged to.
    year: Mapped[int]
    release_of_year: Mapped[int]
    rho_thousandths: Mapped[int]
    size_class: Mapped[str]
    mechanism: Mapped[str]
    library: Mapped[str]
    # Each `{"by", "rho", "sd", "threshold", "error"}`, in the order of the cells.
    tables: Mapped[list[dict[str, Any]]]
    # The declared topics, and the values of each breakdown.
    topics: Mapped[list[str]]
    breakdowns: Mapped[dict[str, Any]]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]


class GapReleaseCell(Base):
    """One noised figure of a release."""

    __tablename__ = "gap_release_cells"
    __table_args__ = (
        belongs_to("gap_releases", "release_id"),
        Index(
            "uq_gap_release_cells_place",
            *("authority_id", "release_id", "by", "interest", "value"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    release_id: Mapped[UUID] = mapped_column(primary_key=True)
    # In the order of the declared grid, which knows nothing of counts.
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    by: Mapped[str]
    interest: Mapped[str]
    # None in the table of the whole authority.
    value: Mapped[str | None]
    noised: Mapped[int]
    shown: Mapped[bool]


class Statement(TenantTable, Base):
    """One interest that a release shows many children for, and the sentence that answers it.

    Only the sentence may be changed: the serving role has no right to the other columns.
    """

    __tablename__ = "release_statements"
    __table_args__ = (
        belongs_to("gap_releases", "release_id"),
        UniqueConstraint("authority_id", "period", "interest"),
        CheckConstraint("(we_did IS NULL) = (released_at IS NULL)", name="released_when"),
        CheckConstraint("(we_did IS NULL) = (released_by IS NULL)", name="released_by_whom"),
    )

    release_id: Mapped[UUID]
    period: Mapped[str]
    interest: Mapped[str]
    # A broker's words to the public; null until they are published, and once taken back.
    we_did: Mapped[str | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
