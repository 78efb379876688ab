"""Random small worlds, full of the dates and times that go wrong, drawn from a seeded generator."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from matching import (
    NEED_CODES,
    SETTINGS,
    VOICES,
    WEEKDAYS,
    ActivityRow,
    Booked,
    Catalogue,
    Child,
    Concept,
    Holdings,
    Interest,
    Live,
    Need,
    OfferRow,
    PolicyAges,
    Remaining,
    SessionRow,
    SupportService,
    Vocabulary,
    Window,
    build_catalogue,
)
from matching.codes import BREAK_TYPES

LONDON = ZoneInfo("Europe/London")

SMALL_VOCABULARY = Vocabulary(
    [
        Concept("animals", "Animals"),
        Concept("dogs", "Dogs", ("puppies",), ("animals",)),
        Concept("sport", "Sport", ("sports",)),
        Concept("ball_games", "Ball games", (), ("sport",)),
        Concept("football", "Football", ("footy",), ("ball_games",)),
        Concept("music", "Music"),
        Concept("swimming", "Swimming", ("swim",), ("sport",)),
    ]
)
# What a text names; the oracle reads this table and never the vocabulary's code.
TEXTS = {
    "dogs": "dogs",
    "puppies and fur": "dogs",
    "animals": "animals",
    "footy": "football",
    "sports": "sport",
    "swimming": "swimming",
    "music": "music",
    "zzyzx": None,
}
BROADER = {
    "dogs": ["animals"],
    "football": ["ball_games", "sport"],
    "ball_games": ["sport"],
    "swimming": ["sport"],
}

# Days around which the calendar turns: month and year ends, a leap day, both clock changes, and
# where the years of ISO weeks turn: 2026 has 53 of them, and the last day of 2029 is in 2030's.
TURNING_DAYS = [
    date(2026, 1, 31),
    date(2026, 3, 28),
    date(2026, 3, 29),
    date(2026, 6, 30),
    date(2026, 10, 24),
    date(2026, 10, 25),
    date(2026, 12, 31),
    date(2027, 1, 3),
    date(2027, 2, 28),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2029, 12, 31),
]
FEW_NEEDS = NEED_CODES[:8]


@dataclass
class World:
    """Rows of one authority and the counts that live beside them."""

    activities: list[ActivityRow]
    sessions: list[SessionRow]
    children: list[tuple[Child, Holdings]]
    now: datetime
    places_left: dict[UUID, int]
    limited_taken: dict[tuple[UUID, str], int]
    services: tuple[SupportService, ...]
    policies: tuple[PolicyAges, ...]
    vocabulary: Vocabulary = field(default=SMALL_VOCABULARY)

    def catalogue(self) -> Catalogue:
        return build_catalogue(self.activities, self.sessions, self.vocabulary)

    def live(self, catalogue: Catalogue) -> Live:
        taken = [
            (catalogue.session_index[session], NEED_CODES.index(need), count)
            for (session, need), count in self.limited_taken.items()
            if session in catalogue.session_index
        ]
        return Live(
            now=self.now,
            places_left=np.array([self.places_left[one] for one in catalogue.session_ids], int),
            limited_taken=np.array(taken, dtype=np.int64).reshape(-1, 3),
            services=self.services,
            policies=self.policies,
        )


def draw_uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128))


def draw_offers(rng: Random, count: int) -> tuple[OfferRow, ...]:
    offers = []
    for _ in range(count):
        need, kind = rng.choice(FEW_NEEDS), rng.choice(["provided", "limited", "on_request"])
        if kind == "limited":
            offers.append(OfferRow(need, kind, per_session=rng.randint(1, 3)))
        elif kind == "provided":
            offers.append(OfferRow(need))
        else:
            lead, cost = rng.choice([0, 1, 7, 14]), rng.choice([0, 2500, 4500])
            offers.append(OfferRow(need, kind, lead_days=lead, cost_pence=cost))
    return tuple(offers)


def draw_activity(rng: Random) -> ActivityRow:
    known = rng.random() < 0.85
    low = rng.choice([0, 0, 5, 8, 11])
    return ActivityRow(
        id=draw_uuid(rng),
        title=rng.choice(["Dog walking", "Football", "Swim", "Music", "Fun"]),
        description=rng.choice(["", "With puppies", "Splash and play", "Loud drums"]),
        latitude=53 + rng.uniform(-0.2, 0.2) if known else None,
        longitude=-2.2 + rng.uniform(-0.2, 0.2) if known else None,
        min_age=low,
        max_age=rng.choice([one for one in (5, 11, 16, 18, 18, 25) if one >= low]),
        gender=rng.choice([None, None, None, "female", "male"]),
        setting=rng.choice(SETTINGS),
        funding=rng.choice([("free",), ("contributory",), ("free", "contributory")]),
        break_type=rng.choice(BREAK_TYPES),
        price_pence=rng.choice([0, 500]),
        cost_pence=rng.choice([0, 400, 3000]),
        concepts=tuple(rng.sample([*SMALL_VOCABULARY.concepts, "unheard_of"], rng.randint(0, 2))),
        offers=draw_offers(rng, rng.randint(0, 6)),
    )


def draw_session(rng: Random, activities: list[ActivityRow]) -> SessionRow:
    day = rng.choice(TURNING_DAYS) + timedelta(days=rng.randint(-1, 1))
    minutes = rng.choice([0, 30, 60, 75, 90, 120, 540, 600, 780, 1080, 1320, 1380, 1435])
    starts = datetime.combine(day, time(minutes // 60, minutes % 60), LONDON)
    starts = starts.replace(fold=rng.randint(0, 1)).astimezone(UTC)
    lasts = rng.choice([15, 45, 60, 120, 180, 600, 720, 1440, 2000])
    return SessionRow(
        id=draw_uuid(rng),
        activity_id=rng.choice(activities).id,
        starts_at=starts.astimezone(rng.choice([UTC, LONDON])),
        ends_at=(starts + timedelta(minutes=lasts)).astimezone(rng.choice([UTC, LONDON])),
        cancelled=rng.random() < 0.05,
        offers=draw_offers(rng, rng.choice([0, 0, 1, 2])),
    )


def draw_windows(rng: Random) -> tuple[Window, ...]:
    if rng.random() < 0.4:
        return ()
    windows = []
    for weekday in WEEKDAYS:
        shape = rng.randint(0, 5)
        if shape == 0:
            windows.append(Window(weekday, time(0), time(23, 59)))
        elif shape == 1:
            windows += [Window(weekday, time(9), time(12)), Window(weekday, time(12), time(18))]
        elif shape == 2:
            windows += [Window(weekday, time(18), time(23, 59)), Window(weekday, time(0), time(2))]
        elif shape == 3:
            windows += [Window(weekday, time(9), time(11)), Window(weekday, time(10, 30), time(20))]
        elif shape == 4:
            # Ends within the hour that the clock repeats in autumn.
            windows.append(Window(weekday, time(0), time(1, 30)))
    rng.shuffle(windows)
    return tuple(windows)


def draw_born(rng: Random, sessions: list[SessionRow]) -> date:
    about = rng.choice(sessions).starts_at.date()
    years = rng.choice([0, 4, 5, 8, 11, 12, 16, 17, 18, 19])
    if rng.random() < 0.2:
        return rng.choice([date(2008, 2, 29), date(2012, 2, 29), date(2016, 2, 29)])
    shifted = about + timedelta(days=rng.choice([-200, -1, 0, 1, 30]))
    if (shifted.month, shifted.day) == (2, 29) and (shifted.year - years) % 4:
        return date(shifted.year - years, 3, 1)
    return shifted.replace(year=shifted.year - years)


def draw_child(rng: Random, sessions: list[SessionRow]) -> tuple[Child, Holdings]:
    known = rng.random() < 0.9
    child = Child(
        date_of_birth=draw_born(rng, sessions),
        gender=rng.choice([None, "female", "male", "other"]),
        latitude=53 + rng.uniform(-0.1, 0.1) if known else None,
        longitude=-2.2 + rng.uniform(-0.1, 0.1) if known else None,
        max_km=rng.choice([None, 5.0, 12.0, 40.0]),
        accessible_transport_only=rng.random() < 0.15,
        interests=tuple(
            Interest(
                rng.choice(list(TEXTS)),
                rng.choice(["love", "like", "curious", "dislike", "avoid", "avoid"]),
                rng.choice(VOICES),
            )
            for _ in range(rng.randint(0, 4))
        ),
        needs=tuple(
            Need(rng.choice(FEW_NEEDS), rng.choice(["essential", "helpful"]))
            for _ in range(rng.randint(0, 4))
        ),
        availability=draw_windows(rng),
        settings=tuple(rng.sample(SETTINGS, rng.randint(0, 2))),
        goals=("learn to swim",) if rng.random() < 0.3 else (),
    )
    booked = []
    for session in rng.sample(sessions, rng.randint(0, 2)):
        shift = timedelta(minutes=rng.choice([0, 30, -120, 700]))
        booked.append(Booked(session.starts_at + shift, session.ends_at + shift))
    months = sorted({one.starts_at.astimezone(LONDON).strftime("%Y-%m") for one in sessions})
    holdings = Holdings(
        booked=tuple(booked),
        visits={rng.choice(sessions).activity_id: rng.randint(0, 3)},
        friends={rng.choice(sessions).id: rng.randint(1, 2)},
        remaining={month: draw_remaining(rng) for month in months if rng.random() < 0.7},
    )
    return child, holdings


def draw_remaining(rng: Random) -> Remaining:
    remaining = Remaining(rng.choice([0, 1, None]), rng.choice([0, 1, None]))
    if rng.random() < 0.5:
        return remaining
    return replace(
        remaining,
        minutes=rng.choice([None, None, 60, 700]),
        nights=rng.choice([None, 0, 1]),
        pence=rng.choice([None, None, 0, 2500, 2750]),
        uncounted=tuple(rng.sample(BREAK_TYPES, rng.randint(0, 2))),
        contribution_pence=rng.choice([None, 0, 250, 900]),
    )


def draw_service(rng: Random, sessions: list[SessionRow]) -> SupportService:
    weeks = [one.starts_at.astimezone(LONDON).isocalendar() for one in rng.sample(sessions, 4)]
    return SupportService(
        need=rng.choice(FEW_NEEDS),
        lead_days=rng.choice([0, 2, 7]),
        cost_pence=rng.choice([0, 2500, 4500]),
        per_week=rng.choice([None, 0, 1, 2]),
        taken={year * 100 + week: rng.randint(0, 2) for year, week, _ in weeks},
    )


def draw_world(rng: Random, n_sessions: int = 60, n_children: int = 6) -> World:
    """Draw a world; the same state of `rng` gives the same world."""
    activities = [draw_activity(rng) for _ in range(12)]
    sessions = [draw_session(rng, activities) for _ in range(n_sessions)]
    # Now is often a whole number of days before some session, where lead times turn.
    now = rng.choice(sessions).starts_at.astimezone(UTC)
    now -= timedelta(days=rng.choice([0, 1, 2, 7, 14]))
    for at in range(0, n_sessions, 8):
        session = sessions[at]
        starts = now + timedelta(days=rng.choice([0, 1, 2, 7, 14]))
        ends = starts + (session.ends_at.astimezone(UTC) - session.starts_at.astimezone(UTC))
        sessions[at] = replace(session, starts_at=starts, ends_at=ends)
    taken = {
        (one.id, rng.choice(FEW_NEEDS)): rng.randint(1, 3)
        for one in rng.sample(sessions, len(sessions) // 3)
    }
    policies = rng.choice(
        [
            (PolicyAges(),),
            (PolicyAges(date(2026, 1, 1), 5, 17),),
            (PolicyAges(date(2026, 4, 1), 0, 18), PolicyAges(date(2026, 10, 25), 8, 16)),
        ]
    )
    return World(
        activities=activities,
        sessions=sessions,
        children=[draw_child(rng, sessions) for _ in range(n_children)],
        now=now,
        places_left={one.id: rng.choice([-1, 0, 1, 5, 5, 5, 5, 5]) for one in sessions},
        limited_taken=taken,
        services=tuple(draw_service(rng, sessions) for _ in range(rng.randint(0, 4))),
        policies=policies,
    )


def draw_easy_world(rng: Random, n_sessions: int = 60, n_children: int = 6) -> World:
    """Draw a world in which most sessions are open to every child but for its needs."""
    world = draw_world(rng, n_sessions, n_children)
    return replace(
        world,
        activities=[
            replace(one, min_age=0, max_age=18, gender=None, funding=("free", "contributory"))
            for one in world.activities
        ],
        children=[
            (
                replace(
                    child,
                    date_of_birth=date(2016, 1, 1),
                    availability=child.availability if rng.random() < 0.3 else (),
                    needs=child.needs[:2],
                    max_km=rng.choice([None, 40.0]),
                ),
                replace(holdings, booked=(), remaining={}),
            )
            for child, holdings in world.children
        ],
        now=datetime(2026, 1, 1, tzinfo=UTC),
        places_left=dict.fromkeys(world.places_left, 4),
        policies=(PolicyAges(),),
    )
