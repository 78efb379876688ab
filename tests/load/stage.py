"""An authority with families, children and sessions, in a database that syncs, behind a server."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from app.access.caller import Caller
from app.access.scopes import SCOPES_OF_KIND, ClientKind
from app.access.service import invite_family
from app.children.models import Consent
from app.children.schemas import ChildCreate
from app.children.service import add_households, create_children
from app.db import transaction
from app.engine.warm import WarmCatalogues
from app.ids import new_id
from app.jobs import look_again_at_waitlists, offer_freed_places
from app.settings import Settings
from app.storage import Database, open_database
from tests.load import processor
from tests.load.connection import Answer, Connection
from tests.load.history import Kept
from tests.support.catalogue import add_activity, add_session
from tests.support.clock import SetClock
from tests.support.server_process import ServerProcess, free_port
from tests.support.world import World, make_world

LONDON = ZoneInfo("Europe/London")
CHILDREN_AT_ONCE = 1_000
# Tokens last ten minutes.
RENEW_AFTER_S = 480
SESSION = timedelta(hours=2)


@dataclass
class Family:
    """A household, its children, and the one-time code with which an app may act for it."""

    household_id: UUID
    child_ids: list[str]
    code: str


@dataclass
class Stage:
    """What a part of the harness plays on."""

    data_dir: Path
    database: Database
    world: World
    server: ServerProcess
    # By session: its places and its month, as this harness understands months.
    capacity: dict[str, int] = field(default_factory=dict)
    month: dict[str, str] = field(default_factory=dict)
    _broker_token: tuple[str, float] = ("", 0.0)
    _warm: WarmCatalogues = field(default_factory=WarmCatalogues)

    def add_sessions(
        self, starts: Sequence[datetime], *, places: int, lasting: timedelta = SESSION
    ) -> list[str]:
        """Add sessions that any child may go to."""
        activity_id = add_activity(self.world)
        ids = []
        for starts_at in starts:
            session_id = add_session(
                self.world, activity_id, starts_at, capacity=places, ends_at=starts_at + lasting
            )
            self.capacity[session_id] = places
            self.month[session_id] = f"{starts_at.astimezone(LONDON):%Y-%m}"
            ids.append(session_id)
        return ids

    def add_families(self, count: int, *, children: int) -> list[Family]:
        """Add families who have agreed to bookings and have been invited."""
        now = self.world.clock.now
        with transaction(self.world.sessions, self.world.authority_id) as session:
            household_ids = add_households(session, [None] * count, now=now)
            codes = [
                invite_family(session, self.broker, household_id, now=now).code
                for household_id in household_ids
            ]
        families = []
        for first in range(0, count, max(1, CHILDREN_AT_ONCE // children)):
            some = household_ids[first : first + max(1, CHILDREN_AT_ONCE // children)]
            ids = self._add_children([one for one in some for _ in range(children)], now=now)
            families += [
                Family(
                    household_id,
                    ids[number * children : (number + 1) * children],
                    codes[first + number],
                )
                for number, household_id in enumerate(some)
            ]
        return families

    @property
    def broker(self) -> Caller:
        """Give the broker as the rules know it."""
        return Caller(
            client_id=self.world.credentials[ClientKind.BROKER].client_id,
            kind=ClientKind.BROKER,
            authority_id=self.world.authority_id,
            scopes=SCOPES_OF_KIND[ClientKind.BROKER],
            request_id=new_id(),
        )

    def _add_children(self, household_ids: Sequence[UUID], *, now: datetime) -> list[str]:
        with transaction(self.world.sessions, self.world.authority_id) as session:
            forms = [
                ChildCreate.model_validate(
                    {
                        "household_id": household_id,
                        "given_name": "Sam",
                        "date_of_birth": "2016-05-02",
                        "home": {"postcode": "ST4 2DE", "latitude": 53.0, "longitude": -2.18},
                    }
                )
                for household_id in household_ids
            ]
            ids = create_children(session, forms, now=now)
            session.add_all(
                Consent(
                    authority_id=self.world.authority_id,
                    id=new_id(),
                    child_id=child_id,
                    purpose="booking",
                    given=True,
                    by_relation="parent",
                    wording="v1",
                    recorded_by=self.broker.client_id,
                    recorded_at=now,
                )
                for child_id in ids
            )
        return [str(child_id) for child_id in ids]

    async def family_token(self, family: Family) -> str:
        """Exchange a family's code for a token, over HTTP as its app would."""
        return await self._new_token(
            ClientKind.FAMILY_APP, grant_type="urn:shortbreaks:family-code", code=family.code
        )

    async def renew_broker_token(self, *, at_once: bool = False) -> None:
        """Get the brokers a token unless theirs is fresh."""
        if at_once or self._broker_token[1] < monotonic():
            token = await self._new_token(ClientKind.BROKER, grant_type="client_credentials")
            self._broker_token = (token, monotonic() + RENEW_AFTER_S)

    def broker_token(self) -> str:
        """Give the brokers' token."""
        return self._broker_token[0]

    async def keep_broker_token_fresh(self) -> None:
        """Renew the token for as long as this runs."""
        while True:
            await asyncio.sleep(1)
            await self.renew_broker_token()

    async def _new_token(self, kind: ClientKind, **form: str) -> str:
        mine = self.world.credentials[kind]
        form |= {"client_id": str(mine.client_id), "client_secret": mine.client_secret}
        answer = await self.ask("POST", "/oauth/token", form=urlencode(form))
        assert answer.status == 200, answer.body
        return str(answer.json()["access_token"])

    async def ask(self, method: str, path: str, **kwargs: Any) -> Answer:
        """Ask once, over a connection of its own."""
        connection = Connection(self.server.port)
        try:
            return await connection.request(method, path, **kwargs)
        finally:
            connection.close()

    def work_round(self) -> None:
        """Do what the worker does every minute and every hour for those who wait, at once."""
        sessions, clock = self.world.sessions, lambda: self.world.clock.now
        look_again_at_waitlists(sessions, clock)
        offer_freed_places(sessions, clock, self._warm)

    def processor_seconds(self) -> processor.Seconds | None:
        """Tell how much processor time the server, the database and this harness have used."""
        assert self.server.process is not None
        return processor.used(server=self.server.process.pid, database=self.server.database_pid())

    def kept(self) -> list[Kept]:
        """Read every booking that the database has kept, past the service."""
        statement = text(
            "SELECT b.id, b.child_id, b.session_id, b.funding, b.status,"
            " count(o.id) FILTER (WHERE o.status = 'open') AS open,"
            " count(o.id) FILTER (WHERE o.status = 'accepted') AS accepted"
            " FROM bookings b LEFT JOIN place_offers o"
            " ON o.authority_id = b.authority_id AND o.booking_id = b.id"
            " GROUP BY b.authority_id, b.id"
        )
        with transaction(self.world.sessions, self.world.authority_id) as session:
            rows = session.execute(statement).all()
        return [
            Kept(
                id=str(row.id),
                child_id=str(row.child_id),
                session_id=str(row.session_id),
                funding=row.funding,
                status=row.status,
                open_offers=row.open,
                accepted_offers=row.accepted,
            )
            for row in rows
        ]

    def verify(self) -> str:
        """Run `shortbreaks verify` and give its last line."""
        found = self.server.run("verify")
        lines = found.stdout.decode().splitlines() or [found.stderr.decode()]
        return lines[-1] if not found.returncode else "; ".join(lines[-5:])


@contextmanager
def open_stage(
    *,
    workers: int = 1,
    program: Sequence[str] | None = None,
    variables: Mapping[str, str] | None = None,
    now: datetime,
) -> Iterator[Stage]:
    """Open a database in a fresh folder and a server on it, which is not started yet."""
    with TemporaryDirectory(prefix="shortbreaks-load-") as folder:
        data_dir = Path(folder)
        # The database server's account, if this is root, has to pass through.
        data_dir.chmod(0o711)
        with open_database(Settings(data_dir=data_dir)) as database:
            server = ServerProcess(
                data_dir,
                free_port(),
                options=("--workers", str(workers)),
                variables=dict(variables or {}),
            )
            if program is not None:
                server.program = program
            clock = SetClock()
            clock.now = now
            # Everything goes over connections of its own: the world has no client.
            world = make_world(None, database.sessions, clock)  # type: ignore[arg-type]
            try:
                yield Stage(data_dir, database, world, server)
            finally:
                server.stop()
