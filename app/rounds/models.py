"""Tables of the rounds room."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, TenantTable, belongs_to


class Round(TenantTable, Base):
    """A quarter in which families choose and places are given out all at once."""

    __tablename__ = "rounds"
    __table_args__ = (
        UniqueConstraint("authority_id", "quarter"),
        Index("ix_rounds_published", "authority_id", "id", postgresql_where="state = 'published'"),
        CheckConstraint(
            "state IN ('draft', 'published', 'allocated', 'offers_out', 'closed')", name="state"
        ),
        CheckConstraint(
            "choices_open_at < choices_close_at AND choices_close_at < offers_by"
            " AND offers_by <= closes_at",
            name="dates_in_order",
        ),
    )

    # As `YYYY-Qn`.
    quarter: Mapped[str]
    title: Mapped[str]
    publish_on: Mapped[date]
    choices_open_at: Mapped[datetime]
    choices_close_at: Mapped[datetime]
    offers_by: Mapped[datetime]
    closes_at: Mapped[datetime]
    # What was done. Whether choices are open is not kept: it follows from the dates.
    state: Mapped[str] = mapped_column(default="draft")
    # How far the events of the published round have told of its choices' opening and closing.
    announced: Mapped[str] = mapped_column(default="published")
    published_at: Mapped[datetime | None]
    allocated_at: Mapped[datetime | None]
    offers_out_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Brochure(TenantTable, Base):
    """One version of a round's brochure; never altered."""

    __tablename__ = "brochures"
    __table_args__ = (
        belongs_to("rounds", "round_id"),
        UniqueConstraint("authority_id", "round_id", "version"),
    )

    round_id: Mapped[UUID]
    version: Mapped[int]
    frozen_by: Mapped[UUID]
    frozen_at: Mapped[datetime]


class BrochureDocument(Base):
    """A brochure in one of its forms, to the byte as it was made; never altered."""

    __tablename__ = "brochure_documents"
    __table_args__ = (
        belongs_to("brochures", "brochure_id"),
        CheckConstraint(
            "form IN ('json', 'html', 'pdf', 'easy_read_html', 'easy_read_pdf')", name="form"
        ),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    brochure_id: Mapped[UUID] = mapped_column(primary_key=True)
    form: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    # Of the content when it was made: what `shortbreaks verify` compares it with.
    sha256: Mapped[bytes] = mapped_column(LargeBinary)


class BrochureSession(Base):
    """A session as a brochure lists it, to tell what has changed since; never altered."""

    __tablename__ = "brochure_sessions"
    __table_args__ = (belongs_to("brochures", "brochure_id"), belongs_to("sessions", "session_id"))

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    brochure_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class ChoiceLink(Base):
    """A choice that only counts together with a sibling or a friend, in the same session."""

    __tablename__ = "choice_links"
    __table_args__ = (
        belongs_to("choices", "choice_id", ondelete="CASCADE"),
        belongs_to("children", "sibling_id", ondelete="CASCADE"),
        Index(None, "authority_id", "sibling_id"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    choice_id: Mapped[UUID] = mapped_column(primary_key=True)
    sibling_id: Mapped[UUID] = mapped_column(primary_key=True)


class Choice(TenantTable, Base):
    """One session on a child's list for a month."""

    __tablename__ = "choices"
    __table_args__ = (
        belongs_to("choice_lists", "list_id", ondelete="CASCADE"),
        belongs_to("sessions", "session_id"),
        UniqueConstraint("authority_id", "list_id", "month", "rank"),
        UniqueConstraint("authority_id", "list_id", "session_id"),
        Index(None, "authority_id", "session_id"),
        CheckConstraint("rank >= 1", name="rank"),
        CheckConstraint("funding IN ('free', 'contributory')", name="funding"),
    )

    list_id: Mapped[UUID]
    month: Mapped[str]
    # 1 is wanted most.
    rank: Mapped[int]
    session_id: Mapped[UUID]
    funding: Mapped[str]

    links: Mapped[list[ChoiceLink]] = relationship(
        order_by=ChoiceLink.sibling_id, cascade="all, delete-orphan", lazy="selectin"
    )


class ChoiceList(TenantTable, Base):
    """What a child's family chose in a round."""

    __tablename__ = "choice_lists"
    __table_args__ = (
        belongs_to("rounds", "round_id"),
        belongs_to("children", "child_id", ondelete="CASCADE"),
        UniqueConstraint("authority_id", "round_id", "child_id"),
        # A broker pages through a round's lists by it.
        Index(None, "authority_id", "round_id", "id"),
        Index(None, "authority_id", "child_id"),
    )

    round_id: Mapped[UUID]
    child_id: Mapped[UUID]
    # Whether the engine may go on below the list.
    fill_in: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    choices: Mapped[list[Choice]] = relationship(
        order_by=(Choice.month, Choice.rank), cascade="all, delete-orphan", lazy="selectin"
    )
