"""All that an allocation rests on, read in one go; the same inputs have the same digest."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.allocations import queries
from app.allocations.queries import ChosenList
from app.bookings.entitlement import Override, Terms, Used, terms_of
from app.bookings.entitlement_queries import overrides_of_everyone, used_by_everyone
from app.bookings.standing import read_standing
from app.children.profiles import Profile, get_profiles, list_profiles
from app.clock import iso_week, month_bounds, year_of
from app.codes import NEED_CODES
from app.engine.allocation import Child
from app.engine.problem import Booked, Holdings, Situation, Taken
from app.engine.service import matching_children

# Waiting bands by the days since the last break began, on the first day of the month: none yet,
# then so many days or more, then less. The first band has waited longest.
BAND_DAYS: Final = (180, 90, 60, 30)
BAND_NAMES: Final = ("never", "180 days", "90 days", "60 days", "30 days", "less")
# More than any session holds.
ALL_PLACES: Final = 1_000_000


def band_of(last_break: datetime | None, month: str) -> int:
    """Tell in which waiting band a child is in a month."""
    if last_break is None:
        return 0
    days = (month_bounds(month)[0] - last_break).days
    return 1 + sum(days < least for least in BAND_DAYS)


@dataclass(frozen=True)
class Inputs:
    """An authority at one moment, as its allocation sees it."""

    round_id: UUID
    months: Sequence[str]
    as_of: datetime
    # In the order of their ids.
    profiles: Sequence[Profile]
    lists: Mapping[UUID, ChosenList]
    # What each child has booked, or waits for.
    live: Mapping[UUID, Sequence[Row[*tuple[Any, ...]]]]
    # By month, before it began.
    last_breaks: Mapping[str, Mapping[UUID, datetime]]
    visits: Mapping[UUID, Mapping[UUID, int]]
    used: Mapping[str, Mapping[UUID, Used]]
    overrides: Mapping[UUID, Sequence[Override]]
    situation: Situation
    # What binds each session: its minimum, its setting, what is taken.
    sessions: Mapping[UUID, Row[*tuple[Any, ...]]]
    outcodes: Mapping[UUID, str]

    @cached_property
    def subjects(self) -> list[Child]:
        """Give the children as the engine takes them."""
        return matching_children(self.profiles)

    @cached_property
    def households(self) -> Mapping[UUID, UUID]:
        """Give the household of each child."""
        return {profile.id: profile.household_id for profile in self.profiles}

    @cached_property
    def digest(self) -> str:
        """Name all that went in by one number; the instant counts only as the inputs show it."""
        situation = self.situation
        parts = (
            str(self.round_id),
            list(self.months),
            self.as_of.isoformat(),
            situation.catalogue_version,
            [_told(profile) for profile in self.profiles],
            sorted(repr(item) for item in self.lists.items()),
            [repr(tuple(row)) for rows in self.live.values() for row in rows],
            [sorted(map(repr, breaks.items())) for breaks in self.last_breaks.values()],
            sorted(repr((child, sorted(been.items()))) for child, been in self.visits.items()),
            [
                sorted(repr((child, sorted(of.items()))) for child, of in used.items())
                for used in self.used.values()
            ],
            sorted(map(repr, self.overrides.items())),
            [sorted(map(repr, taken)) for taken in _taken(situation.taken)],
            [_columns(row) for row in (*situation.policies, *situation.services)],
            [repr(tuple(row)) for row in self.sessions.values()],
        )
        return digest_of(parts)

    def holdings(
        self,
        profile: Profile,
        month: str,
        given: Sequence[tuple[datetime, datetime]] = (),
        *,
        held_by: Mapping[UUID, Sequence[UUID]],
    ) -> Holdings:
        """Give what a child holds in a month, with what the run has already given it."""
        live = [row for row in self.live.get(profile.id, ()) if row.holds]
        friends = Counter(at for one in profile.companions for at in held_by.get(one, ()))
        return Holdings(
            booked=(
                *(Booked(row.starts_at, row.ends_at) for row in live),
                *(Booked(starts_at, ends_at) for starts_at, ends_at in given),
            ),
            visits=self.visits.get(profile.id, {}),
            friends=friends,
            remaining={month: self.terms(profile, month).remaining(self.used_by(profile, month))},
        )

    def terms(self, profile: Profile, month: str) -> Terms:
        """Give the terms of a child's month."""
        policies, overrides = self.situation.policies, self.overrides.get(profile.id, ())
        if overrides:
            return terms_of(month, policies, overrides, profile.income_band)
        key = month, profile.income_band
        if key not in self._usual_terms:
            self._usual_terms[key] = terms_of(month, policies, (), profile.income_band)
        return self._usual_terms[key]

    @cached_property
    def _usual_terms(self) -> dict[tuple[str, str | None], Terms]:
        """Keep the terms of those for whom nothing has been changed."""
        return {}

    def used_by(self, profile: Profile, month: str) -> Used:
        """Count what a child has used of a month and its year, with what its open offers would.

        What an offer uses when it is accepted is not there for another place.
        """
        used = Counter(dict(self.used[month].get(profile.id, {})))
        year = year_of(month)
        for row in self.live.get(profile.id, ()):
            if not row.holds or not row.counts or row.uses_entitlement:
                continue
            if row.month == month:
                used[month, row.funding] += 1
            if row.year == year:
                used.update({(year, measure): count for measure, count in row.yearly_use.items()})
        return used

    @cached_property
    def held_by(self) -> Mapping[UUID, Sequence[UUID]]:
        """Give the sessions in which each child has a place."""
        return {
            child: [row.session_id for row in rows if row.holds]
            for child, rows in self.live.items()
        }


