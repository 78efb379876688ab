"""What is told of the months whose gaps have been judged."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class GapMonthRead(BaseModel):
    """One month: how new its facts are, and what it took to find them."""

    model_config = ConfigDict(from_attributes=True)

    month: str
    # Raised by whatever changes a fact of the month.
    version: int
    # When facts last changed, and when anybody last looked whether they had to.
    built_at: datetime
    looked_at: datetime
    # How many children were judged then, and in how many milliseconds.
    judged: int
    took_ms: int


class LookAsked(BaseModel):
    """The worker has been asked to look at every month."""

    asked_at: datetime
