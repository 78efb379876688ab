"""The service with a clock that is set from outside, or broken on purpose.

`python -m tests.load.odd_server [--clock FILE] [--break NAME] serve --port PORT`
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import uvicorn
from sqlalchemy.orm import Session, sessionmaker

from app.access import guards
from app.clock import now_utc
from app.server import build
from tests.app.bookings.test_race_controls import (
    break_entitlement,
    break_places,
    skip_idempotency,
)
from tests.app.bookings.test_waitlist_controls import pay_no_heed_to_those_who_wait

COMMIT_LATER_S = 0.15


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    """Answer first, and commit a moment later."""

    @contextmanager
    def transaction(factory: sessionmaker[Session], authority_id: UUID | str) -> Iterator[Session]:
        session = factory(info={"authority_id": authority_id})
        try:
            yield session
        except BaseException:
            session.rollback()
            session.close()
            raise

        def finish() -> None:
            time.sleep(COMMIT_LATER_S)
            session.commit()
            session.close()

        session.flush()
        threading.Thread(target=finish).start()

    patch.setattr(guards, "transaction", transaction)


BREAKS: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    "places": break_places,
    "entitlement": break_entitlement,
    "idempotency": skip_idempotency,
    "commit": acknowledge_before_commit,
    "line": pay_no_heed_to_those_who_wait,
}


def clock_in(file: Path) -> Callable[[], datetime]:
    """Tell the time that stands in a file."""
    return lambda: datetime.fromisoformat(file.read_text())


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clock", type=Path)
    parser.add_argument("--break", choices=BREAKS, dest="broken")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve")
    serve.add_argument("--port", type=int, required=True)
    serve.add_argument("--workers", type=int, choices=[1])
    options = parser.parse_args()
    if options.broken:
        # Never undone: the process ends with it.
        BREAKS[options.broken](pytest.MonkeyPatch())
    clock = clock_in(options.clock) if options.clock else now_utc

    def build_odd() -> Any:
        return build(clock)

    uvicorn.run(build_odd, factory=True, port=options.port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
