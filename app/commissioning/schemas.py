"""What scenarios and equity take and give."""

from datetime import datetime, time
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.codes import NeedCode, Weekday
from app.releases.schemas import MethodRead, Outcode, Period, Word
from app.wire import Month, Wire

MOST_CHANGES: Final = 20
Basis = Literal["exact", "released"]
HalfHour = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class CloseProvider(Wire):
    """A provider holds no session any more."""

    kind: Literal["close_provider"]
    provider_id: UUID


class MoveActivity(Wire):
    """An activity is on another weekday, or at another hour; of a period, one that suits."""

    kind: Literal["move_activity"]
    activity_id: UUID | None = None
    weekday: Weekday | None = None
    start: HalfHour | None = None
    interest: Word | None = None


class AddOffer(Wire):
    """An activity, or one session, provides for a need; of a period, what an interest lacks."""

    kind: Literal["add_offer"]
    need: NeedCode | None = None
    activity_id: UUID | None = None
    session_id: UUID | None = None
    interest: Word | None = None


class AddTransport(Wire):
    """Children of an area are brought; of a period, those for whom an interest is too far."""

    kind: Literal["transport"]
    outcode: Outcode | None = None
    # Null: anywhere.
    max_km: Annotated[float, Field(gt=0, le=500)] | None = None
    interest: Word | None = None


class ChangeBudget(Wire):
    """The month's places are bought with less money; see `app/commissioning/comparing.py`."""

    kind: Literal["budget"]
    from_pence: Annotated[int, Field(gt=0, le=100_000_000_000)]
    to_pence: Annotated[int, Field(ge=0, le=100_000_000_000)]

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.to_pence > self.from_pence:
            raise PydanticCustomError("budget_rises", "A plan says what more money would buy")
        return self


def kind_of(value: Any) -> Any:
    """Tell by which kind an entry of a list is to be read."""
    # Called, as a rule for all fields stands in the way of a named one.
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return kind if isinstance(kind, str) else None


Change = Annotated[
    Annotated[CloseProvider, Tag("close_provider")]
    | Annotated[MoveActivity, Tag("move_activity")]
    | Annotated[AddOffer, Tag("add_offer")]
    | Annotated[AddTransport, Tag("transport")]
    | Annotated[ChangeBudget, Tag("budget")],
    Discriminator(kind_of),
]


class About(Wire):
    """Either a month, exactly, or a quarter, from its release."""

    month: Month | None = None
    period: Period | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.month is None) == (self.period is None):
            raise PydanticCustomError("month_or_period", "Name a month or a period, and not both")
        return self


class ScenarioCreate(About):
    """What is to be changed, all at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "month": "2027-03",
                    "changes": [
                        {
                            "kind": "close_provider",
                            "provider_id": "01985a3c-7a4e-7c00-8000-000000000001",
                        },
                        {"kind": "budget", "from_pence": 320_000_000, "to_pence": 295_000_000},
                    ],
                }
            ]
        }
    )

    changes: Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]


# A group and how many live there, such as `0-4:1200`; from a public source, such as the census.
PopulationPart = Annotated[str, StringConstraints(pattern=r"^[^:]{1,60}:[0-9]{1,8}$")]


class EquityQuery(About):
    """Of a month, or of a quarter by one of its breakdowns beside a public population."""

    by: Literal["locality", "age_band", "need_group"] = "age_band"
    population: Annotated[tuple[PopulationPart, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _of_a_period(self) -> Self:
        groups = [part.rpartition(":")[0] for part in self.population]
        if len(set(groups)) < len(groups):
            raise PydanticCustomError("group_twice", "Give each group's population once")
        return self

    def population_of(self) -> dict[str, int]:
        """Give the population of each group that was named."""
        parts = (part.rpartition(":") for part in self.population)
        return {group: int(number) for group, _, number in parts}


class DifferenceRead(BaseModel):
    """Unmet wants of a group (a child and an interest each): today - gained + lost = then."""

    group: str
    unmet_today: int
    unmet_then: int
    # Would be unmet and are not; are unmet and would not be.
    lost: int
    gained: int


class CutRead(BaseModel):
    """What a smaller budget takes."""

    # In the proportion of the budgets, and what giving up places that nobody has saves; null where
    # no activity of the month says what a place costs: then each place counts alike.
    wanted_pence: int | None
    saved_pence: int | None
    places: int


class ExactOutcome(BaseModel):
    """Today and then, from the children themselves."""

    children: int
    total: DifferenceRead
    children_losing: int
    children_gaining: int
    budget: CutRead | None
    # Of groups with a difference; a child may have several needs.
    interests: list[DifferenceRead]
    needs: list[DifferenceRead]
    areas: list[DifferenceRead]
    age_bands: list[DifferenceRead]


class ReachedRead(BaseModel):
    """At most whom one change can reach, as it was released."""

    # Position in `changes`.
    change: int
    reason: str
    interest: str
    label: str
    # Children whose nearest miss this is; null with `below` where it is not shown.
    children: int | None
    below: int | None
    error_95: int


class ReleasedOutcome(BaseModel):
    """What a release says of a change, with its error."""

    release_id: UUID
    items: list[ReachedRead]
    # What is shown, added up: a child may be in several figures.
    at_most: int
    error_95: int
    not_shown: int
    method: MethodRead
    notes: list[str]


class ScenarioRead(BaseModel):
    """A scenario with its outcome."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    basis: Basis
    month: str | None
    period: str | None
    changes: list[dict[str, Any]]
    outcome: ExactOutcome | ReleasedOutcome
    digest: str
    created_at: datetime


class ScenarioChildRead(BaseModel):
    """A child for whom something would be different."""

    model_config = ConfigDict(from_attributes=True)

    child_id: UUID
    lost: list[str]
    gained: list[str]


class IntervalRead(BaseModel):
    """Two limits; null is without limit."""

    low: float
    high: float | None


class GroupRead(BaseModel):
    """How a group of children fares beside everybody."""

    group: str
    children: int
    unmet: int
    rate: float | None
    rate_95: IntervalRead | None
    share_of_children: float | None
    share_of_unmet: float | None
    # Above 1 the group has more than its share of the unmet.
    ratio: float | None
    ratio_95: IntervalRead | None
    verdict: Literal["under_served", "better_served", "like_others", "too_few"]


class DimensionRead(BaseModel):
    """The groups of one dimension; children may be in several, or in none, where it says so."""

    by: Literal["need_group", "age_band", "area", "sen_type"]
    overlapping: bool
    groups: list[GroupRead]


class EquityRead(BaseModel):
    """Who is under-served in a month: children with at least one want that nothing meets."""

    month: str
    # With at least one want.
    children: int
    unmet: int
    rate: float | None
    rate_95: IntervalRead | None
    dimensions: list[DimensionRead]
    method: str


class ReleasedShareRead(BaseModel):
    """A group's part of the unmet, as released, beside its part of the population."""

    group: str
    # Unmet interests of its children that are shown, added up.
    unmet: int
    error_95: int
    not_shown: int
    share_of_unmet: float | None
    share_of_unmet_95: IntervalRead | None
    # From the population that was given.
    share_of_population: float | None
    ratio: float | None
    ratio_95: IntervalRead | None
    verdict: Literal["under_served", "better_served", "not_clear"]


class ReleasedEquityRead(BaseModel):
    """Who is under-served, as far as a release says."""

    period: str
    release_id: UUID
    by: str
    groups: list[ReleasedShareRead]
    method: MethodRead
    notes: list[str]


def hour_of(text: str) -> time:
    """Read an hour of the day."""
    return time.fromisoformat(text)
