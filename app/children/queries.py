"""Reads and bulk writes of the children room, narrowed to what the caller may see."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.dialects.postgresql import insert as insert_if_absent
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.children.models import Child, ChildKey, Consent, Goal, Household, Interest, Step
from app.db import Base
from app.pagination import Page, PageRequest, fetch_page


def readable_children(caller: Caller) -> Select[Child]:
    """Narrow to the children that are the caller's business."""
    if caller.sees_every_household:
        return select(Child)
    # Without a family's grant this compares with null, which no household equals.
    return select(Child).where(Child.household_id == caller.household_id)


def find_child(
    session: Session, caller: Caller, child_id: UUID, *, lock: bool = False
) -> Child | None:
    """Find a child that the caller may see."""
    statement = readable_children(caller).where(Child.id == child_id)
    if lock:
        # What this transaction read before it had the lock may be old.
        # Rows that only name the child, as a friend's do, need not wait.
        statement = statement.with_for_update(key_share=True).execution_options(
            populate_existing=True
        )
    return session.scalar(statement)


def reload_child(session: Session, child_id: UUID) -> Child:
    """Read a child afresh, after its rows were written past the session."""
    statement = select(Child).where(Child.id == child_id)
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def page_of_children(
    session: Session, caller: Caller, page: PageRequest, *, household_id: UUID | None
) -> Page[Child]:
    """List the children that the caller may see, the oldest record first."""
    statement = readable_children(caller)
    if household_id is not None:
        statement = statement.where(Child.household_id == household_id)
    return fetch_page(
        session,
        statement,
        page,
        keys=(Child.id,),
        parsers=(UUID,),
        key_of=lambda child: (child.id,),
    )


def find_household(
    session: Session, caller: Caller, household_id: UUID, *, lock: bool = False
) -> Household | None:
    """Find a household that is the caller's business."""
    statement = select(Household).where(Household.id == household_id)
    if not caller.sees_every_household:
        statement = statement.where(Household.id == caller.household_id)
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(
            populate_existing=True
        )
    return session.scalar(statement)


def which_exist(session: Session, child_ids: Collection[UUID]) -> set[UUID]:
    """Tell which of these are children of the bound authority."""
    if not child_ids:
        return set()
    return set(session.scalars(select(Child.id).where(Child.id.in_(child_ids))))


def insert_rows(session: Session, rows: Mapping[type[Base], Sequence[dict[str, Any]]]) -> None:
    """Insert rows table by table, parents first."""
    for table, values in rows.items():
        if values:
            session.execute(insert(table), values)


def delete_part(session: Session, table: Any, child_id: UUID) -> None:
    """Delete one list of a child's profile."""
    session.execute(
        delete(table).where(table.child_id == child_id).execution_options(synchronize_session=False)
    )


