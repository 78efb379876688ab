"""The closed lists of the domain, in the order that bits and columns follow.

The position in `NEED_CODES` is a column of the offer tables, the position in
`BLOCKING_REASONS` is a bit of the blocking mask, the position in `FACTORS` is the order in which
reasons are listed.
"""

from __future__ import annotations

from typing import Final

NEED_CODES: Final[tuple[str, ...]] = (
    "wheelchair_access",
    "step_free",
    "hoist",
    "changing_places",
    "accessible_toilet",
    "accessible_transport",
    "one_to_one",
    "two_to_one",
    "small_group",
    "personal_care",
    "medication",
    "epilepsy_rescue",
    "gastrostomy",
    "suction_or_oxygen",
    "nurse",
    "allergy_aware",
    "makaton",
    "bsl",
    "pecs",
    "aac",
    "interpreter",
    "easy_read",
    "quiet_space",
    "low_sensory",
    "positive_behaviour_support",
    "secure_premises",
    "autism_aware",
    "vi_support",
    "hi_support",
    "assistance_dog",
    "same_gender_staff",
    "specialist_bike",
    "family_stay",
    "buddy",
)
NEED_INDEX: Final[dict[str, int]] = {code: index for index, code in enumerate(NEED_CODES)}

# How a need is named in a sentence: "... is provided".
NEED_LABELS: Final[tuple[str, ...]] = (
    "wheelchair access",
    "step-free access",
    "a hoist",
    "a Changing Places toilet",
    "an accessible toilet",
    "accessible transport",
    "a one-to-one worker",
    "a two-to-one team",
    "a small group",
    "personal care",
    "help with medication",
    "epilepsy rescue medication",
    "gastrostomy feeding",
    "suction or oxygen",
    "a nurse",
    "allergy awareness",
    "Makaton",
    "British Sign Language",
    "PECS",
    "AAC support",
    "an interpreter",
    "easy read information",
    "a quiet space",
    "a low-sensory setting",
    "positive behaviour support",
    "secure premises",
    "autism awareness",
    "vision support",
    "hearing support",
    "room for an assistance dog",
    "same-gender staff",
    "a specialist bike",
    "room for the family to stay",
    "a buddy",
)

BLOCKING_REASONS: Final[tuple[str, ...]] = (
    "age",
    "need",
    "distance",
    "time",
    "gender",
    "avoid",
    "full",
    "lead_time",
    "overlap",
    "entitlement",
    "cancelled",
    "past",
)
REASON_BIT: Final[dict[str, int]] = {
    reason: 1 << index for index, reason in enumerate(BLOCKING_REASONS)
}

FACTORS: Final[tuple[str, ...]] = (
    "base",
    "interest",
    "goal",
    "distance",
    "time",
    "support",
    "setting",
    "friends",
    "novelty",
)

SUPPORT_STATES: Final[tuple[str, ...]] = ("ready", "arrange", "blocked")
SETTINGS: Final[tuple[str, ...]] = ("specialist", "supported", "universal")
BREAK_TYPES: Final[tuple[str, ...]] = (
    "overnight",
    "family_based",
    "group_specialist",
    "group_universal",
)
FUNDINGS: Final[tuple[str, ...]] = ("free", "contributory")
OFFER_KINDS: Final[tuple[str, ...]] = ("provided", "limited", "on_request")
IMPORTANCES: Final[tuple[str, ...]] = ("essential", "helpful")
GENDERS: Final[tuple[str, ...]] = ("female", "male", "other")
FEELINGS: Final[tuple[str, ...]] = ("love", "like", "curious", "dislike", "avoid")
POSITIVE_FEELINGS: Final[tuple[str, ...]] = ("love", "like", "curious")
# The lowest voice first: the position is the rank that decides where voices disagree.
VOICES: Final[tuple[str, ...]] = ("observed", "professional", "parent", "child")
WEEKDAYS: Final[tuple[str, ...]] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
