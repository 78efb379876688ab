"""Why a progression is refused.

Conflict
└── RoleNotNext    real life goes from recipient to member to mentor, one step at a time
"""

from app.errors import Conflict


class RoleNotNext(Conflict):
    """The child's part in that place does not lead to the one that was named."""

    slug = "role-not-next"
    title = "That part does not follow from the one before"
