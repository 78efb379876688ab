"""What the wishes room takes and gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.codes import Voice
from app.wire import ShortText, Wire

WishStatus = Literal["open", "met", "closed"]


class WishCreate(Wire):
    """Something a child wants to do and cannot, in the words of whoever says so."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "child_id": "0198c6a4-7d1e-7c3a-9b52-3f1f0a4c8e21",
                    "text": "go fishing with people my age",
                    "voice": "child",
                }
            ]
        }
    )

    child_id: UUID
    text: ShortText
    voice: Voice


class WishRead(BaseModel):
    """A wish and what has become of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    child_id: UUID
    text: str
    voice: Voice
    concepts: list[str]
    status: WishStatus
    created_at: datetime
