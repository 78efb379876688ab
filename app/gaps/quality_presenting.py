"""What is lacking, told in words and counts: by its kind, record by record, by provider."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.gaps import quality_schemas as wire
from app.gaps.quality import ISSUES, OF_CHILDREN, Issue, Lack, find_lacks
from app.gaps.warm import WarmMonths
from app.pagination import Page, PageRequest, decode_cursor, encode_cursor

T = TypeVar("T")
Key = tuple[Any, ...]

# What is lacking and what that means for matching; what its cost is counted in.
WORDS: Final[dict[Issue, tuple[str, str]]] = {
    "no_home_position": (
        "The home has no position: no distance can be judged, so nothing is too far.",
        "wants judged without a distance",
    ),
    "no_postcode": (
        "The home has no postcode: the child counts in no area.",
        "wants of an unknown area",
    ),
    "no_interests": (
        "Nothing is known that the child likes, and no wish is open: nothing can be missed.",
        "nothing that could be counted",
    ),
    "no_recognised_concept": (
        "A text names no concept: only its words are compared.",
        "unmet wants that no concept is known of",
    ),
    "no_venue_position": (
        "The venue has no position: no child's distance to it can be judged.",
        "sessions of the month",
    ),
    "no_concepts": (
        "It is about no concept: no interest or wish that names one finds it.",
        "sessions of the month",
    ),
    "no_offers": (
        "It says nothing of any need: children with an essential one are kept out.",
        "unmet wants that only one need keeps out",
    ),
    "need_not_told": (
        "It says nothing of needs that alone keep children out.",
        "unmet wants that only one such need keeps out",
    ),
    "no_age_limits": (
        "It is for every age from 0 to 18, as if nobody had said.",
        "sessions of the month",
    ),
    "no_price": ("A place with a contribution has no price.", "sessions of the month"),
}


def tell_quality(session: Session, warm: WarmMonths, month: str) -> wire.QualityRead:
    """Tell what is lacking by its kind, what costs most first."""
    facts, lacks = find_lacks(session, warm, month)
    of_issue: defaultdict[Issue, list[Lack]] = defaultdict(list)
    for lack in lacks:
        of_issue[lack.issue].append(lack)
    issues = [
        wire.IssueRead(
            issue=issue,
            subject=_subject(issue),
            text=WORDS[issue][0],
            records=len(of_issue[issue]),
            cost=sum(lack.cost for lack in of_issue[issue]),
            cost_of=WORDS[issue][1],
        )
        for issue in ISSUES
    ]
    return wire.QualityRead(
        month=month,
        judged_at=facts.built_at if facts.version else None,
        children=len({lack.id for lack in lacks if lack.issue in OF_CHILDREN}),
        activities=len({lack.id for lack in lacks if lack.issue not in OF_CHILDREN}),
        issues=sorted(issues, key=lambda one: (-one.cost, -one.records)),
    )


def page_of_lacks(
    session: Session,
    warm: WarmMonths,
    caller: Caller,
    month: str,
    page: PageRequest,
    *,
    issue: Issue | None,
    provider_id: UUID | None,
    now: datetime,
) -> Page[wire.LackRead]:
    """List what records lack, what costs most first; each child that is shown is written down."""
    _, lacks = find_lacks(session, warm, month)
    chosen = [
        lack
        for lack in lacks
        if (issue is None or lack.issue == issue)
        and (provider_id is None or lack.provider_id == provider_id)
    ]
    cut = _cut(chosen, page, lambda lack: lack.key, (int, str, UUID))
    children = sorted({lack.id for lack in cut.items if lack.issue in OF_CHILDREN})
    audit.record(session, caller, "gaps.quality", now=now, child_ids=children or [None])
    return Page(items=[_lack(one) for one in cut.items], next_cursor=cut.next_cursor)


def page_of_providers(
    session: Session, warm: WarmMonths, month: str, page: PageRequest
) -> Page[wire.ProviderQuality]:
    """List the providers whose activities lack anything, most of them first."""
    _, lacks = find_lacks(session, warm, month)
    of_provider: defaultdict[UUID, list[Lack]] = defaultdict(list)
    for lack in lacks:
        if lack.provider_id is not None:
            of_provider[lack.provider_id].append(lack)
    told = sorted((_provider(*one) for one in of_provider.items()), key=_provider_key)
    return _cut(told, page, _provider_key, (int, UUID))


def _provider_key(one: wire.ProviderQuality) -> Key:
    return -one.activities, one.provider_id


def _provider(provider_id: UUID, lacks: Sequence[Lack]) -> wire.ProviderQuality:
    of_issue: defaultdict[Issue, list[Lack]] = defaultdict(list)
    for lack in lacks:
        of_issue[lack.issue].append(lack)
    return wire.ProviderQuality(
        provider_id=provider_id,
        name=lacks[0].provider or "",
        link=f"/v1/providers/{provider_id}",
        activities=len({lack.id for lack in lacks}),
        issues=[
            wire.ProviderIssue(
                issue=issue,
                activities=len(of_issue[issue]),
                cost=sum(lack.cost for lack in of_issue[issue]),
                cost_of=WORDS[issue][1],
            )
            for issue in ISSUES
            if issue in of_issue
        ],
    )


def _lack(lack: Lack) -> wire.LackRead:
    subject = _subject(lack.issue)
    return wire.LackRead(
        issue=lack.issue,
        subject=subject,
        id=lack.id,
        link=f"/v1/{'children' if subject == 'child' else 'activities'}/{lack.id}",
        provider_id=lack.provider_id,
        needs=list(lack.needs),
        cost=lack.cost,
        cost_of=WORDS[lack.issue][1],
    )


def _subject(issue: Issue) -> wire.Subject:
    return "child" if issue in OF_CHILDREN else "activity"


def _cut(
    rows: Sequence[T], page: PageRequest, key_of: Callable[[T], Key], parsers: Sequence[Any]
) -> Page[T]:
    """Cut rows, which are in the order of their keys, to the page that is asked for."""
    if page.cursor is not None:
        after = tuple(decode_cursor(page.cursor, parsers))
        rows = [row for row in rows if key_of(row) > after]
    some = list(rows[: page.limit])
    more = len(rows) > len(some)
    cursor = encode_cursor(key_of(some[-1])) if more else None
    return Page[Any].model_construct(items=some, next_cursor=cursor)
