"""A clock that tests set."""

from datetime import UTC, datetime

# A Monday in winter, early in a month, so that "this month" has sessions to come.
NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


class SetClock:
    """Tells the time it was set to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now
