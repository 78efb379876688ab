"""Choosing: a child's ranked sessions, taken while the round's choices are open."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings import judging
from app.children.profiles import Profile, get_profile
from app.clock import month_of, months_of_quarter
from app.engine.warm import WarmCatalogues
from app.errors import Conflict, Invalid, NotFound, PreconditionRequired
from app.etags import check_if_match
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.rounds import queries
from app.rounds.choice_schemas import ChoiceRead, ChoicesForm, ChoicesRead, MonthChoices
from app.rounds.errors import ChoicesClosed, ChoicesNotOpen
from app.rounds.models import Choice, ChoiceLink, ChoiceList, Round
from app.rounds.service import get_round, status_at

# The ETag's number of a list that nobody has made yet.
NO_LIST = 0


def read_choices(
    session: Session, caller: Caller, round_id: UUID, child_id: UUID, *, now: datetime
) -> tuple[ChoicesRead, int]:
    """Show what was chosen for a child, and the number of that version."""
    child = get_profile(session, caller, child_id)
    row = get_round(session, caller, round_id)
    audit.record(session, caller, "choice.read", now=now, object_id=row.id, child_ids=[child.id])
    found = queries.find_list(session, row.id, child.id)
    if found is None:
        return _nothing_chosen(row, child.id), NO_LIST
    return _shown(session, row, [found])[0], found.version


def page_of_choices(
    session: Session, caller: Caller, round_id: UUID, page: PageRequest, *, now: datetime
) -> Page[ChoicesRead]:
    """Show what was chosen for the children that are the caller's business."""
    row = get_round(session, caller, round_id)
    found = queries.page_of_lists(session, caller, row.id, page)
    seen = [one.child_id for one in found.items]
    audit.record(session, caller, "choice.read", now=now, object_id=row.id, child_ids=seen)
    return Page(items=_shown(session, row, found.items), next_cursor=found.next_cursor)


def put_choices(
    session: Session,
    warm: WarmCatalogues,
    caller: Caller,
    round_id: UUID,
    child_id: UUID,
    form: ChoicesForm,
    *,
    if_match: str | None,
    now: datetime,
) -> tuple[ChoicesRead, int]:
    """Put a list in the place of what was chosen for a child before."""
    # Locked, so that two lists for one child follow one another.
    child = get_profile(session, caller, child_id, lock=True)
    row = _get_open_round(session, caller, round_id, now=now)
    found = queries.find_list(session, row.id, child.id)
    if found is not None and _says_the_same(found, form):
        # Sent again by somebody who did not hear the answer: their ETag may be the old one.
        return _shown(session, row, [found])[0], found.version
    _check_version(found, if_match)
    _check_choices(session, warm, row, child, form, now=now)
    found = _store(session, row, child, found, form, now=now)
    emit(session, "choices.changed", found.id, sequence=found.version, now=now, child_id=child.id)
    audit.record(session, caller, "choice.change", now=now, object_id=row.id, child_ids=[child.id])
    return _shown(session, row, [found])[0], found.version


def _get_open_round(session: Session, caller: Caller, round_id: UUID, *, now: datetime) -> Round:
    """Get a round whose choices are open, and hold it there while the list is written."""
    get_round(session, caller, round_id)
    row = queries.find_round(session, round_id, hold=True)
    if row is None:
        raise NotFound
    status = status_at(row, now)
    if status in ("draft", "published"):
        raise ChoicesNotOpen(
            "Come again then.", status=status, choices_open_at=row.choices_open_at.isoformat()
        )
    # An allocation that began since this call was sent has read all lists: none is added.
    if status != "choices_open" or row.announced == "choices_closed":
        raise ChoicesClosed(
            "What was chosen by then counts.",
            status=status,
            deadline=row.choices_close_at.isoformat(),
        )
    return row


def _check_version(found: ChoiceList | None, if_match: str | None) -> None:
    """Insist on If-Match where there is something to overwrite."""
    if if_match is not None:
        check_if_match(if_match, NO_LIST if found is None else found.version)
    elif found is not None:
        raise PreconditionRequired("Send the ETag that you read as If-Match.")


