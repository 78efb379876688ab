"""What the wishes room takes and gives of you said, we did."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from app.wire import ShortText, Wire

Quarter = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-Q[1-4]$")]

METHOD: Final = (
    "Fixed once, after the quarter's end, from the wishes that were open in it. A household counts"
    " with two children at most, a child for three concepts at most. Noise (discrete Gaussian,"
    " standard deviation 6) is added to each number, once. A concept is shown where at least 15"
    " children wished for it and the number with noise is at least 27; a postcode district with at"
    " least 20 and 32. Numbers are given as the foot of a band only. What is asked for by fewer,"
    " or by more than half of all children, or in authorities with few children, is not shown:"
    " that something is missing here does not mean that few asked for it."
)


class StatementCreate(Wire):
    """Which quarter is stated: the one that ended last."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"quarter": "2026-Q4"}]})

    quarter: Quarter


class StatementQuery(Wire):
    """Which quarter's lines are listed; all of them unless said."""

    quarter: Quarter | None = None


class LineUpdate(Wire):
    """A merge patch: the sentence to publish, or null to take it back.

    It is published as it is written: name no child, and nothing by which one could be known.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"we_did": "Trent Vale Angling Society has founded a Saturday group."}]
        }
    )

    we_did: ShortText | None = None


class LineRead(BaseModel):
    """One line of a statement as brokers see it, released or not."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    quarter: str
    concept: str
    label: str
    asked_at_least: int
    areas: list[str]
    we_did: str | None
    released_on: date | None


class YouSaidWeDid(BaseModel):
    """What many children asked for in a quarter, and what was done about it."""

    quarter: str
    concept: str
    label: str
    # So many children or more.
    asked_at_least: int
    # Postcode districts where many of them live; empty where none is named.
    areas: list[str]
    we_did: str
    released_on: date


class YouSaidWeDidRead(BaseModel):
    """What was asked for and done, quarter by quarter, without children."""

    # How the numbers come about.
    method: str = METHOD
    items: list[YouSaidWeDid]
    next_cursor: str | None
