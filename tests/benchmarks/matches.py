"""How fast matches are answered over HTTP, beside a bare route that answers the same bytes.

`python -m tests.benchmarks.matches` starts the service on an embedded PostgreSQL of its own with
one seeded authority, and asks it for the matches of its children from a few connections. In the
same process stands a route that does what no route can do without: it checks the same token,
binds the tenant, writes an audit row, reads one row by its primary key, and sends back the bytes
that the matches of that child are. They are measured in turn, once for the matches of the current
month, which is what an app that names no dates gets, and once for those of the next three months;
what counts is the ratio of each round, expected at half or more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI, Response
from sqlalchemy import select

from app.access import audit
from app.access.guards import Guarded, MatchesRead, SessionDep
from app.access.schemas import ClientCredentials
from app.children.models import Child
from app.clock import now_utc
from app.dependencies import NowDep
from app.samples.seeding import seed_authority
from app.server import build
from app.settings import Settings
from app.storage import open_database

PORT = 8791
CONNECTIONS = 4
N_CHILDREN = 50
ANSWERS = "answers"
# What is measured is the machine, which one client of one authority is not allowed to use up.
NO_LIMITS = {
    f"SHORTBREAKS_RATES__{name}": "1000000/second"
    for name in ("CLIENT", "AUTHORITY", "LISTS", "TOKENS", "FAMILY")
}


def build_with_floor() -> FastAPI:
    """Build the service with the bare route beside its own."""
    application = build()
    answers = Path(os.environ["SHORTBREAKS_DATA_DIR"]) / ANSWERS

    bare = APIRouter()

    @bare.get("/floor/{span}/{child_id}")
    def answer_floor(
        span: str, child_id: UUID, caller: MatchesRead, session: SessionDep, now: NowDep
    ) -> Response:
        session.execute(
            select(Child.id).where(Child.authority_id == caller.tenant, Child.id == child_id)
        ).one()
        audit.record(session, caller, "match.list", now=now, child_ids=[child_id])
        return Response(
            (answers / span / str(child_id)).read_bytes(), media_type="application/json"
        )

    doors = Guarded()
    doors.include_router(bare)
    application.include_router(doors)
    return application


@contextmanager
def server(data_dir: Path) -> Iterator[str]:
    """Serve in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.matches", "--serve"],
        env={**os.environ, **NO_LIMITS, "SHORTBREAKS_DATA_DIR": str(data_dir)},
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(120):
            try:
                if httpx.get(f"{address}/readyz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def rate(address: str, token: str, paths: list[str], seconds: float) -> float:
    """Measure requests a second over a few connections."""
    deadline = time.perf_counter() + seconds

    def ask(offset: int) -> int:
        done = 0
        with httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30
        ) as client:
            while time.perf_counter() < deadline:
                answer = client.get(paths[(offset + done * CONNECTIONS) % len(paths)])
                assert answer.status_code == 200, answer.text
                done += 1
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        total = sum(threads.map(ask, range(CONNECTIONS)))
    return total / (time.perf_counter() - started)


def main(n_sessions: int, rounds: int, seconds: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="shortbreaks-bench-") as folder:
        data_dir = Path(folder)
        data_dir.chmod(0o711)
        now = now_utc()
        with open_database(Settings(data_dir=data_dir)) as database:
            seeded = seed_authority(
                database.sessions,
                1,
                n_children=N_CHILDREN,
                n_sessions=n_sessions,
                seed=1,
                now=now,
                on_progress=lambda *_: None,
            )
            with server(data_dir) as address:
                measure(
                    address,
                    seeded.clients["broker"],
                    data_dir,
                    now.date(),
                    rounds,
                    seconds,
                )


def measure(
    address: str,
    client: ClientCredentials,
    data_dir: Path,
    today: date,
    rounds: int,
    seconds: float,
) -> None:
    """Measure both routes in turn, for each span."""
    form = {
        "grant_type": "client_credentials",
        "client_id": str(client.client_id),
        "client_secret": client.client_secret,
    }
    token = httpx.post(f"{address}/oauth/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    listed = httpx.get(f"{address}/v1/children?limit={N_CHILDREN}", headers=headers).json()
    ids = [child["id"] for child in listed["items"]]
    after = (today + timedelta(days=92)).isoformat()
    for span, query in (("month", ""), ("quarter", f"?from={today.isoformat()}&to={after}")):
        matches = [f"/v1/children/{id_}/matches{query}" for id_ in ids]
        folder = data_dir / ANSWERS / span
        folder.mkdir(parents=True)
        sizes = []
        for id_, path in zip(ids, matches, strict=True):
            body = httpx.get(address + path, headers=headers, timeout=60).content
            (folder / id_).write_bytes(body)
            sizes.append(len(body))
        print(f"{span}: {len(ids)} children, answers of {statistics.median(sizes):,.0f} bytes")
        print(f"{'round':>5} {'matches/s':>10} {'floor/s':>10} {'ratio':>7}")
        ratios = []
        for number in range(1, rounds + 1):
            mine = rate(address, token, matches, seconds)
            floor = rate(address, token, [f"/floor/{span}/{id_}" for id_ in ids], seconds)
            ratios.append(mine / floor)
            print(f"{number:>5} {mine:>10.1f} {floor:>10.1f} {ratios[-1]:>7.2f}")
        print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--sessions", type=int, default=800)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    if options.serve:
        uvicorn.run(
            build_with_floor, factory=True, port=PORT, access_log=False, log_level="warning"
        )
    else:
        main(options.sessions, options.rounds, options.seconds)
