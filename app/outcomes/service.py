"""What children have gained, and the parts they come to play."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.bookings.errors import VoiceNotAllowed
from app.bookings.models import GoalProgress
from app.children import service as children
from app.clock import local_date, month_bounds, month_of
from app.errors import Invalid, NotFound
from app.ids import new_id
from app.outbox.service import emit
from app.outcomes import queries
from app.outcomes.errors import RoleNotNext
from app.outcomes.models import Progression
from app.outcomes.schemas import (
    CountsQuery,
    MonthRead,
    OutcomeCounts,
    OutcomesRead,
    ProgressionCounts,
    ProgressionCreate,
    ProgressionRead,
    TagCount,
)
from app.pagination import Page, PageRequest

ROLES: Final = ("recipient", "member", "mentor")
# A place is entered by being helped there or by joining; after that it goes step by step.
NEXT: Final[dict[str | None, tuple[str, ...]]] = {
    None: ("recipient", "member"),
    "recipient": ("member",),
    "member": ("mentor", "recipient"),
    "mentor": ("member", "recipient"),
}
FAMILY_VOICES: Final = ("child", "parent")
MOST_MONTHS: Final = 36


def read_outcomes(
    session: Session, caller: Caller, child_id: UUID, page: PageRequest, *, now: datetime
) -> OutcomesRead:
    """Show what a child has gained."""
    child = children.get_child(session, caller, child_id)
    audit.record(session, caller, "outcome.read", now=now, child_ids=[child.id])
    wanted = queries.of_child(child.id)
    attended = queries.attended_by_month(session, wanted)
    tags = queries.tags_by_month(session, wanted)
    goals_reached, steps_done = queries.count_goals_and_steps(session, child.id)
    found = queries.page_of_progressions(session, child.id, page)
    return OutcomesRead(
        child_id=child.id,
        sessions_attended=sum(attended.values()),
        tags=_totals(tags),
        months=[
            MonthRead(
                month=month,
                sessions_attended=count,
                tags=_totals(row for row in tags if row.month == month),
            )
            for month, count in attended.items()
        ],
        goals_reached=goals_reached,
        steps_done=steps_done,
        roles=_shown(queries.newest_in_each_place(session, child.id)),
        items=_shown(found.items),
        next_cursor=found.next_cursor,
    )


def _totals(tags: Iterable[Row[*tuple[Any, ...]]]) -> list[TagCount]:
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for _, outcome, voice, count in tags:
        counts[outcome, voice] += count
    return [
        TagCount.model_validate({"outcome": outcome, "voice": voice, "count": count})
        for (outcome, voice), count in sorted(counts.items())
    ]


def _shown(progressions: Sequence[Progression]) -> list[ProgressionRead]:
    return [ProgressionRead.model_validate(progression) for progression in progressions]


def record_progression(
    session: Session, caller: Caller, child_id: UUID, form: ProgressionCreate, *, now: datetime
) -> Progression:
    """Record a child's new part in a place."""
    if caller.kind is ClientKind.FAMILY_APP and form.voice not in FAMILY_VOICES:
        raise VoiceNotAllowed("Nobody is spoken for by others.", allowed=list(FAMILY_VOICES))
    # The lock lets parts that are recorded at once follow one another.
    child = children.get_child(session, caller, child_id, lock=True)
    provider_id = _find_place(session, form)
    before = queries.newest_in(session, child.id, provider_id=provider_id, club=form.club)
    _check_move(before, form)
    _check_day(before, form, child.date_of_birth, now=now)
    progression = Progression(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        provider_id=provider_id,
        activity_id=form.activity_id,
        club=form.club,
        role=form.role,
        from_role=before and before.role,
        since=form.since,
        voice=form.voice,
        reason=form.reason,
        recorded_by=caller.client_id,
        recorded_at=now,
    )
    session.add(progression)
    emit(session, "progression.recorded", progression.id, sequence=1, now=now, child_id=child.id)
    audit.record(
        session,
        caller,
        "progression.record",
        now=now,
        object_id=progression.id,
        child_ids=[child.id],
    )
    return progression


def _find_place(session: Session, form: ProgressionCreate) -> UUID | None:
    """Find the provider of the place: one club's group and the club itself are one place."""
    if form.activity_id is not None:
        field, provider_id = "activity_id", queries.provider_of(session, form.activity_id)
    elif form.provider_id is not None:
        field, provider_id = "provider_id", queries.find_provider(session, form.provider_id)
    else:
        return None
    if provider_id is None:
        raise Invalid(field, "not_found", "There is no such place in the catalogue")
    return provider_id


def _check_move(before: Progression | None, form: ProgressionCreate) -> None:
    role = before.role if before is not None else None
    if form.role not in NEXT[role]:
        raise RoleNotNext(
            "From there it goes another way.", role=role, next=list(NEXT[role]), wanted=form.role
        )
    steps_back = role is not None and ROLES.index(form.role) < ROLES.index(role)
    if steps_back and form.reason is None:
        raise Invalid("reason", "required", "Say why the child steps back")


def _check_day(
    before: Progression | None, form: ProgressionCreate, born: date, *, now: datetime
) -> None:
    if form.since > local_date(now):
        raise Invalid("since", "in_the_future", "What has not begun is not recorded")
    if form.since < (before.since if before is not None else born):
        raise Invalid("since", "too_early", "Before the part that it follows, or before birth")


def page_of_progress(
    session: Session,
    caller: Caller,
    child_id: UUID,
    goal_id: UUID,
    page: PageRequest,
    *,
    now: datetime,
) -> Page[GoalProgress]:
    """Show what was said of a child's goal and its steps, session by session."""
    child = children.get_child(session, caller, child_id)
    if queries.find_goal(session, child.id, goal_id) is None:
        raise NotFound
    audit.record(session, caller, "progress.read", now=now, object_id=goal_id, child_ids=[child.id])
    return queries.page_of_progress(session, goal_id, page)


def count_outcomes(
    session: Session, caller: Caller, query: CountsQuery, *, now: datetime
) -> OutcomeCounts:
    """Count what the authority's sessions did in some months."""
    last = query.last or query.first or month_of(now)
    first = query.first or last
    if not 0 <= _months_from(first, last) < MOST_MONTHS:
        raise Invalid("to", "span", f"From one month to a later one, {MOST_MONTHS} at most")
    audit.record(session, caller, "outcome.count", now=now)
    wanted = queries.of_months(first, last)
    # A month's last day is the one before the next month's first.
    first_day = date.fromisoformat(f"{first}-01")
    last_day = local_date(month_bounds(last)[1]) - timedelta(days=1)
    return OutcomeCounts(
        first=first,
        last=last,
        sessions_attended=sum(queries.attended_by_month(session, wanted).values()),
        tags=_totals(queries.tags_by_month(session, wanted)),
        progressions=_count(queries.count_progressions(session, first_day, last_day)),
    )


def _months_from(first: str, last: str) -> int:
    (first_year, first_month), (last_year, last_month) = (
        (int(month[:4]), int(month[5:])) for month in (first, last)
    )
    return (last_year - first_year) * 12 + last_month - first_month


def _count(progressions: Sequence[Row[str, str | None, int]]) -> ProgressionCounts:
    counts: defaultdict[str, int] = defaultdict(int)
    for role, from_role, count in progressions:
        counts[role] += count
        if from_role is not None and ROLES.index(role) < ROLES.index(from_role):
            counts["stepped_back"] += count
    return ProgressionCounts(**counts)
