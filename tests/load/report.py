"""What was measured, beside its bar: a table for people, and a file to keep."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Figure:
    """One line of the table; without a bar it is only told."""

    part: str
    name: str
    measured: str
    bar: str = ""
    met: bool | None = None


@dataclass
class Report:
    """All figures of a run, and the numbers behind them."""

    figures: list[Figure] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def tell(self, part: str, name: str, measured: object) -> None:
        """Add a figure that has no bar."""
        self.figures.append(Figure(part, name, str(measured)))

    def judge(self, part: str, name: str, measured: object, bar: str, *, met: bool) -> None:
        """Add a figure and whether it is good enough."""
        self.figures.append(Figure(part, name, str(measured), bar, met))

    def none_of(self, part: str, name: str, found: Sequence[object] | int) -> None:
        """Add a count that has to be 0."""
        number = found if isinstance(found, int) else len(found)
        self.judge(part, name, number, "0", met=number == 0)
        if not isinstance(found, int) and found:
            self.details.setdefault(f"{part}: {name}", []).extend(map(str, found[:20]))

    @property
    def missed(self) -> list[Figure]:
        """List what was not good enough."""
        return [figure for figure in self.figures if figure.met is False]

    def show(self) -> None:
        """Print the table."""
        table = Table(title="Bookings under load")
        for column in ("Part", "Figure", "Measured", "Bar", ""):
            table.add_column(column, overflow="fold")
        for figure in self.figures:
            met = {None: "", True: "[green]met[/]", False: "[bold red]missed[/]"}[figure.met]
            table.add_row(figure.part, figure.name, figure.measured, figure.bar, met)
        Console().print(table)

    def write(self, path: Path, *, at: datetime, options: dict[str, Any]) -> None:
        """Write the report as JSON, and as Markdown beside it."""
        about = {
            "at": at.isoformat(timespec="seconds"),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "python": platform.python_version(),
            "load_of_the_machine_at_the_end": [round(load, 2) for load in os.getloadavg()],
            "options": options,
        }
        figures = [asdict(figure) for figure in self.figures]
        document = {"about": about, "figures": figures, "details": self.details}
        path.write_text(json.dumps(document, indent=2) + "\n")
        path.with_suffix(".md").write_text(self._markdown(about))

    def _markdown(self, about: dict[str, Any]) -> str:
        lines = ["# Bookings under load", ""]
        lines += [f"- {name.replace('_', ' ')}: {value}" for name, value in about.items()]
        lines += ["", "| part | figure | measured | bar | |", "|---|---|---|---|---|"]
        words = {None: "", True: "met", False: "**missed**"}
        lines += [
            f"| {one.part} | {one.name} | {one.measured} | {one.bar} | {words[one.met]} |"
            for one in self.figures
        ]
        return "\n".join(lines) + "\n"
