"""Reads of allocations and of what they have found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.orm import Session

from app.allocations.models import (
    AllocatedChild,
    AllocatedPlace,
    AllocatedSession,
    Allocation,
)
from app.bookings.models import Booking
from app.children.models import Child
from app.pagination import Page, PageRequest, fetch_page
from app.rounds.models import Choice, ChoiceList, Round


def find_allocation(
    session: Session, allocation_id: UUID, *, round_id: UUID | None = None, lock: bool = False
) -> Allocation | None:
    """Find an allocation, of a round if one is named."""
    statement = select(Allocation).where(
        Allocation.authority_id == session.info["authority_id"], Allocation.id == allocation_id
    )
    if round_id is not None:
        statement = statement.where(Allocation.round_id == round_id)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)


def find_same(
    session: Session, round_id: UUID, inputs_digest: str, *, preview: bool
) -> Allocation | None:
    """Find a finished run of a round that rests on the same inputs and seed."""
    return session.scalar(
        select(Allocation)
        .where(
            Allocation.authority_id == session.info["authority_id"],
            Allocation.round_id == round_id,
            Allocation.inputs_digest == inputs_digest,
            Allocation.preview.is_(preview),
            Allocation.status.in_(("done", "published")),
        )
        .limit(1)
    )


def page_of_allocations(
    session: Session, round_id: UUID, page: PageRequest, *, published_only: bool
) -> Page[Allocation]:
    """List the runs of a round as they were started."""
    statement = select(Allocation).where(
        Allocation.authority_id == session.info["authority_id"], Allocation.round_id == round_id
    )
    if published_only:
        statement = statement.where(Allocation.status == "published")
    return fetch_page(
        session,
        statement,
        page,
        keys=[Allocation.id],
        parsers=[UUID],
        key_of=lambda row: [row.id],
    )


def page_of_places(
    session: Session, allocation_id: UUID, page: PageRequest
) -> Page[AllocatedPlace]:
    """List the places that an allocation gives."""
    return fetch_page(
        session,
        select(AllocatedPlace).where(
            AllocatedPlace.authority_id == session.info["authority_id"],
            AllocatedPlace.allocation_id == allocation_id,
        ),
        page,
        keys=[AllocatedPlace.id],
        parsers=[UUID],
        key_of=lambda row: [row.id],
    )


def page_of_sessions(
    session: Session, allocation_id: UUID, page: PageRequest
) -> Page[AllocatedSession]:
    """List the sessions of an allocation."""
    return fetch_page(
        session,
        select(AllocatedSession).where(
            AllocatedSession.authority_id == session.info["authority_id"],
            AllocatedSession.allocation_id == allocation_id,
        ),
        page,
        keys=[AllocatedSession.session_id, AllocatedSession.funding],
        parsers=[UUID, str],
        key_of=lambda row: [row.session_id, row.funding],
    )


def months_of_child(
    session: Session, allocation_id: UUID, child_id: UUID
) -> Sequence[AllocatedChild]:
    """List how a child stood in each month."""
    return session.scalars(
        select(AllocatedChild)
        .where(
            AllocatedChild.authority_id == session.info["authority_id"],
            AllocatedChild.allocation_id == allocation_id,
            AllocatedChild.child_id == child_id,
        )
        .order_by(AllocatedChild.month)
    ).all()


def places_of_child(
    session: Session, allocation_id: UUID, child_id: UUID
) -> Sequence[AllocatedPlace]:
    """List what a child was given."""
    return session.scalars(
        select(AllocatedPlace)
        .where(
            AllocatedPlace.authority_id == session.info["authority_id"],
            AllocatedPlace.allocation_id == allocation_id,
            AllocatedPlace.child_id == child_id,
        )
        .order_by(AllocatedPlace.month, AllocatedPlace.id)
    ).all()


def all_places(session: Session, allocation_id: UUID) -> Sequence[AllocatedPlace]:
    """List every place of an allocation that has been given."""
    return session.scalars(
        select(AllocatedPlace)
        .where(
            AllocatedPlace.authority_id == session.info["authority_id"],
            AllocatedPlace.allocation_id == allocation_id,
            AllocatedPlace.state == "given",
        )
        .order_by(AllocatedPlace.id)
    ).all()


def count_places(session: Session, allocation_id: UUID) -> dict[str, int]:
    """Count the places of an allocation by what became of them."""
    rows: Sequence[Row[*tuple[Any, ...]]] = session.execute(
        select(AllocatedPlace.state, func.count())
        .where(
            AllocatedPlace.authority_id == session.info["authority_id"],
            AllocatedPlace.allocation_id == allocation_id,
        )
        .group_by(AllocatedPlace.state)
    ).all()
    return {row[0]: row[1] for row in rows}


def find_ruling(session: Session, session_id: UUID, *, lock: bool = False) -> Allocation | None:
    """Find the allocation whose offers are out and that gave places of a session."""
    statement = (
        select(Allocation)
        .join(
            AllocatedSession,
            and_(
                AllocatedSession.authority_id == Allocation.authority_id,
                AllocatedSession.allocation_id == Allocation.id,
            ),
        )
        .join(
            Round,
            and_(Round.authority_id == Allocation.authority_id, Round.id == Allocation.round_id),
        )
        .where(
            Allocation.authority_id == session.info["authority_id"],
            AllocatedSession.session_id == session_id,
            Allocation.status == "published",
            Round.state == "offers_out",
        )
        .limit(1)
    )
    if lock:
        statement = statement.with_for_update(of=Allocation).execution_options(
            populate_existing=True
        )
    return session.scalar(statement)


def bands_of(session: Session, allocation_id: UUID, month: str) -> dict[UUID, int]:
    """Read in which waiting band each child was in a month."""
    rows = session.execute(
        select(AllocatedChild.child_id, AllocatedChild.band).where(
            AllocatedChild.authority_id == session.info["authority_id"],
            AllocatedChild.allocation_id == allocation_id,
            AllocatedChild.month == month,
        )
    )
    return {row[0]: row[1] for row in rows}


def candidates(
    session: Session,
    allocation_id: UUID,
    session_id: UUID,
    month: str,
    funding: str,
    *,
    asking: bool,
    further: bool,
) -> Sequence[UUID]:
    """Find who may be next for a session: nobody who has had a turn there, or has let a place of
    the month and funding go.

    A `further` place is for who has been offered one of the month and funding already, any other
    for who has not. Those `asking` have this session on their list, to be taken so.
    """
    authority_id = session.info["authority_id"]
    had_a_turn = select(AllocatedPlace.child_id).where(
        AllocatedPlace.authority_id == authority_id,
        AllocatedPlace.allocation_id == allocation_id,
        AllocatedPlace.session_id == session_id,
    )
    # A place that the provider took away has not been offered.
    offered = (
        select(AllocatedPlace.child_id)
        .join(
            Booking,
            and_(
                Booking.authority_id == AllocatedPlace.authority_id,
                Booking.id == AllocatedPlace.booking_id,
            ),
        )
        .where(
            AllocatedPlace.authority_id == authority_id,
            AllocatedPlace.allocation_id == allocation_id,
            AllocatedPlace.month == month,
            AllocatedPlace.funding == funding,
            Booking.cancel_cause.is_distinct_from("provider"),
        )
    )
    let_go = offered.where(Booking.status == "cancelled")
    statement = select(Child.id).where(
        Child.authority_id == authority_id,
        Child.id.not_in(had_a_turn),
        and_(Child.id.in_(offered), Child.id.not_in(let_go))
        if further
        else Child.id.not_in(offered),
    )
    if asking:
        asked = (
            select(ChoiceList.child_id)
            .join(
                Choice,
                and_(
                    Choice.authority_id == ChoiceList.authority_id, Choice.list_id == ChoiceList.id
                ),
            )
            .where(
                ChoiceList.authority_id == authority_id,
                Choice.session_id == session_id,
                Choice.funding == funding,
            )
        )
        statement = statement.where(Child.id.in_(asked))
    return session.scalars(statement.order_by(Child.id)).all()


def find_round_of(session: Session, quarter: str, *, lock: bool = False) -> Round | None:
    """Find the round of a quarter."""
    statement = select(Round).where(
        Round.authority_id == session.info["authority_id"], Round.quarter == quarter
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalar(statement)
