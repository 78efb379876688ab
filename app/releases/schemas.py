"""What the releases room takes and gives."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.wire import Wire

MOST_LOCALITIES: Final = 8
MOST_OUTCODES: Final = 100
# What a child counts as who lives in none of them.
ELSEWHERE: Final = "other"

# As `YYYY-Qn`, and nothing else: one cell has one name.
Period = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-Q[1-4]$")]
Year = Annotated[int, Field(ge=2000, lt=2100)]
By = Literal["interest", "locality", "age_band", "need_group", "reason"]
SizeClass = Literal["under_200", "200_to_500", "over_500"]


def _begin_with_a_letter(name: str) -> str:
    # It goes into tables that people open with a spreadsheet, where a sign begins a formula.
    if not name[0].isalnum():
        raise PydanticCustomError("name_start", "A name begins with a letter or a digit")
    return name


LocalityName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=60),
    AfterValidator(_begin_with_a_letter),
]
Outcode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,2}[0-9][A-Z0-9]?$")]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class SizeUpdate(Wire):
    """How many children an authority has registered, roughly; said once a year."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"year": 2027, "size_class": "over_500"}]}
    )

    year: Year
    size_class: SizeClass


class SizeRead(BaseModel):
    """The size class of an authority in a year."""

    model_config = ConfigDict(from_attributes=True)

    authority_id: UUID
    year: int
    size_class: SizeClass
    set_at: datetime


class Locality(Wire):
    """A part of the authority that releases tell of: its outcodes."""

    name: LocalityName
    outcodes: Annotated[list[Outcode], Field(min_length=1, max_length=MOST_OUTCODES)]


class LocalitiesUpdate(Wire):
    """All localities; whoever lives in none of them counts as elsewhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "localities": [
                        {"name": "North", "outcodes": ["ST6", "ST7"]},
                        {"name": "South", "outcodes": ["ST3", "ST4"]},
                    ]
                }
            ]
        }
    )

    localities: Annotated[list[Locality], Field(max_length=MOST_LOCALITIES)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [ELSEWHERE, *(locality.name.lower() for locality in self.localities)]
        outcodes = [outcode for locality in self.localities for outcode in locality.outcodes]
        if len(set(names)) < len(names):
            raise PydanticCustomError("name_twice", "Each locality has a name of its own")
        if len(set(outcodes)) < len(outcodes):
            raise PydanticCustomError("outcode_twice", "An outcode is in one locality")
        return self


class LocalitiesRead(BaseModel):
    """The localities that the next release will tell of."""

    localities: list[Locality]
    declared_at: datetime | None


class ReleaseCreate(Wire):
    """A release: it is drawn once for its quarter, and stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"period": "2027-Q1"}, {"period": "2027-Q2", "early": True}]
        }
    )

    period: Period
    # Draw it of what is known so far, and never of what the whole quarter was like.
    early: bool = False


class TableRead(BaseModel):
    """How the figures of one table were made."""

    by: By
    # What the table took of the release's budget.
    rho: float
    # Of the noise.
    sd: float
    # Below it no figure is shown; the noised figure decides.
    threshold: int
    error_95: int = Field(validation_alias="error")


class BudgetRead(BaseModel):
    """What a release cost, of what a year may."""

    year: int
    release_of_year: int
    rho: float
    rho_a_year: float


class OddsRead(BaseModel):
    """How often somebody who knows everything else is right, where chance is 0.5."""

    one_interest_of_a_child: float
    one_interest_of_a_child_in_a_year: float
    whether_a_child_is_counted: float
    whether_a_child_is_counted_in_a_year: float


class MethodRead(BaseModel):
    """How a release was made, for whoever reads its figures."""

    mechanism: str
    library: str
    most_interests_of_a_child: int
    rounded_to: int
    budget: BudgetRead
    odds: OddsRead
    notes: list[str]


class TopicRead(BaseModel):
    """An interest that the release tells of."""

    notation: str
    label: str


class ReleaseRead(BaseModel):
    """A release: what it tells of, and how it was made."""

    id: UUID
    period: str
    created_at: datetime
    size_class: SizeClass
    interests: list[TopicRead]
    breakdowns: dict[str, list[str]]
    tables: list[TableRead]
    method: MethodRead


class CellRead(BaseModel):
    """Children with the interest that nothing met; null with `below` where it is not shown."""

    interest: str
    label: str
    # Of the breakdown; null in the table of the whole authority.
    value: str | None
    children: int | None
    below: int | None
    # Of a hundred figures 95 are no farther than this from the truth.
    error_95: int


class CellsQuery(Wire):
    """Which stored cells: those of one table, or the one row or column of it that is named."""

    by: By = "interest"
    interest: Word | None = None
    locality: Word | None = None
    age_band: Word | None = None
    need_group: Word | None = None
    reason: Word | None = None


class GapsQuery(CellsQuery):
    """Which stored cells of a period's release."""

    period: Period


class CellsPageQuery(CellsQuery):
    """Which stored cells, a page at a time."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=500)] | None = None


class ReleasedGaps(BaseModel):
    """One table of a period's release, with how it was made."""

    period: str
    release_id: UUID
    by: By
    table: TableRead
    method: MethodRead
    items: list[CellRead]
