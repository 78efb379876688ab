"""Reads of the passports room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.bookings.models import Arrangement, Booking
from app.catalogue.models import Activity, Offer
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child, Need
from app.pagination import Page, PageRequest, fetch_page
from app.passports.models import PassportVersion


def newest_version(session: Session, child_id: UUID) -> PassportVersion | None:
    """Find a child's passport as it is now."""
    return session.scalar(
        select(PassportVersion)
        .where(PassportVersion.child_id == child_id)
        .order_by(PassportVersion.version.desc())
        .limit(1)
    )


def find_version(session: Session, child_id: UUID, version: int) -> PassportVersion | None:
    """Find one version of a child's passport."""
    return session.scalar(
        select(PassportVersion).where(
            PassportVersion.child_id == child_id, PassportVersion.version == version
        )
    )


def page_of_versions(session: Session, child_id: UUID, page: PageRequest) -> Page[PassportVersion]:
    """List the versions of a child's passport, the oldest first."""
    return fetch_page(
        session,
        select(PassportVersion).where(PassportVersion.child_id == child_id),
        page,
        keys=(PassportVersion.version,),
        parsers=(int,),
        key_of=lambda row: (row.version,),
    )


def newest_versions(session: Session, child_ids: Collection[UUID]) -> Sequence[PassportVersion]:
    """List the passports of some children as they are now."""
    return session.scalars(
        select(PassportVersion)
        .ext(distinct_on(PassportVersion.child_id))
        .where(PassportVersion.child_id.in_(child_ids))
        .order_by(PassportVersion.child_id, PassportVersion.version.desc())
    ).all()


def find_session(session: Session, caller: Caller, session_id: UUID) -> CatalogueSession | None:
    """Find a session whose briefing is the caller's business: a broker's, or its provider's."""
    statement = select(CatalogueSession).where(CatalogueSession.id == session_id)
    if not caller.sees_every_household:
        # Anybody but a provider compares with null here, which no provider equals.
        statement = statement.join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        ).where(Activity.provider_id == caller.provider_id)
    return session.scalar(statement)


BY_NAME = (func.lower(Child.given_name), Booking.id)


def list_coming(
    session: Session,
    session_id: UUID,
    *,
    firm: Collection[str],
    now: datetime,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Row[*tuple[Any, ...]]]:
    """List who has a place in a session or holds one that has not run out, by given name."""
    held = and_(
        Booking.status == "held",
        or_(Booking.hold_expires_at.is_(None), Booking.hold_expires_at > now),
    )
    statement = (
        select(
            Booking.id,
            Booking.status,
            Booking.limited_needs,
            Booking.family_stays,
            Booking.child_id,
            Child.given_name,
            Child.date_of_birth,
            Child.communication_methods,
            Child.contact,
            Child.language,
            Child.accessible_transport_only,
        )
        .join(Child, and_(Child.authority_id == Booking.authority_id, Child.id == Booking.child_id))
        .where(Booking.session_id == session_id, or_(Booking.status.in_(firm), held))
    )
    if after is not None:
        statement = statement.where(tuple_(*BY_NAME) > tuple_(*after))
    return session.execute(statement.order_by(*BY_NAME).limit(limit)).all()


def find_place_in_list(
    session: Session, session_id: UUID, booking_id: UUID
) -> tuple[str, UUID] | None:
    """Find where a booking of a session stands in the order of `list_coming`."""
    row = session.execute(
        select(*BY_NAME)
        .join(Child, and_(Child.authority_id == Booking.authority_id, Child.id == Booking.child_id))
        .where(Booking.id == booking_id, Booking.session_id == session_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def list_needs(session: Session, child_ids: Collection[UUID]) -> Sequence[Row[UUID, str, str]]:
    """List the needs of some children: child, code, importance."""
    return session.execute(
        select(Need.child_id, Need.code, Need.importance)
        .where(Need.child_id.in_(child_ids))
        .order_by(Need.child_id, Need.position)
    ).all()


def list_tasks(session: Session, booking_ids: Collection[UUID]) -> Sequence[Arrangement]:
    """List the support tasks of some bookings that have not been dropped."""
    return session.scalars(
        select(Arrangement).where(
            Arrangement.booking_id.in_(booking_ids), Arrangement.status != "dropped"
        )
    ).all()


def offered_kinds(session: Session, target: CatalogueSession) -> dict[str, str]:
    """Read how a session meets each need: its own offers replace the activity's."""
    rows = session.execute(
        select(Offer.need, Offer.kind)
        .where(
            Offer.activity_id == target.activity_id,
            or_(Offer.session_id.is_(None), Offer.session_id == target.id),
        )
        # Its own come last.
        .order_by(Offer.session_id.is_not(None))
    )
    return dict(rows.all())
