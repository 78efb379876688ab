"""Reads of the wishes room, narrowed to what the caller may see."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select, text
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.catalogue.models import Activity, Provider
from app.children.models import Child
from app.pagination import Page, PageRequest, decode_cursor, encode_cursor, fetch_page
from app.wishes.models import Wish, WishAction
from app.wishes.schemas import NO_CONCEPT, UNKNOWN_AREA, GroupQuery, WishQuery

# The room of bookings stands above this one: its table is read, its code is not called.
ATTENDED: Final = text(
    """
    SELECT b.id, b.child_id, s.starts_at, s.activity_id, a.concepts
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    JOIN activities a ON a.authority_id = s.authority_id AND a.id = s.activity_id
    WHERE b.authority_id = :authority_id AND b.child_id = ANY(:child_ids)
        AND b.status = 'attended'
    ORDER BY s.starts_at, b.id
    """
)
GROUPS: Final = text(
    """
    SELECT coalesce(concept.name, '') AS concept, coalesce(home.outcode, '') AS outcode,
        count(DISTINCT w.child_id) AS children, count(*) AS wishes, min(w.created_at) AS oldest
    FROM wishes w
    JOIN children c ON c.authority_id = w.authority_id AND c.id = w.child_id
    LEFT JOIN LATERAL jsonb_array_elements_text(w.concepts) AS concept (name) ON true
    CROSS JOIN LATERAL (SELECT split_part(c.home_postcode, ' ', 1)) AS home (outcode)
    WHERE w.authority_id = :authority_id AND w.status = :status
        AND (CAST(:concept AS text) IS NULL OR coalesce(concept.name, '') = :concept)
        AND (CAST(:outcode AS text) IS NULL OR coalesce(home.outcode, '') = :outcode)
    GROUP BY 1, 2
    HAVING CAST(:children AS bigint) IS NULL OR
        (-count(DISTINCT w.child_id), coalesce(concept.name, ''), coalesce(home.outcode, ''))
        > (-CAST(:children AS bigint), CAST(:after_concept AS text), CAST(:after_outcode AS text))
    ORDER BY -count(DISTINCT w.child_id), 1, 2
    LIMIT :limit
    """
)


def readable_wishes(caller: Caller) -> Select[Wish]:
    """Narrow to the wishes of children that are the caller's business."""
    if caller.sees_every_household:
        return select(Wish)
    # Without a family's grant this compares with null, which no household equals.
    return _with_child(select(Wish)).where(Child.household_id == caller.household_id)


def _with_child(statement: Select[Wish]) -> Select[Wish]:
    return statement.join(
        Child, (Child.authority_id == Wish.authority_id) & (Child.id == Wish.child_id)
    )


def find_wish(session: Session, caller: Caller, wish_id: UUID) -> Wish | None:
    """Find a wish that the caller may see."""
    return session.scalar(readable_wishes(caller).where(Wish.id == wish_id))


def find_by_request(session: Session, request_key: bytes) -> Wish | None:
    """Find the wish that a request recorded."""
    return session.scalar(select(Wish).where(Wish.request_key == request_key))


def count_open(session: Session, child_id: UUID) -> int:
    """Count a child's open wishes."""
    open_ones = select(func.count()).where(Wish.child_id == child_id, Wish.status == "open")
    return session.scalar(open_ones) or 0


def lock_wishes(session: Session, wish_ids: Collection[UUID]) -> dict[UUID, Wish]:
    """Lock wishes and their children, the children first, as when attendance is recorded."""
    of_wishes = select(Wish.child_id).where(Wish.id.in_(wish_ids))
    session.execute(
        select(Child.id)
        .where(Child.id.in_(of_wishes))
        .order_by(Child.id)
        .with_for_update(key_share=True)
    )
    # What this transaction read before it had the locks may be old.
    locked = select(Wish).where(Wish.id.in_(wish_ids)).order_by(Wish.id).with_for_update()
    found = session.scalars(locked.execution_options(populate_existing=True))
    return {wish.id: wish for wish in found}


