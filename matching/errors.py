"""What matching refuses: input that is not a valid problem."""


class InvalidProblem(ValueError):
    """The arrays or rows handed in contradict each other or the documented ranges.

    Notes
    -----
    The message names the field, never its content: a field may hold a child's words.
    """
