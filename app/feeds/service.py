"""Importing a file into the catalogue: all of it, or all of its good rows, or nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session as Transaction

from app.access import audit
from app.access.caller import Caller
from app.catalogue import bulk
from app.catalogue.queries import raise_version
from app.feeds.contents import Contents, Horizon, gather
from app.feeds.errors import ImportRejected
from app.feeds.plan import Plan, make_plan
from app.feeds.readers import FeedKind, Item, Limits, RowError, RowWarning, read_records
from app.feeds.schemas import Counts, ImportReport, RowProblem

MOST_SHOWN: Final = 100
LARGEST_FILE: Final = 20 * 1024 * 1024


def import_file(
    session: Transaction,
    caller: Caller,
    data: bytes,
    kind: FeedKind,
    *,
    now: datetime,
    horizon: Horizon | None = None,
    dry_run: bool = False,
    partial: bool = False,
) -> ImportReport:
    """Read a file and import its records."""
    return import_records(
        session,
        caller,
        read_records(data, kind, Limits(file_bytes=LARGEST_FILE)),
        kind=kind,
        now=now,
        horizon=horizon,
        dry_run=dry_run,
        partial=partial,
    )


def import_records(
    session: Transaction,
    caller: Caller,
    records: Iterable[tuple[int, Item]],
    *,
    kind: FeedKind,
    now: datetime,
    horizon: Horizon | None = None,
    dry_run: bool = False,
    partial: bool = False,
) -> ImportReport:
    """Bring the catalogue to what the records say; any error refuses all unless `partial`."""
    horizon = horizon or Horizon.from_today(now)
    contents = gather(records, horizon)
    # Two imports of one feed wait for each other here, so that both do not create its rows.
    raise_version(session, by=0)
    plan = make_plan(session, contents, now=now, horizon=horizon)
    rejected = bool(contents.errors) and not partial
    report = _report(contents, plan, kind, dry_run=dry_run, applied=not dry_run and not rejected)
    if rejected:
        raise ImportRejected(**report.model_dump(mode="json"))
    if not dry_run:
        bulk.store(session, plan.by_kind(), now=now)
        audit.record(session, caller, "catalogue.imported", now=now)
    return report


def _report(
    contents: Contents, plan: Plan, kind: FeedKind, *, dry_run: bool, applied: bool
) -> ImportReport:
    by_kind = {
        "providers": plan.providers,
        "activities": plan.activities,
        "sessions": plan.sessions,
    }
    return ImportReport(
        kind=kind,
        dry_run=dry_run,
        applied=applied,
        created=Counts(**{name: len(part.created) for name, part in by_kind.items()}),
        updated=Counts(**{name: len(part.updated) for name, part in by_kind.items()}),
        unchanged=Counts(**plan.unchanged),
        cancelled=len(plan.sessions.cancelled),
        skipped=contents.skipped,
        error_count=len(contents.errors),
        errors=_shown(contents.errors),
        warning_count=len(contents.warnings),
        warnings=_shown(contents.warnings),
    )


def _shown(problems: Sequence[RowError] | Sequence[RowWarning]) -> list[RowProblem]:
    ordered = sorted(problems, key=lambda problem: (problem.row, problem.field, problem.rule))
    return [RowProblem.model_validate(problem) for problem in ordered[:MOST_SHOWN]]
