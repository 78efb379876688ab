"""How the words of published records map to needs, settings, kinds and break types.

Tables only, each row with its reason; `app.feeds.readers.wording` reads text with them. Open
Referral UK has no fields for these, so they are said in accessibility notes, taxonomy terms and
descriptions. Where the words leave doubt a need is not mapped: missing means not provided.
"""

import re
from dataclasses import dataclass

from app.codes import NeedCode


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a wording means, and why; the pattern is for text in lower case.

    Matching without regard to case takes five times as long, and feeds are long.
    """

    code: str
    pattern: re.Pattern[str]
    reason: str


def _table(*rows: tuple[str, str, str]) -> tuple[Phrase, ...]:
    return tuple(Phrase(code, re.compile(text), why) for code, text, why in rows)


NEED_PHRASES = _table(
    (
        "wheelchair_access",
        r"wheel ?chair[- ](?:accessible|friendly)(?! entrance)|wheel ?chair access(?!ible)\b"
        r"|accessible (?:to|for|by) wheel ?chair|wheel ?chairs? (?:users )?(?:are )?welcome",
        "said of the place as a whole; an entrance alone says nothing of what is behind it",
    ),
    (
        "step_free",
        r"step[- ]free|level access|\bno steps\b|ramped (?:access|entrance)"
        r"|building has (?:a )?lift|\blift (?:access|to all floors)"
        r"|wheel ?chair accessible entrance",
        "the way in, or between floors, has no step",
    ),
    ("hoist", r"\bhoists?\b", "ceiling, mobile and pool hoists are all hoists"),
    (
        "changing_places",
        r"changing places?\b",
        "the registered kind; 'changing facilities' may be for sports clothes or babies",
    ),
    (
        "accessible_toilet",
        r"(?:accessible|disabled|wheel ?chair) (?:toilets?|wcs?|loos?)\b",
        "the usual names of it",
    ),
    (
        "accessible_transport",
        r"(?:accessible|wheel ?chair|adapted) (?:transport|minibus|coach|bus|taxi)\b"
        r"|minibus with (?:a )?(?:tail )?lift",
        "transport is offered, not only a bus stop nearby",
    ),
    (
        "one_to_one",
        r"\b(?:one|1)[- ]?(?:to|:)[- ]?(?:one|1)\b",
        "one worker for one child",
    ),
    ("two_to_one", r"\b(?:two|2)[- ]?(?:to|:)[- ]?(?:one|1)\b", "two workers for one child"),
    (
        "small_group",
        r"\bsmall[- ](?:group|numbers)|\b(?:maximum|max\.?|up to|at most) (?:of )?"
        r"(?:[2-8]|two|three|four|five|six|seven|eight) (?:children|young people|places)",
        "eight or fewer, or called small",
    ),
    ("personal_care", r"\b(?:personal|intimate) care\b", "help with washing, changing, toilet"),
    (
        "medication",
        r"(?:administer|giv(?:e|ing)) (?:of )?medicat|medication (?:can be |is )?(?:given|admin)",
        "staff give medicine",
    ),
    (
        "epilepsy_rescue",
        r"\bbuccal|midazolam|epilepsy (?:trained|rescue)|seizure (?:trained|rescue)",
        "trained in rescue medicine, not merely aware",
    ),
    ("gastrostomy", r"\bgastrostomy|\bpeg[- ]f(?:eed|ed)|tube[- ]f(?:eed|ed)", "trained feeding"),
    ("suction_or_oxygen", r"\bsuction\b|\boxygen\b|tracheostomy", "respiratory support"),
    ("nurse", r"\bnurses?\b|\bnurse[- ]led", "a nurse is there; a nursery is another word"),
    ("allergy_aware", r"\ballergy[- ](?:aware|friendly)|\bnut[- ]free", "said by kitchens"),
    ("makaton", r"\bmakaton\b", "the sign system's own name"),
    ("bsl", r"\bbsl\b|british sign language", "the language's own name"),
    ("pecs", r"\bpecs\b|picture exchange", "the system's own name"),
    (
        "aac",
        r"\baac\b|\beye[- ]gaze|communication (?:aids?|devices?|switch)",
        "augmentative and alternative communication",
    ),
    (
        "interpreter",
        r"(?<!sign language )(?<!bsl )\binterpreters?\b",
        "of spoken languages; a sign language interpreter is BSL",
    ),
    ("easy_read", r"\beasy[- ]read\b", "the format's own name"),
    (
        "quiet_space",
        r"\b(?:quiet|calm|chill[- ]?out|time[- ]out) (?:room|space|area|corner|zone)s?\b",
        "somewhere to go when it is too much",
    ),
    (
        "low_sensory",
        r"\blow[- ]sensory|\bsensory[- ]friendly|\b(?:music|sound|volume|lights?)"
        r"(?: is| are| left)? (?:turned )?(?:off|down|low|lowered|dimmed|softened|halved)\b"
        r"|\bno music\b|autism[- ]friendly (?:hour|session|swim|cinema|screening)",
        "less sound or light than usual",
    ),
    (
        "positive_behaviour_support",
        r"positive behaviou?r support|\bpbs[- ]trained",
        "the approach's own name",
    ),
    (
        "secure_premises",
        r"\bsecure (?:site|premises|building|garden|grounds|outdoor)|\bfully (?:fenced|enclosed)",
        "a child cannot leave unseen",
    ),
    (
        "autism_aware",
        r"\bautism[- ](?:aware|friendly|trained|accredited)|\bfor autistic\b"
        r"|(?:trained|experienced|experience)[^.]{0,30} autis",
        "staff know autism",
    ),
    (
        "vi_support",
        r"\bbraille\b|\baudio[- ]descri|\bfor (?:partially sighted|blind|visually impaired)",
        "made for children who see little or nothing",
    ),
    (
        "hi_support",
        r"\b(?:hearing|induction) loops?\b|\bdeaf[- ](?:aware|friendly)",
        "made for children who hear little",
    ),
    ("assistance_dog", r"\b(?:assistance|guide|hearing) dogs?\b", "the dog may come in"),
    ("same_gender_staff", r"\bsame[- ](?:gender|sex) staff", "can be asked for"),
    (
        "specialist_bike",
        r"\b(?:trikes?|hand ?cycles?|adapted (?:bikes?|cycles?|cycling))\b",
        "cycles for those who cannot ride an ordinary one",
    ),
    (
        "family_stay",
        r"\b(?:parents?|carers?|famil(?:y|ies))(?: and carers?)? (?:can |may |must |to "
        r"|are welcome to |are asked to )?(?:stay|remain)\b|\bstay (?:and|&) play\b",
        "a parent may stay",
    ),
    ("buddy", r"\bbudd(?:y|ies)\b", "a helper of the child's own"),
)

NEED_TERMS: dict[str, tuple[NeedCode, str]] = {
    "autism": ("autism_aware", "Outpost: a SEND need that the service says it supports"),
    "visual impairment": ("vi_support", "Outpost and OpenActive accessibility support"),
    "hearing impairment": ("hi_support", "Outpost and OpenActive accessibility support"),
    "hoist": ("hoist", "Outpost accessibility"),
    "british sign language (bsl)": ("bsl", "Outpost accessibility"),
    "partial wheelchair access": ("step_free", "Outpost: part of it can be reached in a chair"),
}
"""Whole terms of council and OpenActive vocabularies that mean a need when they stand alone."""

NOT_INTERESTS = frozenset(
    {
        *("car parking", "disabled car parking space", "accessible parking", "parking nearby"),
        *("bus stop nearby", "baby changing facilities", "changing facilities"),
        *("physical impairment", "learning impairment", "mental health issues", "mobility"),
        *("visual and / or hearing impediment",),
        *("social or behavioural problems", "cognitive", "learning difficulties", "dementia"),
        *("physical disabilities", "older people", "mental health/acquired brain injury"),
        *(
            "activities for send",
            "send services",
            "things to do",
            "activities",
            "breaks and respite",
        ),
    }
)
"""Terms that are neither a need in our list nor something a child is interested in."""

NEGATIONS = re.compile(
    r"\b(?:no|not|without|isn'?t|aren'?t|don'?t|doesn'?t|cannot|can'?t|unable|lacks?|nor|never"
    r"|partial(?:ly)?|limited|sorry)\b",
    re.IGNORECASE,
)
UNAVAILABLE = re.compile(
    r"^[^,]{0,25}\b(?:un(?:available|suitable)|not (?:available|suitable|possible|provided))",
    re.IGNORECASE,
)
ON_REQUEST = re.compile(
    r"\b(?:on|upon|by) (?:request|arrangement|appointment)\b|\b(?:please|ask|tell|let|contact)\b"
    r"[^.]{0,40}\b(?:if you|need|require|us)\b|\bcan be (?:arranged|booked|requested|organised)\b"
    r"|\bin advance\b|\bwith notice\b|\bif (?:requested|required|needed)\b",
    re.IGNORECASE,
)

SETTINGS = _table(
    (
        "specialist",
        r"\bspecial school|complex needs|\b(?:only|exclusively) for (?:disabled|children with)"
        r"|\brespite\b|\bshort[- ]breaks?\b|profound|specialist (?:care|provision|setting)"
        r"|for children with (?:complex|severe|life[- ]limiting)",
        "run for disabled children alone",
    ),
    (
        "supported",
        r"\bsend\b|additional (?:support )?needs|\binclusive\b|\brelaxed\b|all abilities|disab"
        r"|mixed[- ]ability|\badapt(?:ed|ive)\b|autis|wheel ?chair|neurodiver|\bbudd(?:y|ies)\b"
        r"|down'?s syndrome|sensory",
        "open to others too, with support that is named",
    ),
)
"""The first that matches counts; without any it is `universal`."""

PROVIDER_KINDS = _table(
    ("special_school", r"\bspecial school|\bsen school", "named as one"),
    (
        "specialist",
        r"autis|disab|\bsend\b|respite|short breaks?|mencap|action for children|barnardo|hospice"
        r"|special needs|\bdeaf\b|\bblind\b|downs? syndrome",
        "charities and services for disabled children",
    ),
    (
        "universal_service",
        r"\bcouncil|\bleisure|\blibrar|\bmuseum|\btheatre|\bgaller|\bswimming pool|\bsports cent"
        r"|\bcity farm|\bcinema|\bfamily hub|\byouth service|\bcountry park|\bcollege",
        "open to every family, usually with staff and a building",
    ),
)
"""The first that matches counts; without any it is a `community_group`."""

BREAK_TYPES = _table(
    (
        "overnight",
        r"\bovernight|\bsleep[- ]?(?:over|out)|\bresidential|\bone[- ]night|\bweekend stays?",
        "a night away",
    ),
    (
        "family_based",
        r"\bfamily[- ]based|\bbefriend|\bshared lives|\bhost famil|\bfoster carer|sitting service",
        "with another family or one volunteer",
    ),
)
"""The first that matches counts; without any it is a group, specialist if the setting is."""

GENDERS = _table(
    ("female", r"\bgirls?[- ]only|\bfor girls (?:only|aged)|\bonly (?:for )?girls", "said so"),
    ("male", r"\bboys?[- ]only|\bfor boys (?:only|aged)|\bonly (?:for )?boys", "said so"),
)

BANK_HOLIDAYS_OUT = re.compile(
    r"(?:\bnot\b|\bclosed\b|\bexcept|\bexclud|\bexcl\b|\bapart from|\bother than|\bno sessions?"
    r"|\bdoes(?: not|n't))(?:(?!open)[^.;]){0,60}\b(?:bank|public)[- ]holidays?"
    r"|\b(?:bank|public)[- ]holidays?(?:(?!open)[^.,;]){0,30}(?:\bclosed\b|\bexcluded\b|\bnot\b)",
    re.IGNORECASE,
)
LAST_WEEK_OUT = re.compile(
    r"\b(?:51|fifty[- ]one) weeks|\b52nd week|(?:\bnot\b|\bclosed\b|\bexcept)"
    r"(?:(?!open)[^.;]){0,60}(?:between christmas and new year|christmas week)",
    re.IGNORECASE,
)
AGES = re.compile(
    r"\bage(?:s|d)?:? (?:of )?(\d{1,2})(?:-year-olds?)? ?(?:to|-|\u2013) ?(\d{1,2})\b",
    re.IGNORECASE,
)
PRICE = re.compile(r"\u00a3 ?(\d{1,4})(?:\.(\d{2}))?")
FREE = re.compile(
    r"\bfree of charge\b|^\s*free\b|\bno (?:charge|cost|fee)\b|\bfree (?:to|for|session|entry)",
    re.IGNORECASE,
)