def digest_of(value: Any) -> str:
    """Give the SHA-256 of a value as canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode()).hexdigest()


def read_inputs(
    session: Session,
    round_id: UUID,
    months: Sequence[str],
    *,
    as_of: datetime,
    span: tuple[datetime, datetime] | None = None,
    take_kept: Collection[UUID] = (),
    child_ids: Collection[UUID] | None = None,
) -> Inputs:
    """Read what the months of a round rest on, or a span of sessions within one of them.

    What is kept in a session for those who wait is theirs, unless it is named in `take_kept`.
    All children are read unless some are named.
    """
    starts_from, starts_before = span or (
        month_bounds(months[0])[0],
        month_bounds(months[-1])[1],
    )
    standing = read_standing(
        session,
        needs=NEED_CODES,
        starts_from=starts_from,
        starts_before=starts_before,
        week_from=iso_week(starts_from),
    )
    sessions = {row.id: row for row in queries.session_terms(session, starts_from, starts_before)}
    taken = Taken(standing.places, standing.limited, standing.weeks)
    kept = [str(id_) for id_, row in sessions.items() if row.kept_for_waitlist]
    kept_for_others = set(kept) - {str(id_) for id_ in take_kept}
    live: defaultdict[UUID, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in queries.list_live(session, since=month_bounds(months[0])[0]):
        live[row.child_id].append(row)
    homes = queries.postcodes(session)
    return Inputs(
        round_id=round_id,
        months=months,
        as_of=as_of,
        profiles=_profiles(session, child_ids),
        lists=queries.chosen_lists(session, round_id),
        live=live,
        last_breaks={
            month: queries.last_breaks(session, before=month_bounds(month)[0]) for month in months
        },
        visits=queries.visits_of_everyone(session),
        used={month: used_by_everyone(session, month, year_of(month)) for month in months},
        overrides=overrides_of_everyone(session),
        situation=Situation(
            catalogue_version=standing.catalogue_version,
            holdings=Holdings(),
            taken=replace(
                taken,
                places=[
                    *(one for one in taken.places if one[0] not in kept_for_others),
                    *((id_, ALL_PLACES) for id_ in sorted(kept_for_others)),
                ],
            ),
            policies=standing.policies,
            services=standing.services,
        ),
        sessions=sessions,
        outcodes={id_: (home or "unknown").split(" ")[0] for id_, home in homes.items()},
    )


def _profiles(session: Session, child_ids: Collection[UUID] | None) -> list[Profile]:
    if child_ids is not None:
        return sorted(get_profiles(session, child_ids).values(), key=lambda one: one.id)
    return list_profiles(session, born_after=date.min, born_until=date.max, gender=None)


def _told(profile: Profile) -> str:
    """Tell of a profile; what an interest was read as follows from its text and the encoder."""
    said = [
        (text, feeling, voice, encoder) for text, feeling, voice, _, encoder in profile.interests
    ]
    return repr((said, replace(profile, interests=())))


def _taken(taken: Taken) -> tuple[Sequence[Any], ...]:
    return taken.places, taken.limited, taken.weeks


def _columns(row: Any) -> list[str]:
    return [f"{column.key}={getattr(row, column.key)!r}" for column in row.__table__.columns]