def list_stale_interests(session: Session, encoder: str, *, limit: int) -> Sequence[Interest]:
    """List interests that another version of the encoder read, and lock them."""
    return session.scalars(
        select(Interest)
        .where(Interest.encoder != encoder)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def page_of_consents(session: Session, child_id: UUID, page: PageRequest) -> Page[Consent]:
    """List a child's consents, the oldest first."""
    return fetch_page(
        session,
        select(Consent).where(Consent.child_id == child_id),
        page,
        keys=(Consent.id,),
        parsers=(UUID,),
        key_of=lambda consent: (consent.id,),
    )


def find_goal(
    session: Session, caller: Caller, child_id: UUID, goal_id: UUID, *, lock: bool = False
) -> Goal | None:
    """Find a goal of a child that is the caller's business."""
    statement = (
        select(Goal)
        .join(Child, (Child.authority_id == Goal.authority_id) & (Child.id == Goal.child_id))
        .where(Goal.id == goal_id, Goal.child_id == child_id)
    )
    if not caller.sees_every_household:
        statement = statement.where(Child.household_id == caller.household_id)
    if lock:
        statement = statement.with_for_update(of=Goal).execution_options(populate_existing=True)
    return session.scalar(statement)


def lock_goal(
    session: Session, child_id: UUID, *, goal_id: UUID | None, step_id: UUID | None
) -> tuple[Goal, Step | None] | None:
    """Find and lock a goal of a child, named by itself or by one of its steps."""
    step = None
    if step_id is not None:
        step = session.scalar(select(Step).where(Step.id == step_id))
        if step is None:
            return None
        goal_id = step.goal_id
    goal = session.scalar(
        select(Goal)
        .where(Goal.id == goal_id, Goal.child_id == child_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if goal is None:
        return None
    if step is not None:
        # As it is now that nobody else may change it.
        session.refresh(step)
    return goal, step


def page_of_goals(session: Session, child_id: UUID, page: PageRequest) -> Page[Goal]:
    """List a child's goals, the oldest first."""
    return fetch_page(
        session,
        select(Goal).where(Goal.child_id == child_id),
        page,
        keys=(Goal.id,),
        parsers=(UUID,),
        key_of=lambda goal: (goal.id,),
    )


def count_open_goals(session: Session, child_id: UUID) -> int:
    """Count the goals that a child is on the way to."""
    return session.scalars(
        select(func.count(Goal.id)).where(Goal.child_id == child_id, Goal.status == "open")
    ).one()


def find_step(session: Session, goal_id: UUID, step_id: UUID) -> Step | None:
    """Find a step of a goal."""
    return session.scalar(select(Step).where(Step.goal_id == goal_id, Step.id == step_id))


def count_steps(session: Session, goal_id: UUID) -> int:
    """Count the steps of a goal, which are numbered from 0."""
    return session.scalars(select(func.count(Step.id)).where(Step.goal_id == goal_id)).one()


def page_of_steps(session: Session, goal_id: UUID, page: PageRequest) -> Page[Step]:
    """List the steps of a goal in their order."""
    return fetch_page(
        session,
        select(Step).where(Step.goal_id == goal_id),
        page,
        keys=(Step.position,),
        parsers=(int,),
        key_of=lambda step: (step.position,),
    )


def newest_consent(session: Session, child_id: UUID, purpose: str) -> bool | None:
    """Tell what was last said about a purpose, if anything was."""
    return session.scalar(
        select(Consent.given)
        .where(Consent.child_id == child_id, Consent.purpose == purpose)
        .order_by(Consent.id.desc())
        .limit(1)
    )


def who_consents(session: Session, child_ids: Collection[UUID], purpose: str) -> set[UUID]:
    """Tell for which of these children the newest statement about a purpose is for it."""
    newest = (
        select(Consent.child_id, Consent.given)
        .ext(distinct_on(Consent.child_id))
        .where(Consent.child_id.in_(child_ids), Consent.purpose == purpose)
        .order_by(Consent.child_id, Consent.id.desc())
        .subquery()
    )
    return set(session.scalars(select(newest.c.child_id).where(newest.c.given)))


def list_keys(session: Session, child_ids: Collection[UUID]) -> Sequence[ChildKey]:
    """List the keys that children have."""
    return session.scalars(select(ChildKey).where(ChildKey.child_id.in_(child_ids))).all()


def add_key_if_absent(session: Session, values: dict[str, Any]) -> None:
    """Keep a child's key unless the child has one by now."""
    session.execute(insert_if_absent(ChildKey).values(values).on_conflict_do_nothing())


def list_keys_not_wrapped_by(
    session: Session, master_key: str, *, after: UUID | None, limit: int
) -> Sequence[ChildKey]:
    """List children's keys that other master keys wrap, by child, and lock them."""
    statement = select(ChildKey).where(ChildKey.master_key != master_key)
    if after is not None:
        statement = statement.where(ChildKey.child_id > after)
    return session.scalars(
        statement.order_by(ChildKey.child_id).limit(limit).with_for_update(skip_locked=True)
    ).all()


def count_keys(session: Session) -> dict[str, int]:
    """Count the children's keys that each master key wraps."""
    rows = session.execute(select(ChildKey.master_key, func.count()).group_by(ChildKey.master_key))
    return dict(rows.all())
