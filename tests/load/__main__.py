"""`python -m tests.load`: the parts of the harness, one after the other, and their report."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from app.clock import now_utc
from tests.load import controls, crash, months, rush, sustained
from tests.load.report import Report
from tests.load.stage import Stage, open_stage

Part = Callable[[argparse.Namespace, Report], None]


def on_a_stage(play: Callable[[Stage], Coroutine[Any, Any, Any]], *, workers: int) -> None:
    """Open a stage, start its server, and play."""
    with open_stage(workers=workers, now=now_utc()) as stage:
        stage.server.start()
        asyncio.run(play(stage))


def run_rush(options: argparse.Namespace, report: Report) -> None:
    """Run the rush."""
    size = rush.FULL if options.full else rush.QUICK
    size = replace(size, think_s=options.think)
    rng = Random(options.seed)
    on_a_stage(lambda stage: rush.run(stage, size, report, rng), workers=options.workers)


def run_sustained(options: argparse.Namespace, report: Report) -> None:
    """Run the steady load."""
    size = sustained.FULL if options.full else sustained.QUICK
    if options.seconds:
        size = sustained.Size(options.seconds)
    rng = Random(options.seed)
    on_a_stage(lambda stage: sustained.run(stage, size, report, rng), workers=options.workers)


def run_crash(options: argparse.Namespace, report: Report) -> None:
    """Run the disasters: on one process, as the workers of a killed one would live on."""
    size = crash.FULL if options.full else crash.QUICK
    rng = Random(options.seed)
    on_a_stage(lambda stage: crash.run(stage, size, report, rng), workers=1)


def run_months(options: argparse.Namespace, report: Report) -> None:
    """Move the clock."""
    months.run(report, rng=Random(options.seed))


def run_controls(options: argparse.Namespace, report: Report) -> None:
    """Try broken builds."""
    controls.run(report, now=now_utc(), seed=options.seed)


PARTS: dict[str, Part] = {
    "rush": run_rush,
    "sustained": run_sustained,
    "crash": run_crash,
    "months": run_months,
    "controls": run_controls,
}


def main() -> int:
    """Run what was asked for; exit 1 if a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--out", type=Path, default=Path("report.json"))
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a few minutes (the default)")
    size.add_argument("--full", action="store_true", help="the sizes that are published")
    parser.add_argument("--workers", type=int, default=2, help="serving processes")
    parser.add_argument("--seconds", type=float, help="of the steady load")
    parser.add_argument(
        "--think", type=float, default=0.0, help="seconds between calls of a client in the rush"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    report = Report()
    for name in options.parts or PARTS:
        sys.stderr.write(f"{name} ...\n")
        PARTS[name](options, report)
    report.show()
    kept = {name: value for name, value in vars(options).items() if name not in {"out", "quick"}}
    report.write(options.out, at=now_utc(), options=kept)
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
