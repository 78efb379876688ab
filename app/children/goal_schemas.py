"""What the children room takes and gives of goals and their steps."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.codes import Voice
from app.wire import ShortText, Wire

GoalStatus = Literal["open", "reached", "dropped"]
StepStatus = Literal["open", "done"]


class GoalCreate(Wire):
    """What a child wants to reach in the longer term, in words, and who said so."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "learn to swim on my own", "voice": "child"}]}
    )

    text: ShortText
    voice: Voice = "child"


class GoalState(Wire):
    """What may change of a goal."""

    text: ShortText
    status: GoalStatus


class GoalUpdate(Wire):
    """A merge patch of a goal's text and status, neither of which can be removed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "reached"}]})

    text: ShortText | None = None
    status: GoalStatus | None = None


class StepCreate(Wire):
    """One achievable step on the way to a goal; it comes after those that are there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "put my head under water"}]})

    text: ShortText


class StepState(Wire):
    """What may change of a step."""

    text: ShortText
    status: StepStatus


class StepUpdate(Wire):
    """A merge patch of a step's text and status, neither of which can be removed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "done"}]})

    text: ShortText | None = None
    status: StepStatus | None = None


class StepRead(BaseModel):
    """A step and whether it is done; position 0 is the first."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    text: str
    status: StepStatus
    position: int


class GoalRead(BaseModel):
    """A goal with its steps in their order."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    text: str
    voice: Voice
    status: GoalStatus
    steps: list[StepRead]
    created_at: datetime
