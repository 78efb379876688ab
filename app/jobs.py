"""Work that no request waits for, in procrastinate's queue in the same database.

Arguments of a job carry ids only. The worker binds each tenant in turn.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

import procrastinate
import structlog
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.allocations.refilling import offer_to_next
from app.authorities.service import list_active_authorities
from app.bookings.cancelling import expire_holds, expire_offers
from app.bookings.idempotency import forget_keys
from app.bookings.promoting import keep_free_places, promote
from app.bookings.waitlist_queries import list_kept
from app.children import service as children
from app.clock import Clock
from app.closures.planning import work_step
from app.closures.queries import list_working
from app.db import NO_TENANT, transaction
from app.engine.warm import WarmCatalogues
from app.errors import Unavailable
from app.gaps.refreshing import refresh_authority
from app.kinds_of_work import KINDS
from app.learning.service import learn
from app.rounds.service import announce
from app.work.queries import list_waiting
from app.work.working import work_on_job

log = structlog.get_logger()

KEYS_ARE_KEPT: Final = timedelta(hours=72)
RESTART_PAUSE_S: Final = 2.0
# What a job that runs when the service ends has to finish; one that is cut off is taken up again.
JOB_GRACE_S: Final = 10.0
# Shorter than the pool's own: a worker that ends says so to the database, which may be away.
CONNECT_TIMEOUT_S: Final = 5.0
MOST_AT_ONCE: Final = 500


def end_expired_holds(sessions: sessionmaker[Session], clock: Clock) -> None:
    """End every hold that has run out, a batch a transaction."""
    for authority_id in _authorities(sessions):
        ended = MOST_AT_ONCE
        while ended == MOST_AT_ONCE:
            with transaction(sessions, authority_id) as session:
                ended = expire_holds(session, now=clock(), limit=MOST_AT_ONCE)


def offer_freed_places(sessions: sessionmaker[Session], clock: Clock, warm: WarmCatalogues) -> None:
    """End offers that have run out, and offer what has come free to those who wait."""
    for authority_id in _authorities(sessions):
        ended = MOST_AT_ONCE
        while ended == MOST_AT_ONCE:
            with transaction(sessions, authority_id) as session:
                ended = expire_offers(session, now=clock(), limit=MOST_AT_ONCE)
        with transaction(sessions, authority_id) as session:
            kept = list_kept(session)
        for session_id in kept:
            offer_places_of(sessions, clock, warm, authority_id, session_id)


def offer_places_of(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    authority_id: UUID,
    session_id: UUID,
) -> None:
    """Offer what has come free in one session, one candidate a transaction."""
    passed_over: set[UUID] = set()
    going_on = of_a_round = True
    try:
        while of_a_round:
            with transaction(sessions, authority_id) as session:
                of_a_round = offer_to_next(session, warm, session_id, now=clock())
        while going_on:
            with transaction(sessions, authority_id) as session:
                going_on = promote(session, warm, session_id, passed_over=passed_over, now=clock())
    except (Unavailable, OperationalError) as error:
        # The places stay kept; the next round goes on. Others' sessions do not wait for this one.
        log.warning("round_cut_short", error=type(error).__name__)


def look_again_at_waitlists(sessions: sessionmaker[Session], clock: Clock) -> None:
    """Let those who were passed over have another turn at what is still free."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            keep_free_places(session, now=clock())


def work_on_closures(sessions: sessionmaker[Session], clock: Clock, warm: WarmCatalogues) -> None:
    """Go on with every closure whose families have not all been helped on."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            working = list_working(session)
        for closure_id in working:
            work_on_closure(sessions, clock, warm, authority_id, closure_id)


def work_on_closure(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    authority_id: UUID,
    closure_id: UUID,
) -> None:
    """End the bookings of one closure and plan for its families, a few children a transaction."""
    passed_over: set[UUID] = set()
    going_on = True
    while going_on:
        failed_before = len(passed_over)
        try:
            with transaction(sessions, authority_id) as session:
                going_on = work_step(
                    session, warm, closure_id, passed_over=passed_over, now=clock()
                )
        except (Unavailable, OperationalError) as error:
            # What is done stays done; the next round goes on.
            log.warning("closure_cut_short", error=type(error).__name__)
            return
        except Exception as error:
            if len(passed_over) == failed_before:
                raise
            # One family's fault keeps no other waiting; the next round tries that one again.
            log.error("closure_step_failed", error=type(error).__name__)


def work_on_jobs(sessions: sessionmaker[Session], clock: Clock, warm: WarmCatalogues) -> None:
    """Take up every job that nobody works on: one that was missed, or whose worker was killed."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            waiting = list_waiting(session, now=clock())
        for job_id in waiting:
            work_on_job(sessions, clock, warm, KINDS, authority_id, job_id)


def refresh_gaps(sessions: sessionmaker[Session], clock: Clock, warm: WarmCatalogues) -> None:
    """Judge again what has changed of every authority's gaps."""
    for authority_id in _authorities(sessions):
        refresh_gaps_of(sessions, clock, warm, authority_id, at_once=False)


def refresh_gaps_of(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    authority_id: UUID,
    *,
    at_once: bool = True,
) -> None:
    """Judge again what has changed of one authority's gaps, a month a transaction."""
    try:
        refresh_authority(sessions, clock, warm, authority_id, at_once=at_once)
    except (Unavailable, OperationalError) as error:
        # The months that were written stay so; the next round goes on with the others.
        log.warning("gaps_cut_short", error=type(error).__name__)
    except Exception as error:
        # One authority's fault keeps no other waiting.
        log.error("gaps_failed", error=type(error).__name__)


