"""`shortbreaks worker`: the jobs of the service, in a process of their own."""

import asyncio
import signal

from app.clock import now_utc
from app.jobs import make_queue, work
from app.server import configure_logging
from app.settings import Settings
from app.storage import open_database


def worker() -> None:
    """Run jobs until told to stop."""
    settings = Settings()
    configure_logging(settings)
    with open_database(settings, newest=settings.environment != "production") as database:
        queue = make_queue(database.engine, database.sessions, now_utc)

        async def run() -> None:
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            await work(queue, stop)

        asyncio.run(run())
