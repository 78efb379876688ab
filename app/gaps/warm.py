"""Facts of months as arrays, kept between requests for as long as nothing in them changes.

A month's version is raised by whatever changes one of its facts, so one indexed read tells which
months have to be loaded anew; of those that have passed, none.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.engine.gaps import SETTINGS, group_masks

# Some 30 bytes each. Three years of an authority with 8,000 children are 1.5 million; the months
# asked for longest ago make room.
MOST_FACTS: Final = 6_000_000

# Written by the database as one text a column: thousands of rows cost one row.
BETWEEN: Final = "\x1f"
WITHIN: Final = "\x1e"
VERSIONS: Final = text(
    """
    SELECT month, version FROM gap_months
    WHERE authority_id = :authority_id AND version > 0
        AND (CAST(:months AS text[]) IS NULL OR month = ANY (:months))
    ORDER BY month
    """
)
FACTS: Final = text(
    """
    -- Once and not for each month, whatever the planner thinks of tables it has not yet counted.
    WITH f AS MATERIALIZED (
        SELECT c.month AS of_month,
            string_agg(uuid_send(child_id), ''::bytea) AS child_ids,
            string_agg(age_band, chr(31)) AS age_bands, string_agg(area, chr(31)) AS areas,
            string_agg(needs::text, ' ') AS needs,
            string_agg(array_to_string(sen_types, chr(30)), chr(31)) AS sen_types,
            string_agg(cardinality(wants)::text, ' ') AS counts,
            string_agg(array_to_string(wants, chr(31), ''), chr(31))
                FILTER (WHERE cardinality(wants) > 0) AS wants,
            string_agg(array_to_string(outcomes, ' '), ' ') AS outcomes,
            string_agg(array_to_string(reasons, ' '), ' ') AS reasons,
            string_agg(array_to_string(lacking, ' '), ' ') AS lacking,
            string_agg(array_to_string(sessions, ' '), ' ') AS sessions,
            string_agg(array_to_string(options, ' '), ' ') AS options,
            string_agg(cardinality(going)::text, ' ') AS going_counts,
            string_agg(array_to_string(going, ' '), ' ') AS going
        FROM (
            SELECT * FROM gap_children
            WHERE authority_id = :authority_id AND month = ANY (:months)
            ORDER BY month, child_id
        ) c
        GROUP BY c.month
    )
    SELECT m.month, m.version, m.built_at, f.*
    FROM gap_months m
    LEFT JOIN f ON f.of_month = m.month
    WHERE m.authority_id = :authority_id AND m.month = ANY (:months)
    ORDER BY m.month
    """
)
SESSIONS: Final = text(
    """
    SELECT month, number, session_id, activity_id, weekday, setting, places_left,
        signature IS NOT NULL AS stands, serves
    FROM gap_sessions WHERE authority_id = :authority_id AND month = ANY (:months)
    ORDER BY month, number
    """
)


@dataclass(frozen=True)
class MonthSessions:
    """The sessions of a month as they were judged, by their numbers, which have no gaps."""

    ids: Sequence[UUID]
    activity_ids: Sequence[UUID]
    # 0 is Monday; position in `SETTINGS`.
    weekday: NDArray[np.int8]
    setting: NDArray[np.int8]
    places_left: NDArray[np.int64]
    # False once it has gone from the month.
    stands: NDArray[np.bool_]
    serves: Sequence[Sequence[str]]


# Equal to itself only, so that what is worked out of a month can be kept as long as it is.
@dataclass(frozen=True, eq=False)
class MonthFacts:
    """The facts of one month: arrays over children, over facts, and over sessions."""

    month: str
    version: int
    built_at: datetime
    # Over children, in the order of their ids: 16 bytes each.
    child_ids: NDArray[np.void]
    # Positions in the names beside them.
    age_bands: tuple[str, ...]
    age_band: NDArray[np.int16]
    areas: tuple[str, ...]
    area: NDArray[np.int16]
    # Bits of the essential needs, of their groups, and of the types in `sen_names`.
    needs: NDArray[np.int64]
    need_groups: NDArray[np.uint8]
    sen_names: tuple[str, ...]
    sen_types: NDArray[np.int64]
    # Over facts, in the order of the children. Position of the child.
    child: NDArray[np.int32]
    # Position in `concepts`; -1 for a text that names none, told to brokers as "other".
    concepts: tuple[str, ...]
    concept: NDArray[np.int32]
    # Position in `OUTCOMES`; bits of the nearest miss's reasons, and of the needs it lacks.
    outcome: NDArray[np.uint8]
    mask: NDArray[np.uint16]
    lacking: NDArray[np.int64]
    # Number of the session it is about; -1 if nothing is on offer.
    session: NDArray[np.int32]
    # How many sessions serve it that only a lack of places could close; 0 if it is met.
    options: NDArray[np.int32]
    # The pairs of these, each child and session once.
    going_child: NDArray[np.int32]
    going_session: NDArray[np.int32]
    sessions: MonthSessions

    def child_id(self, position: int) -> UUID:
        """Name a child."""
        return UUID(bytes=self.child_ids[position].tobytes())


class WarmMonths:
    """The months of one process."""

    def __init__(self, most_facts: int = MOST_FACTS) -> None:
        self._most_facts = most_facts
        self._warm: OrderedDict[tuple[UUID, str], MonthFacts] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)

    def get(self, session: Session, months: Collection[str] | None = None) -> list[MonthFacts]:
        """Give the months that have been judged, of those asked for or of all, in their order."""
        authority_id: UUID = session.info["authority_id"]
        wanted = None if months is None else list(months)
        asked = {"authority_id": authority_id, "months": wanted}
        versions = {row[0]: row[1] for row in session.execute(VERSIONS, asked)}
        found = self._found(authority_id, versions)
        if len(found) < len(versions):
            with self._lock:
                loading = self._loading[authority_id]
            # One thread loads while the others wait for its result.
            with loading:
                found = self._found(authority_id, versions)
                missing = [month for month in versions if month not in found]
                loaded = load_months(session, missing) if missing else {}
                self._keep(authority_id, loaded)
                found |= loaded
        return [found[month] for month in sorted(found)]

    def _found(self, authority_id: UUID, versions: Mapping[str, int]) -> dict[str, MonthFacts]:
        found = {month: self._find(authority_id, month, one) for month, one in versions.items()}
        return {month: facts for month, facts in found.items() if facts is not None}

    def _find(self, authority_id: UUID, month: str, version: int) -> MonthFacts | None:
        with self._lock:
            facts = self._warm.get((authority_id, month))
            if facts is None or facts.version != version:
                return None
            self._warm.move_to_end((authority_id, month))
            return facts

    def _keep(self, authority_id: UUID, loaded: Mapping[str, MonthFacts]) -> None:
        with self._lock:
            for month, facts in loaded.items():
                self._warm[authority_id, month] = facts
                self._warm.move_to_end((authority_id, month))
            kept = sum(len(facts.child) for facts in self._warm.values())
            while kept > self._most_facts and len(self._warm) > 1:
                kept -= len(self._warm.popitem(last=False)[1].child)


def load_months(session: Session, months: Collection[str]) -> dict[str, MonthFacts]:
    """Read months of the bound authority in two statements."""
    asked = {"authority_id": session.info["authority_id"], "months": list(months)}
    # Facts before sessions: a session that came later is in excess, never one too few.
    rows = session.execute(FACTS, asked).all()
    of_month: dict[str, list[Any]] = {month: [] for month in months}
    for row in session.execute(SESSIONS, asked):
        of_month[row.month].append(row)
    return {row.month: _month(row, of_month[row.month]) for row in rows}


def _month(row: Any, sessions: Sequence[Any]) -> MonthFacts:
    age_bands, age_band = _coded(row.age_bands)
    areas, area = _coded(row.areas)
    sen_names, sen_types = _bits(row.sen_types)
    concepts, concept = _coded(row.wants)
    # A text without a concept was written as the empty word, which comes before all others.
    if concepts[:1] == ("",):
        concepts, concept = concepts[1:], concept - np.int32(1)
    needs = _numbers(row.needs, np.int64)
    positions = np.arange(len(needs), dtype=np.int32)
    return MonthFacts(
        month=row.month,
        version=row.version,
        built_at=row.built_at,
        child_ids=np.frombuffer(row.child_ids or b"", dtype="V16"),
        age_bands=age_bands,
        age_band=age_band.astype(np.int16),
        areas=areas,
        area=area.astype(np.int16),
        needs=needs,
        need_groups=group_masks(needs),
        sen_names=sen_names,
        sen_types=sen_types,
        child=np.repeat(positions, _numbers(row.counts, np.int64)),
        concepts=concepts,
        concept=concept,
        outcome=_numbers(row.outcomes, np.uint8),
        mask=_numbers(row.reasons, np.uint16),
        lacking=_numbers(row.lacking, np.int64),
        session=_numbers(row.sessions, np.int32),
        options=_numbers(row.options, np.int32),
        going_child=np.repeat(positions, _numbers(row.going_counts, np.int64)),
        going_session=_numbers(row.going, np.int32),
        sessions=MonthSessions(
            ids=[one.session_id for one in sessions],
            activity_ids=[one.activity_id for one in sessions],
            weekday=np.array([one.weekday for one in sessions], dtype=np.int8),
            setting=np.array([SETTINGS.index(one.setting) for one in sessions], dtype=np.int8),
            places_left=np.array([one.places_left for one in sessions], dtype=np.int64),
            stands=np.array([one.stands for one in sessions], dtype=np.bool_),
            serves=[tuple(one.serves) for one in sessions],
        ),
    )


def _numbers(told: str | None, dtype: type[Any]) -> NDArray[Any]:
    if not told or told.isspace():
        return np.zeros(0, dtype=dtype)
    return np.fromstring(told, dtype=np.int64, sep=" ").astype(dtype)


def _coded(told: str | None) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    """Give distinct words, ascending, and the position of each word among them."""
    words = [] if told is None else told.split(BETWEEN)
    names = tuple(sorted(set(words)))
    place = {name: at for at, name in enumerate(names)}
    return names, np.array(list(map(place.__getitem__, words)), dtype=np.int32)


def _bits(told: str | None) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Give distinct words, ascending, and for each list of words the bits of its own.

    Beyond 63 distinct words the last ones share no bit.
    """
    lists, of_child = _coded(told)
    names = tuple(sorted({word for one in lists for word in one.split(WITHIN) if word}))[:63]
    bit = {name: 1 << at for at, name in enumerate(names)}
    # Children share few distinct lists.
    masks = [sum({bit.get(word, 0) for word in one.split(WITHIN)}) for one in lists]
    return names, np.array(masks, dtype=np.int64)[of_child]
