"""Keeping the facts of a month right: what has changed is judged again, and nothing else.

A child's facts rest on the child, told by a fingerprint, and on the sessions, each told by a
signature. Both are read and compared with what was stored: no change has to be announced, and none
is missed. At first everything is new. A month is written in one transaction, and only if nobody
has written it since it was read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session, sessionmaker

from app.clock import Clock, age_on, month_bounds, month_of, months_between, year_of
from app.db import transaction
from app.engine.gaps import (
    SETTINGS,
    GapFacts,
    SessionStates,
    essential_masks,
    judge_month,
    session_states,
)
from app.engine.warm import WarmCatalogues
from app.gaps import queries, writing
from app.gaps.inputs import (
    ChildInputs,
    MonthInputs,
    born_for,
    first_and_last_day,
    read_children,
    read_month,
)
from app.gaps.models import GapMonth
from app.ids import made_at
from app.rounds.coverage import AGE_BANDS

# The month of now and those after it until the last that has sessions, at most so many.
MOST_MONTHS: Final = 13
# A month that has passed is looked at once more, when attendance is known, and then left alone.
LAST_LOOK_AFTER: Final = timedelta(days=3)
# An event may be written before a look and committed after it: those as new are looked at twice.
SETTLING: Final = timedelta(minutes=2)
# Without any event, time alone may still change what can be arranged.
LOOK_AGAIN_AFTER: Final = timedelta(hours=1)

OLDER: Final = f"{AGE_BANDS[-1][1] + 1}+"


def refresh_authority(
    sessions: sessionmaker[Session],
    clock: Clock,
    warm: WarmCatalogues,
    authority_id: UUID,
    *,
    at_once: bool = False,
) -> list[str]:
    """Look at every month of an authority that may have changed, and name those that had.

    With `at_once` also at those that nothing points to.
    """
    with transaction(sessions, authority_id) as session:
        due = due_months(session, now=clock(), at_once=at_once)
    return [
        month for month in due if refresh_month(sessions, warm, authority_id, month, now=clock())
    ]


def due_months(session: Session, *, now: datetime, at_once: bool = False) -> list[str]:
    """List the months of the bound authority that are to be looked at."""
    judged = queries.list_months(session)
    marks = queries.read_marks(session)
    this = month_of(now)
    starts_from = month_bounds(this)[0]
    # Longer than the months asked for, which are cut to their number.
    ahead = queries.months_with_sessions(session, (starts_from, now + timedelta(days=430)))
    # One without sessions that others follow is judged too: it has nothing on offer.
    until = max([this, *ahead])
    months = months_between(starts_from, month_bounds(until)[0])[:MOST_MONTHS]
    due = [month for month in months if at_once or _may_differ(judged.get(month), marks, now)]
    last = month_of(starts_from - timedelta(days=1))
    if last in judged and judged[last].looked_at < starts_from + LAST_LOOK_AFTER <= now:
        due.insert(0, last)
    return due


def _may_differ(judged: GapMonth | None, marks: tuple[UUID | None, int], now: datetime) -> bool:
    if judged is None or (judged.last_event_id, judged.catalogue_version) != marks:
        return True
    quiet = now - judged.looked_at
    newest = judged.last_event_id
    unsettled = newest is not None and judged.looked_at - made_at(newest) < SETTLING <= quiet
    return unsettled or quiet >= LOOK_AGAIN_AFTER


@dataclass(frozen=True)
class Changes:
    """What is to be judged again and written for a month, and on what that rests."""

    inputs: MonthInputs
    states: SessionStates
    # Of each of the states.
    numbers: Sequence[int]
    # Positions of the states that differ from what is stored.
    moved: Sequence[int]
    # Numbers of sessions that have gone, and children likewise.
    gone: Sequence[int]
    left: Sequence[UUID]
    fingerprints: Mapping[UUID, int]
    children: ChildInputs
    # The stored version this was compared with; 0 if the month is new.
    version: int
    last_event_id: UUID | None


def refresh_month(
    sessions: sessionmaker[Session],
    warm: WarmCatalogues,
    authority_id: UUID,
    month: str,
    *,
    now: datetime,
) -> bool:
    """Judge what has changed in a month and write it; tell whether anything was written."""
    started = perf_counter()
    with transaction(sessions, authority_id) as session:
        changes = look(session, warm, month, now=now)
    facts = judge_month(changes.inputs.month, changes.children.wanting)
    rows = child_rows(changes, facts)
    with transaction(sessions, authority_id) as session:
        return write(session, changes, rows, started=started, now=now)


def look(session: Session, warm: WarmCatalogues, month: str, *, now: datetime) -> Changes:
    """Compare a month as it stands with what is stored of it."""
    stored = queries.find_month(session, month)
    # Before what it tells of: what changes in between is then found the next time.
    last_event_id, _ = queries.read_marks(session)
    inputs = read_month(session, warm, month, now=now)
    born = born_for(inputs.situation.policies, month)
    fingerprints = queries.fingerprints(session, month, year_of(month), month_bounds(month), born)
    judged_before = queries.stored_fingerprints(session, month)
    states = session_states(inputs.month)
    known = {row.session_id: row for row in queries.stored_sessions(session, month)}
    numbers = _number(states, {id_: row.number for id_, row in known.items()})
    differ = [
        at
        for at, (id_, signature) in enumerate(zip(states.ids, states.signature, strict=True))
        if id_ not in known or known[id_].signature != signature
    ]
    here = set(states.ids)
    gone = [r.number for id_, r in known.items() if id_ not in here and r.signature is not None]
    concerned = set(fingerprints)
    if stored is not None and stored.judged_by == inputs.judged_by:
        concerned = {id_ for id_, one in fingerprints.items() if judged_before.get(id_) != one}
        # One activity more or less changes how far others are like a text.
        likeness = stored.catalogue_version != inputs.situation.catalogue_version
        if differ or gone or likeness:
            concerned |= queries.concerned_by(
                session,
                month,
                numbers=[*(numbers[at] for at in differ), *gone],
                served={notation for at in differ for notation in states.serves[at]},
                likeness=likeness,
            ) & set(fingerprints)
    other_places = [
        at
        for at, (id_, places) in enumerate(zip(states.ids, states.places_left, strict=True))
        if id_ in known and known[id_].places_left != places
    ]
    return Changes(
        inputs=inputs,
        states=states,
        numbers=numbers,
        moved=sorted({*differ, *other_places}),
        gone=gone,
        left=sorted(set(judged_before) - set(fingerprints)),
        fingerprints=fingerprints,
        children=read_children(session, inputs, concerned),
        version=0 if stored is None else stored.version,
        last_event_id=last_event_id,
    )


def _number(states: SessionStates, known: Mapping[UUID, int]) -> list[int]:
    """Give each session the number it has, or the next one."""
    following = max(known.values(), default=-1) + 1
    numbers = dict(known)
    for id_ in states.ids:
        if id_ not in numbers:
            numbers[id_] = following
            following += 1
    return [numbers[id_] for id_ in states.ids]


def child_rows(changes: Changes, facts: GapFacts) -> list[dict[str, Any]]:
    """Put the facts of each child into a row, with what it is sliced by."""
    children, span = changes.children, changes.inputs.month.span
    first_day = first_and_last_day(changes.inputs.month.month)[0]
    # A session that is -1 stays so.
    numbers = np.array([*changes.numbers, -1], dtype=np.int64)
    at_session = np.where(facts.session < 0, len(numbers) - 1, facts.session - span.start)
    columns: dict[str, list[Any]] = {
        "wants": [None if at < 0 else facts.concepts[at] for at in facts.concept.tolist()],
        "outcomes": facts.outcome.tolist(),
        "reasons": facts.mask.tolist(),
        "lacking": facts.needs.tolist(),
        "sessions": numbers[at_session].tolist(),
        "options": facts.could_go.tolist(),
    }
    going = numbers[facts.going_session - span.start].tolist()
    alike = numbers[facts.alike_session - span.start].tolist()
    positions = np.arange(len(children.profiles) + 1)
    starts = np.searchsorted(facts.child, positions).tolist()
    goes = np.searchsorted(facts.going_child, positions).tolist()
    likes = np.searchsorted(facts.alike_child, positions).tolist()
    needs = essential_masks([one.child for one in children.wanting]).tolist()
    rows = []
    for at, (profile, frozen) in enumerate(zip(children.profiles, children.frozen, strict=True)):
        age = max(age_on(frozen.date_of_birth, first_day), 0)
        rows.append(
            {
                "child_id": str(profile.id),
                "fingerprint": changes.fingerprints[profile.id],
                "age": age,
                "age_band": band_of(age),
                "area": frozen.area,
                "needs": needs[at],
                "sen_types": list(frozen.sen_types),
                **{name: column[starts[at] : starts[at + 1]] for name, column in columns.items()},
                "going": going[goes[at] : goes[at + 1]],
                "alike": alike[likes[at] : likes[at + 1]],
            }
        )
    return rows


def band_of(age: int) -> str:
    """Name the age band that a round's coverage counts an age in."""
    return next((f"{low}-{high}" for low, high in AGE_BANDS if low <= age <= high), OLDER)


