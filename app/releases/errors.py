"""Why a release is refused.

Conflict
├── ReleaseExists     a period has one release for ever
├── BudgetSpent       the year's releases have been drawn
├── SizeClassNotSet   no operator has said how large the authority is this year
├── SizeClassSet      it is said once a year
├── FactsMissing      the quarter's gaps have not been worked out
└── ReleaseTooEarly   the quarter may still change
Forbidden
└── ReleasesOnly      exact figures are for brokers
"""

from app.errors import Conflict, Forbidden


class ReleaseExists(Conflict):
    """The period has been released; a second draw would give the children away."""

    slug = "release-exists"
    title = "The period has its release already"


class BudgetSpent(Conflict):
    """Another release would tell more of each child than a year may."""

    slug = "release-budget-spent"
    title = "The year's releases have been drawn"


class SizeClassNotSet(Conflict):
    """What a release may tell depends on the authority's size, which nobody may count for it."""

    slug = "size-class-not-set"
    title = "An operator has to say how large the authority is"


class SizeClassSet(Conflict):
    """The size class of a year stays."""

    slug = "size-class-set"
    title = "The year has its size class already"


class FactsMissing(Conflict):
    """There is nothing to draw the release from."""

    slug = "gap-facts-missing"
    title = "The quarter's gaps have not been worked out"


class ReleaseTooEarly(Conflict):
    """A release is never drawn again, so what it is drawn of should have ended."""

    slug = "release-too-early"
    title = "The quarter may still change"


class ReleasesOnly(Forbidden):
    """Commissioners see what was released, never what is counted."""

    slug = "releases-only"
    title = "Ask about a released period instead of a month"
