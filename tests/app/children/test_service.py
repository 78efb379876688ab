"""What other rooms ask of the children room."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.children import service
from app.children.models import Child, Interest
from app.children.schemas import ChildCreate
from app.db import transaction
from app.errors import Invalid
from app.ids import new_id
from tests.support.children import child_body, create_child
from tests.support.world import World


class TestCreateChildren:
    def test_makes_thousands_at_once(self, world: World) -> None:
        forms = [ChildCreate.model_validate(child_body(world.household()))] * 2000
        started = time.perf_counter()
        with transaction(world.sessions, world.authority_id) as session:
            ids = service.create_children(session, forms, now=world.clock.now)
        seconds = time.perf_counter() - started
        with transaction(world.sessions, world.authority_id) as session:
            assert session.scalar(select(func.count(Child.id))) == 2000
            assert session.scalar(select(func.count(Interest.id))) == 4000

        assert len(set(ids)) == 2000
        # About 1 s on two cores; one flush a child takes over 20 s.
        assert seconds < 10

    def test_lets_a_batch_be_friends(self, world: World) -> None:
        ids = [new_id(), new_id()]
        forms = [
            ChildCreate.model_validate(child_body(world.household(), friends=[str(friend)]))
            for friend in reversed(ids)
        ]
        with transaction(world.sessions, world.authority_id) as session:
            service.create_children(session, forms, now=world.clock.now, child_ids=ids)

        first = world.call("GET", f"/v1/children/{ids[0]}").json()
        assert first["friends"] == [str(ids[1])]

    def test_holds_each_to_the_same_rules(self, world: World) -> None:
        form = ChildCreate.model_validate(child_body(world.household(), date_of_birth="2030-01-01"))
        with (
            transaction(world.sessions, world.authority_id) as session,
            pytest.raises(Invalid),
        ):
            service.create_children(session, [form], now=world.clock.now)


class TestConsentHolds:
    def test_the_newest_of_a_purpose(self, world: World) -> None:
        child_id = create_child(world)["id"]
        found = []
        for given in (None, True, False, True):
            if given is not None:
                world.call(
                    "POST",
                    f"/v1/children/{child_id}/consents",
                    json={"purpose": "sharing", "given": given, "by": "parent"},
                )
            with transaction(world.sessions, world.authority_id) as session:
                found.append(service.consent_holds(session, UUID(child_id), "sharing"))
                assert service.consent_holds(session, UUID(child_id), "matching") is None

        assert found == [None, True, False, True]


class TestUpdateChild:
    def test_of_two_at_once_from_one_version_one_wins(self, world: World) -> None:
        child_id = create_child(world)["id"]
        start = Barrier(2)

        def rename(name: str) -> int:
            start.wait()
            status: int = world.call(
                "PATCH",
                f"/v1/children/{child_id}",
                json={"given_name": name},
                headers={"If-Match": '"1"'},
            ).status_code
            return status

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(rename, ["Ada", "Bo"])) == [200, 412]
