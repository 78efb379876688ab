"""What the child, the parent and the provider say of a session, each in one voice."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.bookings import queries
from app.bookings.errors import NotAttended, VoiceNotAllowed
from app.bookings.models import Booking, Feedback, GoalProgress
from app.bookings.schemas import FeedbackCreate, ProgressCreate
from app.bookings.service import get_for_change, tell_change
from app.children import goals
from app.errors import Invalid, NotFound
from app.ids import new_id
from app.pagination import Page

# Whom a caller may speak for; a broker writes down what anybody said.
VOICES_OF: Final = {
    ClientKind.BROKER: ("child", "parent", "provider"),
    ClientKind.FAMILY_APP: ("child", "parent"),
    ClientKind.PROVIDER: ("provider",),
}
# What a family says of a provider may be said because the provider does not hear it.
VOICES_HEARD: Final = {
    ClientKind.BROKER: ("child", "parent", "provider"),
    ClientKind.FAMILY_APP: ("child", "parent", "provider"),
    ClientKind.PROVIDER: ("provider",),
}
# A provider sees that a step is done; whether a goal is reached is for the family to say.
VOICES_FOR_GOALS: Final = ("child", "parent")


def list_feedback(
    session: Session, caller: Caller, booking_id: UUID, *, now: datetime
) -> Page[Feedback]:
    """List what was said of a session: families and brokers see every voice."""
    booking = queries.find_booking(session, caller, booking_id)
    if booking is None:
        raise NotFound("There is no such booking.")
    audit.record(
        session,
        caller,
        "feedback.read",
        now=now,
        object_id=booking.id,
        child_ids=[booking.child_id],
    )
    said = queries.list_feedback(session, booking.id, VOICES_HEARD[caller.kind])
    return Page(items=list(said))


def give_feedback(
    session: Session, caller: Caller, booking_id: UUID, form: FeedbackCreate, *, now: datetime
) -> Feedback:
    """Keep what one voice says of a session that was attended; it replaces what it said before."""
    booking = get_for_change(session, caller, booking_id)
    allowed = VOICES_OF[caller.kind]
    if form.voice not in allowed:
        raise VoiceNotAllowed("Nobody is spoken for by others.", allowed=list(allowed))
    if booking.status != "attended":
        raise NotAttended("Record the attendance first.", status=booking.status)
    progress = _note_progress(session, caller, booking, form.voice, form.progress, now=now)
    said = form.model_dump(exclude={"voice", "progress"})
    feedback = queries.find_feedback(session, booking.id, form.voice)
    if feedback is None:
        feedback = Feedback(
            authority_id=booking.authority_id, booking_id=booking.id, voice=form.voice
        )
        session.add(feedback)
    elif not progress and said == {name: getattr(feedback, name) for name in said}:
        return feedback
    for name, value in said.items():
        setattr(feedback, name, value)
    feedback.given_at = now
    tell_change(
        session,
        caller,
        booking,
        "booking.feedback_given",
        now=now,
        facts={"voice": form.voice, "goals": len(progress)},
    )
    session.refresh(feedback, ["progress"])
    return feedback


def _note_progress(
    session: Session,
    caller: Caller,
    booking: Booking,
    voice: str,
    progress: Sequence[ProgressCreate],
    *,
    now: datetime,
) -> list[GoalProgress]:
    """Add to the history of goals what was not said of them before."""
    known = queries.newest_progress(session, booking.id, voice) if progress else {}
    news = []
    for number, said in enumerate(progress):
        found = goals.find_for_progress(
            session, booking.child_id, goal_id=said.goal_id, step_id=said.step_id
        )
        if found is None:
            raise Invalid(
                f"progress.{number}.{'goal_id' if said.goal_id else 'step_id'}",
                "not_found",
                "The child has no such goal or step",
            )
        goal, step = found
        before = known.get((goal.id, said.step_id))
        if before is not None and (before.progress, before.words) == (said.progress, said.words):
            continue
        if said.progress == "reached" and (step is not None or voice in VOICES_FOR_GOALS):
            goals.reach(session, caller, goal, step, now=now)
        news.append(
            GoalProgress(
                authority_id=booking.authority_id,
                id=new_id(),
                booking_id=booking.id,
                goal_id=goal.id,
                step_id=said.step_id,
                voice=voice,
                progress=said.progress,
                words=said.words,
                said_at=now,
            )
        )
    session.add_all(news)
    return news
