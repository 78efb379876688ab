"""What commissioning plans take and give."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from app.codes import WEEKDAYS, NeedCode, Weekday
from app.commissioning.schemas import About, Basis, HalfHour, kind_of
from app.releases.schemas import MethodRead, Outcode, Word
from app.wire import Pence, Wire

MOST_PRICES: Final = 30
Budget = Annotated[int, Field(ge=0, le=100_000_000_000)]
Places = Annotated[int, Field(ge=1, le=1_000)]


class SessionPrice(Wire):
    """A new session each week: what one costs, when it is, which needs it meets."""

    kind: Literal["session"]
    # Of one; in a month there are four, whatever its length, unless it is said otherwise.
    pence: Pence
    per_month: Annotated[int, Field(ge=1, le=31)] = 4
    places: Places = 10
    interest: Word | None = None
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)] = (
        "saturday",
        "sunday",
    )
    start: HalfHour = "10:00"
    end: HalfHour = "12:00"
    needs: Annotated[tuple[NeedCode, ...], Field(max_length=34)] = ()

    @model_validator(mode="after")
    def _starts_first(self) -> Self:
        if self.end <= self.start:
            raise PydanticCustomError("ends_before_start", "A session ends after its start")
        if len(set(self.weekdays)) < len(self.weekdays):
            raise PydanticCustomError("weekday_twice", "Name each weekday once")
        return self


class EquipmentPrice(Wire):
    """A need met at one activity by something that lasts."""

    kind: Literal["equipment"]
    need: NeedCode | None = None
    interest: Word | None = None
    pence: Pence
    # The plan is charged its months of the life, or all of it (`charge_equipment`).
    life_months: Annotated[int, Field(ge=1, le=600)]
    # Children it serves at most; of a month the activity's places left count too.
    places: Places = 20


class PackagePrice(Wire):
    """Support that goes with the child, wherever it goes."""

    kind: Literal["package"]
    need: NeedCode | None = None
    interest: Word | None = None
    pence_per_month: Pence
    places: Places


class TransportPrice(Wire):
    """Children of one area are brought."""

    kind: Literal["transport"]
    outcode: Outcode | None = None
    interest: Word | None = None
    pence_per_month: Pence
    places: Places


class PlacesPrice(Wire):
    """More places in an activity that is full."""

    kind: Literal["places"]
    interest: Word | None = None
    pence_per_month: Pence
    places: Places


Price = Annotated[
    Annotated[SessionPrice, Tag("session")]
    | Annotated[EquipmentPrice, Tag("equipment")]
    | Annotated[PackagePrice, Tag("package")]
    | Annotated[TransportPrice, Tag("transport")]
    | Annotated[PlacesPrice, Tag("places")],
    Discriminator(kind_of),
]


class Limits(Wire):
    """What a plan must keep to beside its budget."""

    most_providers: Annotated[int, Field(ge=0, le=1_000)] | None = None
    # Each of these gets something; or every area where children lack something that is for sale.
    areas: Annotated[tuple[Outcode, ...], Field(max_length=50)] = ()
    every_area: bool = False


class PlanCreate(About):
    """A budget for some months, what things cost, and limits."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "month": "2027-03",
                    "months": 3,
                    "budget_pence": 1_500_000,
                    "prices": [
                        {"kind": "session", "pence": 32_000, "places": 8, "needs": ["step_free"]},
                        {
                            "kind": "equipment",
                            "need": "hoist",
                            "pence": 240_000,
                            "life_months": 60,
                        },
                        {"kind": "transport", "pence_per_month": 60_000, "places": 12},
                    ],
                    "limits": {"most_providers": 6, "every_area": False},
                }
            ]
        }
    )

    # How long what is bought goes on.
    months: Annotated[int, Field(ge=1, le=60)] = 3
    budget_pence: Budget
    prices: Annotated[list[Price], Field(min_length=1, max_length=MOST_PRICES)]
    limits: Limits = Limits()
    charge_equipment: Literal["by_life", "in_full"] = "by_life"


