"""The packaged listings as records, and the same listings moved to other towns."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from random import Random
from typing import Any, Final

from app.clock import LONDON
from app.feeds.readers import FeedKind, Item, read_records
from app.feeds.records import (
    ActivityRecord,
    ProviderRecord,
    ScheduleRecord,
    SessionRecord,
    VenueRecord,
)
from app.samples.homes import Town, choose_place

FILES: Final[tuple[tuple[str, FeedKind], ...]] = (
    ("catalogue.json", "open_referral_uk"),
    ("clubs.ndjson", "ndjson"),
    ("leisure.csv", "csv"),
)
WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# How much of the listings each further town has.
SHARE_OF_A_TOWN: Final = 0.4
# Of single sessions: how far ahead they are spread, and their hours on a school day and else.
DAYS_AHEAD: Final = 91
AFTER_SCHOOL: Final = (15, 18)
DAYTIME: Final = (9, 15)
CAPACITIES: Final = (4, 30)


def read_listings() -> Iterator[tuple[int, Item]]:
    """Read the packaged files, as any file of theirs is read; rows are numbered through."""
    folder = files("app.samples").joinpath("data")
    number = 0
    for name, kind in FILES:
        for _, item in read_records(folder.joinpath(name).read_bytes(), kind):
            number += 1
            yield number, item


def read_activities() -> tuple[dict[str, ProviderRecord], list[ActivityRecord]]:
    """Read the providers by their source ids, and the activities."""
    items = [item for _, item in read_listings()]
    providers = {item.source_id: item for item in items if isinstance(item, ProviderRecord)}
    return providers, [item for item in items if isinstance(item, ActivityRecord)]


def move_to_towns(rng: Random, towns: Sequence[Town]) -> Iterator[tuple[int, Item]]:
    """Give each town its own providers of a part of the listings, at other places and days."""
    providers, activities = read_activities()
    number = 0
    for position, town in enumerate(towns):
        chosen = rng.sample(activities, k=round(len(activities) * SHARE_OF_A_TOWN))
        needed = dict.fromkeys(activity.provider_source_id for activity in chosen)
        moved: list[Item] = [_move_provider(providers[id_], town) for id_ in needed]
        venues = {id_: choose_place(rng, [town]) for id_ in needed}
        moved += [
            _move_activity(activity, town, venues[activity.provider_source_id], days=position)
            for activity in chosen
        ]
        for item in moved:
            number += 1
            yield number, item


def date_sessions(
    rng: Random, *, n_sessions: int, towns: Sequence[Town], today: date
) -> Iterator[tuple[int, Item]]:
    """Give as many activities as are needed, and single sessions of them from tomorrow on."""
    providers, activities = read_activities()
    n_activities = min(len(activities), max(1, n_sessions // 6))
    chosen = rng.sample(activities, k=n_activities)
    items: list[Item] = [
        providers[id_] for id_ in dict.fromkeys(each.provider_source_id for each in chosen)
    ]
    for activity in chosen:
        items.append(
            activity.model_copy(
                update={
                    "schedules": (),
                    "venue": _place(activity.venue, choose_place(rng, towns), towns[0]),
                }
            )
        )
    for number in range(n_sessions):
        day = today + timedelta(days=1 + rng.randrange(DAYS_AHEAD))
        first, last = AFTER_SCHOOL if day.weekday() < 5 else DAYTIME
        starts_at = datetime.combine(
            day, time(rng.randint(first, last), rng.choice((0, 15, 30, 45))), tzinfo=LONDON
        )
        items.append(
            SessionRecord(
                source_id=f"seeded-{number}",
                activity_source_id=chosen[number % n_activities].source_id,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=rng.choice((60, 90, 120, 180))),
                capacity=rng.randint(*CAPACITIES),
            )
        )
    yield from enumerate(items, start=1)


def _move_provider(provider: ProviderRecord, town: Town) -> ProviderRecord:
    return provider.model_copy(
        update={
            "source_id": _id_in(town, provider.source_id),
            "name": f"{provider.name}, {town.name}",
        }
    )


def _move_activity(
    activity: ActivityRecord, town: Town, place: dict[str, Any], *, days: int
) -> ActivityRecord:
    return activity.model_copy(
        update={
            "source_id": _id_in(town, activity.source_id),
            "provider_source_id": _id_in(town, activity.provider_source_id),
            "venue": _place(activity.venue, place, town),
            "schedules": tuple(_move_schedule(one, town, days) for one in activity.schedules),
        }
    )


def _place(venue: VenueRecord | None, place: dict[str, Any], town: Town) -> VenueRecord:
    name = venue.name if venue else ""
    return VenueRecord(name=name, address=town.name, **place)


def _move_schedule(schedule: ScheduleRecord, town: Town, days: int) -> ScheduleRecord:
    """Move a schedule by some days, within the weekend or within the week of school."""
    return schedule.model_copy(
        update={
            "source_id": _id_in(town, schedule.source_id),
            "byday": tuple(_move_day(code, days) for code in schedule.byday),
        }
    )


def _move_day(code: str, days: int) -> str:
    ordinal, day = code[:-2], WEEKDAYS.index(code[-2:])
    moved = (day + days) % 5 if day < 5 else 5 + (day - 5 + days) % 2
    return ordinal + WEEKDAYS[moved]


def _id_in(town: Town, source_id: str) -> str:
    return f"{town.name.lower()}/{source_id}"
