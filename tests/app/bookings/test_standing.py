"""What is read of an authority before a child is matched or booked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import create_engine, text

from app.bookings.standing import Standing, read_standing
from app.children.profiles import get_profile
from app.db import API_ROLE, make_engine, make_session_factory, transaction
from app.embedded_postgres import EmbeddedPostgres
from tests.support.bookings import book
from tests.support.catalogue import SATURDAY, add_activity, add_child, add_session
from tests.support.races import add_children
from tests.support.world import World

WEEK = timedelta(days=7)
PLANS = """
    SELECT custom_plans, left(statement, 60) FROM pg_prepared_statements
    WHERE statement ~ 'FROM (bookings|children)'
"""


def standing(world: World, child_id: str, starts_from: datetime) -> Standing:
    """Read how things stand for a child in the week from there."""
    with transaction(world.sessions, world.authority_id) as session:
        child = get_profile(session, None, UUID(child_id))
        return read_standing(
            session,
            child_id=child.id,
            companions=child.companions,
            needs=(),
            starts_from=starts_from,
            starts_before=starts_from + WEEK,
            week_from="2027-W01",
        )


def test_grows_with_what_is_to_come_not_with_what_was(world: World) -> None:
    household_id = world.household()
    sibling_id = add_child(world, household_id=household_id)
    child_id = add_child(world, household_id=household_id, friends=[sibling_id])
    activity_id = add_activity(world)
    # Two in March, two in April.
    weeks, fundings = (0, 1, 4, 5), ("free", "contributory") * 2
    days = [str(add_session(world, activity_id, SATURDAY + number * WEEK)) for number in weeks]
    for session_id, funding in zip(days, fundings, strict=True):
        for one in (child_id, sibling_id):
            assert book(world, one, session_id, funding=funding).status_code == 201

    early = standing(world, child_id, SATURDAY - timedelta(days=2))
    late = standing(world, child_id, SATURDAY + 5 * WEEK - timedelta(days=2))

    assert {row[0] for row in early.live} == set(days)
    assert {row[0] for row in late.live} == {days[-1]}
    assert early.visits == late.visits == {str(activity_id): len(days)}
    assert early.friends == {days[0]: 1}, "a friend's places in other weeks decide nothing here"
    assert late.friends == {days[-1]: 1}


def test_nobody_in_particular(world: World) -> None:
    with transaction(world.sessions, world.authority_id) as session:
        found = read_standing(
            session,
            needs=(),
            starts_from=datetime(2027, 3, 1, tzinfo=UTC),
            starts_before=datetime(2027, 4, 1, tzinfo=UTC),
            week_from="2027-W09",
        )

    assert (found.live, found.visits, found.friends, found.months) == ([], {}, {}, [])
    assert found.policies


def test_planned_once_for_all_children(world: World, postgres: EmbeddedPostgres) -> None:
    household_id = world.household()
    friend_id = add_child(world, household_id=household_id)
    child_id = add_child(world, household_id=household_id, friends=[friend_id])
    book(world, child_id, add_session(world, add_activity(world)))
    add_children(world, 300)
    # What PostgreSQL knows of the tables decides whether it finds another plan worth its while.
    owner = create_engine(postgres.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()

    engine = make_engine(postgres.url(API_ROLE, "postgres"))
    fresh = replace(world, sessions=make_session_factory(engine))
    for _ in range(20):
        standing(fresh, child_id, SATURDAY)
    with engine.connect() as connection:
        plans = connection.execute(text(PLANS)).all()
    engine.dispose()

    # It tries five times before it decides; SELECTs only, the last of which asks for this.
    assert len(plans) >= 2
    assert {custom for custom, _ in plans} == {5}, plans