def cost_of(price: Price, months: int, *, by_life: bool) -> tuple[int, int]:
    """Tell what an item takes of the budget of some months, and what has to be paid out."""
    if isinstance(price, SessionPrice):
        cost = price.pence * price.per_month * months
        return cost, cost
    if isinstance(price, EquipmentPrice):
        # As many as are worn out in the time, the last of them for its part of it.
        bought = -(-months // price.life_months)
        part = -(-price.pence * months // price.life_months)
        paid = price.pence * bought
        return (part if by_life else paid), paid
    cost = price.pence_per_month * months
    return cost, cost


class ItemRead(BaseModel):
    """One item of a plan, in a sensible order of buying."""

    position: int
    # Position in the prices.
    price: int
    kind: str
    interest: str | None
    need: str | None
    activity_id: UUID | None
    activity: str | None
    provider_id: UUID | None
    outcode: str | None
    weekday: str | None
    cost_pence: int
    # Other than the cost for equipment that lasts longer than the plan.
    paid_pence: int
    spent_pence: int
    places: int
    # Who is served with it and was not with those before it, and what they weigh.
    children: int
    weight: int
    wishes_closed: int


class CurveRead(BaseModel):
    """What a budget reaches."""

    budget_pence: int
    cost_pence: int
    children: int
    weight: int
    weight_bound: int


class ExactPlan(BaseModel):
    """A plan from the children themselves; each child counts once and takes one place."""

    children_unmet: int
    weight_unmet: int
    candidates: int
    # Items that were left out because there were more than can be weighed up.
    candidates_left_out: int
    children: int
    weight: int
    # No plan from these candidates weighs more.
    weight_bound: int
    gap: float
    method: Literal["greedy", "prices", "integer_programme"]
    cost_pence: int
    paid_pence: int
    items: list[ItemRead]
    curve: list[CurveRead]
    wishes_closed: int
    # What a child weighs, by how long its last break is ago.
    weights: dict[str, int]


class ReleasedPlan(BaseModel):
    """A plan from a release: figures of interests, not of children."""

    release_id: UUID
    candidates: int
    # Figures of the reached interests, added up: a child may be in several.
    reached: int
    reached_bound: int
    error_95: int
    gap: float
    method: Literal["greedy", "prices", "integer_programme"]
    cost_pence: int
    paid_pence: int
    items: list["ReleasedItemRead"]
    curve: list[CurveRead]
    release_method: MethodRead
    notes: list[str]


class ReleasedItemRead(BaseModel):
    """So many of one thing for one interest."""

    price: int
    kind: str
    interest: str
    label: str
    reason: str
    count: int
    cost_pence: int
    paid_pence: int
    # As released, and how far it may be from the truth.
    children: int
    error_95: int
    # Of these, as many as there are places.
    reached: int


class PlanFailureRead(BaseModel):
    """Why there is no plan, and what would make one possible."""

    reason: str
    detail: str | None
    facts: dict[str, Any]


class PlanRead(BaseModel):
    """A plan with what was asked."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    basis: Basis
    month: str | None
    period: str | None
    asked: dict[str, Any]
    status: Literal["working", "done", "failed", "cancelled"]
    # As soon as it is done.
    outcome: ExactPlan | ReleasedPlan | None
    digest: str | None
    failure: PlanFailureRead | None
    created_at: datetime


class PlanChildRead(BaseModel):
    """A child whom a plan would serve."""

    model_config = ConfigDict(from_attributes=True)

    child_id: UUID
    # Position of the item that gives it a place when all are there.
    item: int
    interests: list[str]
    wish_ids: list[UUID]


__all__ = [
    "WEEKDAYS",
    "CurveRead",
    "EquipmentPrice",
    "ExactPlan",
    "ItemRead",
    "Limits",
    "PackagePrice",
    "PlacesPrice",
    "PlanChildRead",
    "PlanCreate",
    "PlanFailureRead",
    "PlanRead",
    "Price",
    "ReleasedItemRead",
    "ReleasedPlan",
    "SessionPrice",
    "TransportPrice",
    "cost_of",
]
