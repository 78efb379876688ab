"""Refusals of the passports room."""

from app.errors import Forbidden


class BriefingOver(Forbidden):
    """The session is over for so long that nobody needs to know who came."""

    slug = "briefing-over"
    title = "The briefing is no longer shown"
