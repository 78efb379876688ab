"""What the interests room takes and gives."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.wire import Wire


class SuggestionQuery(Wire):
    """What has been typed."""

    model_config = ConfigDict(extra="ignore")

    # Left out, as before the first letter: the widest concepts.
    q: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10


class ConceptRead(BaseModel):
    """A concept that interests may be about."""

    notation: str
    label: str
    # The name it was found by: its label, or another word for it.
    matched: str
    # Notations of the concepts that contain it.
    broader: list[str]


class Suggestions(BaseModel):
    """Concepts, the likeliest first."""

    items: list[ConceptRead]
    next_cursor: None = None
