"""What a check is."""

from dataclasses import dataclass
from typing import Final

# Written out here, not imported: a mistake in the room that is judged must not be shared.
ACTIVE: Final = ("held", "confirmed", "attended", "no_show")


@dataclass(frozen=True)
class Check:
    """One rule, and the statement that examines all rows it applies to."""

    name: str
    rule: str
    statement: str
    # A warning asks a person to look, but breaks no promise.
    is_warning: bool = False
