"""Reads and writes of the commissioning room; each is one statement."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, text
from sqlalchemy.orm import Session

from app.catalogue.models import Activity, Provider
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.commissioning.models import CommissioningPlan, PlanChild, Scenario, ScenarioChild
from app.pagination import Page, PageRequest, fetch_page
from app.wishes.models import Wish

Asked = TypeVar("Asked", Scenario, CommissioningPlan)
Concerned = TypeVar("Concerned", ScenarioChild, PlanChild)

# What each child has of a month: groups it is counted in, wants and unmet ones.
STANDING: Final = text(
    """
    SELECT age_band, area, needs, sen_types,
           EXISTS (SELECT FROM unnest(outcomes) AS o WHERE o > :last_settled) AS unmet
    FROM gap_children
    WHERE authority_id = :authority_id AND month = :month AND cardinality(wants) > 0
    """
)


def children_born(session: Session, born: tuple[date, date]) -> list[UUID]:
    """List the children born after the one day and by the other."""
    return list(
        session.scalars(
            select(Child.id).where(
                Child.authority_id == session.info["authority_id"],
                Child.date_of_birth > born[0],
                Child.date_of_birth <= born[1],
            )
        )
    )


def is_provider(session: Session, provider_id: UUID) -> bool:
    """Tell whether there is such a provider."""
    return session.get(Provider, (session.info["authority_id"], provider_id)) is not None


def is_activity(session: Session, activity_id: UUID) -> bool:
    """Tell whether there is such an activity."""
    return session.get(Activity, (session.info["authority_id"], activity_id)) is not None


def sessions_of(
    session: Session,
    bounds: tuple[datetime, datetime],
    *,
    provider_id: UUID | None = None,
    activity_id: UUID | None = None,
    session_id: UUID | None = None,
) -> list[UUID]:
    """List the sessions of a span that a provider holds, that are of an activity, or the one."""
    statement = (
        select(CatalogueSession.id)
        .join(
            Activity,
            (Activity.authority_id == CatalogueSession.authority_id)
            & (Activity.id == CatalogueSession.activity_id),
        )
        .where(
            CatalogueSession.authority_id == session.info["authority_id"],
            CatalogueSession.starts_at >= bounds[0],
            CatalogueSession.starts_at < bounds[1],
        )
    )
    for column, wanted in (
        (Activity.provider_id, provider_id),
        (Activity.id, activity_id),
        (CatalogueSession.id, session_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    return list(session.scalars(statement.order_by(CatalogueSession.id)))


def providers_of_activities(
    session: Session,
) -> Mapping[UUID, tuple[UUID, str, str | None]]:
    """Read of each activity its provider, its title and its outcode."""
    rows = session.execute(
        select(Activity.id, Activity.provider_id, Activity.title, Activity.venue_postcode).where(
            Activity.authority_id == session.info["authority_id"]
        )
    )
    return {
        id_: (owner, title, (home or "").split(" ")[0] or None) for id_, owner, title, home in rows
    }


def standing_of_children(
    session: Session, month: str, *, last_settled: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Read how each child with a want stands in a month that has been judged."""
    values = {"month": month, "last_settled": last_settled}
    return session.execute(STANDING, values | {"authority_id": session.info["authority_id"]}).all()


def open_wishes(session: Session) -> Mapping[UUID, Sequence[tuple[UUID, Sequence[str]]]]:
    """Read the open wishes of each child: id, concepts."""
    found: defaultdict[UUID, list[tuple[UUID, Sequence[str]]]] = defaultdict(list)
    for child_id, id_, concepts in session.execute(
        select(Wish.child_id, Wish.id, Wish.concepts)
        .where(Wish.authority_id == session.info["authority_id"], Wish.status == "open")
        .order_by(Wish.id)
    ):
        found[child_id].append((id_, concepts))
    return found


def find(
    session: Session, table: type[Asked], question_id: UUID, bases: Collection[str]
) -> Asked | None:
    """Find a scenario or a plan of some bases."""
    return session.scalar(_of_bases(session, table, bases).where(table.id == question_id))


def page_of(
    session: Session, table: type[Asked], page: PageRequest, bases: Collection[str]
) -> Page[Asked]:
    """List scenarios or plans of some bases, the oldest first."""
    return fetch_page(
        session,
        _of_bases(session, table, bases),
        page,
        keys=(table.id,),
        parsers=(UUID,),
        key_of=lambda row: (row.id,),
    )


def page_of_children(
    session: Session, table: type[Concerned], question_id: UUID, page: PageRequest
) -> Page[Concerned]:
    """List whom a scenario or a plan concerns, by child."""
    parent = ScenarioChild.scenario_id if table is ScenarioChild else PlanChild.plan_id
    return fetch_page(
        session,
        select(table).where(
            table.authority_id == session.info["authority_id"], parent == question_id
        ),
        page,
        keys=(table.child_id,),
        parsers=(UUID,),
        key_of=lambda row: (row.child_id,),
    )


def _of_bases(session: Session, table: type[Asked], bases: Collection[str]) -> Select[Asked]:
    return select(table).where(
        table.authority_id == session.info["authority_id"], table.basis.in_(bases)
    )


def insert_children(
    session: Session, table: type[Concerned], rows: Sequence[dict[str, Any]]
) -> None:
    """Store what is different for each child; who was erased meanwhile is not told of."""
    still = set(
        session.scalars(
            select(Child.id)
            .where(
                Child.authority_id == session.info["authority_id"],
                Child.id.in_([row["child_id"] for row in rows]),
            )
            .order_by(Child.id)
            .with_for_update(read=True, key_share=True)
        )
    )
    kept = [row for row in rows if row["child_id"] in still]
    if kept:
        session.execute(insert(table), kept)
