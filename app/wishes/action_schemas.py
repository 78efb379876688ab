"""What the wishes room takes and gives of what is done for wishes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.wire import CalendarDate, Name, ShortText, Wire

ActionKind = Literal[
    "introduced", "asked_providers", "group_founded", "activity_added", "not_possible"
]
MOST_ASKED = 20
MOST_TOGETHER = 200


def _all_different(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("repeated", "Name each one once")
    return ids


DifferentIds = Annotated[list[UUID], AfterValidator(_all_different)]
Club = Annotated[Name, AfterValidator(lambda name: " ".join(name.split()))]


class WishActionCreate(Wire):
    """Something that was done for a wish, and on which day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "introduced",
                    "happened_on": "2027-02-03",
                    "provider_id": "019aab5e-7c00-7000-8000-000000000005",
                },
                {
                    "kind": "asked_providers",
                    "happened_on": "2027-02-05",
                    "provider_ids": [
                        "019aab5e-7c00-7000-8000-000000000005",
                        "019aab5e-7c00-7000-8000-000000000006",
                        "019aab5e-7c00-7000-8000-000000000007",
                    ],
                    "note": "two of them will ring back",
                },
                {
                    "kind": "group_founded",
                    "happened_on": "2027-03-01",
                    "provider_id": "019aab5e-7c00-7000-8000-000000000005",
                    "activity_id": "019aab5e-7c00-7000-8000-000000000008",
                },
                {
                    "kind": "not_possible",
                    "happened_on": "2027-03-01",
                    "reason": "there is no water near that is safe",
                },
            ]
        }
    )

    kind: ActionKind
    # A Europe/London day, not in the future.
    happened_on: CalendarDate
    # Introduced to: one of these two. Who founded a group: the provider, the activity, or both.
    provider_id: UUID | None = None
    # One that is not in the catalogue.
    club: Club | None = None
    activity_id: UUID | None = None
    # Who were asked.
    provider_ids: Annotated[DifferentIds, Field(min_length=1, max_length=MOST_ASKED)] | None = None
    # Why it is not possible; families read it.
    reason: ShortText | None = None
    # Families do not read it.
    note: ShortText | None = None


class WishActionsCreate(WishActionCreate):
    """Something that was done for several wishes at once: recorded of all of them, or of none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "wish_ids": [
                        "019aab5e-7c00-7000-8000-000000000001",
                        "019aab5e-7c00-7000-8000-000000000002",
                    ],
                    "kind": "group_founded",
                    "happened_on": "2027-03-01",
                    "provider_id": "019aab5e-7c00-7000-8000-000000000005",
                }
            ]
        }
    )

    wish_ids: Annotated[DifferentIds, Field(min_length=1, max_length=MOST_TOGETHER)]


class WishActionRead(BaseModel):
    """Something that was done for a wish."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    wish_id: UUID
    kind: ActionKind
    happened_on: date
    provider_id: UUID | None
    club: str | None
    activity_id: UUID | None
    provider_ids: list[UUID]
    reason: str | None
    # Null for families.
    note: str | None
    # Shared by what was done at once for several wishes; null for families.
    together_id: UUID | None
    recorded_at: datetime


class WishActionsRead(BaseModel):
    """What was recorded of each of several wishes."""

    items: list[WishActionRead]
