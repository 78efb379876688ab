"""Processor time by who used it, from `/proc`: what stays the same on a machine that others use."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Seconds:
    """Processor seconds used so far."""

    server: float
    database: float
    harness: float

    def since(self, before: "Seconds") -> "Seconds":
        """Give what was used since."""
        return Seconds(
            self.server - before.server,
            self.database - before.database,
            self.harness - before.harness,
        )


def used(*, server: int, database: int) -> Seconds | None:
    """Tell what two processes with all below them, and this one, have used; Linux alone knows."""
    if not (PROC / "self" / "stat").exists():
        return None
    mine = os.times()
    return Seconds(_of_tree(server), _of_tree(database), mine.user + mine.system)


def _of_tree(pid: int) -> float:
    """Add up a process, what it has waited for, and all that live below it."""
    parents, ticks = {}, {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(fields[1])
            # User and system time, of its own and of the children that have ended.
            ticks[int(entry.name)] = sum(int(field) for field in fields[11:15])
    family = {pid}
    while True:
        grown = family | {child for child, parent in parents.items() if parent in family}
        if grown == family:
            return sum(ticks.get(member, 0) for member in family) / TICKS_PER_S
        family = grown
