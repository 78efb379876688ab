"""Reads and writes of the commissioning room; each is one statement."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, text
from sqlalchemy.orm import Session

from app.catalogue.models import Activity, Provider
from app.catalogue.models import Session as CatalogueSession
from app.children.models import Child
from app.commissioning.models import CommissioningPlan, PlanChild, Scenario, ScenarioChild
from app.pagination import Page, PageRequest, fetch_page
from app.wishes.models import Wish

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


def open_wishes(
    session: Session, child_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[tuple[UUID, Sequence[str]]]]:
    """Read the open wishes of some children: id, concepts."""
    found: defaultdict[UUID, list[tuple[UUID, Sequence[str]]]] = defaultdict(list)
    for child_id, id_, concepts in session.execute(
        select(Wish.child_id, Wish.id, Wish.concepts)
        .where(
            Wish.authority_id == session.info["authority_id"],
            Wish.status == "open",
            Wish.child_id.in_(child_ids),
        )
        .order_by(Wish.id)
    ):
        found[child_id].append((id_, concepts))
    return found


def find_scenario(session: Session, scenario_id: UUID, bases: Collection[str]) -> Scenario | None:
    """Find a scenario of some bases."""
    return session.scalar(
        select(Scenario).where(
            Scenario.authority_id == session.info["authority_id"],
            Scenario.id == scenario_id,
            Scenario.basis.in_(bases),
        )
    )


def page_of_scenarios(
    session: Session, page: PageRequest, bases: Collection[str]
) -> Page[Scenario]:
    """List scenarios of some bases, the oldest first."""
    return fetch_page(
        session,
        select(Scenario).where(
            Scenario.authority_id == session.info["authority_id"], Scenario.basis.in_(bases)
        ),
        page,
        keys=(Scenario.id,),
        parsers=(UUID,),
        key_of=lambda row: (row.id,),
    )


def page_of_scenario_children(
    session: Session, scenario_id: UUID, page: PageRequest
) -> Page[ScenarioChild]:
    """List whom a scenario concerns, by child."""
    return fetch_page(
        session,
        select(ScenarioChild).where(
            ScenarioChild.authority_id == session.info["authority_id"],
            ScenarioChild.scenario_id == scenario_id,
        ),
        page,
        keys=(ScenarioChild.child_id,),
        parsers=(UUID,),
        key_of=lambda row: (row.child_id,),
    )


def insert_children(
    session: Session, table: type[ScenarioChild] | type[PlanChild], rows: Iterable[dict[str, Any]]
) -> None:
    """Store what is different for each child."""
    found = list(rows)
    if found:
        session.execute(insert(table), found)


def find_plan(session: Session, plan_id: UUID, bases: Collection[str]) -> CommissioningPlan | None:
    """Find a plan of some bases."""
    return session.scalar(
        select(CommissioningPlan).where(
            CommissioningPlan.authority_id == session.info["authority_id"],
            CommissioningPlan.id == plan_id,
            CommissioningPlan.basis.in_(bases),
        )
    )


def page_of_plans(
    session: Session, page: PageRequest, bases: Collection[str]
) -> Page[CommissioningPlan]:
    """List plans of some bases, the oldest first."""
    return fetch_page(
        session,
        select(CommissioningPlan).where(
            CommissioningPlan.authority_id == session.info["authority_id"],
            CommissioningPlan.basis.in_(bases),
        ),
        page,
        keys=(CommissioningPlan.id,),
        parsers=(UUID,),
        key_of=lambda row: (row.id,),
    )


def page_of_plan_children(session: Session, plan_id: UUID, page: PageRequest) -> Page[PlanChild]:
    """List whom a plan serves, by child."""
    return fetch_page(
        session,
        select(PlanChild).where(
            PlanChild.authority_id == session.info["authority_id"], PlanChild.plan_id == plan_id
        ),
        page,
        keys=(PlanChild.child_id,),
        parsers=(UUID,),
        key_of=lambda row: (row.child_id,),
    )
