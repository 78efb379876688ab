"""Recording wishes, and saying what has become of them."""

import hashlib
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.orm import Session

from app import concepts
from app.access import audit
from app.access.caller import Caller
from app.children import service as children
from app.errors import Forbidden, Invalid, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.wishes import queries
from app.wishes.errors import IdempotencyKeyReused, WishNotOpen
from app.wishes.meeting import end, open_again, settle, tell
from app.wishes.models import Wish
from app.wishes.schemas import (
    NO_CONCEPT,
    UNKNOWN_AREA,
    GroupQuery,
    GroupRead,
    WishCreate,
    WishQuery,
    WishState,
    WishUpdate,
)

OTHER_WORDS: Final = "Other words"
MOST_OPEN: Final = 50


def record_wish(
    session: Session,
    caller: Caller,
    form: WishCreate,
    *,
    key: str | None = None,
    now: datetime,
) -> Wish:
    """Keep what a child wants to do until it can be met; the same request is kept once."""
    # The lock lets wishes that are recorded at once, or twice, follow one another.
    child = children.get_child(session, caller, form.child_id, lock=True)
    request_key = request_sha256 = None
    if key is not None:
        request_key = _digest(f"{caller.client_id} {caller.acting_as} {key}")
        request_sha256 = _digest(form.model_dump_json())
        kept = queries.find_by_request(session, request_key)
        if kept is not None:
            if kept.request_sha256 != request_sha256:
                raise IdempotencyKeyReused
            _note_look(session, caller, kept, now=now)
            return kept
    _check_room(session, child.id, "text")
    wish = Wish(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        text=form.text,
        concepts=concepts.recognise(form.text),
        voice=form.voice,
        status="open",
        request_key=request_key,
        request_sha256=request_sha256,
        version=1,
        created_at=now,
    )
    session.add(wish)
    emit(session, "wish.recorded", wish.id, sequence=1, now=now, child_id=child.id)
    audit.record(session, caller, "wish.create", now=now, object_id=wish.id, child_ids=[child.id])
    return wish


def _check_room(session: Session, child_id: UUID, field: str) -> None:
    if queries.count_open(session, child_id) >= MOST_OPEN:
        raise Invalid(field, "too_many", f"A child has at most {MOST_OPEN} open wishes")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def read_wish(session: Session, caller: Caller, wish_id: UUID, *, now: datetime) -> Wish:
    """Show a wish."""
    wish = get_wish(session, caller, wish_id)
    _note_look(session, caller, wish, now=now)
    return wish


def _note_look(session: Session, caller: Caller, wish: Wish, *, now: datetime) -> None:
    audit.record(
        session, caller, "wish.read", now=now, object_id=wish.id, child_ids=[wish.child_id]
    )


def get_wish(session: Session, caller: Caller, wish_id: UUID) -> Wish:
    """Get a wish that the caller may see."""
    wish = queries.find_wish(session, caller, wish_id)
    if wish is None:
        raise NotFound
    return wish


def page_of_wishes(
    session: Session, caller: Caller, query: WishQuery, page: PageRequest, *, now: datetime
) -> Page[Wish]:
    """Show the wishes that are the caller's business."""
    found = queries.page_of_wishes(session, caller, query, page)
    seen = dict.fromkeys(wish.child_id for wish in found.items)
    audit.record(session, caller, "wish.read", now=now, child_ids=seen)
    return found


def update_wish(
    session: Session,
    caller: Caller,
    wish_id: UUID,
    patch: WishUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Wish:
    """Correct the words of a wish, or say what has become of it."""
    wish = queries.lock_wishes(session, [get_wish(session, caller, wish_id).id]).get(wish_id)
    if wish is None:
        raise NotFound
    check_if_match(if_match, wish.version)
    before = WishState.model_validate(wish)
    asked = patch.model_dump(exclude_unset=True)
    after = apply_patch(WishState, before.model_dump(), asked)
    if after.status != before.status:
        # The reason of what was is not one of what becomes.
        after = after.model_copy(update={"reason": asked.get("reason")})
    if (after.text, after.voice) != (before.text, before.voice):
        _reword(session, caller, wish, after, now=now)
    if after.status != before.status:
        _change_status(session, caller, wish, after, now=now)
    elif after.reason != before.reason:
        _check_reason(wish.met_by == "attendance" or wish.status == "open", after.reason)
        wish.reason = after.reason
        tell(session, caller, wish, "updated", now=now)
    return wish


def _reword(
    session: Session, caller: Caller, wish: Wish, after: WishState, *, now: datetime
) -> None:
    if wish.status != "open" and after.status != "open":
        raise WishNotOpen("Take it up again first.", status=wish.status)
    wish.text, wish.voice = after.text, after.voice
    wish.concepts = concepts.recognise(after.text)
    tell(session, caller, wish, "updated", now=now)
    settle(session, caller, [wish] if wish.status == "open" else [], now=now)


def _change_status(
    session: Session, caller: Caller, wish: Wish, after: WishState, *, now: datetime
) -> None:
    _check_reason(after.status == "open", after.reason)
    if after.status == "open":
        _check_room(session, wish.child_id, "status")
        open_again(wish)
        wish.reopened_at = now
        tell(session, caller, wish, "reopened", now=now)
        return
    if after.status == "met" and not caller.sees_every_household:
        raise Forbidden("Attendance meets a wish, or a broker's word does.")
    if wish.status != "open":
        raise WishNotOpen("Take it up again first.", status=wish.status)
    met_by = "word" if after.status == "met" else None
    end(wish, after.status, now=now, reason=after.reason, met_by=met_by)
    tell(session, caller, wish, after.status, now=now)


def _check_reason(none_wanted: bool, reason: str | None) -> None:
    if none_wanted and reason is not None:
        raise Invalid("reason", "not_for_status", "A reason belongs to a wish that was ended")
    if not none_wanted and reason is None:
        raise Invalid("reason", "required", "Say why")


def page_of_groups(
    session: Session, caller: Caller, query: GroupQuery, page: PageRequest, *, now: datetime
) -> Page[GroupRead]:
    """Show how many children wish for the same in the same place."""
    found = queries.page_of_groups(session, query, page)
    audit.record(session, caller, "wish.group", now=now)
    return Page[GroupRead].model_construct(
        items=[
            GroupRead(
                concept=row.concept or None,
                label=concepts.vocabulary().label(row.concept) if row.concept else OTHER_WORDS,
                outcode=row.outcode or None,
                children=row.children,
                wishes=row.wishes,
                oldest=row.oldest,
                wishes_url="/v1/wishes?"
                + urlencode(
                    {
                        "status": query.status,
                        "concept": row.concept or NO_CONCEPT,
                        "outcode": row.outcode or UNKNOWN_AREA,
                    }
                ),
            )
            for row in found.items
        ],
        next_cursor=found.next_cursor,
    )
