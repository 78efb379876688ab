"""The closed lists of words that more than one room writes on the wire."""

from typing import Final, Literal, get_args

# In the order of the contract, which is also the order of matching's columns.
NeedCode = Literal[
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
]
# Who said it; where voices disagree the earlier one counts.
Voice = Literal["child", "parent", "professional", "observed"]
Feeling = Literal["love", "like", "curious", "dislike", "avoid"]
# The inclusion ladder, from its foot.
Setting = Literal["specialist", "supported", "universal"]
BreakType = Literal["overnight", "family_based", "group_specialist", "group_universal"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

NEED_CODES: Final[tuple[str, ...]] = get_args(NeedCode)
WEEKDAYS: Final[tuple[str, ...]] = get_args(Weekday)
