"""Lists of the catalogue: filters, pages, and what they cost."""

import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session as Transaction
from sqlalchemy.orm import sessionmaker

from app.db import transaction
from app.embedded_postgres import SUPERUSER, EmbeddedPostgres
from tests.support.listings import make, make_activity, make_session
from tests.support.world import World

HANLEY = {"latitude": 53.0258, "longitude": -2.1773}
CREWE = {"latitude": 53.0979, "longitude": -2.4416}
KM_FROM_HANLEY_TO_CREWE = 19.4


def items(world: World, path: str, query: str) -> list[dict[str, Any]]:
    answer = world.call("GET", f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.fixture
def two(world: World) -> dict[str, str]:
    """Make two activities that differ in everything, with two sessions each; give their names."""
    judo = make_activity(
        world,
        title="Judo for girls",
        description="Grappling on mats.",
        setting="universal",
        break_type="group_universal",
        min_age=8,
        max_age=12,
        funding=["free"],
        venue={"name": "Dojo", **HANLEY},
        offers=[{"need": "step_free"}],
    )
    painting = make_activity(
        world,
        title="Painting",
        description="Watercolours in a calm room.",
        setting="specialist",
        break_type="group_specialist",
        min_age=12,
        max_age=18,
        funding=["contributory"],
        venue={"name": "Studio", **CREWE},
        offers=[{"need": "hoist", "kind": "on_request", "lead_days": 2}],
    )
    times = {
        "judo-1": (judo, "2027-03-06T10:00:00+00:00", "2027-03-06T11:00:00+00:00", 5),
        # A Sunday in London, still Saturday in UTC.
        "judo-2": (judo, "2027-04-10T23:30:00+00:00", "2027-04-11T01:00:00+00:00", 0),
        "painting-1": (painting, "2027-03-08T16:00:00+00:00", "2027-03-08T17:00:00+00:00", 5),
        "painting-2": (painting, "2027-03-31T22:30:00+00:00", "2027-03-31T23:30:00+00:00", 5),
    }
    names = {judo["id"]: "judo", painting["id"]: "painting"}
    for name, (activity, starts_at, ends_at, capacity) in times.items():
        more = {"offers": [{"need": "bsl"}]} if name == "painting-2" else {}
        session = make_session(
            world,
            activity["id"],
            starts_at=starts_at,
            ends_at=ends_at,
            capacity=capacity,
            **more,
        )
        names[session["id"]] = name
    return names


ABOUT_THE_ACTIVITY = [
    ("q=judo", "judo"),
    ("q=watercolour", "painting"),
    ("q=%22calm%20room%22%20-judo", "painting"),
    ("interest=judo", "judo"),
    ("interest=martial%20arts", "judo"),
    ("interest=grappling", "judo"),
    ("need=step_free", "judo"),
    ("need=hoist", "painting"),
    ("age=8", "judo"),
    ("age=13", "painting"),
    ("setting=specialist", "painting"),
    ("break_type=group_universal", "judo"),
    ("funding=free", "judo"),
    ("funding=contributory", "painting"),
    ("near=53.02,-2.18&within_km=5", "judo"),
    ("near=53.1,-2.44", "painting"),
    ("q=watercolour&age=8", ""),
    ("age=12", "judo painting"),
]


class TestFilters:
    @pytest.mark.parametrize(("query", "expected"), ABOUT_THE_ACTIVITY)
    def test_about_the_activity(
        self, world: World, two: dict[str, str], query: str, expected: str
    ) -> None:
        activities = items(world, "/v1/activities", query)
        sessions = items(world, "/v1/sessions", query)

        assert {two[found["id"]] for found in activities} == set(expected.split())
        assert sorted(two[found["id"]] for found in sessions) == sorted(
            f"{name}-{n}" for name in expected.split() for n in (1, 2)
        )

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("from=2027-04-01", "judo-2"),
            ("to=2027-03-06", "judo-1"),
            ("from=2027-03-07&to=2027-03-31", "painting-1 painting-2"),
            # 22:30 UTC on 31 March is half past eleven in London: still March.
            ("from=2027-03-31&to=2027-03-31", "painting-2"),
            ("from=2027-03-08T16:00:00Z&to=2027-03-31T22:30:00Z", "painting-1"),
            ("weekday=sunday", "judo-2"),
            ("weekday=saturday", "judo-1"),
            ("weekday=monday", "painting-1"),
            ("has_places=true", "judo-1 painting-1 painting-2"),
            ("has_places=false", "judo-2"),
            ("need=bsl", "painting-2"),
        ],
    )
    def test_about_the_session(
        self, world: World, two: dict[str, str], query: str, expected: str
    ) -> None:
        found = items(world, "/v1/sessions", query)

        assert [two[session["id"]] for session in found] == expected.split()

    def test_by_parent(self, world: World, two: dict[str, str]) -> None:
        judo = next(id_ for id_, name in two.items() if name == "judo")
        other = make(world, "/v1/providers", {"name": "Other", "kind": "specialist"})

        assert len(items(world, "/v1/sessions", f"activity_id={judo}")) == 2
        assert len(items(world, "/v1/activities", f"provider_id={world.provider_id}")) == 2
        assert items(world, "/v1/sessions", f"provider_id={other['id']}") == []

    def test_a_cancelled_session_has_no_places(self, world: World, two: dict[str, str]) -> None:
        judo_1 = next(id_ for id_, name in two.items() if name == "judo-1")
        world.call(
            "PATCH",
            f"/v1/sessions/{judo_1}",
            json={"status": "cancelled"},
            headers={"If-Match": "*"},
        )

        assert judo_1 not in {s["id"] for s in items(world, "/v1/sessions", "has_places=true")}

    def test_providers_by_words(self, world: World) -> None:
        make(
            world,
            "/v1/providers",
            {"name": "Etruria Sailing", "kind": "specialist", "description": "Boats"},
        )

        assert [p["name"] for p in items(world, "/v1/providers", "q=boat")] == ["Etruria Sailing"]

    def test_distance_is_measured_along_the_earth(self, world: World, two: dict[str, str]) -> None:
        near = "near={latitude},{longitude}".format(**HANLEY)

        inside = items(world, "/v1/activities", f"{near}&within_km={KM_FROM_HANLEY_TO_CREWE + 0.2}")
        outside = items(
            world, "/v1/activities", f"{near}&within_km={KM_FROM_HANLEY_TO_CREWE - 0.2}"
        )

        assert len(inside) == 2
        assert [two[found["id"]] for found in outside] == ["judo"]

    @pytest.mark.parametrize("near", ["90,0", "-90,180", "0,180", "0,-180"])
    def test_the_ends_of_the_earth_are_no_error(
        self, world: World, two: dict[str, str], near: str
    ) -> None:
        assert items(world, "/v1/activities", f"near={near}&within_km=1000") == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("need=wings", "need"),
            ("age=121", "age"),
            ("age=x", "age"),
            ("setting=park", "setting"),
            ("break_type=x", "break_type"),
            ("funding=x", "funding"),
            ("weekday=someday", "weekday"),
            ("has_places=perhaps", "has_places"),
            ("near=53", "near"),
            ("near=91,0", "near"),
            ("near=nan,nan", "near"),
            ("within_km=5", "within_km"),
            ("near=53,-2&within_km=0", "within_km"),
            ("near=53,-2&within_km=inf", "within_km"),
            ("q=%00", "q"),
            ("q=" + "x" * 201, "q"),
            ("activity_id=1", "activity_id"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("cursor=nonsense", "cursor"),
            ("cursor=WyIyMDI3LTAzLTA2IiwiYSJd", "cursor"),
        ],
    )
    def test_refuse(self, world: World, query: str, field: str) -> None:
        answer = world.call("GET", f"/v1/sessions?{query}")

        assert answer.status_code == 422, answer.text
        assert {error["field"] for error in answer.json()["errors"]} == {field}

    @pytest.mark.parametrize(
        "moment", ["1234567890", "2027-02-30", "9999-12-31", "2027-03-06T10:00"]
    )
    def test_refuse_moments(self, world: World, moment: str) -> None:
        for name in ("from", "to"):
            answer = world.call("GET", f"/v1/sessions?{name}={moment}")

            assert answer.status_code == 422
            assert [error["field"] for error in answer.json()["errors"]] == [name]

    @pytest.mark.parametrize("words", ["'", '"', "a:*&|!", "((", "\\", "%", "🎣", "-", "or or"])
    def test_no_words_are_an_error(self, world: World, words: str) -> None:
        for path in ("/v1/providers", "/v1/activities", "/v1/sessions"):
            assert items(world, path, f"q={quote(words)}") == []


