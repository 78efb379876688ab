"""What is done for wishes: a club found, providers asked, a group founded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.clock import local_date
from app.errors import Invalid, NotFound
from app.ids import new_id
from app.pagination import Page, PageRequest
from app.wishes import queries
from app.wishes.action_schemas import WishActionCreate, WishActionRead
from app.wishes.meeting import settle, tell
from app.wishes.models import Wish, WishAction
from app.wishes.service import get_wish

DETAILS: Final = ("provider_id", "club", "activity_id", "provider_ids", "reason")
# Of each kind, the details that it may have, and how many of them it needs at least and at most.
WANTED: Final[dict[str, tuple[tuple[str, ...], int, int]]] = {
    "introduced": (("provider_id", "club"), 1, 1),
    "asked_providers": (("provider_ids",), 1, 1),
    "group_founded": (("provider_id", "activity_id"), 1, 2),
    "activity_added": (("activity_id",), 1, 1),
    "not_possible": (("reason",), 1, 1),
}


def record_action(
    session: Session, caller: Caller, wish_id: UUID, form: WishActionCreate, *, now: datetime
) -> WishActionRead:
    """Record what was done for a wish."""
    wish = get_wish(session, caller, wish_id)
    wishes = queries.lock_wishes(session, [wish.id])
    if wish.id not in wishes:
        raise NotFound
    [recorded] = _record(session, caller, list(wishes.values()), form, now=now)
    return _shown(caller, recorded)


def record_together(
    session: Session,
    caller: Caller,
    wish_ids: Sequence[UUID],
    form: WishActionCreate,
    *,
    now: datetime,
) -> list[WishActionRead]:
    """Record what was done for several wishes at once, of all of them or of none."""
    wishes = queries.lock_wishes(session, wish_ids)
    if len(wishes) < len(wish_ids):
        raise Invalid("wish_ids", "not_found", "There is no such wish")
    recorded = _record(session, caller, [wishes[id_] for id_ in wish_ids], form, now=now)
    return [_shown(caller, action) for action in recorded]


def _record(
    session: Session,
    caller: Caller,
    wishes: Sequence[Wish],
    form: WishActionCreate,
    *,
    now: datetime,
) -> list[WishAction]:
    """Record an action of each wish that does not have it yet: a retry records nothing twice."""
    _check_details(form)
    if form.happened_on > local_date(now):
        raise Invalid("happened_on", "in_the_future", "What has not happened is not recorded")
    _check_places(session, form)
    known = _same_as(session, wishes, form)
    together_id = new_id()
    recorded = []
    for wish in wishes:
        action = known.get(wish.id)
        if action is None:
            action = _new_action(caller, wish, form, together_id=together_id, now=now)
            session.add(action)
            tell(session, caller, wish, form.kind, now=now)
        recorded.append(action)
    session.flush()
    if form.activity_id is not None:
        # Its first children may have been there before anybody wrote down that it is for them.
        settle(session, caller, wishes, now=now)
    return recorded


def _new_action(
    caller: Caller, wish: Wish, form: WishActionCreate, *, together_id: UUID, now: datetime
) -> WishAction:
    return WishAction(
        authority_id=wish.authority_id,
        id=new_id(),
        wish_id=wish.id,
        kind=form.kind,
        happened_on=form.happened_on,
        provider_id=form.provider_id,
        club=form.club,
        activity_id=form.activity_id,
        provider_ids=_asked(form),
        reason=form.reason,
        note=form.note,
        together_id=together_id,
        recorded_by=caller.client_id,
        recorded_at=now,
    )


def _asked(form: WishActionCreate) -> list[str]:
    return [str(id_) for id_ in form.provider_ids or ()]


def _check_details(form: WishActionCreate) -> None:
    names, fewest, most = WANTED[form.kind]
    given = [name for name in DETAILS if getattr(form, name) is not None]
    for name in given:
        if name not in names:
            raise Invalid(name, "not_for_kind", "This belongs to another kind of action")
    if not fewest <= len(given) <= most:
        rule = "required" if len(given) < fewest else "one_place"
        message = f"Name {'one of ' if len(names) > 1 else ''}{' and '.join(names)}"
        raise Invalid(names[0], rule, message)


def _check_places(session: Session, form: WishActionCreate) -> None:
    """Hold what is named to the catalogue."""
    asked = set(form.provider_ids or ())
    if asked - queries.providers_of(session, asked):
        raise Invalid("provider_ids", "not_found", "There is no such provider")
    if form.provider_id is not None and not queries.providers_of(session, [form.provider_id]):
        raise Invalid("provider_id", "not_found", "There is no such provider")
    if form.activity_id is None:
        return
    runs_it = queries.provider_of(session, form.activity_id)
    if runs_it is None:
        raise Invalid("activity_id", "not_found", "There is no such activity")
    if form.provider_id not in (None, runs_it):
        raise Invalid("activity_id", "other_provider", "Another provider runs this activity")


def _same_as(
    session: Session, wishes: Sequence[Wish], form: WishActionCreate
) -> dict[UUID, WishAction]:
    """Find the wishes of which the very same has been recorded before."""
    wanted = (form.provider_id, form.club, form.activity_id, _asked(form), form.reason, form.note)
    found = queries.actions_on(session, [wish.id for wish in wishes], form.kind, form.happened_on)
    return {
        action.wish_id: action
        for action in found
        if wanted
        == (
            action.provider_id,
            action.club,
            action.activity_id,
            action.provider_ids,
            action.reason,
            action.note,
        )
    }


def page_of_actions(
    session: Session, caller: Caller, wish_id: UUID, page: PageRequest, *, now: datetime
) -> Page[WishActionRead]:
    """Show what was done for a wish."""
    wish = get_wish(session, caller, wish_id)
    audit.record(
        session, caller, "wish.action.read", now=now, object_id=wish.id, child_ids=[wish.child_id]
    )
    found = queries.page_of_actions(session, wish.id, page)
    return Page[WishActionRead].model_construct(
        items=[_shown(caller, action) for action in found.items], next_cursor=found.next_cursor
    )


def _shown(caller: Caller, action: WishAction) -> WishActionRead:
    shown = WishActionRead.model_validate(action)
    if caller.sees_every_household:
        return shown
    # Both may be about other children too.
    return shown.model_copy(update={"note": None, "together_id": None})
