"""Why a booking is refused, in the order in which it is checked.

Conflict
├── PolicyAge              the authority serves other ages
├── SessionStarted
├── SessionCancelled
├── NotEligible            the activity is not for this child
├── SupportUnavailable     an essential need cannot be met
├── AlreadyBooked
├── SessionOverlap
├── EntitlementExhausted   nothing of this funding is left in the month
├── SessionFull
├── OfferClosed            an offer is answered once
├── OfferExpired           and by its deadline
├── NotHeld                only a held booking can be confirmed
├── ArrangementsOpen       and only with its support in place
├── ArrangementSettled     which is arranged before the session begins
├── NotConfirmed           only a firm place can be attended
├── SessionNotStarted      and only once the session has begun
├── NotAttended            only what was attended gets feedback
└── AttendanceRecorded     and it is not cancelled any more
Forbidden
├── ConsentMissing         asked of family apps, before all of these
├── CauseNotAllowed
└── VoiceNotAllowed
"""

from app.errors import BadRequest, Conflict, Forbidden, Invalid


class ConsentMissing(Forbidden):
    """Nobody has agreed that a family app books for the child."""

    slug = "consent-missing"
    title = "A consent to booking has to be recorded first"


class CauseNotAllowed(Forbidden):
    """A family app said that somebody else cancelled."""

    slug = "cause-not-allowed"
    title = "Another's cancellation is not the caller's to record"


class VoiceNotAllowed(Forbidden):
    """The caller spoke for somebody else."""

    slug = "voice-not-allowed"
    title = "Another's feedback is not the caller's to give"


class PolicyAge(Conflict):
    """The authority's policy is for other ages."""

    slug = "policy-age"
    title = "Outside the ages the authority serves"


class SessionStarted(Conflict):
    """The session has begun."""

    slug = "session-started"
    title = "The session has begun"


class SessionCancelled(Conflict):
    """The session will not take place."""

    slug = "session-cancelled"
    title = "The session is cancelled"


class NotEligible(Conflict):
    """The activity is not for this child."""

    slug = "not-eligible"
    title = "The activity is not for this child"


class SupportUnavailable(Conflict):
    """An essential need of the child cannot be met in this session."""

    slug = "support-unavailable"
    title = "The support the child needs is not available"


class AlreadyBooked(Conflict):
    """The child has this place already."""

    slug = "already-booked"
    title = "The child has a place in this session"


class SessionOverlap(Conflict):
    """The child is somewhere else at that time."""

    slug = "session-overlap"
    title = "The child has another booking at that time"


class EntitlementExhausted(Conflict):
    """The month's entitlement of this funding is used up."""

    slug = "entitlement-exhausted"
    title = "The entitlement of the month is used up"


class SessionFull(Conflict):
    """Every place of the session is taken."""

    slug = "session-full"
    title = "Session full"


class OfferClosed(Conflict):
    """The offer has been answered, or taken back."""

    slug = "offer-closed"
    title = "The offer is not open any more"


class OfferExpired(Conflict):
    """The deadline of the offer has passed."""

    slug = "offer-expired"
    title = "The offer has run out"


class NotHeld(Conflict):
    """The booking is not waiting for a confirmation."""

    slug = "booking-not-held"
    title = "Only a held booking can be confirmed"


class ArrangementsOpen(Conflict):
    """The support of the booking is not in place yet."""

    slug = "arrangements-open"
    title = "Support has still to be arranged"


class ArrangementSettled(Conflict):
    """The booking has ended or the session has begun."""

    slug = "arrangement-settled"
    title = "The support of this booking is not arranged any more"


class NotConfirmed(Conflict):
    """The booking is no firm place, so nobody could come to it."""

    slug = "booking-not-confirmed"
    title = "Only a confirmed booking can be attended"


class SessionNotStarted(Conflict):
    """The session has not begun."""

    slug = "session-not-started"
    title = "The session has not begun"


class NotAttended(Conflict):
    """Nobody has recorded that the child came."""

    slug = "not-attended"
    title = "Only what was attended gets feedback"


class AttendanceRecorded(Conflict):
    """The child came, so the place was used."""

    slug = "attendance-recorded"
    title = "What was attended is not cancelled"


class IdempotencyKeyMissing(BadRequest):
    """A booking must carry a key, so that a retry books nothing twice."""

    slug = "idempotency-key-missing"
    title = "An Idempotency-Key header is needed"


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key", "idempotency_key_reused", "Use a new key for a new request"
        )
