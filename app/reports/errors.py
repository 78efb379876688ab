"""Why a report is refused.

NotAcceptable   none of the report's forms was asked for
"""

from app.errors import AppError


class NotAcceptable(AppError):
    """The report has none of the forms that the caller takes."""

    status = 406
    slug = "not-acceptable"
    title = "Not available in that form"
