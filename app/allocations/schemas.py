"""What the allocations room takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.catalogue.schemas import Funding
from app.codes import NeedCode
from app.wire import Instant, Wire

# What every language reads exactly from JSON.
LARGEST_SEED = 2**53 - 1


class AllocationCreate(Wire):
    """A run of a round's allocation."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seed": 20270316, "preview": True}]})

    # Of the lottery; drawn where it is not given, and shown.
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] | None = None
    # Of no effect but what it tells; it may run while families still choose.
    preview: bool = False


class PublishForm(Wire):
    """Until when families answer."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answer_by": "2027-03-26T17:00:00Z"}]}
    )

    answer_by: Instant


class LevelRead(BaseModel):
    """One level of the objective: what was reached, and what nothing can surpass."""

    name: str
    reached: int
    bound: int


class GapRead(BaseModel):
    """The first level that is not proved, and by how much it may fall short."""

    level: str
    at_most: int


class PartRead(BaseModel):
    """What a month and funding reached, with its certificate."""

    month: str
    funding: Funding
    # 1: the first place of the funding to each child; then those for who asked for another one.
    place_number: int = 1
    children: int
    # Children who could have taken a place.
    asking: int
    sessions: int
    places: int
    pairs: int
    placed: int
    levels: list[LevelRead]
    # Null: nothing better exists.
    gap: GapRead | None
    # Whether the prices alone prove it, by a checker that shares no code with the solver.
    proved: bool
    method: Literal["network", "integer_programme"]


class PlaceRead(BaseModel):
    """A place given, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    month: str
    funding: Funding
    child_id: UUID
    session_id: UUID
    # On the child's list; null where the engine filled in.
    rank: int | None
    value: int
    waiting_band: int = Field(validation_alias="band")
    party_id: UUID | None
    # Given after another child had let a place go.
    refilled: bool
    state: Literal["given", "offered", "skipped"]
    skip_reason: str | None
    booking_id: UUID | None


class AllocationRead(BaseModel):
    """A run: what it rests on, what it reached, and what became of it."""

    id: UUID
    round_id: UUID
    job_id: UUID | None
    seed: int
    preview: bool
    status: Literal["working", "done", "failed", "cancelled", "published"]
    as_of: datetime
    # The same inputs and seed give the same result, to the byte.
    inputs_digest: str | None
    result_digest: str | None
    parts: list[PartRead]
    # Places by what became of them: given, offered, skipped.
    places: dict[str, int]
    answer_by: datetime | None
    created_at: datetime
    done_at: datetime | None
    published_at: datetime | None


class AllocationWithPlaces(AllocationRead):
    """A run with a page of its places."""

    items: list[PlaceRead]
    next_cursor: str | None


class MissedRead(BaseModel):
    """A session that a child would rather have had, and what decided; never who got it."""

    session_id: UUID
    funding: Funding
    # Null: not on the list; the engine would have given it.
    rank: int | None
    cause: Literal["places", "support", "minimum", "together", "not_possible"]
    # What kept it from the child altogether, where something did.
    reasons: list[str]
    # The level of the objective that decided; null: it was a toss between equals.
    decided_by: str | None
    # How many could have taken a place, how many there were, and how many were given.
    wanted: int | None
    places: int | None
    given: int | None
    # Those who got one: they had waited longer, wanted it more, were luckier in the lottery, or
    # had nothing else, so that more children were served. They add up to `given`.
    longer_wait: int | None
    wanted_more: int | None
    luckier: int | None
    needed_it: int | None
    text: str


class ChildMonthRead(BaseModel):
    """How a child stood in a month."""

    month: str
    # How long the last break was ago on the first of the month, and its band: 0 has waited longest.
    waiting_band: int
    waiting: str
    # Sessions that it could have been given, by funding.
    options: dict[str, int]
    places: list[PlaceRead]
    missed: list[MissedRead]


class ChildAllocationRead(BaseModel):
    """What an allocation gave a child, and why not what it wanted more."""

    allocation_id: UUID
    child_id: UUID
    months: list[ChildMonthRead]


class SupportPriceRead(BaseModel):
    """What one more supported place would be worth, on top of the place."""

    need: NeedCode
    price: dict[str, int]


class SessionPriceRead(BaseModel):
    """How a session was asked for, and what one more place there would be worth."""

    model_config = ConfigDict(from_attributes=True)

    session_id: UUID
    funding: Funding
    month: str
    places: int
    wanted: int
    ranked: int
    given: int
    # By level: `placed` 1 means that one more child would have a place.
    price: dict[str, Any]
    support_prices: list[SupportPriceRead]


class EquityRowRead(BaseModel):
    """How one group fares under one plan, with the counts it rests on."""

    month: str
    funding: Funding
    dimension: Literal["age", "need", "area", "waiting", "setting"]
    group: str
    plan: Literal["allocation", "first_come", "lottery"]
    children: int
    # Those of them who could have taken a place.
    asked: int
    placed: int
    # Of those who asked; null where nobody did.
    share_placed: float | None
    # In thousandths of what the first choice is worth; null where nobody was placed.
    mean_value: float | None


class EquityRead(BaseModel):
    """How groups fare under the allocation, first come first served, and a lottery alone."""

    allocation_id: UUID
    rows: list[EquityRowRead]
