"""What `GET /v1/gaps` is asked: of a period as it was released, or of a month exactly."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from app.errors import Invalid, InvalidFields
from app.gaps.slice_schemas import SliceQuery
from app.gaps.slices import Dimension
from app.releases.schemas import By, GapsQuery
from app.wire import Wire, field_problems

Text = Annotated[str, Field(max_length=500)]


class AnyGapsQuery(Wire):
    """Which figures: exactly one of `month` and `period`, and what goes with it.

    Of a month: by any of `interest need reason area age_band sen_type weekday setting month`, with
    the first eight as filters, a page at a time. Of a period: by one of `interest locality age_band
    need_group reason`, with the interest and that one as filters.
    """

    month: Text | None = None
    period: Text | None = None
    by: Literal[By, Dimension, "month"] = "interest"
    interest: Text | None = None
    need: Text | None = None
    need_group: Text | None = None
    reason: Text | None = None
    area: Text | None = None
    locality: Text | None = None
    age_band: Text | None = None
    sen_type: Text | None = None
    weekday: Text | None = None
    setting: Text | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Text | None = None

    def meant(self) -> SliceQuery | GapsQuery:
        """Read what was asked as a question about a month or about a period."""
        if self.month is not None and self.period is not None:
            raise Invalid("month", "month_or_period", "Name a month or a period, and not both")
        if self.month is None and self.period is None:
            raise Invalid("period", "month_or_period", "Name a month or a period")
        of = GapsQuery if self.month is None else SliceQuery
        try:
            return of.model_validate(self.model_dump(exclude_unset=True))
        except ValidationError as error:
            raise InvalidFields(field_problems(error.errors())) from None
