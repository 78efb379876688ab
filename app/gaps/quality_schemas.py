"""What is told of what profiles and activities lack: counts, ids and links, no words of a child."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from app.gaps.quality import Issue

Subject = Literal["child", "activity"]


class IssueRead(BaseModel):
    """One kind of lack in an authority, and what it costs in a month."""

    issue: Issue
    subject: Subject
    text: str
    records: int
    # In what `cost_of` says, such as wants or sessions.
    cost: int
    cost_of: str


class QualityRead(BaseModel):
    """Everything that is lacking, by its kind; a record may lack several things."""

    month: str
    # Null: the month has not been judged, so what it costs in wants is not known.
    judged_at: datetime | None
    # Children and activities that lack anything.
    children: int
    activities: int
    issues: list[IssueRead]


class LackRead(BaseModel):
    """One thing that a record lacks, and where to put it right."""

    issue: Issue
    subject: Subject
    id: UUID
    link: str
    provider_id: UUID | None
    needs: list[str]
    cost: int
    cost_of: str


class ProviderIssue(BaseModel):
    """One kind of lack in a provider's activities."""

    issue: Issue
    activities: int
    cost: int
    cost_of: str


class ProviderQuality(BaseModel):
    """What the activities of one provider lack."""

    provider_id: UUID
    name: str
    link: str
    # Activities that lack anything.
    activities: int
    issues: list[ProviderIssue]