def session_rows(changes: Changes) -> list[dict[str, Any]]:
    """Put each session that differs from what is stored into a row."""
    states = changes.states
    return [
        {
            "number": changes.numbers[at],
            "session_id": str(states.ids[at]),
            "activity_id": str(states.activity_ids[at]),
            "signature": states.signature[at],
            "weekday": int(states.weekday[at]),
            "setting": SETTINGS[int(states.setting[at])],
            "places_left": int(states.places_left[at]),
            "serves": list(states.serves[at]),
        }
        for at in changes.moved
    ]


def write(
    session: Session,
    changes: Changes,
    rows: Sequence[dict[str, Any]],
    *,
    started: float,
    now: datetime,
) -> bool:
    """Write what was judged, unless another has written the month meanwhile."""
    month = changes.inputs.month.month
    # Children first, as who erases one locks the child before the month.
    concerned = [*(UUID(row["child_id"]) for row in rows), *changes.left]
    still = writing.lock_children(session, concerned)
    stored = queries.lock_month(session, month, now=now)
    if stored.version != changes.version:
        return False
    differs = bool(rows or changes.moved or changes.gone or changes.left)
    stored.catalogue_version = changes.inputs.situation.catalogue_version
    stored.judged_by = changes.inputs.judged_by
    stored.last_event_id = changes.last_event_id
    stored.looked_at = now
    if differs or changes.version == 0:
        stored.version = changes.version + 1
        stored.built_at = now
        stored.judged = len(rows)
    if changes.left:
        writing.forget_children(session, month, changes.left)
    writing.mark_gone(session, month, changes.gone)
    writing.write_sessions(session, month, session_rows(changes))
    writing.write_children(session, month, [row for row in rows if UUID(row["child_id"]) in still])
    if differs:
        stored.took_ms = round((perf_counter() - started) * 1000)
    return differs or changes.version == 0
