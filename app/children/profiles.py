"""A child's profile as matching and booking need it, read in one statement."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.access.caller import Caller
from app.children.models import Child
from app.codes import NEED_CODES
from app.errors import NotFound

# Spoken to in any other language, a child is helped by an interpreter.
ENGLISH: Final = ("en", "eng")
# What a text was read as, by the text and the version of the encoder.
Readings = Mapping[tuple[str, str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Profile:
    """What decides which sessions suit a child; no name and no note."""

    authority_id: UUID
    id: UUID
    household_id: UUID
    # The authority's code for what the household can afford.
    income_band: str | None
    date_of_birth: date
    gender: str | None
    latitude: float | None
    longitude: float | None
    max_km: float | None
    accessible_transport_only: bool
    communication_methods: tuple[str, ...]
    language: str
    # Those the family prefers; empty: no preference.
    settings: tuple[str, ...]
    # Text, feeling, voice, what the text was read as, and by which version of the encoder.
    interests: tuple[tuple[str, str, str, list[dict[str, Any]], str], ...]
    # Code, importance.
    needs: tuple[tuple[str, str], ...]
    # Weekday (0 is Monday), start, end.
    windows: tuple[tuple[int, time, time], ...]
    # Open goals, each followed by its first open step.
    goals: tuple[str, ...]
    # Children whose places may be told: see `_companions`.
    companions: tuple[UUID, ...]

    @property
    def need_codes(self) -> set[str]:
        """Name every need, those of transport and communication included."""
        return self._stated_codes.union(self.communication_needs)

    @property
    def communication_needs(self) -> tuple[str, ...]:
        """Name what helps as the child communicates so, unless it is stated as a need anyway."""
        codes = {method.lower().replace(" ", "_") for method in self.communication_methods}
        if self.language.partition("-")[0].lower() not in ENGLISH:
            codes.add("interpreter")
        if not codes:
            return ()
        codes -= self._stated_codes
        return tuple(code for code in NEED_CODES if code in codes)

    @property
    def _stated_codes(self) -> set[str]:
        codes = {code for code, _ in self.needs}
        return codes | {"accessible_transport"} if self.accessible_transport_only else codes


def get_profile(
    session: Session, caller: Caller | None, child_id: UUID, *, lock: bool = False
) -> Profile:
    """Get the profile of a child that is the caller's business; no caller: the service's own."""
    wanted = {
        "child_id": child_id,
        "every": caller is None or caller.sees_every_household,
        # Without a family's grant this compares with null, which no household equals.
        "household_id": caller and caller.household_id,
    }
    if lock:
        # Before the read, not with it: a row that was waited for shows its newest version, but
        # the lists that hang on it would still be those of the statement's beginning.
        session.execute(LOCK, wanted)
    row = session.execute(PROFILE, wanted).one_or_none()
    if row is None:
        raise NotFound
    return _profile(row, {})


def get_profiles(session: Session, child_ids: Collection[UUID]) -> dict[UUID, Profile]:
    """Get the profiles of some children for the service's own use."""
    return {one.id: one for one in _read_many(session, list(child_ids))}


def list_profiles(
    session: Session, *, born_after: date, born_until: date, gender: str | None
) -> list[Profile]:
    """List the profiles of all the authority's children of some ages, and of a gender if given."""
    statement = select(Child.id).where(
        Child.date_of_birth > born_after, Child.date_of_birth <= born_until
    )
    if gender is not None:
        statement = statement.where(Child.gender == gender)
    return _read_many(session, list(session.scalars(statement)))


def _read_many(session: Session, child_ids: list[UUID]) -> list[Profile]:
    """Read many children at once; what a text was read as comes once for all who say it."""
    readings = {
        (said, encoder): phrases
        for said, encoder, phrases in session.execute(READINGS, {"child_ids": child_ids})
    }
    rows = session.execute(PROFILES_WITHOUT_READINGS, {"child_ids": child_ids})
    return [_profile(row, readings) for row in rows]


def _profile(row: Row[*tuple[Any, ...]], readings: Readings) -> Profile:
    methods, settings, interests, needs, windows, goals, companions = row.lists
    return Profile(
        authority_id=row.authority_id,
        id=row.id,
        household_id=row.household_id,
        income_band=row.income_band,
        date_of_birth=row.date_of_birth,
        gender=row.gender,
        latitude=row.latitude,
        longitude=row.longitude,
        max_km=row.max_km,
        accessible_transport_only=row.accessible_transport_only,
        communication_methods=tuple(methods),
        language=row.language,
        settings=tuple(settings),
        interests=tuple(_interest(readings, *interest) for interest in interests),
        needs=tuple(map(tuple, needs)),
        windows=tuple(
            (weekday, time.fromisoformat(starts), time.fromisoformat(ends))
            for weekday, starts, ends in windows
        ),
        goals=tuple(words for texts in goals for words in texts if words is not None),
        companions=tuple(map(UUID, companions)),
    )


