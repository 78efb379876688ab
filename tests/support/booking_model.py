"""What the model of bookings is made of: seasons, places in them, and who has one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

# Around a month's end and a change of the clocks: the day it starts, each session's start,
# places and whether it does not count, and when the eldest child turns 19.
SEASONS = {
    "spring": (
        datetime(2027, 3, 26, 12, 0, tzinfo=UTC),
        (
            (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), 1),
            (datetime(2027, 3, 28, 1, 30, tzinfo=UTC), 2),
            (datetime(2027, 3, 31, 22, 59, tzinfo=UTC), 2, True),
            (datetime(2027, 3, 31, 23, 0, tzinfo=UTC), 1),
            (datetime(2027, 4, 3, 10, 0, tzinfo=UTC), 1),
            (datetime(2027, 4, 3, 12, 0, tzinfo=UTC), 2, True),
        ),
        date(2027, 4, 1),
    ),
    "autumn": (
        datetime(2027, 10, 29, 12, 0, tzinfo=UTC),
        (
            (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), 1),
            (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), 2),
            (datetime(2027, 10, 31, 23, 59, tzinfo=UTC), 2, True),
            (datetime(2027, 11, 1, 0, 0, tzinfo=UTC), 1),
            (datetime(2027, 11, 6, 10, 0, tzinfo=UTC), 1),
            (datetime(2027, 11, 6, 12, 0, tzinfo=UTC), 2, True),
        ),
        date(2027, 11, 1),
    ),
}


@dataclass(frozen=True)
class Place:
    """A session, as the model sees it."""

    starts_at: datetime
    capacity: int
    # Of a type that the policy does not count.
    uncounted: bool = False

    @property
    def month(self) -> str:
        """Name the month in which it counts."""
        return f"{self.starts_at.astimezone(LONDON):%Y-%m}"

    @property
    def year(self) -> str:
        """Name the year in which it counts, from April to March."""
        return "2026/27" if self.month < "2027-04" else "2027/28"


@dataclass(frozen=True)
class Booked:
    """A booking, as the model sees it."""

    child: int
    place: int
    funding: str
    status: str
    uses: bool = True
    until: datetime | None = None

    @property
    def active(self) -> bool:
        """Tell whether it takes a place."""
        return self.status in {"held", "confirmed"}
