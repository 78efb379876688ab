"""What a file holds: its records by source id, its schedules as dated sessions, its problems."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from app.catalogue.schemas import LONGEST_SESSION
from app.clock import day_start, local_date
from app.feeds.readers import Item, RowError, RowSkipped, RowWarning
from app.feeds.records import ActivityRecord, ProviderRecord, SessionRecord
from app.feeds.recurrence import sessions_of

HORIZON_DAYS: Final = 92
# A thousand daily schedules can be written in a few lines, and each would give a quarter's rows.
MOST_SESSIONS: Final = 50_000

R = TypeVar("R", ProviderRecord, ActivityRecord, SessionRecord)
Rows = dict[str, tuple[int, R]]


@dataclass(frozen=True)
class Horizon:
    """The span in which a schedule's sessions are kept as rows."""

    start: datetime
    end: datetime

    @classmethod
    def from_today(cls, now: datetime, *, days: int = HORIZON_DAYS) -> "Horizon":
        """Begin with today and end with the day that many days ahead, in Europe/London."""
        today = local_date(now)
        return cls(day_start(today), day_start(today + timedelta(days=days + 1)))


@dataclass
class Contents:
    """The records of a file with their rows, and what was wrong with the rest."""

    providers: Rows[ProviderRecord] = field(default_factory=dict)
    activities: Rows[ActivityRecord] = field(default_factory=dict)
    sessions: Rows[SessionRecord] = field(default_factory=dict)
    # The schedule of each session that has one, by the session's source id.
    schedule_of: dict[str, str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    skipped: int = 0

    def refuse(self, row: int, field_: str, rule: str, message: str) -> None:
        """Note an error of a row."""
        self.errors.append(RowError(row, field_, rule, message))

    def warn(self, row: int, field_: str, rule: str, message: str) -> None:
        """Note what a person should know of a row that was taken."""
        self.warnings.append(RowWarning(row, field_, rule, message))


def gather(records: Iterable[tuple[int, Item]], horizon: Horizon) -> Contents:
    """Sort the records of a file and date the sessions of its schedules."""
    contents = Contents()
    row: int | None = None
    for row, item in records:
        match item:
            case RowError():
                contents.errors.append(item)
            case RowWarning():
                contents.warnings.append(item)
            case RowSkipped():
                contents.skipped += 1
            case ProviderRecord():
                _keep(contents, contents.providers, row, item)
            case ActivityRecord():
                _keep(contents, contents.activities, row, item)
            case SessionRecord():
                _keep(contents, contents.sessions, row, item)
    if row is None:
        contents.refuse(0, "", "empty", "The file has no records.")
    for row, activity in contents.activities.values():
        for session in sessions_of(activity, start=horizon.start, end=horizon.end):
            if len(contents.sessions) >= MOST_SESSIONS:
                message = f"The file's schedules give more than {MOST_SESSIONS} sessions."
                contents.refuse(row, "schedules", "too_many_sessions", message)
                return contents
            _keep(contents, contents.sessions, row, session)
            schedule_id = session.source_id.rpartition("@")[0]
            contents.schedule_of.setdefault(session.source_id, schedule_id)
    _refuse_unkeepable(contents)
    return contents


def _keep(contents: Contents, rows: Rows[R], row: int, record: R) -> None:
    known = rows.setdefault(record.source_id, (row, record))
    if known[1] != record:
        message = f"Row {known[0]} has this id with other fields."
        contents.refuse(row, "source_id", "duplicate", message)


def _refuse_unkeepable(contents: Contents) -> None:
    """Refuse sessions that the catalogue's own rules would not take."""
    unkeepable: list[str] = []
    for source_id, (row, session) in contents.sessions.items():
        length = session.ends_at.astimezone(UTC) - session.starts_at.astimezone(UTC)
        if length > LONGEST_SESSION:
            contents.refuse(row, "ends_at", "too_long", "A session lasts at most 14 days.")
        elif not 2000 <= session.starts_at.year < 2099:
            message = "A session starts between 2000 and 2098."
            contents.refuse(row, "starts_at", "year_out_of_range", message)
        else:
            continue
        unkeepable.append(source_id)
    for source_id in unkeepable:
        del contents.sessions[source_id]
