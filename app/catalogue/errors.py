"""Refusals of the catalogue."""

from app.errors import Conflict


class SourceIdTaken(Conflict):
    """Another row of the same kind has this source id."""

    slug = "source-id-taken"
    title = "Another one has this source id"
