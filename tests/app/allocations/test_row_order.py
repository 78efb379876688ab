"""Where rows lie and what people are called plays no part: the same wishes give the same places."""

from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session, sessionmaker

from app.allocations.inputs import read_inputs
from app.allocations.running import Outcome, run
from app.catalogue.models import Activity, Provider
from app.children.models import Child, Household, Interest
from app.db import make_engine, transaction
from app.embedded_postgres import EmbeddedPostgres
from app.engine.warm import WarmCatalogues
from app.samples.seeding import seed_authority
from tests.benchmarks.allocated_round import MONTH, NOW, add_round

TABLES = text(
    """
    SELECT c.table_name FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND c.column_name = 'authority_id'
        AND t.table_type = 'BASE TABLE'
    ORDER BY 1
    """
)


def rewrite(engine: Engine, authority_id: UUID, seed: int) -> None:
    """Write every row of an authority anew, in an order drawn from a seed; no trigger fires."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in connection.scalars(TABLES).all():
            connection.execute(
                text(
                    f"""
                    DO $$ DECLARE lies_at tid; BEGIN
                        FOR lies_at IN SELECT ctid FROM {table}
                            WHERE authority_id = '{authority_id}'
                            ORDER BY md5(ctid::text || '{seed}')
                        LOOP
                            UPDATE {table} SET authority_id = authority_id WHERE ctid = lies_at;
                        END LOOP;
                    END $$
                    """
                )
            )


def as_they_lie(engine: Engine, authority_id: UUID) -> list[UUID]:
    """List an authority's children in the order in which they lie on the disk."""
    with engine.begin() as connection:
        found = connection.execute(
            select(Child.id)
            .where(Child.authority_id == authority_id)
            .order_by(text("children.ctid"))
        )
        return [row[0] for row in found]


def solve(sessions: sessionmaker[Session], authority_id: UUID, round_id: UUID) -> Outcome:
    """Run a month, everything read anew."""
    with transaction(sessions, authority_id) as session:
        inputs = read_inputs(session, round_id, [MONTH], as_of=NOW)
        catalogue = WarmCatalogues().get(session, now=NOW)
    return run(inputs, catalogue, 7, lambda _: None)


@pytest.fixture(scope="module")
def seeded(sessions: sessionmaker[Session]) -> tuple[UUID, UUID]:
    """Seed an authority in which places are scarce, with a round and a friendship web."""
    authority_id = seed_authority(
        sessions,
        1,
        n_children=120,
        n_sessions=30,
        seed=11,
        now=NOW,
        on_progress=lambda *_: None,
    ).id
    with transaction(sessions, authority_id) as session:
        return authority_id, add_round(session, Random(3))


def test_rows_rewritten_in_any_order_give_the_same_bytes(
    sessions: sessionmaker[Session], postgres: EmbeddedPostgres, seeded: tuple[UUID, UUID]
) -> None:
    authority_id, round_id = seeded
    administrator = make_engine(postgres.url("postgres", "postgres"), role="postgres")
    first, lay = solve(sessions, *seeded), as_they_lie(administrator, authority_id)
    assert len(first.places) > 20
    assert any(child["missed"] for child in first.children)

    for seed in range(3):
        rewrite(administrator, authority_id, seed)

        assert as_they_lie(administrator, authority_id) != lay
        assert solve(sessions, authority_id, round_id) == first
    administrator.dispose()


def test_other_names_give_the_same_places(
    sessions: sessionmaker[Session], seeded: tuple[UUID, UUID]
) -> None:
    first, random = solve(sessions, *seeded), Random(5)
    with transaction(sessions, seeded[0]) as session:
        for table, name in (
            (Child, "given_name"),
            (Household, "reference"),
            (Provider, "name"),
            (Activity, "venue_name"),
        ):
            rows = session.scalars(select(table).order_by(table.id)).all()
            assert len(rows) > 1
            for row in rows:
                setattr(row, name, f"{random.choice('AZ')} {random.random()}")

    second = solve(sessions, *seeded)

    for told in ("parts", "places", "children", "sessions", "equity"):
        assert getattr(second, told) == getattr(first, told)


def test_what_has_changed_gives_other_bytes(
    sessions: sessionmaker[Session], seeded: tuple[UUID, UUID]
) -> None:
    authority_id, round_id = seeded
    first = solve(sessions, authority_id, round_id)
    with transaction(sessions, authority_id) as session:
        interest = session.scalars(select(Interest).order_by(Interest.id)).first()
        assert interest is not None
        interest.voice = "parent" if interest.voice == "child" else "child"

    assert solve(sessions, authority_id, round_id).inputs_digest != first.inputs_digest