class TestPages:
    def test_pages_give_every_session_once_in_order(self, world: World) -> None:
        activity = make_activity(world)
        made = [make_session(world, activity["id"])["id"] for _ in range(5)]
        early = make_session(
            world,
            activity["id"],
            starts_at="2027-03-01T10:00:00+00:00",
            ends_at="2027-03-01T11:00:00+00:00",
        )["id"]

        seen: list[str] = []
        cursor = ""
        while True:
            page = world.call("GET", f"/v1/sessions?limit=2{cursor}").json()
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"

        assert seen == [early, *sorted(made)]

    @pytest.mark.parametrize("path", ["/v1/providers", "/v1/activities", "/v1/sessions"])
    def test_statements_do_not_grow_with_the_page(
        self, world: World, statements: list[tuple[str, Any]], path: str
    ) -> None:
        for _ in range(6):
            activity = make_activity(world, offers=[{"need": "hoist"}])
            make_session(world, activity["id"], offers=[{"need": "bsl"}])
            make(world, "/v1/providers", {"name": "One more", "kind": "specialist"})

        def cost(limit: int) -> int:
            statements.clear()
            assert len(items(world, path, f"limit={limit}")) == limit
            return len(statements)

        assert cost(6) == cost(1) > 0


@pytest.fixture
def statements(sessions: sessionmaker[Transaction]) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is sent to the database."""
    engine = sessions.kw["bind"]
    assert isinstance(engine, Engine)
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def many(world: World, other_world: World, postgres: EmbeddedPostgres) -> None:
    """Fill two authorities with a few thousand rows each."""
    for crowd in (world, other_world):
        with transaction(crowd.sessions, crowd.authority_id) as session:
            values = {"authority": crowd.authority_id, "provider": crowd.provider_id}
            session.execute(
                text(
                    "INSERT INTO activities (authority_id, id, provider_id, title, description,"
                    " setting, break_type, min_age, max_age, funding, price_pence, concepts,"
                    " version, created_at, updated_at)"
                    " SELECT :authority, gen_random_uuid(), :provider, 'club ' || n, 'word' || n,"
                    " 'universal', 'group_universal', 0, 18, '[\"free\"]', 0, '[]', 1, now(), now()"
                    " FROM generate_series(1, 3000) n"
                ),
                values,
            )
            session.execute(
                text(
                    "INSERT INTO sessions (authority_id, id, activity_id, starts_at, ends_at,"
                    " capacity, taken, status, version, created_at, updated_at)"
                    " SELECT authority_id, gen_random_uuid(), id,"
                    " timestamptz '2027-03-01' + row_number() OVER () * interval '1 hour',"
                    " timestamptz '2027-03-01' + (row_number() OVER () + 1) * interval '1 hour',"
                    " 5, 0, 'scheduled', 1, now(), now() FROM activities"
                    " WHERE authority_id = :authority"
                ),
                values,
            )
    owner = create_engine(
        postgres.url(SUPERUSER, "postgres").replace("postgresql://", "postgresql+psycopg://"),
        isolation_level="AUTOCOMMIT",
    )
    with owner.connect() as connection:
        connection.execute(text("ANALYZE activities, sessions, offers"))
    owner.dispose()


def plan_of(world: World, sent: list[tuple[str, Any]], query: str, table: str) -> str:
    """Give the plan of the statement with which a list is answered."""
    sent.clear()
    assert items(world, f"/v1/{table}", query)
    statement, parameters = next(
        (one, given) for one, given in sent if one.startswith("SELECT " + table)
    )
    with transaction(world.sessions, world.authority_id) as session:
        cursor = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(row[0] for row in cursor)


class TestPlans:
    @pytest.mark.usefixtures("many")
    def test_sessions_by_date_are_read_from_the_index_in_order(
        self, world: World, statements: list[tuple[str, Any]]
    ) -> None:
        first = plan_of(world, statements, "from=2027-04-01&limit=20", "sessions")
        cursor = world.call("GET", "/v1/sessions?from=2027-04-01&limit=20").json()["next_cursor"]
        later = plan_of(world, statements, f"limit=20&cursor={cursor}", "sessions")

        for plan in (first, later):
            assert "Index Scan using ix_sessions_authority_id_starts_at_id" in plan
            assert "Sort" not in plan
        assert "starts_at" in later.partition("Index Cond")[2].partition("\n")[0]

    @pytest.mark.usefixtures("many")
    def test_words_are_looked_for_in_the_own_authority_only(
        self, world: World, statements: list[tuple[str, Any]]
    ) -> None:
        # Row-level security keeps PostgreSQL from using the index of words; see the queries.
        plan = plan_of(world, statements, "q=word77", "activities")

        assert "Seq Scan on activities" not in plan
        assert "authority_id = " in plan.partition("Index Cond")[2].partition("\n")[0]


def test_haversine_of_the_constants() -> None:
    """Hold the distance that the tests assume to the formula itself."""
    phi, theta = (math.radians(place["latitude"]) for place in (HANLEY, CREWE))
    lambda_ = math.radians(CREWE["longitude"] - HANLEY["longitude"])
    half = (
        math.sin((theta - phi) / 2) ** 2
        + math.cos(phi) * math.cos(theta) * math.sin(lambda_ / 2) ** 2
    )
    km = 2 * 6371.0088 * math.asin(math.sqrt(half))
    assert km == pytest.approx(KM_FROM_HANLEY_TO_CREWE, abs=0.1)
