"""All England as the national batch runs it: 152 authorities, minutes, memory, cost of each.

`python -m tests.benchmarks.national --authorities 10 40 152` starts a PostgreSQL of its own, which
syncs, and brings it to each size in turn: the first `--distinct` authorities are seeded, 7,900
children and 790 sessions of one month each, the others are copies of them with the sessions'
capacities drawn anew, so that no two have the same allocation. The authorities that are new are
then given out as `shortbreaks allocate --all` does it, on two local Dask workers. Told: minutes by
the clock and of processor time (Python's and PostgreSQL's), seconds an authority, and the most
memory that all processes together had, shared pages counted once. Expected: for 1.2 million
children under 30 minutes on two cores and under 8 GiB, the seconds flat as authorities are added.

Measured on two cores that other programs kept busy, in seconds of processor time an authority: 18.5
the first 10, 22.6 the next 30, 17.8 the last 112, in a database of 152. That is 24 minutes for all
on two idle cores; by the clock it took 50. 1.8 GiB at most, 1,147,542 places.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

import psutil
import psycopg
import structlog
from psycopg import sql
from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session, sessionmaker

from app.allocations.batch import Task, done_by_dask
from app.authorities.service import list_active_authorities
from app.clock import month_bounds
from app.db import NO_TENANT, UTCDateTime, transaction
from app.garbage import collect_rarely
from app.ids import new_id
from app.samples.seeding import seed_authority
from tests.benchmarks.allocated_round import MONTH, NOW, QUARTER, add_round, database

WORKERS = 2
SEED = 7
# What a copy does without: credentials, what happened, who looked.
LEFT_OUT = ("clients", "events", "audit_entries")
COLUMNS = """
    SELECT c.table_name, array_agg(c.column_name::text ORDER BY c.ordinal_position)
    FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_generated = 'NEVER'
    GROUP BY c.table_name
    """

# Whole weeks earlier, what the seed has spread over three months is all in the first.
INTO_ONE_MONTH = text(
    """
    UPDATE sessions SET
        starts_at = starts_at - interval '1 week' * greatest(0, ceil(
            extract(epoch FROM starts_at - :last) / 604800)),
        ends_at = ends_at - interval '1 week' * greatest(0, ceil(
            extract(epoch FROM starts_at - :last) / 604800))
    """
).bindparams(bindparam("last", type_=UTCDateTime()))


def copy_authority(owner: psycopg.Connection[tuple[object, ...]], source: UUID, name: str) -> None:
    """Copy all rows of an authority to a new one; how many each session holds is drawn anew."""
    values = {"source": source, "new": new_id(), "name": name}
    changed = {
        ("authorities", "id"): "%(new)s",
        ("authorities", "name"): "%(name)s",
        ("sessions", "capacity"): "4 + floor(random() * 27)::integer",
    }
    with owner.transaction():
        # What refers to what is as it was.
        owner.execute("SET LOCAL session_replication_role = replica")
        for table, columns in owner.execute(COLUMNS).fetchall():
            key = "id" if table == "authorities" else "authority_id"
            if table in LEFT_OUT or key not in columns:
                continue
            picked = [
                sql.SQL(changed.get((table, one), "%(new)s" if one == "authority_id" else one))
                for one in columns
            ]
            statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE {} = %(source)s")
            named = sql.SQL(", ").join(map(sql.Identifier, columns))
            of = sql.Identifier(table), named, sql.SQL(", ").join(picked), sql.Identifier(table)
            owner.execute(statement.format(*of, sql.Identifier(key)), values)


@dataclass
class Watched:
    """What all processes of a run use, looked at every two seconds while it goes on."""

    server: psutil.Process
    most_mib: float = 0.0
    # By process.
    cpu_s: dict[int, float] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watched:
        """Begin to look."""
        self._before = self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look for the last time."""
        self._over.set()
        self._thread.join()

    @property
    def minutes(self) -> float:
        """Give the processor time of all processes, those of PostgreSQL included."""
        return (sum(self.cpu_s.values()) - self._before) / 60

    def _watch(self) -> None:
        while not self._over.wait(2):
            self._look()

    def _look(self) -> float:
        mib = 0.0
        for process in (
            psutil.Process(),
            *psutil.Process().children(recursive=True),
            self.server,
            *self.server.children(recursive=True),
        ):
            try:
                mib += process.memory_full_info().pss / 2**20
                used = process.cpu_times()
                self.cpu_s[process.pid] = used.user + used.system
            except psutil.NoSuchProcess:
                continue
        self.most_mib = max(self.most_mib, mib)
        return sum(self.cpu_s.values())


