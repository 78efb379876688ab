"""What kinds of special educational needs go with which support needs, roughly as in schools.

The chances are plausible guesses, made so that needs come together as they do in life: a child
who needs a hoist also needs a wheelchair's way in, a changing place and personal care.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

# Of each need: the chance that it is essential, and else that it is helpful.
Chances = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Condition:
    """A SEN type, how common it is, and what comes with it."""

    code: str
    weight: float
    needs: Chances
    methods: Mapping[str, float] = field(default_factory=dict)


CONDITIONS: Final = (
    Condition(
        "ASD",
        30,
        {
            "autism_aware": (0.35, 0.5),
            "quiet_space": (0.2, 0.5),
            "low_sensory": (0.12, 0.4),
            "small_group": (0.15, 0.35),
            "secure_premises": (0.12, 0.15),
            "one_to_one": (0.18, 0.15),
            "positive_behaviour_support": (0.06, 0.12),
            "buddy": (0.0, 0.25),
        },
        {"pecs": 0.12, "makaton": 0.08, "symbols": 0.08},
    ),
    Condition(
        "SEMH",
        16,
        {
            "positive_behaviour_support": (0.2, 0.35),
            "quiet_space": (0.1, 0.35),
            "small_group": (0.1, 0.35),
            "buddy": (0.0, 0.35),
            "one_to_one": (0.08, 0.12),
        },
    ),
    Condition(
        "SLCN",
        15,
        {
            "makaton": (0.12, 0.3),
            "pecs": (0.05, 0.15),
            "easy_read": (0.0, 0.3),
            "small_group": (0.0, 0.25),
            "aac": (0.04, 0.06),
        },
        {"makaton": 0.35, "pecs": 0.15, "aac": 0.08},
    ),
    Condition(
        "MLD",
        14,
        {"easy_read": (0.05, 0.4), "buddy": (0.02, 0.35), "small_group": (0.05, 0.3)},
        {"makaton": 0.06},
    ),
    Condition(
        "SLD",
        8,
        {
            "one_to_one": (0.4, 0.25),
            "makaton": (0.3, 0.3),
            "personal_care": (0.3, 0.1),
            "secure_premises": (0.3, 0.25),
            "changing_places": (0.12, 0.12),
            "epilepsy_rescue": (0.12, 0.0),
            "small_group": (0.2, 0.4),
            "easy_read": (0.0, 0.3),
        },
        {"makaton": 0.55, "pecs": 0.2, "objects of reference": 0.1},
    ),
    Condition(
        "PD",
        7,
        {
            "wheelchair_access": (0.55, 0.15),
            "step_free": (0.5, 0.3),
            "accessible_toilet": (0.4, 0.3),
            "personal_care": (0.15, 0.1),
            "hoist": (0.1, 0.03),
            "specialist_bike": (0.0, 0.15),
            "accessible_transport": (0.1, 0.25),
            "assistance_dog": (0.03, 0.0),
        },
    ),
    Condition(
        "PMLD",
        4,
        {
            "wheelchair_access": (0.95, 0.05),
            "step_free": (0.8, 0.15),
            "hoist": (0.75, 0.1),
            "changing_places": (0.75, 0.15),
            "personal_care": (0.85, 0.1),
            "one_to_one": (0.7, 0.2),
            "two_to_one": (0.12, 0.05),
            "accessible_transport": (0.35, 0.4),
            "gastrostomy": (0.25, 0.0),
            "epilepsy_rescue": (0.3, 0.0),
            "suction_or_oxygen": (0.12, 0.0),
            "nurse": (0.15, 0.1),
            "quiet_space": (0.05, 0.4),
        },
        {"eye gaze": 0.2, "switches": 0.3, "objects of reference": 0.4, "aac": 0.15},
    ),
    Condition(
        "HI",
        4,
        {
            "hi_support": (0.5, 0.4),
            "bsl": (0.3, 0.2),
            "quiet_space": (0.0, 0.3),
        },
        {"bsl": 0.4, "lip reading": 0.3, "speech": 0.5},
    ),
    Condition(
        "VI",
        3,
        {
            "vi_support": (0.55, 0.4),
            "step_free": (0.1, 0.3),
            "one_to_one": (0.1, 0.15),
            "buddy": (0.02, 0.35),
            "assistance_dog": (0.06, 0.02),
        },
        {"braille": 0.15, "speech": 0.8},
    ),
    Condition("MSI", 1, {"vi_support": (0.6, 0.3), "hi_support": (0.6, 0.3), "nurse": (0.1, 0.1)}),
    Condition("SPLD", 6, {"easy_read": (0.03, 0.4)}),
)
# Whatever the condition.
ANYONE: Final[Chances] = {
    "medication": (0.06, 0.03),
    "allergy_aware": (0.05, 0.05),
    "epilepsy_rescue": (0.015, 0.0),
    "same_gender_staff": (0.015, 0.03),
    "family_stay": (0.01, 0.06),
}
NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "wheelchair_access": ("powered chair", "manual chair", "walks short distances"),
    "one_to_one": ("someone who knows them", "on the road and by water", "at meal times"),
    "personal_care": ("changing twice in a long session", "help in the toilet"),
    "epilepsy_rescue": ("buccal midazolam, plan on file",),
    "allergy_aware": ("nuts", "dairy", "latex", "egg"),
    "medication": ("at midday", "inhaler before exercise", "insulin"),
    "secure_premises": ("may run off",),
    "quiet_space": ("ear defenders help",),
}
# The chance of a second condition.
SECOND: Final = 0.28


def choose_conditions(rng: Random) -> list[Condition]:
    """Choose one or two conditions."""
    weights = [condition.weight for condition in CONDITIONS]
    chosen = rng.choices(CONDITIONS, weights, k=2 if rng.random() < SECOND else 1)
    return list(dict.fromkeys(chosen))


def choose_needs(
    rng: Random, conditions: list[Condition], *, language: str
) -> list[dict[str, Any]]:
    """Choose support needs that go with the conditions; of two chances the stronger counts."""
    needs: dict[str, str] = {}
    for chances in (*(condition.needs for condition in conditions), ANYONE):
        for code, (essential, helpful) in chances.items():
            draw = rng.random()
            if draw < essential:
                needs[code] = "essential"
            elif draw < essential + helpful:
                needs.setdefault(code, "helpful")
    if language != "en" and rng.random() < 0.5:
        needs.setdefault("interpreter", "helpful")
    if "two_to_one" in needs:
        needs.pop("one_to_one", None)
    found = []
    for code, importance in needs.items():
        need = {"code": code, "importance": importance}
        if code in NOTES and rng.random() < 0.4:
            need["note"] = rng.choice(NOTES[code])
        found.append(need)
    return found


def choose_methods(
    rng: Random, conditions: list[Condition], needs: list[dict[str, Any]]
) -> list[str]:
    """Choose how a child communicates; a method that is also a need is always among them."""
    methods = [
        method
        for condition in conditions
        for method, chance in condition.methods.items()
        if rng.random() < chance
    ]
    signed = [need["code"] for need in needs if need["code"] in ("makaton", "bsl", "pecs", "aac")]
    return list(dict.fromkeys([*signed, *methods])) or ["speech"]


def may_need_transport(needs: list[dict[str, Any]]) -> bool:
    """Tell whether a child has a need with which an ordinary car may not do."""
    return any(
        need["code"] in ("wheelchair_access", "hoist") and need["importance"] == "essential"
        for need in needs
    )
