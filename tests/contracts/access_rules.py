"""Who calls, whose object it is, and the rules that say what each caller is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

OWN, NEIGHBOUR, FOREIGN, ABSENT = "own", "same authority", "other authority", "absent"
TARGETS = (OWN, NEIGHBOUR, FOREIGN, ABSENT)
NOBODY, BROKER, FAMILY, BARE_APP = "no token", "broker", "family", "family app without a family"
PROVIDER, COMMISSIONER, OPERATOR = "provider", "commissioner", "operator"
CALLERS = (NOBODY, BROKER, FAMILY, BARE_APP, PROVIDER, COMMISSIONER, OPERATOR)

# By caller: the status for an own, a neighbour's, another authority's and an absent object.
Cells = Mapping[str, tuple[int, int, int, int]]
REFUSED: Cells = {NOBODY: (401,) * 4} | dict.fromkeys(CALLERS[1:], (403,) * 4)


def of_a_family(ok: int) -> Cells:
    """Let brokers at every family of theirs, and families at themselves."""
    return {
        **REFUSED,
        BROKER: (ok, ok, 404, 404),
        FAMILY: (ok, 404, 404, 404),
        BARE_APP: (404, 404, 404, 404),
    }


def of_the_authority(ok: int) -> Cells:
    """Let brokers alone at what belongs to their authority."""
    return {**REFUSED, BROKER: (ok, ok, 404, 404)}


def of_who_started(ok: int) -> Cells:
    """Let brokers at the job that one of them has started; commissioners have jobs of their own."""
    return {**of_the_authority(ok), COMMISSIONER: (404, 404, 404, 404)}


def part_of_the_authority(ok: int) -> Cells:
    """Let brokers alone add to what belongs to their authority; the body names the parent."""
    return {**REFUSED, BROKER: (ok, ok, 422, 422)}


def for_brokers(ok: int) -> Cells:
    """Let brokers alone do what names no object."""
    return {**REFUSED, BROKER: (ok, ok, ok, ok)}


def for_families(ok: int) -> Cells:
    """Let brokers and families list what is theirs; `test_lists_show_only_...` looks inside."""
    return {**for_brokers(ok), FAMILY: (ok, ok, ok, ok), BARE_APP: (ok, ok, ok, ok)}


def of_the_catalogue(ok: int) -> Cells:
    """Let everybody in the authority read what it offers."""
    everybody = (BROKER, FAMILY, BARE_APP, PROVIDER, COMMISSIONER)
    return {**REFUSED, **dict.fromkeys(everybody, (ok, ok, 404, 404))}


def of_the_rounds(ok: int) -> Cells:
    """Let brokers and families read what the authority has published for families."""
    return {**REFUSED, **dict.fromkeys((BROKER, FAMILY, BARE_APP), (ok, ok, 404, 404))}


def for_everybody(ok: int) -> Cells:
    """Let everybody in the authority list what it offers."""
    return {
        caller: tuple(ok if s in (ok, 404) else s for s in cell)  # type: ignore[misc]
        for caller, cell in of_the_catalogue(ok).items()
    }


def for_operators(ok: int) -> Cells:
    """Let operators alone."""
    return {**REFUSED, OPERATOR: (ok, ok, ok, ok)}


def of_any_authority(ok: int) -> Cells:
    """Let operators alone say something of any authority."""
    return {**REFUSED, OPERATOR: (ok, ok, ok, 404)}


def of_the_releases(ok: int) -> Cells:
    """Let brokers and commissioners read what the authority has released."""
    return {**REFUSED, **dict.fromkeys((BROKER, COMMISSIONER), (ok, ok, 404, 404))}


def of_a_period(ok: int) -> Cells:
    """Let brokers and commissioners read what was released of a period: each authority its own."""
    return {**REFUSED, **dict.fromkeys((BROKER, COMMISSIONER), (ok, ok, ok, 404))}


def for_commissioners(ok: int) -> Cells:
    """Let brokers and commissioners ask what names no object."""
    return {**REFUSED, **dict.fromkeys((BROKER, COMMISSIONER), (ok,) * 4)}


@dataclass(frozen=True)
class Operation:
    """The cells of an operation, and the body it is called with for an object with these ids."""

    cells: Cells
    body: Callable[[dict[str, str]], Any] = lambda ids: None
    # Path parameters that are other objects than their names say.
    path: Mapping[str, str] = field(default_factory=dict)
    # Of an operation that takes a file in a form.
    form: Mapping[str, str] | None = None
