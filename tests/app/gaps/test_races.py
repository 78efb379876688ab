"""Looking at a month while children are erased and another worker looks: nobody waits for ever."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.gaps import facts_of, refresh, rows_of
from tests.support.world import World

FISHING = {"text": "fishing", "feeling": "love", "voice": "child"}
ROUNDS = 6


def test_workers_and_erasures_do_not_wait_for_each_other(world: World) -> None:
    lake = add_activity(world, concepts=["angling"])
    children = [add_child(world, interests=[FISHING]) for _ in range(2 * ROUNDS)]
    refresh(world)

    def erase(child: str) -> None:
        rows_of(world, "DELETE FROM children WHERE id = :id RETURNING 1", id=UUID(child))

    with ThreadPoolExecutor(4) as pool:
        for at in range(ROUNDS):
            # Everybody wants what is new, so every child is judged again.
            add_session(world, lake)
            work = [pool.submit(refresh, world) for _ in range(2)]
            work += [pool.submit(erase, child) for child in children[2 * at : 2 * at + 1]]
            for one in work:
                one.result(timeout=20)
    refresh(world)

    stored = {str(row.child_id) for row in rows_of(world, "SELECT child_id FROM gap_children")}
    assert stored == set(children) - set(children[0::2])
    assert facts_of(world, children[1])["angling"].outcome == "available"
    assert not refresh(world)


def test_of_two_workers_one_writes(world: World) -> None:
    add_child(world, interests=[FISHING])
    with ThreadPoolExecutor(4) as pool:
        written = [one.result() for one in [pool.submit(refresh, world) for _ in range(4)]]

    assert any(written)
    assert len(rows_of(world, "SELECT 1 FROM gap_months")) == 1
    assert not refresh(world)
