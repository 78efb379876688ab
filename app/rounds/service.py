"""Rounds: their dates, and the steps they take one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.clock import day_start, months_of_quarter
from app.errors import Invalid, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.rounds import queries
from app.rounds.errors import DateFixed, OutOfOrder, RoundExists, TooEarly, TooLate
from app.rounds.models import Round
from app.rounds.schemas import RoundCreate, RoundRead, RoundStatus, RoundUpdate


@dataclass(frozen=True)
class Step:
    """One step of a round: what it follows, and the dates between which it is taken."""

    follows: str
    not_before: Callable[[Round], datetime] | None = None
    before: Callable[[Round], datetime] | None = None


# Whoever missed a date moves it first, so that families always see dates that hold.
STEPS: Final = {
    "published": Step(
        "draft", lambda row: day_start(row.publish_on), lambda row: row.choices_close_at
    ),
    "allocated": Step("published", lambda row: row.choices_close_at),
    "offers_out": Step("allocated", before=lambda row: row.offers_by),
    "closed": Step("offers_out", lambda row: row.closes_at),
}
CHOOSING: Final[tuple[RoundStatus, ...]] = ("published", "choices_open", "choices_closed")
# Until when each part of a round can be changed, by the last status in which it can.
CHANGEABLE: Final[dict[str, tuple[RoundStatus, ...]]] = {
    "quarter": ("draft",),
    "publish_on": ("draft",),
    "choices_open_at": ("draft", "published"),
    "choices_close_at": ("draft", *CHOOSING),
    "offers_by": ("draft", *CHOOSING, "allocated"),
    "closes_at": ("draft", *CHOOSING, "allocated", "offers_out"),
    "title": ("draft", *CHOOSING, "allocated", "offers_out"),
}


def status_at(row: Round, now: datetime) -> RoundStatus:
    """Tell where a round stands: choices open and close by its dates alone."""
    if row.state != "published":
        return row.state  # type: ignore[return-value]  # the table's CHECK says so
    if now < row.choices_open_at:
        return "published"
    return "choices_open" if now < row.choices_close_at else "choices_closed"


def create_round(session: Session, caller: Caller, form: RoundCreate, *, now: datetime) -> Round:
    """Plan a quarter's round."""
    row = Round(
        authority_id=caller.tenant,
        id=new_id(),
        **form.model_dump(),
        state="draft",
        announced="published",
        version=1,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    _flush(session)
    emit(session, "round.created", row.id, sequence=1, now=now)
    audit.record(session, caller, "round.create", now=now, object_id=row.id)
    return row


def get_round(
    session: Session, caller: Caller | None, round_id: UUID, *, lock: bool = False
) -> Round:
    """Get a round that the caller may see: of those that are not published, brokers only."""
    row = queries.find_round(session, round_id, lock=lock)
    if row is None or (row.state == "draft" and not (caller is None or sees_drafts(caller))):
        raise NotFound
    return row


def sees_drafts(caller: Caller) -> bool:
    """Tell whether the caller plans rounds."""
    return caller.sees_every_household


def page_of_rounds(session: Session, caller: Caller, page: PageRequest) -> Page[Round]:
    """List the rounds that the caller may see, the oldest record first."""
    return queries.page_of_rounds(session, page, drafts=sees_drafts(caller))


def update_round(
    session: Session,
    caller: Caller,
    round_id: UUID,
    patch: RoundUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Round:
    """Lay a merge patch over a round, as far as what has happened lets it."""
    row = get_round(session, caller, round_id, lock=True)
    check_if_match(if_match, row.version)
    stored = RoundCreate.model_validate(row, extra="ignore").model_dump()
    form = apply_patch(RoundCreate, stored, patch.model_dump(exclude_unset=True))
    changes = {name: value for name, value in form if value != stored[name]}
    status = status_at(row, now)
    for name in changes:
        if status not in CHANGEABLE[name]:
            raise DateFixed("This has had its effect.", field=name, status=status)
    if row.state != "draft":
        for name, value in changes.items():
            if isinstance(value, datetime) and value <= now:
                raise Invalid(name, "in_the_past", "A published round's dates move to the future")
    for name, value in changes.items():
        setattr(row, name, value)
    touch(row, now=now)
    _flush(session)
    emit(session, "round.updated", row.id, sequence=row.version, now=now)
    # At once: what was announced as closed takes no choices.
    _announce(session, row, now=now)
    audit.record(session, caller, "round.update", now=now, object_id=row.id)
    return row


def advance(session: Session, row: Round, to: str, *, now: datetime) -> bool:
    """Take a round one step on, if that is its turn and its time; tell whether it did.

    A round that is there already stays as it is. The row is locked by the caller.
    """
    if row.state == to:
        return False
    step = STEPS[to]
    if row.state != step.follows:
        raise OutOfOrder(
            "A round takes one step after the other.",
            status=status_at(row, now),
            wanted=to,
            follows=step.follows,
        )
    if step.not_before is not None and now < step.not_before(row):
        raise TooEarly("Come again then, or move the date.", not_before=_told(step.not_before(row)))
    if step.before is not None and now >= step.before(row):
        raise TooLate("Move the date first.", before=_told(step.before(row)))
    row.state = to
    setattr(row, f"{to}_at", now)
    touch(row, now=now)
    emit(session, f"round.{to}", row.id, sequence=row.version, now=now)
    return True


def close_round(
    session: Session, caller: Caller, round_id: UUID, *, if_match: str, now: datetime
) -> Round:
    """End a round whose offers have been answered."""
    row = get_round(session, caller, round_id, lock=True)
    if row.state != "closed":
        check_if_match(if_match, row.version)
    if advance(session, row, "closed", now=now):
        audit.record(session, caller, "round.close", now=now, object_id=row.id)
    return row


def announce(session: Session, *, now: datetime) -> int:
    """Tell of choices that have opened or closed since the last time, and count the rounds."""
    return sum(_announce(session, row, now=now) for row in queries.lock_published(session))


def _announce(session: Session, row: Round, *, now: datetime) -> bool:
    """Tell of what the clock has made of a locked round's choices, if that is news."""
    status = status_at(row, now)
    if row.state != "published" or status == row.announced:
        return False
    at, before = CHOOSING.index(status), CHOOSING.index(row.announced)
    # A deadline that was moved on opens the choices again.
    for passed in CHOOSING[before + 1 : at + 1] or (status,):
        touch(row, now=now)
        emit(session, f"round.{passed}", row.id, sequence=row.version, now=now)
    row.announced = status
    return True


def close_choices(session: Session, row: Round, *, now: datetime) -> None:
    """See to it that nobody chooses any more, before what was chosen is read to be given out.

    The row is locked by the caller, after everybody who was still writing a list; whoever comes
    later finds the choices closed, even one who was sent off before the deadline.
    """
    _announce(session, row, now=now)


def touch(row: Round, *, now: datetime) -> None:
    """Count a change of a round."""
    row.version += 1
    row.updated_at = now


def shown(session: Session, rows: list[Round], *, now: datetime) -> list[RoundRead]:
    """Lay rounds out as they stand now."""
    versions = queries.newest_versions(session, [row.id for row in rows])
    return [
        RoundRead.model_validate(
            {
                **{name: getattr(row, name) for name in RoundRead.model_fields if name in SHOWN},
                "months": months_of_quarter(row.quarter),
                "status": status_at(row, now),
                "brochure_version": versions.get(row.id),
            }
        )
        for row in rows
    ]


SHOWN: Final = set(Round.__table__.columns.keys())


def _told(moment: datetime) -> str:
    return moment.isoformat()


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint == "uq_rounds_authority_id_quarter":
            raise RoundExists("Change that one, or name another quarter.") from None
        raise
