"""Children's keys: one each, and wrapped anew while whatever they seal is read."""

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from joserfc.jwk import KeySet
from sqlalchemy import select, text

from app.access.scopes import ClientKind
from app.children import keys
from app.children.models import ChildKey
from app.db import transaction
from app.encryption import MasterKeyMissing, MasterKeys, add_master_key, make_master_key
from app.key_files import load_keys
from tests.support.catalogue import add_child
from tests.support.live_server import at_once
from tests.support.passports import write_passport
from tests.support.world import World


def wrap_all_again(world: World, masters: MasterKeys, *, limit: int = 2) -> int:
    """Wrap all keys of an authority anew, in small batches."""
    total, last, more = 0, None, True
    while more:
        with transaction(world.sessions, world.authority_id) as session:
            batch = keys.wrap_again(session, masters, after=last, limit=limit)
        assert batch.lost == ()
        total, last, more = total + batch.count, batch.last, batch.last is not None
    return total


def in_use(world: World) -> dict[str, int]:
    with transaction(world.sessions, world.authority_id) as session:
        return keys.count_by_master_key(session)


def readable(world: World, masters: MasterKeys) -> int:
    """Count the children's keys that these master keys open."""
    with transaction(world.sessions, world.authority_id) as session:
        children = session.scalars(select(ChildKey.child_id)).all()
        return len(keys.find_keys(session, masters, children))


class TestMaking:
    def test_a_child_has_one_however_many_ask_at_once(
        self, world: World, master_keys: MasterKeys
    ) -> None:
        child_id = UUID(add_child(world))

        def ask() -> UUID:
            with transaction(world.sessions, world.authority_id) as session:
                found = keys.get_or_make_key(session, master_keys, child_id, now=world.clock.now)
                return found.id

        assert len(set(at_once([ask] * 8))) == 1

    def test_each_child_has_another(self, world: World) -> None:
        for _ in range(3):
            write_passport(world, add_child(world))

        with transaction(world.sessions, world.authority_id) as session:
            rows = session.scalars(select(ChildKey)).all()
        assert len(rows) == len({row.key_id for row in rows}) == 3
        assert len({row.wrapped for row in rows}) == 3

    def test_another_authority_sees_none(self, world: World, other_world: World) -> None:
        write_passport(world, add_child(world))

        assert in_use(other_world) == {}
        assert sum(in_use(world).values()) == 1


class TestWrappingAnew:
    def test_reading_goes_on_and_the_old_key_is_unused_after(
        self, world: World, master_keys: MasterKeys, master_keys_file: Path
    ) -> None:
        children = [add_child(world) for _ in range(5)]
        for child_id in children:
            write_passport(world, child_id)
        [old] = in_use(world)
        wrong, reads, over = [], [], threading.Event()
        token = world.token(ClientKind.BROKER)

        def read() -> None:
            while not over.is_set():
                for child_id in children:
                    path = f"/v1/children/{child_id}/passport"
                    answer = world.call_with(token, "GET", path)
                    reads.append(child_id)
                    if answer.status_code != 200:
                        wrong.append(answer.text)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        wrapped = []
        try:
            for _ in range(5):
                before = len(reads)
                add_master_key(master_keys_file)
                # A process of its own, as the command is: the service finds out by itself.
                wrapped.append(wrap_all_again(world, MasterKeys.load(master_keys_file)))
                while len(reads) < before + len(children):
                    over.wait(0.01)
        finally:
            over.set()
            for reader in readers:
                reader.join()

        assert wrapped == [5] * 5
        assert wrong == []
        assert len(reads) > 25
        assert in_use(world) == {master_keys.names[0]: 5}
        newest = load_keys(master_keys_file).keys[0]
        assert newest.kid != old
        assert readable(world, MasterKeys(KeySet([newest]))) == 5

    def test_control_a_service_that_read_its_file_once_only_would_fail(
        self,
        world: World,
        master_keys_file: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        child_id = add_child(world)
        write_passport(world, child_id)
        add_master_key(master_keys_file)
        assert wrap_all_again(world, MasterKeys.load(master_keys_file)) == 1
        path = f"/v1/children/{child_id}/passport"

        with monkeypatch.context() as broken:
            broken.setattr(MasterKeys, "_read_again_if_changed", lambda masters: None)
            assert world.call("GET", path).status_code == 500
        assert world.call("GET", path).status_code == 200

    def test_control_before_it_the_new_key_alone_opens_nothing(self, world: World) -> None:
        write_passport(world, add_child(world))

        with pytest.raises(MasterKeyMissing):
            readable(world, MasterKeys(KeySet([make_master_key()])))

    def test_a_second_time_there_is_nothing_to_do(
        self, world: World, master_keys: MasterKeys
    ) -> None:
        write_passport(world, add_child(world))

        assert wrap_all_again(world, master_keys) == 0

    def test_a_lost_key_is_named_and_holds_up_no_other(
        self, world: World, master_keys: MasterKeys, master_keys_file: Path
    ) -> None:
        lost, *others = sorted(add_child(world) for _ in range(3))
        for child_id in (lost, *others):
            write_passport(world, child_id)
        with transaction(world.sessions, world.authority_id) as session:
            session.execute(
                text("UPDATE child_keys SET wrapped = '\\x00' WHERE child_id = :id"), {"id": lost}
            )
        add_master_key(master_keys_file)

        with transaction(world.sessions, world.authority_id) as session:
            batch = keys.wrap_again(session, master_keys, after=None, limit=10)
            session.execute(text("DELETE FROM child_keys WHERE child_id = :id"), {"id": lost})

        assert (batch.count, batch.lost, batch.last) == (2, (UUID(lost),), None)
        assert in_use(world) == {master_keys.names[0]: 2}


@pytest.mark.parametrize("change", ["wrapped", "key_id", "master_key"])
def test_a_wrapped_key_opens_for_its_own_child_only(
    world: World, change: str, master_keys: MasterKeys
) -> None:
    mine, theirs = add_child(world), add_child(world)
    for child_id in (mine, theirs):
        write_passport(world, child_id)
    moves: dict[str, Callable[[ChildKey, ChildKey], None]] = {
        "wrapped": lambda to, of: setattr(to, "wrapped", of.wrapped),
        "key_id": lambda to, of: setattr(to, "key_id", of.key_id),
        "master_key": lambda to, of: setattr(to, "master_key", "another"),
    }
    with transaction(world.sessions, world.authority_id) as session:
        row, other = (
            session.scalars(select(ChildKey).where(ChildKey.child_id == UUID(child))).one()
            for child in (mine, theirs)
        )
        moves[change](row, other)

    answer = world.call("GET", f"/v1/children/{mine}/passport")

    with transaction(world.sessions, world.authority_id) as session:
        session.execute(text("DELETE FROM child_keys WHERE child_id = :id"), {"id": mine})
    assert answer.status_code == 500
