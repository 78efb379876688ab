"""Why something is refused of a wish.

Conflict
└── WishNotOpen        it has been met or closed
Invalid
└── IdempotencyKeyReused
"""

from app.errors import Conflict, Invalid


class WishNotOpen(Conflict):
    """What was met or closed is taken up again before it is changed."""

    slug = "wish-not-open"
    title = "The wish is not open"


class IdempotencyKeyReused(Invalid):
    """The key was used for another request."""

    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key", "idempotency_key_reused", "Use a new key for a new request"
        )