def _interest(
    readings: Readings,
    said: str,
    feeling: str,
    voice: str,
    phrases: list[dict[str, Any]] | None,
    encoder: str,
) -> tuple[str, str, str, list[dict[str, Any]], str]:
    if phrases is None:
        phrases = readings.get((said, encoder))
    if phrases is None:
        # Said since the readings were listed: left to be read by whoever needs it.
        return said, feeling, voice, [], ""
    return said, feeling, voice, phrases, encoder


# Written out, as they are part of every match. Each list hangs on the child by the whole key.
_PROFILES: Final = """
    SELECT
        c.authority_id, c.id, c.household_id, c.date_of_birth, c.gender,
        (SELECT h.income_band FROM households h
         WHERE h.authority_id = c.authority_id AND h.id = c.household_id) AS income_band,
        c.home_latitude AS latitude, c.home_longitude AS longitude, c.travel_max_km AS max_km,
        c.accessible_transport_only, c.language,
        -- One document a child: read in half the time of seven.
        json_build_array(
        c.communication_methods,
        c.preferred_settings,
        (SELECT coalesce(json_agg(json_build_array(
                    i.text, i.feeling, i.voice, i.phrases, i.encoder) ORDER BY i.position), '[]')
         FROM interests i
         WHERE i.authority_id = c.authority_id AND i.child_id = c.id),
        (SELECT coalesce(json_agg(json_build_array(n.code, n.importance) ORDER BY n.position), '[]')
         FROM needs n
         WHERE n.authority_id = c.authority_id AND n.child_id = c.id),
        (SELECT coalesce(json_agg(json_build_array(w.weekday, w.starts, w.ends) ORDER BY w.id),
                         '[]')
         FROM availability_windows w
         WHERE w.authority_id = c.authority_id AND w.child_id = c.id),
        (SELECT coalesce(json_agg(json_build_array(g.text, step.text) ORDER BY g.id), '[]')
         FROM goals g
         LEFT JOIN LATERAL (
             SELECT s.text FROM steps s
             WHERE s.authority_id = g.authority_id AND s.goal_id = g.id AND s.status = 'open'
             ORDER BY s.position LIMIT 1) step ON true
         WHERE g.authority_id = c.authority_id AND g.child_id = c.id
             AND g.status = 'open'),
        -- Friends whose places may be told: siblings, and friends who both said so. One whom only
        -- one side names would otherwise tell that side where the other child is.
        (SELECT coalesce(json_agg(f.friend_id ORDER BY f.friend_id), '[]')
         FROM friendships f
         WHERE f.authority_id = c.authority_id AND f.child_id = c.id AND (
             EXISTS (SELECT FROM friendships back
                     WHERE back.authority_id = f.authority_id
                         AND back.child_id = f.friend_id AND back.friend_id = f.child_id)
             OR EXISTS (SELECT FROM children other
                        WHERE other.authority_id = f.authority_id AND other.id = f.friend_id
                            AND other.household_id = c.household_id)))) AS lists
    FROM children c
    """
# Of one child and of a list apart: a plan made for any list looks so dear beside one for the list
# at hand that PostgreSQL would plan each time, which takes longer than reading a child.
_OF_ONE: Final = f"""{_PROFILES}
    WHERE c.id = :child_id AND (:every OR c.household_id = CAST(:household_id AS uuid))
    """
_OF_MANY: Final = f"""{_PROFILES.replace("i.phrases", "NULL")}
    WHERE c.id = ANY (:child_ids)
    ORDER BY c.id
    """
PROFILE: Final = text(_OF_ONE)
PROFILES_WITHOUT_READINGS: Final = text(_OF_MANY)
# One scan without a join: with stale statistics a join took longer than a statement may.
READINGS: Final = text(
    """
    SELECT DISTINCT ON (i.text, i.encoder) i.text, i.encoder, i.phrases
    FROM interests i
    WHERE i.child_id = ANY (:child_ids)
    ORDER BY i.text, i.encoder
    """
)
LOCK: Final = text(
    """
    SELECT 1 FROM children c
    WHERE c.id = :child_id AND (:every OR c.household_id = CAST(:household_id AS uuid))
    FOR NO KEY UPDATE
    """
)
