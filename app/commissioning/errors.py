"""Why a question about commissioning is refused.

Conflict
└── NoPlanPossible   no set of items keeps the limits within the budget
"""

from app.errors import Conflict


class NoPlanPossible(Conflict):
    """The limits cost more than the budget, or contradict each other."""

    slug = "no-plan-possible"
    title = "No plan keeps the limits within the budget"