def lock_unsettled(session: Session, child_id: UUID) -> Sequence[Wish]:
    """Lock a child's wishes that its going somewhere, or not, may meet or not meet after all."""
    return session.scalars(
        select(Wish)
        .where(
            Wish.child_id == child_id,
            or_(Wish.status == "open", Wish.met_by == "attendance"),
        )
        .order_by(Wish.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def list_attended(
    session: Session, child_ids: Collection[UUID]
) -> dict[UUID, list[Row[*tuple[Any, ...]]]]:
    """List where children went, the first session first."""
    went: defaultdict[UUID, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    of_children = {
        "authority_id": session.info["authority_id"],
        "child_ids": list(child_ids),
    }
    for row in session.execute(ATTENDED, of_children):
        went[row.child_id].append(row)
    return went


def activities_named(session: Session, wish_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Find the activities that actions for wishes named."""
    named: defaultdict[UUID, set[UUID]] = defaultdict(set)
    rows = session.execute(
        select(WishAction.wish_id, WishAction.activity_id).where(WishAction.wish_id.in_(wish_ids))
    )
    for wish_id, activity_id in rows:
        if activity_id is not None:
            named[wish_id].add(activity_id)
    return named


def page_of_wishes(
    session: Session, caller: Caller, query: WishQuery, page: PageRequest
) -> Page[Wish]:
    """List the wishes that the caller may see, the oldest first."""
    statement = readable_wishes(caller)
    if query.outcode is not None:
        if caller.sees_every_household:
            statement = _with_child(statement)
        outcode = func.split_part(Child.home_postcode, " ", 1)
        unknown = query.outcode == UNKNOWN_AREA
        statement = statement.where(
            Child.home_postcode.is_(None) if unknown else outcode == query.outcode
        )
    if query.child_id is not None:
        statement = statement.where(Wish.child_id == query.child_id)
    if query.status is not None:
        statement = statement.where(Wish.status == query.status)
    if query.concept is not None:
        unnamed = query.concept == NO_CONCEPT
        statement = statement.where(
            Wish.concepts == [] if unnamed else Wish.concepts.contains([query.concept])
        )
    return fetch_page(
        session,
        statement,
        page,
        keys=(Wish.id,),
        parsers=(UUID,),
        key_of=lambda wish: (wish.id,),
    )


def page_of_groups(
    session: Session, query: GroupQuery, page: PageRequest
) -> Page[Row[*tuple[Any, ...]]]:
    """Group wishes by concept and district, those of most children first."""
    after = (None, "", "")
    if page.cursor is not None:
        children, *names = decode_cursor(page.cursor, (_count, _name, _name))
        after = (children, *names)
    rows = session.execute(
        GROUPS,
        {
            "authority_id": session.info["authority_id"],
            "status": query.status,
            "concept": "" if query.concept == NO_CONCEPT else query.concept,
            "outcode": "" if query.outcode == UNKNOWN_AREA else query.outcode,
            "children": after[0],
            "after_concept": after[1],
            "after_outcode": after[2],
            "limit": page.limit + 1,
        },
    ).all()
    shown = list(rows[: page.limit])
    cursor = None
    if len(rows) > page.limit:
        last = shown[-1]
        cursor = encode_cursor((last.children, last.concept, last.outcode))
    return Page[Any].model_construct(items=shown, next_cursor=cursor)


MOST_CHILDREN: Final = 10**9


def _count(value: str) -> int:
    count = int(value)
    if not 0 <= count <= MOST_CHILDREN:
        raise ValueError("out of bounds")
    return count


def _name(value: str) -> str:
    if "\x00" in value or not value.isascii():
        raise ValueError("not a name that was given out")
    return value


def page_of_actions(session: Session, wish_id: UUID, page: PageRequest) -> Page[WishAction]:
    """List what was done for a wish, in the order in which it was recorded."""
    return fetch_page(
        session,
        select(WishAction).where(WishAction.wish_id == wish_id),
        page,
        keys=(WishAction.id,),
        parsers=(UUID,),
        key_of=lambda action: (action.id,),
    )


def actions_on(
    session: Session, wish_ids: Collection[UUID], kind: str, day: date
) -> Sequence[WishAction]:
    """List what of one kind was done for wishes on a day."""
    return session.scalars(
        select(WishAction)
        .where(
            WishAction.wish_id.in_(wish_ids),
            WishAction.kind == kind,
            WishAction.happened_on == day,
        )
        .order_by(WishAction.id)
    ).all()


def providers_of(session: Session, provider_ids: Collection[UUID]) -> set[UUID]:
    """Find which of some providers there are."""
    return set(session.scalars(select(Provider.id).where(Provider.id.in_(provider_ids))))


def provider_of(session: Session, activity_id: UUID) -> UUID | None:
    """Find who runs an activity."""
    return session.scalar(select(Activity.provider_id).where(Activity.id == activity_id))
