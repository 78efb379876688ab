"""Recording wishes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app import concepts
from app.access import audit
from app.access.caller import Caller
from app.children import service as children
from app.errors import NotFound
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.wishes import queries
from app.wishes.models import Wish
from app.wishes.schemas import WishCreate


def record_wish(session: Session, caller: Caller, form: WishCreate, *, now: datetime) -> Wish:
    """Keep what a child wants to do until it can be met."""
    child = children.get_child(session, caller, form.child_id)
    wish = Wish(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        text=form.text,
        concepts=concepts.recognise(form.text),
        voice=form.voice,
        status="open",
        version=1,
        created_at=now,
    )
    session.add(wish)
    emit(session, "wish.recorded", wish.id, sequence=1, now=now, child_id=child.id)
    audit.record(session, caller, "wish.create", now=now, object_id=wish.id, child_ids=[child.id])
    return wish


def read_wish(session: Session, caller: Caller, wish_id: UUID, *, now: datetime) -> Wish:
    """Show a wish."""
    wish = queries.find_wish(session, caller, wish_id)
    if wish is None:
        raise NotFound
    audit.record(
        session, caller, "wish.read", now=now, object_id=wish.id, child_ids=[wish.child_id]
    )
    return wish


def page_of_wishes(
    session: Session,
    caller: Caller,
    page: PageRequest,
    *,
    child_id: UUID | None,
    status: str | None,
    now: datetime,
) -> Page[Wish]:
    """Show the wishes that are the caller's business."""
    found = queries.page_of_wishes(session, caller, page, child_id=child_id, status=status)
    seen = dict.fromkeys(wish.child_id for wish in found.items)
    audit.record(session, caller, "wish.read", now=now, child_ids=seen)
    return found
