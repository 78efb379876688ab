"""Invented families: who lives together, each child's profile, who is whose friend.

The same seed and day give the same families. Nobody here is a real person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any, Final

from app.clock import age_on
from app.codes import WEEKDAYS
from app.samples.conditions import (
    choose_conditions,
    choose_methods,
    choose_needs,
    may_need_transport,
)
from app.samples.homes import Town, choose_place
from app.samples.interests import choose_interests

GIRLS: Final = (
    *("Aisha", "Amelia", "Amina", "Ava", "Bella", "Charlotte", "Chloe", "Daisy", "Eleanor"),
    *("Ella", "Emily", "Evie", "Fatima", "Florence", "Freya", "Grace", "Hannah", "Harriet"),
    *("Holly", "Isla", "Ivy", "Jasmine", "Katie", "Lily", "Lucy", "Martha", "Megan", "Mia"),
    *("Molly", "Nadia", "Niamh", "Olivia", "Phoebe", "Poppy", "Priya", "Rosie", "Ruby", "Sana"),
    *("Sofia", "Sophie", "Summer", "Thea", "Willow", "Zara", "Zofia"),
)
BOYS: Final = (
    *("Adam", "Ahmed", "Alfie", "Archie", "Arjun", "Arthur", "Ben", "Callum", "Charlie", "Daniel"),
    *("Dylan", "Edward", "Elijah", "Ethan", "Finley", "Freddie", "George", "Hamza", "Harry"),
    *("Hassan", "Henry", "Isaac", "Jack", "Jacob", "Jakub", "Joshua", "Leo", "Liam", "Logan"),
    *("Lucas", "Mason", "Max", "Mohammed", "Noah", "Oliver", "Oscar", "Reuben", "Rohan", "Ryan"),
    *("Samuel", "Theo", "Thomas", "Tyler", "William", "Yusuf", "Zachary"),
)
EITHER: Final = ("Alex", "Charlie", "Frankie", "Jamie", "Jordan", "Riley", "Robin", "Sam")
# By whole years: most known to a short breaks service are of school age.
AGE_WEIGHTS: Final = (1, 1, 2, 3, 4, 7, 8, 9, 9, 10, 10, 10, 9, 9, 8, 7, 4, 3, 2)
HOUSEHOLD_SIZES: Final = ((1, 2, 3), (78, 18, 4))
LANGUAGES: Final = (("en", "ur", "pl", "pa", "bn", "ro", "ar"), (90, 3, 2, 2, 1, 1, 1))
MAX_KM: Final = ((None, 3.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0), (8, 6, 14, 20, 20, 18, 10, 4))
# The chance that two children of about the same age are friends.
FRIENDS: Final = 0.12
# Children make friends at school; so a school at a time can be recorded, friendships and all.
SCHOOL_SIZE: Final = 250
# How the free time of a week is spread: (any time, after school and weekends, weekends,
# Saturdays, after school).
FREE_TIMES: Final = (("any", "both", "weekend", "saturday", "school"), (22, 36, 22, 8, 12))


@dataclass(frozen=True)
class SampleChild:
    """A child: the profile without the ids, and the numbers of its friends in the list."""

    household: int
    profile: dict[str, Any]
    friends: tuple[int, ...] = field(default=())


def make_children(
    rng: Random, *, n_children: int, towns: Sequence[Town], today: date
) -> list[SampleChild]:
    """Make children, household by household."""
    children: list[SampleChild] = []
    household = 0
    while len(children) < n_children:
        size = rng.choices(*HOUSEHOLD_SIZES)[0]
        home = choose_place(rng, towns)
        language = rng.choices(*LANGUAGES)[0]
        for _ in range(min(size, n_children - len(children))):
            profile = make_profile(rng, home=home, language=language, today=today)
            children.append(SampleChild(household, profile))
        household += 1
    return befriend(rng, children)


def make_profile(
    rng: Random, *, home: dict[str, Any], language: str, today: date
) -> dict[str, Any]:
    """Make one child's profile."""
    years = rng.choices(range(len(AGE_WEIGHTS)), AGE_WEIGHTS)[0]
    born = today - timedelta(days=int(years * 365.25) + rng.randrange(1, 365))
    age_years = age_on(born, today)
    gender, names = rng.choices(
        (("male", BOYS), ("female", GIRLS), ("other", EITHER), (None, EITHER)), (58, 39, 1, 2)
    )[0]
    conditions = choose_conditions(rng)
    needs = choose_needs(rng, conditions, language=language)
    codes = [condition.code for condition in conditions]
    methods = choose_methods(rng, conditions, needs)
    speaks = "PMLD" not in codes and not (age_years < 8 and "SLD" in codes)
    contact = "child" if age_years >= 14 and speaks and rng.random() < 0.4 else "parent"
    return {
        "given_name": rng.choice(names),
        "date_of_birth": born,
        "gender": gender,
        "home": home,
        "travel": {
            "max_km": rng.choices(*MAX_KM)[0],
            "accessible_transport_only": may_need_transport(needs) and rng.random() < 0.35,
        },
        "communication": {"methods": methods, "contact": contact, "language": language},
        "interests": choose_interests(rng, age_years=age_years, speaks=speaks),
        "needs": needs,
        "availability": choose_free_time(rng, age_years=age_years),
        "sen_types": codes,
    }


def choose_free_time(rng: Random, *, age_years: int) -> list[dict[str, str]]:
    """Choose when a child can go; no window means any time."""
    kind = rng.choices(*FREE_TIMES)[0]
    if kind == "any":
        return []
    start, end = ("15:30", "18:30") if age_years < 12 else ("15:30", "20:30")
    if age_years < 5:
        start, end = "09:30", "14:30"
    windows = []
    if kind in ("both", "school"):
        days = sorted(rng.sample(range(5), k=rng.randrange(1, 6)))
        windows += [(WEEKDAYS[day], start, end) for day in days]
    if kind in ("both", "weekend", "saturday"):
        start, end = rng.choice((("09:00", "17:00"), ("10:00", "16:00"), ("09:00", "13:00")))
        windows.append(("saturday", start, end))
        if kind != "saturday":
            windows.append(("sunday", start, end))
    return [{"weekday": day, "start": opens, "end": closes} for day, opens, closes in windows]


def befriend(rng: Random, children: Sequence[SampleChild]) -> list[SampleChild]:
    """Make some children of about the same age in the same school friends of each other."""
    friends: dict[int, tuple[int, ...]] = {}
    for first in range(0, len(children), SCHOOL_SIZE):
        school = range(first, min(first + SCHOOL_SIZE, len(children)))
        by_age = sorted(school, key=lambda number: children[number].profile["date_of_birth"])
        for one, other in pairwise(by_age):
            apart = children[one].household != children[other].household
            if apart and rng.random() < FRIENDS:
                friends[one] = (*friends.get(one, ()), other)
                friends[other] = (*friends.get(other, ()), one)
    return [
        replace(child, friends=friends.get(number, ())) for number, child in enumerate(children)
    ]
