"""What the releases room takes and gives of you said, we did."""

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.releases.schemas import Period
from app.wire import ShortText, Wire

METHOD: Final = (
    "From the quarter's release of what children want and cannot get, which is drawn once with"
    " noise and kept: a line is one of its figures, so it tells nothing more of any child. 95 of a"
    " hundred figures are no farther than error_95 from the truth. A part of the authority is"
    " named where the release shows a figure for it. What fewer children want is not shown: that"
    " something is missing here does not mean that few asked for it."
)


class StatementQuery(Wire):
    """Which quarter's lines are listed; all of them unless said."""

    quarter: Period | None = None


class StatementUpdate(Wire):
    """A merge patch: the sentence to publish, or null to take it back.

    It is published as it is written: name no child, and nothing by which one could be known.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"we_did": "Trent Vale Angling Society has founded a Saturday group."}]
        }
    )

    we_did: ShortText | None = None


class YouSaid(BaseModel):
    """What many children wanted in a quarter and could not get."""

    quarter: str
    release_id: UUID
    interest: str
    label: str
    # As it was released: with noise, and rounded.
    children: int
    error_95: int
    # Parts of the authority where many of them live; empty where none is shown.
    areas: list[str]


class LineRead(YouSaid):
    """One line as brokers see it, published or not."""

    id: UUID
    we_did: str | None
    released_on: date | None


class YouSaidWeDid(YouSaid):
    """What many children wanted in a quarter, and what was done about it."""

    we_did: str
    released_on: date


class YouSaidWeDidRead(BaseModel):
    """What was asked for and done, quarter by quarter, without children."""

    # How the numbers come about.
    method: str = METHOD
    items: list[YouSaidWeDid]
    next_cursor: str | None
