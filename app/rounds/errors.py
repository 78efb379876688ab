"""Why something about a round is refused.

Conflict
├── RoundExists        a quarter has one round
├── OutOfOrder         the round has not come to that step, or is past it
├── TooEarly           the step's date has not come
├── TooLate            the step's date has passed; dates can be moved
├── DateFixed          this date cannot be moved any more
├── NotPublished       there is no brochure yet
├── ChoicesNotOpen     families cannot choose yet
└── ChoicesClosed      families cannot choose any more
"""

from app.errors import Conflict


class RoundExists(Conflict):
    """The quarter has a round already."""

    slug = "round-exists"
    title = "The quarter has a round already"


class OutOfOrder(Conflict):
    """A round takes its steps one after the other."""

    slug = "round-out-of-order"
    title = "The round is not at that step"


class TooEarly(Conflict):
    """The date for this has not come."""

    slug = "round-too-early"
    title = "The round's date for this has not come"


class TooLate(Conflict):
    """The date for this has passed."""

    slug = "round-too-late"
    title = "The round's date for this has passed"


class DateFixed(Conflict):
    """What has happened by a date holds it fast."""

    slug = "round-date-fixed"
    title = "This cannot be changed any more"


class NotPublished(Conflict):
    """The round's brochure has not been made."""

    slug = "round-not-published"
    title = "The round has not been published"


class ChoicesNotOpen(Conflict):
    """The time to choose has not begun."""

    slug = "choices-not-open"
    title = "Choices cannot be made yet"


class ChoicesClosed(Conflict):
    """The time to choose is over."""

    slug = "choices-closed"
    title = "The deadline for choices has passed"
