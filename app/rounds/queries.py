"""Reads of the rounds room."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.catalogue.models import Activity, Offer, Provider
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.pagination import Page, PageRequest, fetch_page
from app.rounds.models import (
    Brochure,
    BrochureDocument,
    BrochureSession,
    Choice,
    ChoiceLink,
    ChoiceList,
    Round,
)


def find_round(
    session: Session, round_id: UUID, *, lock: bool = False, hold: bool = False
) -> Round | None:
    """Find a round; to change it, or to hold it in its state while something rests on that."""
    statement = select(Round).where(
        Round.authority_id == session.info["authority_id"], Round.id == round_id
    )
    if lock or hold:
        statement = statement.with_for_update(read=hold).execution_options(populate_existing=True)
    return session.scalar(statement)


def page_of_rounds(session: Session, page: PageRequest, *, drafts: bool) -> Page[Round]:
    """List rounds, the oldest record first."""
    statement = select(Round).where(Round.authority_id == session.info["authority_id"])
    if not drafts:
        statement = statement.where(Round.state != "draft")
    return fetch_page(
        session, statement, page, keys=[Round.id], parsers=[UUID], key_of=lambda row: [row.id]
    )


def lock_published(session: Session) -> Sequence[Round]:
    """Find the rounds whose choices open and close by their dates, and lock them."""
    return session.scalars(
        select(Round)
        .where(Round.authority_id == session.info["authority_id"], Round.state == "published")
        .order_by(Round.id)
        .with_for_update()
    ).all()


def newest_versions(session: Session, round_ids: Collection[UUID]) -> dict[UUID, int]:
    """Read the number of the newest brochure of each round that has one."""
    rows = session.execute(
        select(Brochure.round_id, func.max(Brochure.version))
        .where(
            Brochure.authority_id == session.info["authority_id"],
            Brochure.round_id.in_(round_ids),
        )
        .group_by(Brochure.round_id)
    )
    return {row[0]: row[1] for row in rows}


def find_brochure(session: Session, round_id: UUID, version: int | None) -> Brochure | None:
    """Find a version of a round's brochure, or the newest."""
    statement = select(Brochure).where(
        Brochure.authority_id == session.info["authority_id"], Brochure.round_id == round_id
    )
    if version is not None:
        statement = statement.where(Brochure.version == version)
    return session.scalar(statement.order_by(Brochure.version.desc()).limit(1))


def read_document(session: Session, brochure_id: UUID, form: str) -> bytes:
    """Read a brochure in one of its forms."""
    return session.scalars(
        select(BrochureDocument.content).where(
            BrochureDocument.authority_id == session.info["authority_id"],
            BrochureDocument.brochure_id == brochure_id,
            BrochureDocument.form == form,
        )
    ).one()


def list_changed(session: Session, brochure_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """List what a brochure says of sessions that have since been cancelled or moved."""
    authority_id = session.info["authority_id"]
    return session.execute(
        select(
            CatalogueSession.id,
            CatalogueSession.activity_id,
            Activity.title,
            CatalogueSession.status,
            BrochureSession.starts_at.label("was_starts_at"),
            BrochureSession.ends_at.label("was_ends_at"),
            CatalogueSession.starts_at,
            CatalogueSession.ends_at,
        )
        .join(
            CatalogueSession,
            and_(
                CatalogueSession.authority_id == BrochureSession.authority_id,
                CatalogueSession.id == BrochureSession.session_id,
            ),
        )
        .join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        )
        .where(
            BrochureSession.authority_id == authority_id,
            BrochureSession.brochure_id == brochure_id,
            or_(
                CatalogueSession.status == "cancelled",
                CatalogueSession.starts_at != BrochureSession.starts_at,
                CatalogueSession.ends_at != BrochureSession.ends_at,
            ),
        )
        .order_by(BrochureSession.starts_at, BrochureSession.session_id)
    ).all()


def list_sessions(
    session: Session, starts_from: datetime, starts_before: datetime
) -> Sequence[CatalogueSession]:
    """List the sessions that are to take place in a span, by when they start."""
    return session.scalars(
        select(CatalogueSession)
        .where(
            CatalogueSession.authority_id == session.info["authority_id"],
            CatalogueSession.status == "scheduled",
            CatalogueSession.starts_at >= starts_from,
            CatalogueSession.starts_at < starts_before,
        )
        .order_by(CatalogueSession.starts_at, CatalogueSession.id)
    ).all()


