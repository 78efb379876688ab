"""Reads of the wishes room, narrowed to what the caller may see."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.children.models import Child
from app.pagination import Page, PageRequest, fetch_page
from app.wishes.models import Wish


def readable_wishes(caller: Caller) -> Select[Wish]:
    """Narrow to the wishes of children that are the caller's business."""
    if caller.sees_every_household:
        return select(Wish)
    # Without a family's grant this compares with null, which no household equals.
    return (
        select(Wish)
        .join(Child, (Child.authority_id == Wish.authority_id) & (Child.id == Wish.child_id))
        .where(Child.household_id == caller.household_id)
    )


def find_wish(session: Session, caller: Caller, wish_id: UUID) -> Wish | None:
    """Find a wish that the caller may see."""
    return session.scalar(readable_wishes(caller).where(Wish.id == wish_id))


def page_of_wishes(
    session: Session,
    caller: Caller,
    page: PageRequest,
    *,
    child_id: UUID | None,
    status: str | None,
) -> Page[Wish]:
    """List the wishes that the caller may see, the oldest first."""
    statement = readable_wishes(caller)
    if child_id is not None:
        statement = statement.where(Wish.child_id == child_id)
    if status is not None:
        statement = statement.where(Wish.status == status)
    return fetch_page(
        session,
        statement,
        page,
        keys=(Wish.id,),
        parsers=(UUID,),
        key_of=lambda wish: (wish.id,),
    )
