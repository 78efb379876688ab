"""What can be refused, as exceptions that know nothing of HTTP but their status.

AppError
├── BadRequest            400
├── Unauthenticated       401
├── Forbidden             403
├── NotFound              404
├── NotAcceptable         406
├── Conflict              409
├── PreconditionFailed    412
├── Invalid               422
├── PreconditionRequired  428
├── RateLimited           429
└── Unavailable           503

Rooms derive their own from these; the slug is the public name of the reason, and
`facts` are published with it. Neither ever holds anything a caller typed in.
"""

from typing import Any, ClassVar


class AppError(Exception):
    """Something was refused."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.facts = facts


class BadRequest(AppError):
    """The request cannot be read."""

    status = 400
    slug = "bad-request"
    title = "Bad request"


class Unauthenticated(AppError):
    """The caller is not known."""

    status = 401
    slug = "unauthenticated"
    title = "A valid access token is needed"


class Forbidden(AppError):
    """The caller may not do this at all."""

    status = 403
    slug = "forbidden"
    title = "Not allowed"


class NotFound(AppError):
    """There is no such thing, or it is not the caller's."""

    status = 404
    slug = "not-found"
    title = "Not found"


class Conflict(AppError):
    """The state of things does not allow it."""

    status = 409
    slug = "conflict"
    title = "Conflict"


class NotAcceptable(AppError):
    """The caller takes none of the forms that there are."""

    status = 406
    slug = "not-acceptable"
    title = "Not available in that form"


class PreconditionFailed(AppError):
    """Somebody changed the thing since the caller read it."""

    status = 412
    slug = "precondition-failed"
    title = "Changed since it was read"


class InvalidFields(AppError):
    """Fields break rules; each problem has a field, a rule and a message."""

    status = 422
    slug = "invalid-request"
    title = "The request breaks a rule"

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(None, errors=problems)


class Invalid(InvalidFields):
    """A field breaks a rule that only the stored data can tell."""

    def __init__(self, field: str, rule: str, message: str) -> None:
        super().__init__([{"field": field, "rule": rule, "message": message}])


class PreconditionRequired(AppError):
    """A change must say which version it was made from."""

    status = 428
    slug = "precondition-required"
    title = "If-Match is needed"


class RateLimited(AppError):
    """Too often; the facts say which limit, and when to come again."""

    status = 429
    slug = "rate-limited"
    title = "Too many requests"

    def __init__(self, *, limit: str, allowed: str, retry_after_s: int) -> None:
        super().__init__(None, limit=limit, allowed=allowed, retry_after_s=retry_after_s)
        self.retry_after_s = retry_after_s


class Unavailable(AppError):
    """Not now; the same request may work soon."""

    status = 503
    slug = "unavailable"
    title = "Try again shortly"