def _check_choices(
    session: Session,
    warm: WarmCatalogues,
    row: Round,
    child: Profile,
    form: ChoicesForm,
    *,
    now: datetime,
) -> None:
    """Hold each choice to the rules of a booking, except that full sessions may be chosen."""
    siblings = queries.siblings_of(session, child.household_id, child.id)
    chosen = [one.session_id for month in form.months for one in month.choices]
    known = queries.find_sessions(session, chosen)
    catalogue = warm.get(session, now=now)
    for place, month in enumerate(form.months):
        if month.month not in months_of_quarter(row.quarter):
            field = f"months.{place}.month"
            raise Invalid(field, "outside_quarter", f"The round is of {row.quarter}")
        for rank, one in enumerate(month.choices):
            field = f"months.{place}.choices.{rank}"
            if one.session_id not in known:
                raise Invalid(f"{field}.session_id", "not_found", "There is no such session")
            target, activity = known[one.session_id]
            _check_month(f"{field}.session_id", month_of(target.starts_at), month.month, row)
            if one.funding not in activity.funding:
                offered = ", ".join(activity.funding)
                rule = f"This activity can be booked as: {offered}"
                raise Invalid(f"{field}.funding", "funding_not_offered", rule)
            if not siblings.issuperset(one.siblings_together):
                rule = "Only other children of the household go together"
                raise Invalid(f"{field}.siblings_together", "not_a_sibling", rule)
            # The same answer whether or not there is such a child, and whoever names it.
            if not set(child.companions).difference(siblings).issuperset(one.buddies_together):
                rule = "Only friends who have named each other go together"
                raise Invalid(f"{field}.buddies_together", "not_a_friend", rule)
            try:
                # Nobody's consent to a booking is asked for yet: nothing is booked. What others
                # have taken does not count: the round gives it out.
                judging.judge(
                    session,
                    catalogue,
                    None,
                    child,
                    target,
                    activity,
                    funding=one.funding,
                    now=now,
                    may_wait=True,
                )
            except Conflict as refusal:
                refusal.facts["session_id"] = str(target.id)
                raise


def _check_month(field: str, starts_in: str, listed_in: str, row: Round) -> None:
    if starts_in not in months_of_quarter(row.quarter):
        raise Invalid(field, "outside_quarter", f"The round is of {row.quarter}")
    if starts_in != listed_in:
        raise Invalid(field, "other_month", f"This session is in {starts_in}")


def _store(
    session: Session,
    row: Round,
    child: Profile,
    found: ChoiceList | None,
    form: ChoicesForm,
    *,
    now: datetime,
) -> ChoiceList:
    if found is None:
        found = ChoiceList(
            authority_id=row.authority_id,
            id=new_id(),
            round_id=row.id,
            child_id=child.id,
            fill_in=form.fill_in,
            version=0,
            created_at=now,
            updated_at=now,
        )
        session.add(found)
    else:
        # Before the new ones come: two may not have one rank even for a moment.
        found.choices.clear()
    session.flush()
    found.fill_in = form.fill_in
    found.version += 1
    found.updated_at = now
    key = {"authority_id": row.authority_id}
    for month in sorted(form.months, key=lambda month: month.month):
        for rank, one in enumerate(month.choices, start=1):
            choice = Choice(
                **key,
                id=new_id(),
                list_id=found.id,
                month=month.month,
                rank=rank,
                session_id=one.session_id,
                funding=one.funding,
            )
            choice.links = [
                ChoiceLink(**key, choice_id=choice.id, sibling_id=sibling)
                for sibling in sorted({*one.siblings_together, *one.buddies_together})
            ]
            found.choices.append(choice)
    session.flush()
    return found


def _says_the_same(found: ChoiceList, form: ChoicesForm) -> bool:
    stored = [
        (one.month, one.session_id, one.funding, {link.sibling_id for link in one.links})
        for one in found.choices
    ]
    sent = [
        (
            month.month,
            one.session_id,
            one.funding,
            {*one.siblings_together, *one.buddies_together},
        )
        for month in sorted(form.months, key=lambda month: month.month)
        for one in month.choices
    ]
    return found.fill_in == form.fill_in and stored == sent


def _nothing_chosen(row: Round, child_id: UUID) -> ChoicesRead:
    return ChoicesRead(
        round_id=row.id,
        child_id=child_id,
        choices_close_at=row.choices_close_at,
        fill_in=True,
        months=[],
        updated_at=None,
    )


def _shown(session: Session, row: Round, lists: Sequence[ChoiceList]) -> list[ChoicesRead]:
    linked = {
        link.sibling_id for found in lists for choice in found.choices for link in choice.links
    }
    chosen = queries.who_chose(session, row.id, linked) if linked else {}
    households = queries.households_of(session, linked | {found.child_id for found in lists})
    return [
        ChoicesRead(
            round_id=row.id,
            child_id=found.child_id,
            choices_close_at=row.choices_close_at,
            fill_in=found.fill_in,
            months=[
                MonthChoices(
                    month=month,
                    choices=[_choice(one, found.child_id, chosen, households) for one in choices],
                )
                for month, choices in groupby(found.choices, key=lambda one: one.month)
            ],
            updated_at=found.updated_at,
        )
        for found in lists
    ]


def _choice(
    choice: Choice,
    child_id: UUID,
    chosen: Mapping[tuple[UUID, UUID], Collection[UUID]],
    households: Mapping[UUID, UUID],
) -> ChoiceRead:
    """Show a choice; who else `chosen` a session, and together with whom, is told of links only."""
    linked = [link.sibling_id for link in choice.links]
    siblings = [one for one in linked if households.get(one) == households[child_id]]
    buddies = [one for one in linked if one not in siblings]
    at = choice.session_id
    return ChoiceRead.model_validate(
        {
            "rank": choice.rank,
            "session_id": at,
            "funding": choice.funding,
            "siblings_together": siblings,
            "siblings_missing": [one for one in siblings if (one, at) not in chosen],
            "buddies_together": buddies,
            "buddies_missing": [
                one for one in buddies if child_id not in chosen.get((one, at), ())
            ],
        }
    )