def run(sessions: sessionmaker[Session], authority_ids: Sequence[UUID], n_children: int) -> None:
    """Give the quarter of some authorities out, and tell what that took."""
    bind = sessions.kw["bind"]
    url = bind.url.render_as_string(hide_password=False)
    tasks = [Task(url, id_, QUARTER, SEED, dry_run=False, now=NOW) for id_ in authority_ids]
    with bind.connect() as connection:
        [backend] = connection.exec_driver_sql("SELECT pg_backend_pid()").one()
        server = psutil.Process(backend).parent()
    assert server is not None
    ends, placed, failed = [], 0, 0
    began = time.perf_counter()
    with Watched(server) as watched:
        for result in done_by_dask(tasks, None, WORKERS):
            ends.append(time.perf_counter() - began)
            placed += result.placed
            failed += result.status != "done"
            used = f"{60 * watched.minutes:.1f} s of processor time, {watched.most_mib:,.0f} MiB"
            print(f"{len(ends):>4} of {len(tasks)}: {ends[-1]:.1f} s, {used}, {result.told}")
    # Workers take turns: what one authority takes is the time between ends, times the workers.
    gaps = [WORKERS * (end - last) for last, end in zip([0.0, *ends], ends, strict=False)]
    print(
        f"{len(tasks)} authorities of {n_children:,} children: {ends[-1] / 60:.1f} minutes,"
        f" {watched.minutes:.1f} of processor time, {60 * watched.minutes / len(tasks):.1f} s of it"
        f" an authority; {statistics.median(gaps):.1f} s each by the clock (median);"
        f" at most {watched.most_mib:,.0f} MiB; {placed:,} places, {failed} not done",
        flush=True,
    )


def grow(
    sessions: sessionmaker[Session], owner_url: str, n: int, distinct: int, size: tuple[int, int]
) -> None:
    """Bring the database to a number of authorities."""
    began = time.perf_counter()
    with transaction(sessions, NO_TENANT) as session:
        ids = sorted(list_active_authorities(session))
    there = len(ids)
    for number in range(there + 1, min(n, distinct) + 1):
        seeded = seed_authority(
            sessions,
            number,
            n_children=size[0],
            n_sessions=size[1],
            seed=1,
            now=NOW,
            on_progress=lambda *_: None,
        )
        with transaction(sessions, seeded.id) as session:
            session.execute(INTO_ONE_MONTH, {"last": month_bounds(MONTH)[1] - timedelta(hours=6)})
            add_round(session, Random(number))
        ids.append(seeded.id)
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for number in range(max(there, distinct) + 1, n + 1):
            copy_authority(owner, ids[number % distinct], f"Copy {number}")
        owner.execute("ANALYZE")
    print(f"{n} authorities are there, after {time.perf_counter() - began:.0f} s more", flush=True)


def measure(
    sessions: sessionmaker[Session],
    owner_url: str,
    counts: Sequence[int],
    distinct: int,
    size: tuple[int, int],
) -> None:
    """Grow the database to each number of authorities, and give out what is new."""
    done: set[UUID] = set()
    for count in counts:
        grow(sessions, owner_url, count, distinct, size)
        with transaction(sessions, NO_TENANT) as session:
            new = [id_ for id_ in sorted(list_active_authorities(session)) if id_ not in done]
        run(sessions, new, size[0])
        done.update(new)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--authorities", type=int, nargs="+", default=[10, 40, 152])
    parser.add_argument("--children", type=int, default=7_900)
    parser.add_argument("--sessions", type=int, default=790)
    parser.add_argument("--distinct", type=int, default=10)
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    collect_rarely()
    with database() as opened:
        server_url = opened.kw["bind"].url.set(drivername="postgresql", username="postgres")
        measure(
            opened,
            server_url.render_as_string(hide_password=False),
            arguments.authorities,
            arguments.distinct,
            (arguments.children, arguments.sessions),
        )
