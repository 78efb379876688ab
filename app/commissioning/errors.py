"""Why a question about commissioning is refused.

Conflict
├── NothingToCut     no place of the month has a cost
└── NoPlanPossible   no set of items keeps the limits within the budget
"""

from app.errors import Conflict


class NothingToCut(Conflict):
    """A smaller budget buys fewer places only where places cost something."""

    slug = "nothing-to-cut"
    title = "No place of the month has a cost"


class NoPlanPossible(Conflict):
    """The limits cost more than the budget, or contradict each other."""

    slug = "no-plan-possible"
    title = "No plan keeps the limits within the budget"