def list_activities(
    session: Session, activity_ids: Collection[UUID]
) -> Sequence[Row[Activity, str]]:
    """List some activities, each with who runs it."""
    return session.execute(
        select(Activity, Provider.name)
        .join(
            Provider,
            and_(
                Provider.authority_id == Activity.authority_id,
                Provider.id == Activity.provider_id,
            ),
        )
        .where(Activity.authority_id == session.info["authority_id"], Activity.id.in_(activity_ids))
    ).all()


def list_offers(session: Session, activity_ids: Collection[UUID]) -> Sequence[Offer]:
    """List how some activities, and sessions of them, meet needs."""
    return session.scalars(
        select(Offer)
        .where(
            Offer.authority_id == session.info["authority_id"], Offer.activity_id.in_(activity_ids)
        )
        .order_by(Offer.id)
    ).all()


def find_sessions(
    session: Session, session_ids: Collection[UUID]
) -> dict[UUID, tuple[CatalogueSession, Activity]]:
    """Find some sessions with what they are of."""
    rows = session.execute(
        select(CatalogueSession, Activity)
        .join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        )
        .where(
            CatalogueSession.authority_id == session.info["authority_id"],
            CatalogueSession.id.in_(session_ids),
        )
    )
    return {row[0].id: (row[0], row[1]) for row in rows}


def readable_lists(session: Session, caller: Caller, round_id: UUID) -> Select[ChoiceList]:
    """Narrow a round's lists to those of children that are the caller's business."""
    statement = select(ChoiceList).where(
        ChoiceList.authority_id == session.info["authority_id"], ChoiceList.round_id == round_id
    )
    if caller.sees_every_household:
        return statement
    own = and_(Child.authority_id == ChoiceList.authority_id, Child.id == ChoiceList.child_id)
    # Without a family's grant this compares with null, which no household equals.
    return statement.join(Child, own).where(Child.household_id == caller.household_id)


def find_list(session: Session, round_id: UUID, child_id: UUID) -> ChoiceList | None:
    """Find what was chosen for a child."""
    return session.scalar(
        select(ChoiceList).where(
            ChoiceList.authority_id == session.info["authority_id"],
            ChoiceList.round_id == round_id,
            ChoiceList.child_id == child_id,
        )
    )


def page_of_lists(
    session: Session, caller: Caller, round_id: UUID, page: PageRequest
) -> Page[ChoiceList]:
    """List what was chosen in a round, the list that was made first at the head."""
    return fetch_page(
        session,
        readable_lists(session, caller, round_id),
        page,
        keys=[ChoiceList.id],
        parsers=[UUID],
        key_of=lambda found: [found.id],
    )


def siblings_of(session: Session, household_id: UUID, child_id: UUID) -> set[UUID]:
    """Find the other children of a household."""
    return set(
        session.scalars(
            select(Child.id).where(
                Child.authority_id == session.info["authority_id"],
                Child.household_id == household_id,
                Child.id != child_id,
            )
        )
    )


def households_of(session: Session, child_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Find the household of each of some children."""
    rows = session.execute(
        select(Child.id, Child.household_id).where(
            Child.authority_id == session.info["authority_id"], Child.id.in_(child_ids)
        )
    )
    return {row[0]: row[1] for row in rows}


def who_chose(
    session: Session, round_id: UUID, child_ids: Collection[UUID]
) -> dict[tuple[UUID, UUID], set[UUID]]:
    """Find which of some children chose which sessions, and together with whom."""
    rows = session.execute(
        select(ChoiceList.child_id, Choice.session_id, ChoiceLink.sibling_id)
        .join(
            Choice,
            and_(Choice.authority_id == ChoiceList.authority_id, Choice.list_id == ChoiceList.id),
        )
        .outerjoin(
            ChoiceLink,
            and_(ChoiceLink.authority_id == Choice.authority_id, ChoiceLink.choice_id == Choice.id),
        )
        .where(
            ChoiceList.authority_id == session.info["authority_id"],
            ChoiceList.round_id == round_id,
            ChoiceList.child_id.in_(child_ids),
        )
    )
    found: dict[tuple[UUID, UUID], set[UUID]] = {}
    for child_id, session_id, linked_id in rows:
        together = found.setdefault((child_id, session_id), set())
        if linked_id is not None:
            together.add(linked_id)
    return found
