"""The national batch: one task an authority, skipped where it has been done."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

import psycopg
import pytest

from app.allocations.batch import Task, allocate_authority, done_by_dask, done_here
from app.db import API_ROLE
from app.embedded_postgres import EmbeddedPostgres
from tests.support.catalogue import add_activity, add_child, add_session
from tests.support.rounds import CLOSES, QUARTER, SATURDAY, open_round
from tests.support.world import World


def fill(world: World, *, places: int) -> str:
    """Publish a round with some places and three children."""
    add_session(world, add_activity(world), SATURDAY, capacity=places)
    for _ in range(3):
        add_child(world)
    return open_round(world)


def task_of(world: World, postgres: EmbeddedPostgres) -> Task:
    url = postgres.url(API_ROLE, "postgres")
    return Task(url, world.authority_id, QUARTER, 7, dry_run=False, now=CLOSES)


def runs(world: World, round_id: str) -> list[dict[str, object]]:
    answer = world.call("GET", f"/v1/rounds/{round_id}/allocations")
    items: list[dict[str, object]] = answer.json()["items"]
    return items


class TestAllocateAuthority:
    def test_what_was_done_is_skipped(self, world: World, postgres: EmbeddedPostgres) -> None:
        round_id, task = fill(world, places=2), task_of(world, postgres)

        first, second = allocate_authority(task), allocate_authority(task)

        assert (first.status, first.placed) == ("done", 2)
        assert second.status == "skipped"
        [run] = runs(world, round_id)
        assert (run["status"], run["places"]) == ("done", {"given": 2})
        add_child(world)
        assert allocate_authority(task).status == "done"

    def test_a_dry_run_keeps_nothing(self, world: World, postgres: EmbeddedPostgres) -> None:
        round_id, task = fill(world, places=2), task_of(world, postgres)

        assert allocate_authority(replace(task, dry_run=True)).placed == 2

        assert runs(world, round_id) == []
        assert world.call("GET", f"/v1/rounds/{round_id}").json()["status"] == "choices_open"

    def test_nothing_to_do(self, world: World, postgres: EmbeddedPostgres) -> None:
        assert allocate_authority(task_of(world, postgres)).status == "skipped"
        fill(world, places=2)
        early = replace(task_of(world, postgres), now=world.clock.now)
        assert allocate_authority(early).status == "skipped"

    def test_one_failure_does_not_stop_the_others(
        self, world: World, other_world: World, postgres: EmbeddedPostgres
    ) -> None:
        fill(other_world, places=1)
        broken = replace(task_of(world, postgres), quarter="no quarter", database_url="nowhere://")

        results = list(done_here([broken, task_of(other_world, postgres)]))

        assert [result.status for result in results] == ["failed", "done"]


@pytest.mark.filterwarnings("default")
def test_the_same_on_dask(world: World, other_world: World, postgres: EmbeddedPostgres) -> None:
    pytest.importorskip("distributed")
    for one, places in ((world, 1), (other_world, 2)):
        fill(one, places=places)
    tasks = [task_of(one, postgres) for one in (world, other_world)]

    results = {result.authority_id: result for result in done_by_dask(tasks, None, 1)}

    assert results[world.authority_id].placed == 1
    assert results[other_world.authority_id].placed == 2


@contextmanager
def children_held(postgres: EmbeddedPostgres, world: World) -> Iterator[psycopg.Connection]:
    """Keep whoever would write of an authority's children waiting."""
    with psycopg.connect(postgres.conninfo("postgres", "postgres")) as holder:
        # The owner's role is bound by row-level security, its superuser is not.
        holder.execute(
            "SELECT 1 FROM children WHERE authority_id = %s FOR UPDATE", [world.authority_id]
        )
        yield holder


def wait_for_a_waiting_writer(postgres: EmbeddedPostgres) -> None:
    """Return once a worker has stored its allocation and waits for the children."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND query LIKE 'SELECT children.id%'
        """
    with psycopg.connect(postgres.conninfo("postgres", "postgres"), autocommit=True) as observer:
        for _ in range(1_200):
            if observer.execute(waiting).fetchone() == (1,):
                return
            Event().wait(0.1)
    raise AssertionError("no worker came as far as writing")


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("deaths", "status", "kept"), [(1, "done", ["done"]), (0, "failed", [])])
def test_a_worker_killed_while_it_writes_leaves_nothing_and_is_replaced(
    world: World, postgres: EmbeddedPostgres, deaths: int, status: str, kept: list[str]
) -> None:
    dask, distributed = pytest.importorskip("dask"), pytest.importorskip("distributed")
    round_id, task = fill(world, places=2), task_of(world, postgres)
    alone = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    allowed = dask.config.set({"distributed.scheduler.allowed-failures": deaths})
    with allowed, distributed.LocalCluster(**alone) as cluster, ThreadPoolExecutor() as pool:
        with distributed.Client(cluster) as client:
            [worker] = client.run(os.getpid).values()
        with children_held(postgres, world):
            batch = pool.submit(list, done_by_dask([task], cluster.scheduler_address, 0))
            wait_for_a_waiting_writer(postgres)
            os.kill(worker, signal.SIGKILL)
            assert runs(world, round_id) == []
        [result] = batch.result()

    assert (result.authority_id, result.status) == (world.authority_id, status)
    assert [run["status"] for run in runs(world, round_id)] == kept
    assert [run["places"] for run in runs(world, round_id)] == [{"given": 2}] * len(kept)
