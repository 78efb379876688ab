"""Why something about a job is refused, and why one has failed.

Conflict
└── NotCancellable   the job has come to its end

Stopped   the job was cancelled, or another worker has taken it up
Failed    it cannot be done, for a reason with a name
"""

from app.errors import Conflict


class NotCancellable(Conflict):
    """What is finished cannot be stopped."""

    slug = "job-not-cancellable"
    title = "The job has come to its end"


class Stopped(Exception):
    """The job was cancelled, or another worker has taken it up."""


class Failed(Exception):
    """The job cannot be done; the reason is a public name."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
