"""Why something about an allocation is refused.

Conflict
├── NotPublishable     a preview, a run that is not done, or one that another has replaced
├── AlreadyPublished   the round's offers are out, from another run
└── ChoicesStillOpen   only a preview runs before the choices have closed
"""

from app.errors import Conflict


class NotPublishable(Conflict):
    """Only a finished run that is no preview becomes offers."""

    slug = "allocation-not-publishable"
    title = "This allocation cannot be published"


class AlreadyPublished(Conflict):
    """A round's offers go out once."""

    slug = "allocation-already-published"
    title = "The round's offers are out"


class ChoicesStillOpen(Conflict):
    """Families can still choose."""

    slug = "choices-still-open"
    title = "The round's choices have not closed"
