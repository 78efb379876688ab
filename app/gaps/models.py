"""Tables of the gaps room: of each month what was judged, the children, the sessions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, SmallInteger, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, TenantTable, belongs_to

MONTH = "month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'"


class GapMonth(TenantTable, Base):
    """One month whose gaps have been judged: when, and on what they rest."""

    __tablename__ = "gap_months"
    __table_args__ = (Unique("authority_id", "month"), CheckConstraint(MONTH, name="month"))

    month: Mapped[str]
    # Raised by whatever changes a fact of the month, the erasure of a child included.
    version: Mapped[int]
    # Of the catalogue that was judged, and of the rules, policies and encoder it was judged by.
    catalogue_version: Mapped[int]
    judged_by: Mapped[str]
    # The newest event when it was last looked at: if there is none since, nothing has changed.
    last_event_id: Mapped[UUID | None]
    built_at: Mapped[datetime]
    looked_at: Mapped[datetime]
    # How many children were judged the last time, and in how many milliseconds.
    judged: Mapped[int]
    took_ms: Mapped[int]


class GapChild(Base):
    """What has become of the wants of one child in one month.

    The lists run side by side, an entry a want. What the facts are sliced by is frozen here.
    """

    __tablename__ = "gap_children"
    __table_args__ = (
        belongs_to("children", "child_id", ondelete="CASCADE"),
        Index(None, "authority_id", "child_id"),
        CheckConstraint(MONTH, name="month"),
        CheckConstraint(
            " AND ".join(
                f"cardinality(wants) = cardinality({column})"
                for column in ("outcomes", "reasons", "lacking", "sessions", "options")
            ),
            name="side_by_side",
        ),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    child_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Of all that the facts rest on beside the sessions.
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    # Whole years on the first day of the month.
    age: Mapped[int] = mapped_column(SmallInteger)
    age_band: Mapped[str]
    # The postcode district of the home, or `unknown`.
    area: Mapped[str]
    # Bits of the essential needs, in the order of the codes.
    needs: Mapped[int] = mapped_column(BigInteger)
    sen_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # Notations; null for a text that names no concept.
    wants: Mapped[list[Any]] = mapped_column(ARRAY(Text))
    # Positions in the engine's `OUTCOMES`.
    outcomes: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    # Bits of the nearest miss's blocking reasons, and of the essential needs it lacks.
    reasons: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    lacking: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    # The number of the session it is about; -1 if nothing is on offer.
    sessions: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    # How many sessions serve it that only a lack of places could close.
    options: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    # The numbers of these sessions, of all wants that are not met, each once.
    going: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    # The numbers of the sessions that serve a text without a concept.
    alike: Mapped[list[int]] = mapped_column(ARRAY(Integer))


class GapSession(Base):
    """One session of a month as it was judged; it keeps its number as long as the month is kept."""

    __tablename__ = "gap_sessions"
    __table_args__ = (
        Unique("authority_id", "month", "session_id"),
        CheckConstraint(MONTH, name="month"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("setting IN ('specialist', 'supported', 'universal')", name="setting"),
    )

    authority_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    # No reference: a fact is still told when the catalogue has forgotten the session.
    session_id: Mapped[UUID]
    activity_id: Mapped[UUID]
    # Null once it has gone from the month.
    signature: Mapped[int | None] = mapped_column(BigInteger)
    # 0 is Monday.
    weekday: Mapped[int] = mapped_column(SmallInteger)
    setting: Mapped[str]
    places_left: Mapped[int]
    # The concepts it serves: those it carries and what contains them.
    serves: Mapped[list[str]] = mapped_column(ARRAY(Text))