def forget_idempotency_keys(sessions: sessionmaker[Session], clock: Clock) -> None:
    """Forget the keys that no client will retry any more."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            forget_keys(session, before=clock() - KEYS_ARE_KEPT)


def read_interests_again(sessions: sessionmaker[Session], _: Clock) -> None:
    """After an update of the encoder, read every stored interest with the new one."""
    for authority_id in _authorities(sessions):
        done = MOST_AT_ONCE
        while done == MOST_AT_ONCE:
            with transaction(sessions, authority_id) as session:
                done = children.read_interests_again(session, limit=MOST_AT_ONCE)


def announce_choices(sessions: sessionmaker[Session], clock: Clock) -> None:
    """Tell of rounds whose choices have opened or closed; that they have follows from the dates."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            announce(session, now=clock())


def learn_weights(sessions: sessionmaker[Session], clock: Clock) -> None:
    """Learn from attendance and feedback how each authority's matches are weighed."""
    for authority_id in _authorities(sessions):
        with transaction(sessions, authority_id) as session:
            learn(session, now=clock())


def _authorities(sessions: sessionmaker[Session]) -> list[UUID]:
    with transaction(sessions, NO_TENANT) as session:
        return list_active_authorities(session)


def conninfo_of(engine: Engine) -> str:
    """Tell libpq where the engine's database is, and in which role to act."""
    # Not the URL as text: libpq and SQLAlchemy encode a space in it differently.
    parts = engine.url.translate_connect_args(username="user", database="dbname")
    return make_conninfo("", **{**parts, **engine.url.query})


def make_queue(engine: Engine, sessions: sessionmaker[Session], clock: Clock) -> procrastinate.App:
    """Make the queue with all its jobs."""
    queue = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=conninfo_of(engine),
            min_size=1,
            max_size=4,
            timeout=CONNECT_TIMEOUT_S,
        )
    )

    warm = WarmCatalogues()

    def every(cron: str, work: Callable[..., None], *parts: object) -> None:
        async def run(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
            await asyncio.to_thread(work, sessions, clock, *parts)

        # One waiting run is enough: a second would find nothing to do.
        task = queue.task(name=work.__name__, queueing_lock=work.__name__)(run)
        queue.periodic(cron=cron)(task)

    # Deferred by the database as a place comes free; the round of each minute finds what it missed.
    @queue.task(name=offer_places_of.__name__)
    async def offer_soon(authority_id: str, session_id: str) -> None:
        ids = UUID(authority_id), UUID(session_id)
        await asyncio.to_thread(offer_places_of, sessions, clock, warm, *ids)

    # Deferred by the database likewise, as a closure is made.
    @queue.task(name=work_on_closure.__name__)
    async def close_soon(authority_id: str, closure_id: str) -> None:
        ids = UUID(authority_id), UUID(closure_id)
        await asyncio.to_thread(work_on_closure, sessions, clock, warm, *ids)

    # Deferred by the database likewise, as a job is made.
    @queue.task(name=work_on_job.__name__)
    async def work_soon(authority_id: str, job_id: str) -> None:
        ids = UUID(authority_id), UUID(job_id)
        await asyncio.to_thread(work_on_job, sessions, clock, warm, KINDS, *ids)

    # Deferred by a request that asks for it.
    @queue.task(name=refresh_gaps_of.__name__)
    async def refresh_soon(authority_id: str) -> None:
        await asyncio.to_thread(refresh_gaps_of, sessions, clock, warm, UUID(authority_id))

    every("* * * * *", end_expired_holds)
    every("* * * * *", announce_choices)
    every("* * * * *", offer_freed_places, warm)
    every("* * * * *", work_on_closures, warm)
    every("* * * * *", work_on_jobs, warm)
    every("23 * * * *", look_again_at_waitlists)
    every("17 3 * * *", forget_idempotency_keys)
    every("41 3 * * 0", learn_weights)
    every("*/10 * * * *", read_interests_again)
    every("*/5 * * * *", refresh_gaps, warm)
    return queue


async def work(queue: procrastinate.App, stop: asyncio.Event) -> None:
    """Run jobs until told to stop; a database that goes away is waited for."""
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        # Told to stop it ends wherever it is: reaching a database that is away takes long.
        working = asyncio.create_task(_work_until_cancelled(queue))
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        [result] = await asyncio.gather(working, return_exceptions=True)
        _say_if_failed(result)
        await asyncio.wait({stopping}, timeout=RESTART_PAUSE_S)


async def _work_until_cancelled(queue: procrastinate.App) -> None:
    async with queue.open_async():
        await queue.run_worker_async(
            # So that a long job, such as an allocation, does not hold up the others.
            concurrency=3,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=JOB_GRACE_S,
        )


def _say_if_failed(result: object) -> None:
    if isinstance(result, Exception):
        # Its type only: the text of a database error may hold data.
        log.warning("worker_restarts", error=type(result).__name__)


@contextmanager
def worker_beside(queue: procrastinate.App) -> Iterator[None]:
    """Run a worker in a thread of its own while the block lasts."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(work(queue, stop),))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
