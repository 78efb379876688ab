"""What a room above must say of its jobs; `app.kinds_of_work` lists them all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from app.engine.warm import WarmCatalogues


@dataclass(frozen=True)
class Task:
    """A job in the hands of a worker."""

    sessions: sessionmaker[Session]
    warm: WarmCatalogues
    authority_id: UUID
    result_id: UUID
    now: datetime
    # Tells of the next stage; raises where the job is to stop.
    step: Callable[[str], None]


# Keeps what was found, in the transaction that ends the job.
Keep = Callable[[Session, datetime], None]


@dataclass(frozen=True)
class Kind:
    """How jobs of a kind are done, and what becomes of the result of one that found nothing."""

    # Reads in a transaction of its own, and holds none open while it works.
    do: Callable[[Task], Keep]
    # Given the result's id, failed or cancelled, and what was wrong.
    end: Callable[[Session, UUID, str, Exception | None, datetime], None]


Kinds = Mapping[str, Kind]
