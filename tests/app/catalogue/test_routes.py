"""The catalogue over HTTP: what is kept, what is refused, and with which words."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from app.access.models import AuditEntry
from app.access.scopes import ClientKind
from app.catalogue.models import Activity, CatalogueVersion, Session
from app.db import transaction
from app.ids import new_id
from app.outbox.models import Event
from tests.support.listings import ACTIVITY, SESSION, make, make_activity, make_session
from tests.support.world import World

READERS = [ClientKind.BROKER, ClientKind.FAMILY_APP, ClientKind.PROVIDER, ClientKind.COMMISSIONER]
PROVIDER = {"name": "Hanley Baths", "kind": "universal_service"}
PATHS = ["/v1/providers", "/v1/activities", "/v1/sessions"]


def problems(answer: Any) -> set[tuple[str, str]]:
    """Give field and rule of each problem of a refusal."""
    assert answer.status_code == 422, answer.text
    return {(error["field"], error["rule"]) for error in answer.json()["errors"]}


def patch(world: World, path: str, body: dict[str, Any], **kwargs: Any) -> Any:
    """Patch whatever version is stored."""
    headers = {"If-Match": "*", "Content-Type": "application/merge-patch+json"}
    return world.call("PATCH", path, json=body, headers=headers, **kwargs)


def take_places(world: World, session_id: str, taken: int) -> None:
    """Let places of a session be taken."""
    with transaction(world.sessions, world.authority_id) as session:
        session.execute(update(Session).where(Session.id == UUID(session_id)).values(taken=taken))


class TestWhoMay:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("kind", READERS)
    def test_every_kind_reads(self, world: World, path: str, kind: ClientKind) -> None:
        assert world.call("GET", path, kind=kind).status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("kind", [*READERS[1:], ClientKind.OPERATOR])
    def test_only_brokers_write(self, world: World, path: str, kind: ClientKind) -> None:
        assert world.call("POST", path, kind=kind, json={}).status_code == 403
        assert patch(world, f"{path}/{new_id()}", {}, kind=kind).status_code == 403

    @pytest.mark.parametrize("path", PATHS)
    def test_nobody_sees_another_authority(
        self, world: World, other_world: World, path: str
    ) -> None:
        activity = make_activity(world)
        rows = {
            "/v1/providers": str(world.provider_id),
            "/v1/activities": activity["id"],
            "/v1/sessions": make_session(world, activity["id"])["id"],
        }

        assert other_world.call("GET", f"{path}/{rows[path]}").status_code == 404
        assert patch(other_world, f"{path}/{rows[path]}", {}).status_code == 404
        listed = other_world.call("GET", path).json()["items"]
        assert rows[path] not in {item["id"] for item in listed}


class TestProviders:
    def test_create_and_read(self, world: World) -> None:
        answer = world.call("POST", "/v1/providers", json=PROVIDER)

        assert answer.status_code == 201
        assert answer.headers["ETag"] == '"1"'
        provider = answer.json()
        assert provider == {
            **PROVIDER,
            "id": provider["id"],
            **dict.fromkeys(["description", "website", "email", "phone", "source_id"]),
        }
        read = world.call("GET", f"/v1/providers/{provider['id']}")
        assert read.json() == provider
        assert read.headers["ETag"] == '"1"'

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"kind": "shop"}, ("kind", "literal_error")),
            ({"name": "  "}, ("name", "string_too_short")),
            ({"name": "a\x00b"}, ("name", "nul_character")),
            ({"website": "javascript:alert(1)"}, ("website", "string_pattern_mismatch")),
            ({"email": "nobody"}, ("email", "string_pattern_mismatch")),
            ({"id": str(new_id())}, ("id", "extra_forbidden")),
            ({"authority_id": str(new_id())}, ("authority_id", "extra_forbidden")),
            ({"description": "x" * 10_001}, ("description", "string_too_long")),
        ],
    )
    def test_refuse(self, world: World, fields: dict[str, Any], problem: tuple[str, str]) -> None:
        answer = world.call("POST", "/v1/providers", json=PROVIDER | fields)

        assert problems(answer) == {problem}

    def test_source_ids_are_unique_in_an_authority_only(
        self, world: World, other_world: World
    ) -> None:
        make(world, "/v1/providers", PROVIDER | {"source_id": "p1"})
        make(other_world, "/v1/providers", PROVIDER | {"source_id": "p1"})

        answer = world.call("POST", "/v1/providers", json=PROVIDER | {"source_id": "p1"})

        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/source-id-taken"

    def test_change(self, world: World) -> None:
        provider = make(world, "/v1/providers", PROVIDER | {"phone": "01782 000000"})

        answer = world.call(
            "PATCH",
            f"/v1/providers/{provider['id']}",
            json={"phone": None, "name": "Hanley Pool"},
            headers={"If-Match": '"1"'},
        )

        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert answer.json() == provider | {"phone": None, "name": "Hanley Pool"}

    def test_a_required_field_cannot_be_removed(self, world: World) -> None:
        answer = patch(world, f"/v1/providers/{world.provider_id}", {"name": None})

        assert problems(answer) == {("name", "missing")}

    @pytest.mark.parametrize(("headers", "status"), [({}, 428), ({"If-Match": '"7"'}, 412)])
    def test_a_change_needs_the_version_it_was_made_from(
        self, world: World, headers: dict[str, str], status: int
    ) -> None:
        answer = world.call(
            "PATCH", f"/v1/providers/{world.provider_id}", json={"name": "x"}, headers=headers
        )

        assert answer.status_code == status


class TestActivities:
    def test_create_and_read(self, world: World) -> None:
        offers = [
            {"need": "step_free"},
            {"need": "one_to_one", "kind": "limited", "per_session": 2},
            {"need": "hoist", "kind": "on_request", "lead_days": 7, "cost_pence": 4500},
        ]

        activity = make_activity(world, offers=offers)

        blank = {"kind": "provided", "per_session": None, "lead_days": 0, "cost_pence": 0}
        assert activity["offers"] == [blank | offer for offer in offers]
        assert activity["venue"]["name"] == "Mill Lane lock"
        assert activity["venue"]["latitude"] == pytest.approx(53.0, abs=0.1)
        assert "angling" in activity["concepts"]
        assert activity["price_pence"] == 0
        assert activity["gender"] is None
        assert world.call("GET", f"/v1/activities/{activity['id']}").json() == activity
        assert world.call("GET", "/v1/activities").json()["items"] == [activity]

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"setting": "park"}, ("setting", "literal_error")),
            ({"break_type": "long"}, ("break_type", "literal_error")),
            ({"min_age": 12, "max_age": 8}, ("max_age", "age_order")),
            ({"max_age": 121}, ("max_age", "less_than_equal")),
            ({"funding": []}, ("funding", "too_short")),
            ({"funding": ["free", "free"]}, ("funding", "repeated")),
            ({"venue": {"postcode": "nowhere"}}, ("venue.postcode", "postcode_unreadable")),
            ({"venue": {"latitude": 53.0}}, ("venue.longitude", "half_position")),
            ({"provider_id": str(new_id())}, ("provider_id", "unknown_provider")),
            ({"offers": [{"need": "wings"}]}, ("offers.0.need", "literal_error")),
            (
                {"offers": [{"need": "hoist"}, {"need": "hoist"}]},
                ("offers", "repeated_need"),
            ),
            (
                {"offers": [{"need": "hoist", "kind": "limited"}]},
                ("offers.0.per_session", "missing"),
            ),
            (
                {"offers": [{"need": "hoist", "per_session": 2}]},
                ("offers.0.per_session", "limited_only"),
            ),
            (
                {"offers": [{"need": "hoist", "cost_pence": 100}]},
                ("offers.0.cost_pence", "on_request_only"),
            ),
            (
                {"offers": [{"need": "hoist", "lead_days": 3}]},
                ("offers.0.lead_days", "on_request_only"),
            ),
        ],
    )
    def test_refuse(self, world: World, fields: dict[str, Any], problem: tuple[str, str]) -> None:
        body = {**ACTIVITY, "provider_id": str(world.provider_id), **fields}

        answer = world.call("POST", "/v1/activities", json=body)

        assert problems(answer) == {problem}
        assert "nowhere" not in answer.text
        assert "wings" not in answer.text

    def test_another_authoritys_provider_is_unknown(self, world: World, other_world: World) -> None:
        body = {**ACTIVITY, "provider_id": str(other_world.provider_id)}

        answer = world.call("POST", "/v1/activities", json=body)

        assert problems(answer) == {("provider_id", "unknown_provider")}

    def test_a_new_postcode_moves_the_venue(self, world: World) -> None:
        activity = make_activity(
            world, venue={"postcode": "ST4 2DE", "latitude": 1, "longitude": 2}
        )
        path = f"/v1/activities/{activity['id']}"

        venue = patch(world, path, {"venue": {"postcode": "CW1 2AB"}}).json()["venue"]

        assert venue["postcode"] == "CW1 2AB"
        assert venue["latitude"] == pytest.approx(53.1, abs=0.1)
        moved = patch(world, path, {"venue": {"name": "Hall"}}).json()["venue"]
        assert moved == venue | {"name": "Hall"}
        assert patch(world, path, {"venue": None}).json()["venue"] is None

    def test_offers_are_replaced_as_a_list(self, world: World) -> None:
        activity = make_activity(world, offers=[{"need": "hoist"}, {"need": "makaton"}])
        path = f"/v1/activities/{activity['id']}"

        assert patch(world, path, {"title": "Fishing"}).json()["offers"] == activity["offers"]
        changed = patch(world, path, {"offers": [{"need": "hoist"}, {"need": "bsl"}]}).json()
        assert [offer["need"] for offer in changed["offers"]] == ["hoist", "bsl"]
        assert patch(world, path, {"offers": None}).json()["offers"] == []

    def test_recognised_concepts_follow_the_words_and_chosen_ones_stay(self, world: World) -> None:
        recognised = make_activity(world, title="Judo", description="")
        chosen = make_activity(
            world, title="Judo", description="", concepts=["angling", "nonsense"]
        )
        assert "judo" in recognised["concepts"]
        assert chosen["concepts"] == ["angling"]

        follows = patch(world, f"/v1/activities/{recognised['id']}", {"title": "Football"}).json()
        stays = patch(world, f"/v1/activities/{chosen['id']}", {"title": "Football"}).json()

        assert "football" in follows["concepts"]
        assert "judo" not in follows["concepts"]
        assert stays["concepts"] == ["angling"]

    def test_a_patch_is_held_to_the_rules_as_a_whole(self, world: World) -> None:
        activity = make_activity(world)

        answer = patch(world, f"/v1/activities/{activity['id']}", {"max_age": 3})

        assert problems(answer) == {("max_age", "age_order")}


class TestSessions:
    def test_create_and_read(self, world: World) -> None:
        activity = make_activity(world)

        found = make_session(world, activity["id"], offers=[{"need": "hoist"}])

        assert found["places_left"] == 5
        assert found["month"] == "2027-03"
        assert found["status"] == "scheduled"
        assert [offer["need"] for offer in found["offers"]] == ["hoist"]
        assert world.call("GET", f"/v1/sessions/{found['id']}").json() == found
        # An offer of one session is none of the activity's.
        assert world.call("GET", f"/v1/activities/{activity['id']}").json()["offers"] == []

    def test_the_month_is_that_of_london(self, world: World) -> None:
        activity = make_activity(world)

        # Half past midnight on 1 July in London is still June in UTC.
        found = make_session(
            world,
            activity["id"],
            starts_at="2027-06-30T23:30:00+00:00",
            ends_at="2027-07-01T01:00:00+00:00",
        )

        assert found["month"] == "2027-07"

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"ends_at": "2027-03-06T09:00:00+00:00"}, ("ends_at", "ends_before_start")),
            ({"ends_at": "2027-03-20T10:00:01+00:00"}, ("ends_at", "too_long")),
            ({"starts_at": "2027-03-06T10:00:00"}, ("starts_at", "timezone_aware")),
            ({"starts_at": "9999-12-31T23:59:59-23:59"}, ("starts_at", "less_than")),
            ({"capacity": -1}, ("capacity", "greater_than_equal")),
            ({"capacity": 10**30}, ("capacity", "less_than_equal")),
            ({"status": "gone"}, ("status", "literal_error")),
            ({"activity_id": str(new_id())}, ("activity_id", "unknown_activity")),
            ({"taken": 1}, ("taken", "extra_forbidden")),
        ],
    )
    def test_refuse(self, world: World, fields: dict[str, Any], problem: tuple[str, str]) -> None:
        activity = make_activity(world)

        answer = world.call(
            "POST", "/v1/sessions", json={**SESSION, "activity_id": activity["id"], **fields}
        )

        assert problems(answer) == {problem}

    def test_capacity_stays_above_what_is_taken(self, world: World) -> None:
        found = make_session(world, make_activity(world)["id"])
        path = f"/v1/sessions/{found['id']}"
        take_places(world, found["id"], 3)

        answer = patch(world, path, {"capacity": 2})

        assert problems(answer) == {("capacity", "capacity_under_taken")}
        assert patch(world, path, {"capacity": 3}).json()["places_left"] == 0

    def test_taken_places_keep_their_time(self, world: World) -> None:
        found = make_session(world, make_activity(world)["id"])
        path = f"/v1/sessions/{found['id']}"
        later = {"ends_at": "2027-03-06T13:00:00+00:00"}
        assert patch(world, path, later).status_code == 200
        take_places(world, found["id"], 1)

        answer = patch(world, path, {"ends_at": "2027-03-06T14:00:00+00:00"})

        assert problems(answer) == {("starts_at", "time_of_taken_places")}

    def test_a_cancelled_session_stays_readable(self, world: World) -> None:
        found = make_session(world, make_activity(world)["id"])
        path = f"/v1/sessions/{found['id']}"

        assert patch(world, path, {"status": "cancelled"}).status_code == 200

        assert world.call("GET", path).json()["status"] == "cancelled"
        assert [item["id"] for item in world.call("GET", "/v1/sessions").json()["items"]] == [
            found["id"]
        ]


class TestTraces:
    def test_each_write_moves_the_version_and_is_written_down(self, world: World) -> None:
        activity = make_activity(world)
        found = make_session(world, activity["id"])
        patch(world, f"/v1/sessions/{found['id']}", {"status": "cancelled"})
        assert patch(world, f"/v1/sessions/{found['id']}", {"capacity": -1}).status_code == 422

        with transaction(world.sessions, world.authority_id) as session:
            version = session.scalar(select(CatalogueVersion.version))
            events = session.execute(
                select(Event.type, Event.object_id, Event.sequence, Event.child_id)
                .where(Event.object_id.in_([UUID(activity["id"]), UUID(found["id"])]))
                .order_by(Event.id)
            ).all()
            audited = session.execute(
                select(AuditEntry.action, AuditEntry.child_id).where(
                    AuditEntry.action.in_([event.type for event in events])
                )
            ).all()
        assert version == 3
        assert [(event.type, str(event.object_id), event.sequence) for event in events] == [
            ("activity.created", activity["id"], 1),
            ("session.created", found["id"], 1),
            ("session.cancelled", found["id"], 2),
        ]
        assert len(audited) == 3
        assert {entry.child_id for entry in audited} == {None}

    def test_reads_are_not_written_down(self, world: World) -> None:
        world.token(ClientKind.BROKER)

        def count() -> int | None:
            with transaction(world.sessions, world.authority_id) as session:
                return session.scalar(select(func.count()).select_from(AuditEntry))

        before = count()
        world.call("GET", "/v1/activities")

        assert count() == before

    def test_a_refused_activity_leaves_nothing(self, world: World) -> None:
        body = {**ACTIVITY, "provider_id": str(world.provider_id), "source_id": "a1"}
        make(world, "/v1/activities", body)

        assert world.call("POST", "/v1/activities", json=body).status_code == 409

        with transaction(world.sessions, world.authority_id) as session:
            assert session.scalar(select(func.count()).select_from(Activity)) == 1
            assert session.scalar(select(CatalogueVersion.version)) == 1
