"""What an allocation rests on, read for all children at once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, or_, select, text
from sqlalchemy.orm import Session

from app.bookings.models import ACTIVE_STATUSES, EntitlementOverride
from app.catalogue.models import Activity
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.rounds.models import Choice, ChoiceLink, ChoiceList

# Bookings that are not cancelled of sessions that end after an instant, with what they hold: a
# place of their own, or one that is offered.
LIVE: Final = text(
    """
    SELECT b.child_id, b.session_id, s.activity_id, s.starts_at, s.ends_at, b.month, b.funding,
           b.year, b.yearly_use, b.counts, b.uses_entitlement,
           b.status = ANY (:active) OR EXISTS (
               SELECT FROM place_offers o
               WHERE o.authority_id = b.authority_id AND o.booking_id = b.id
                   AND o.status = 'open') AS holds
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status <> 'cancelled' AND s.ends_at > :since
        AND (CAST(:child_ids AS uuid[]) IS NULL OR b.child_id = ANY (:child_ids))
    ORDER BY b.child_id, s.starts_at, b.id
    """
)
LAST_BREAKS: Final = text(
    """
    SELECT b.child_id, max(s.starts_at) AS last_break
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status IN ('confirmed', 'attended') AND s.starts_at < :before
    GROUP BY b.child_id
    """
)
# How often each child has had a place in each activity.
VISITS: Final = text(
    """
    SELECT b.child_id, s.activity_id, count(*) AS visits
    FROM bookings b
    JOIN sessions s ON s.authority_id = b.authority_id AND s.id = b.session_id
    WHERE b.status = ANY (:active)
    GROUP BY b.child_id, s.activity_id
    """
)


@dataclass(frozen=True)
class Listed:
    """One session on a child's list."""

    month: str
    rank: int
    session_id: UUID
    funding: str
    siblings: tuple[UUID, ...]


@dataclass
class ChosenList:
    """What a child's family chose in a round."""

    fill_in: bool
    updated_at: datetime
    choices: list[Listed] = field(default_factory=list)


def list_live(
    session: Session, *, since: datetime, child_ids: Collection[UUID] | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """List what every child, or some, has booked or waits for that ends after an instant."""
    named = None if child_ids is None else list(child_ids)
    values = {"since": since, "active": list(ACTIVE_STATUSES), "child_ids": named}
    return session.execute(LIVE, values).all()


def last_breaks(session: Session, *, before: datetime) -> dict[UUID, datetime]:
    """Read when the last break of each child that has had one began."""
    return {row[0]: row[1] for row in session.execute(LAST_BREAKS, {"before": before})}


def visits_of_everyone(session: Session) -> Mapping[UUID, Mapping[UUID, int]]:
    """Read how often each child has had a place in each activity."""
    found: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for child_id, activity_id, visits in session.execute(VISITS, {"active": list(ACTIVE_STATUSES)}):
        found[child_id][activity_id] = visits
    return found


def chosen_lists(session: Session, round_id: UUID) -> dict[UUID, ChosenList]:
    """Read every list of a round, by child."""
    authority_id = session.info["authority_id"]
    lists: dict[UUID, ChosenList] = {}
    by_id: dict[UUID, ChosenList] = {}
    for id_, child_id, fill_in, updated_at in session.execute(
        select(ChoiceList.id, ChoiceList.child_id, ChoiceList.fill_in, ChoiceList.updated_at).where(
            ChoiceList.authority_id == authority_id, ChoiceList.round_id == round_id
        )
    ):
        by_id[id_] = lists[child_id] = ChosenList(fill_in, updated_at)
    of_round = and_(
        ChoiceList.authority_id == Choice.authority_id,
        ChoiceList.id == Choice.list_id,
        ChoiceList.round_id == round_id,
    )
    siblings: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for choice_id, sibling_id in session.execute(
        select(ChoiceLink.choice_id, ChoiceLink.sibling_id)
        .join(
            Choice,
            and_(Choice.authority_id == ChoiceLink.authority_id, Choice.id == ChoiceLink.choice_id),
        )
        .join(ChoiceList, of_round)
        .order_by(ChoiceLink.sibling_id)
    ):
        siblings[choice_id].append(sibling_id)
    for id_, list_id, month, rank, session_id, funding in session.execute(
        select(
            Choice.id, Choice.list_id, Choice.month, Choice.rank, Choice.session_id, Choice.funding
        )
        .join(ChoiceList, of_round)
        .where(Choice.authority_id == authority_id)
        .order_by(Choice.list_id, Choice.month, Choice.rank)
    ):
        linked = tuple(siblings.get(id_, ()))
        by_id[list_id].choices.append(Listed(month, rank, session_id, funding, linked))
    return lists


def session_terms(
    session: Session, starts_from: datetime, starts_before: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read what binds the sessions of a span beyond what the engine knows of them."""
    return session.execute(
        select(
            CatalogueSession.id,
            CatalogueSession.starts_at,
            CatalogueSession.ends_at,
            CatalogueSession.taken,
            CatalogueSession.kept_for_waitlist,
            Activity.min_group,
            Activity.setting,
            Activity.break_type,
            Activity.price_pence,
            Activity.cost_pence,
        )
        .join(
            Activity,
            and_(
                Activity.authority_id == CatalogueSession.authority_id,
                Activity.id == CatalogueSession.activity_id,
            ),
        )
        .where(
            CatalogueSession.authority_id == session.info["authority_id"],
            CatalogueSession.starts_at >= starts_from,
            CatalogueSession.starts_at < starts_before,
        )
        .order_by(CatalogueSession.id)
    ).all()


def postcodes(session: Session) -> dict[UUID, str | None]:
    """Read where each child lives."""
    rows = session.execute(
        select(Child.id, Child.home_postcode).where(
            Child.authority_id == session.info["authority_id"]
        )
    )
    return {row[0]: row[1] for row in rows}


def lock_children(session: Session, child_ids: Collection[UUID]) -> None:
    """Let nobody else change these children's bookings meanwhile; in one order for everybody."""
    session.execute(
        select(Child.id)
        .where(Child.id.in_(child_ids))
        .order_by(Child.id)
        .with_for_update(key_share=True)
    )


def hold_children(session: Session, child_ids: Collection[UUID]) -> Sequence[UUID]:
    """Find which of some children are still there, and let nobody erase them meanwhile."""
    return session.scalars(
        select(Child.id)
        .where(Child.id.in_(child_ids))
        .order_by(Child.id)
        .with_for_update(read=True, key_share=True)
    ).all()


def is_anybody_allowed_more(session: Session, measure: str) -> bool:
    """Tell whether an override allows any child more than one of a measure."""
    found = select(EntitlementOverride.id).where(
        EntitlementOverride.authority_id == session.info["authority_id"],
        EntitlementOverride.measure == measure,
        EntitlementOverride.ended_at.is_(None),
        or_(EntitlementOverride.allowed.is_(None), EntitlementOverride.allowed > 1),
    )
    return session.scalar(found.limit(1)) is not None
