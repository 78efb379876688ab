"""What families choose in a round, on the wire."""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.catalogue.schemas import Funding, refuse_repeats
from app.wire import Month, Wire

MOST_CHOICES_A_MONTH: Final = 20
Companions = Annotated[list[UUID], Field(max_length=20), AfterValidator(refuse_repeats)]


class ChoiceForm(Wire):
    """One session on the list."""

    session_id: UUID
    funding: Funding
    # Brothers and sisters without whom this choice does not count; they list the session as well.
    siblings_together: Companions = Field(default_factory=list)
    # Friends likewise, where each has named the other: each lists the session, and the other there.
    buddies_together: Companions = Field(default_factory=list)


class MonthForm(Wire):
    """A month's list, the session wanted most at the head."""

    month: Month
    choices: Annotated[list[ChoiceForm], Field(max_length=MOST_CHOICES_A_MONTH)]


class ChoicesForm(Wire):
    """All that a child's family chooses in a round; it replaces what was chosen before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "fill_in": True,
                    "months": [
                        {
                            "month": "2027-04",
                            "choices": [
                                {
                                    "session_id": "019aab5e-7c00-7000-8000-000000000007",
                                    "funding": "free",
                                    "siblings_together": ["019aab5e-7c00-7000-8000-000000000003"],
                                },
                                {
                                    "session_id": "019aab5e-7c00-7000-8000-000000000008",
                                    "funding": "contributory",
                                },
                            ],
                        }
                    ],
                }
            ]
        }
    )

    months: Annotated[list[MonthForm], Field(max_length=3)]
    # Whether sessions that suit the child may be given out where none of the list can be.
    fill_in: bool = True

    @model_validator(mode="after")
    def _nothing_twice(self) -> Self:
        refuse_repeats([month.month for month in self.months])
        chosen = [str(one.session_id) for month in self.months for one in month.choices]
        if len(set(chosen)) < len(chosen):
            raise PydanticCustomError("repeated", "A session stands on the list once")
        return self


class ChoiceRead(BaseModel):
    """One session on the list."""

    rank: int
    session_id: UUID
    funding: Funding
    siblings_together: list[UUID]
    # Those of them who have not listed the session: until they do, this choice does not count.
    siblings_missing: list[UUID]
    buddies_together: list[UUID]
    # Those of them who have not listed the session together with this child.
    buddies_missing: list[UUID]


class MonthChoices(BaseModel):
    """A month's list, the session wanted most at the head."""

    month: str
    choices: list[ChoiceRead]


class ChoicesRead(BaseModel):
    """What was chosen for a child in a round."""

    round_id: UUID
    child_id: UUID
    # Until just before then it can be changed.
    choices_close_at: datetime
    fill_in: bool
    months: list[MonthChoices]
    # Null where nothing has been chosen yet.
    updated_at: datetime | None
