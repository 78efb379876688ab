"""Activities, sessions and children put straight into the database, for tests of what uses them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from app.catalogue.models import Activity, CatalogueVersion, Offer
from app.catalogue.models import Session as CatalogueSession
from app.db import transaction
from app.ids import new_id
from tests.support.world import World

# The Saturday after the tests' clock.
SATURDAY = datetime(2027, 3, 6, 10, 0, tzinfo=UTC)


def add_activity(
    world: World, *, offers: list[dict[str, Any]] | None = None, **fields: Any
) -> UUID:
    """Add an activity; by default one that any child of the authority may go to."""
    activity_id = new_id()
    values: dict[str, Any] = {
        "provider_id": world.provider_id,
        "title": "Junior angling",
        "description": "Coarse fishing at the lake.",
        "setting": "supported",
        "break_type": "group_specialist",
        "funding": ["free", "contributory"],
        "price_pence": 500,
        "latitude": 53.0,
        "longitude": -2.18,
        "concepts": [],
        "created_at": world.clock.now,
        "updated_at": world.clock.now,
        **fields,
    }
    with transaction(world.sessions, world.authority_id) as session:
        session.add(Activity(authority_id=world.authority_id, id=activity_id, **values))
        session.flush()
        for offer in offers or []:
            session.add(Offer(authority_id=world.authority_id, activity_id=activity_id, **offer))
        _move_version(session, world)
    return activity_id


def add_session(
    world: World, activity_id: UUID, starts_at: datetime = SATURDAY, **fields: Any
) -> str:
    """Add a session of two hours."""
    session_id = new_id()
    values: dict[str, Any] = {
        "ends_at": starts_at + timedelta(hours=2),
        "capacity": 10,
        "created_at": world.clock.now,
        "updated_at": world.clock.now,
        **fields,
    }
    with transaction(world.sessions, world.authority_id) as session:
        session.add(
            CatalogueSession(
                authority_id=world.authority_id,
                id=session_id,
                activity_id=activity_id,
                starts_at=starts_at,
                **values,
            )
        )
        _move_version(session, world)
    return str(session_id)


def _move_version(session: Any, world: World) -> None:
    moved = insert(CatalogueVersion).values(authority_id=world.authority_id, version=1)
    session.execute(
        moved.on_conflict_do_update(
            index_elements=["authority_id"], set_={"version": CatalogueVersion.version + 1}
        )
    )


def add_child(world: World, *, household_id: str | None = None, **fields: Any) -> str:
    """Add a child through the API; by default one of ten who lives at the lake."""
    answer = world.call(
        "POST",
        "/v1/children",
        json={
            "household_id": household_id or world.household(),
            "given_name": "Sam",
            "date_of_birth": "2016-05-02",
            "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
            **fields,
        },
    )
    assert answer.status_code == 201, answer.text
    child_id: str = answer.json()["id"]
    return child_id
