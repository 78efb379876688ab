"""The words of a brochure: codes, dates, times, ages and money as families say them."""

from datetime import datetime
from typing import Final

from app.clock import LONDON
from app.codes import BreakType, NeedCode, Setting

BREAK_TYPES: Final[dict[BreakType, str]] = {
    "overnight": "Overnight stays",
    "family_based": "Time with another family",
    "group_specialist": "Groups with specialist staff",
    "group_universal": "Groups that are open to everybody",
}
SETTINGS: Final[dict[Setting, str]] = {
    "specialist": "Only for disabled children and young people",
    "supported": "Open to everybody, with extra support",
    "universal": "Open to everybody",
}
GENDERS: Final = {"female": "Girls and young women", "male": "Boys and young men"}
KINDS: Final = {
    "provided": "is there",
    "limited": "is there, for a limited number of children",
    "on_request": "can be arranged",
}
# As a label, and in an easy sentence.
NEEDS: Final[dict[NeedCode, tuple[str, str]]] = {
    "wheelchair_access": ("Wheelchair access", "wheelchair access"),
    "step_free": ("Step-free access", "a way in with no steps"),
    "hoist": ("Hoist", "a hoist"),
    "changing_places": ("Changing Places toilet", "a Changing Places toilet"),
    "accessible_toilet": ("Accessible toilet", "an accessible toilet"),
    "accessible_transport": ("Accessible transport", "transport you can get into"),
    "one_to_one": ("One-to-one support", "a helper just for you"),
    "two_to_one": ("Two-to-one support", "two helpers just for you"),
    "small_group": ("Small group", "a small group"),
    "personal_care": ("Personal care", "help with washing and toilet"),
    "medication": ("Help with medication", "help with medicine"),
    "epilepsy_rescue": ("Epilepsy rescue medication", "help if you have a seizure"),
    "gastrostomy": ("Gastrostomy feeding", "help with tube feeding"),
    "suction_or_oxygen": ("Suction or oxygen", "help with oxygen or suction"),
    "nurse": ("Nurse on site", "a nurse"),
    "allergy_aware": ("Allergy awareness", "care with allergies"),
    "makaton": ("Makaton", "people who sign Makaton"),
    "bsl": ("British Sign Language", "people who use British Sign Language"),
    "pecs": ("Picture exchange (PECS)", "people who use picture cards"),
    "aac": ("Communication aids (AAC)", "people who know talking aids"),
    "interpreter": ("Interpreter", "a person who speaks your language"),
    "easy_read": ("Easy-read information", "easy to read words"),
    "quiet_space": ("Quiet space", "a quiet space"),
    "low_sensory": ("Low-sensory environment", "soft light and little noise"),
    "positive_behaviour_support": ("Positive behaviour support", "help when you are upset"),
    "secure_premises": ("Secure premises", "a place that is safe and closed"),
    "autism_aware": ("Autism-aware staff", "people who know about autism"),
    "vi_support": ("Support with vision", "help if you do not see well"),
    "hi_support": ("Support with hearing", "help if you do not hear well"),
    "assistance_dog": ("Assistance dogs welcome", "room for your assistance dog"),
    "same_gender_staff": ("Staff of the same gender", "a male or female helper"),
    "specialist_bike": ("Specialist bikes", "special bikes"),
    "family_stay": ("Family can stay", "room for your family to stay"),
    "buddy": ("Buddy", "a buddy"),
}
# Why a session is not in a child's own brochure.
BLOCKED: Final = {
    "age": "for another age",
    "need": "support that is needed cannot be given",
    "distance": "too far away",
    "time": "at a time that does not suit",
    "gender": "for girls only or for boys only",
    "avoid": "has something that the child wants to avoid",
    "full": "full",
    "lead_time": "too soon to arrange the support",
    "overlap": "at the same time as a booking",
    "entitlement": "no place is left in that month's allowance",
    "cancelled": "cancelled",
    "past": "over",
    "not_listed": "not on any more",
}


def day_of(moment: datetime) -> str:
    """Say a day: Saturday 3 April 2027."""
    local = moment.astimezone(LONDON)
    return f"{local:%A} {local.day} {local:%B %Y}"


def short_day_of(moment: datetime) -> str:
    """Say a day of a known year: Saturday 3 April."""
    return day_of(moment).rpartition(" ")[0]


def time_of(moment: datetime) -> str:
    """Say a time: 10am, 2:30pm, midday."""
    local = moment.astimezone(LONDON)
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'pm' if local.hour >= 12 else 'am'}"


def times_of(starts_at: datetime, ends_at: datetime) -> str:
    """Say from when to when; the last day is named where it is another one."""
    end = time_of(ends_at)
    if starts_at.astimezone(LONDON).date() != ends_at.astimezone(LONDON).date():
        end = f"{end} on {short_day_of(ends_at)}"
    return f"{time_of(starts_at)} to {end}"


def moment_of(moment: datetime) -> str:
    """Say a moment: 9am on Tuesday 2 March 2027."""
    return f"{time_of(moment)} on {day_of(moment)}"


def money_of(pence: int) -> str:
    """Say an amount: £5, £7.50."""
    pounds, rest = divmod(pence, 100)
    return f"£{pounds:,}.{rest:02d}" if rest else f"£{pounds:,}"


def count_of(number: int, one: str, many: str) -> str:
    """Say how many: 1 day, 2 days."""
    return f"{number:,} {one if number == 1 else many}"


def ages_of(min_age: int, max_age: int) -> str:
    """Say for which ages: 8 to 14, or 8."""
    return str(min_age) if min_age == max_age else f"{min_age} to {max_age}"


def cost_of(funding: list[str], price_pence: int) -> str:
    """Say what a place costs the family."""
    paid = money_of(price_pence)
    if "contributory" not in funding:
        return "Free"
    if "free" not in funding:
        return paid
    return f"Free, or {paid} if you have used your free place"
