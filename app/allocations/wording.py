"""Why a child was not given a session, in a sentence or two."""

from collections.abc import Mapping
from typing import Any, Final

IMPOSSIBLE: Final = {
    "age": "it is for other ages",
    "need": "an essential need cannot be met there",
    "distance": "it is further away than the family travels",
    "time": "it is outside the hours that the family has named",
    "gender": "it is for other children",
    "avoid": "it is something the child avoids",
    "full": "every place had been taken before",
    "lead_time": "there was no time left to arrange the support",
    "overlap": "the child has another place at that time",
    "entitlement": "the entitlement of the month is used up",
    "cancelled": "it does not take place",
    "past": "it has begun",
    "other_place": "the child waits for it already, or has another place at that time",
    "sibling_missing": "a brother, sister or friend who was to come along could not",
}
AHEAD: Final = (
    ("longer_wait", "had waited longer"),
    ("wanted_more", "had it higher on their list, or it suits them better"),
    ("luckier", "were equal, and drawn earlier in the lottery"),
    ("needed_it", "could have had nothing else, so that more children have a place"),
)


def say_why(missed: Mapping[str, Any]) -> str:
    """Put a reason into words, with counts and without anybody."""
    if missed["cause"] == "not_possible":
        reasons = [IMPOSSIBLE[reason] for reason in missed["reasons"]]
        return f"This could not be given: {'; '.join(reasons)}."
    if missed["wanted"] is None:
        return "The support it needs was given to children who come first."
    wanted, places = missed["wanted"], missed["places"]
    what = "supported places" if missed["cause"] == "support" else "places"
    first = f"{wanted} children could have had one of {places} {what}."
    if missed["cause"] == "minimum":
        return f"{first} Too few could come for it to take place."
    if missed["cause"] == "together":
        return f"{first} There were not enough places side by side."
    got = [f"{missed[name]} {text}" for name, text in AHEAD if missed[name]]
    return f"{first} Of those who got one, {'; '.join(got)}." if got else first
