"""Refusals of the authorities room."""

from app.errors import Conflict


class PolicyExists(Conflict):
    """A policy starts on that day already."""

    slug = "policy-exists"
    title = "A policy starts on that day already"
