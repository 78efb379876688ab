"""What an import takes and says."""

from pydantic import BaseModel, ConfigDict, Field

from app.feeds.readers import FeedKind


class RowProblem(BaseModel):
    """What is wrong in which row; a value of the file is never repeated."""

    model_config = ConfigDict(from_attributes=True)

    row: int
    field: str
    rule: str
    message: str


class Counts(BaseModel):
    """How many of each kind."""

    providers: int = 0
    activities: int = 0
    sessions: int = 0


class ImportReport(BaseModel):
    """What an import did, or in a dry run would have done."""

    kind: FeedKind
    dry_run: bool
    applied: bool
    created: Counts
    updated: Counts
    unchanged: Counts
    cancelled: int = Field(description="How many of the updated sessions this cancels")
    skipped: int = Field(description="Rows that are none of ours, such as services for adults")
    error_count: int
    errors: list[RowProblem] = Field(description="The first 100")
    warning_count: int
    warnings: list[RowProblem] = Field(description="The first 100")
