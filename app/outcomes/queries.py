"""Reads of the outcomes room."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.bookings.models import Booking, Feedback, GoalProgress
from app.catalogue.models import Activity, Provider
from app.children.models import Goal, Step
from app.outcomes.models import Progression
from app.pagination import Page, PageRequest, fetch_page


def of_child(child_id: UUID) -> ColumnElement[bool]:
    """Narrow to the bookings of a child."""
    return Booking.child_id == child_id


def of_months(first: str, last: str) -> ColumnElement[bool]:
    """Narrow to the bookings of some months, both included."""
    return Booking.month.between(first, last)


def attended_by_month(session: Session, wanted: ColumnElement[bool]) -> dict[str, int]:
    """Count the sessions attended by month, the first month at the head."""
    rows = session.execute(
        select(Booking.month, func.count())
        .where(wanted, Booking.status == "attended")
        .group_by(Booking.month)
        .order_by(Booking.month)
    )
    return {row[0]: row[1] for row in rows}


def tags_by_month(
    session: Session, wanted: ColumnElement[bool]
) -> Sequence[Row[str, str, str, int]]:
    """Count what sessions were said to do, by month, outcome and voice.

    Of sessions that count as attended: words stay when an attendance is corrected, but count no
    more.
    """
    tag = func.jsonb_array_elements_text(Feedback.outcomes).table_valued("value").render_derived()
    return session.execute(
        select(Booking.month, tag.c.value, Feedback.voice, func.count())
        .select_from(Booking)
        .join(
            Feedback,
            and_(Feedback.authority_id == Booking.authority_id, Feedback.booking_id == Booking.id),
        )
        .join(tag, tag.c.value.is_not(None))
        .where(wanted, Booking.status == "attended")
        .group_by(Booking.month, tag.c.value, Feedback.voice)
        .order_by(Booking.month, tag.c.value, Feedback.voice)
    ).all()


def count_goals_and_steps(session: Session, child_id: UUID) -> tuple[int, int]:
    """Count the goals that a child has reached, and the steps that it has done."""
    goals = select(func.count()).where(Goal.child_id == child_id, Goal.status == "reached")
    steps = (
        select(func.count())
        .select_from(Step)
        .join(Goal, and_(Goal.authority_id == Step.authority_id, Goal.id == Step.goal_id))
        .where(Goal.child_id == child_id, Step.status == "done")
    )
    row = session.execute(select(goals.scalar_subquery(), steps.scalar_subquery())).one()
    return row[0], row[1]


def find_goal(session: Session, child_id: UUID, goal_id: UUID) -> UUID | None:
    """Find a goal of a child."""
    return session.scalar(select(Goal.id).where(Goal.id == goal_id, Goal.child_id == child_id))


def page_of_progress(session: Session, goal_id: UUID, page: PageRequest) -> Page[GoalProgress]:
    """List what was said of a goal and its steps, the first word first."""
    return fetch_page(
        session,
        select(GoalProgress).where(GoalProgress.goal_id == goal_id),
        page,
        keys=[GoalProgress.id],
        parsers=[UUID],
        key_of=lambda said: [said.id],
    )


def provider_of(session: Session, activity_id: UUID) -> UUID | None:
    """Find who runs an activity."""
    return session.scalar(select(Activity.provider_id).where(Activity.id == activity_id))


def find_provider(session: Session, provider_id: UUID) -> UUID | None:
    """Find a provider."""
    return session.scalar(select(Provider.id).where(Provider.id == provider_id))


def page_of_progressions(session: Session, child_id: UUID, page: PageRequest) -> Page[Progression]:
    """List the changes of a child's parts, the one recorded first at the head."""
    return fetch_page(
        session,
        select(Progression).where(Progression.child_id == child_id),
        page,
        keys=[Progression.id],
        parsers=[UUID],
        key_of=lambda progression: [progression.id],
    )


def newest_in_each_place(session: Session, child_id: UUID) -> Sequence[Progression]:
    """List the newest of a child's parts in each place."""
    place = (Progression.provider_id, func.lower(Progression.club))
    newest = (
        select(Progression.id)
        .where(Progression.child_id == child_id)
        .ext(distinct_on(*place))
        .order_by(*place, Progression.id.desc())
    )
    return session.scalars(
        select(Progression).where(Progression.id.in_(newest)).order_by(Progression.id)
    ).all()


def newest_in(
    session: Session, child_id: UUID, *, provider_id: UUID | None, club: str | None
) -> Progression | None:
    """Find the newest of a child's parts in one place; a club's name is one however it is cased."""
    return session.scalar(
        select(Progression)
        .where(
            Progression.child_id == child_id,
            Progression.provider_id == provider_id
            if provider_id is not None
            else func.lower(Progression.club) == func.lower(club),
        )
        .order_by(Progression.id.desc())
        .limit(1)
    )


def count_progressions(
    session: Session, first_day: date, last_day: date
) -> Sequence[Row[str, str | None, int]]:
    """Count the changes of parts that began in a span of days, by what they were and became."""
    return session.execute(
        select(Progression.role, Progression.from_role, func.count())
        .where(Progression.since.between(first_day, last_day))
        .group_by(Progression.role, Progression.from_role)
    ).all()
