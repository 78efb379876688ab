"""What the child, the parent and the provider say of a session, each in one voice."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.access.scopes import ClientKind
from app.bookings import queries
from app.bookings.errors import NotAttended, VoiceNotAllowed
from app.bookings.models import Feedback
from app.bookings.schemas import FeedbackCreate
from app.bookings.service import get_for_change, tell_change

# Whom a caller may speak for; a broker writes down what anybody said.
VOICES_OF: Final = {
    ClientKind.BROKER: ("child", "parent", "provider"),
    ClientKind.FAMILY_APP: ("child", "parent"),
    ClientKind.PROVIDER: ("provider",),
}


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
    said = form.model_dump(exclude={"voice"})
    feedback = queries.find_feedback(session, booking.id, form.voice)
    if feedback is None:
        feedback = Feedback(
            authority_id=booking.authority_id, booking_id=booking.id, voice=form.voice
        )
        session.add(feedback)
    elif said == {name: getattr(feedback, name) for name in said}:
        return feedback
    for name, value in said.items():
        setattr(feedback, name, value)
    feedback.given_at = now
    tell_change(session, caller, booking, "booking.feedback_given", now=now)
    return feedback
