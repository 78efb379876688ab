"""Households, profiles and consents."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app import concepts
from app.access import audit
from app.access import service as access
from app.access.caller import Caller
from app.access.schemas import FamilyCodeRead
from app.children import queries
from app.children.models import (
    AvailabilityWindow,
    Child,
    Consent,
    Friendship,
    Household,
    Interest,
    Need,
)
from app.children.schemas import (
    ChildCreate,
    ChildRead,
    ChildUpdate,
    ConsentCreate,
    HouseholdCreate,
    HouseholdUpdate,
)
from app.clock import age_on, local_date
from app.codes import WEEKDAYS
from app.db import Base
from app.errors import Invalid, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit, emit_created
from app.pagination import Page, PageRequest

# Profiles are of people up to 18; some years are left for records of those who have grown up.
OLDEST_YEARS: Final = 30

# The lists of a profile, each in a table of its own.
PARTS: Final[dict[type[Base], str]] = {
    Interest: "interests",
    Need: "needs",
    AvailabilityWindow: "availability",
    Friendship: "friends",
}


def create_household(
    session: Session, caller: Caller, form: HouseholdCreate, *, now: datetime
) -> Household:
    """Record a family."""
    household = add_household(
        session, reference=form.reference, income_band=form.income_band, now=now
    )
    audit.record(session, caller, "household.create", now=now, object_id=household.id)
    return household


def add_household(
    session: Session, *, reference: str | None, now: datetime, income_band: str | None = None
) -> Household:
    """Record a family of the bound authority."""
    household = Household(
        authority_id=session.info["authority_id"],
        id=new_id(),
        reference=reference,
        income_band=income_band,
        version=1,
        created_at=now,
    )
    session.add(household)
    session.flush()
    return household


def add_households(
    session: Session, references: Sequence[str | None], *, now: datetime
) -> list[UUID]:
    """Record many families of the bound authority, in order."""
    keys = {"authority_id": session.info["authority_id"], "version": 1, "created_at": now}
    rows = [{**keys, "id": new_id(), "reference": reference} for reference in references]
    queries.insert_rows(session, {Household: rows})
    return [row["id"] for row in rows]


def get_household(
    session: Session, caller: Caller, household_id: UUID, *, lock: bool = False
) -> Household:
    """Get a household that is the caller's business."""
    household = queries.find_household(session, caller, household_id, lock=lock)
    if household is None:
        raise NotFound
    return household


def read_household(
    session: Session, caller: Caller, household_id: UUID, *, now: datetime
) -> Household:
    """Show a household that is the caller's business."""
    household = get_household(session, caller, household_id)
    audit.record(session, caller, "household.read", now=now, object_id=household.id)
    return household


def update_household(
    session: Session,
    caller: Caller,
    household_id: UUID,
    patch: HouseholdUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Household:
    """Change what is kept of a family; what is booked keeps its price."""
    household = get_household(session, caller, household_id, lock=True)
    check_if_match(if_match, household.version)
    stored = HouseholdCreate.model_validate(household, extra="ignore").model_dump()
    form = apply_patch(HouseholdCreate, stored, patch.model_dump(exclude_unset=True))
    household.reference, household.income_band = form.reference, form.income_band
    household.version += 1
    audit.record(session, caller, "household.update", now=now, object_id=household.id)
    return household


def invite_family(
    session: Session, caller: Caller, household_id: UUID, *, now: datetime
) -> FamilyCodeRead:
    """Make a one-time code with which a family app may act for a household."""
    household = get_household(session, caller, household_id)
    return access.invite_family(session, caller, household.id, now=now)


def create_child(session: Session, caller: Caller, form: ChildCreate, *, now: datetime) -> Child:
    """Record a child in a household of the caller's."""
    get_household(session, caller, form.household_id)
    [child_id] = create_children(session, [form], now=now)
    audit.record(session, caller, "child.create", now=now, child_ids=[child_id])
    return queries.reload_child(session, child_id)


def create_children(
    session: Session,
    forms: Sequence[ChildCreate],
    *,
    now: datetime,
    child_ids: Sequence[UUID] | None = None,
) -> list[UUID]:
    """Record many children in existing households of the bound authority, in order.

    With `child_ids` chosen by the caller, children of one batch can be each other's friends.
    """
    authority_id: UUID = session.info["authority_id"]
    ids = [new_id() for _ in forms] if child_ids is None else list(child_ids)
    rows: dict[type[Base], list[dict[str, Any]]] = {Child: [], **{table: [] for table in PARTS}}
    for child_id, form in zip(ids, forms, strict=True):
        check_date_of_birth(form, now=now)
        rows[Child].append(
            {
                "authority_id": authority_id,
                "id": child_id,
                "version": 1,
                "created_at": now,
                "updated_at": now,
                **child_columns(form),
            }
        )
        for table, part in part_rows(authority_id, child_id, form).items():
            rows[table].extend(part)
    known = queries.which_exist(session, {friend for form in forms for friend in form.friends})
    for child_id, form in zip(ids, forms, strict=True):
        check_friends(child_id, form, known.union(ids))
    queries.insert_rows(session, rows)
    emit_created(session, "child.created", ids, now=now, children=True)
    return ids


def get_child(session: Session, caller: Caller, child_id: UUID, *, lock: bool = False) -> Child:
    """Get a child that is the caller's business; the look at it is the caller's to record."""
    child = queries.find_child(session, caller, child_id, lock=lock)
    if child is None:
        raise NotFound
    return child


def read_child(session: Session, caller: Caller, child_id: UUID, *, now: datetime) -> Child:
    """Show a child's profile."""
    child = get_child(session, caller, child_id)
    audit.record(session, caller, "child.read", now=now, child_ids=[child.id])
    return child


def page_of_children(
    session: Session,
    caller: Caller,
    page: PageRequest,
    *,
    household_id: UUID | None,
    now: datetime,
) -> Page[Child]:
    """Show the profiles that are the caller's business."""
    found = queries.page_of_children(session, caller, page, household_id=household_id)
    audit.record(
        session, caller, "child.read", now=now, child_ids=[child.id for child in found.items]
    )
    return found


def update_child(
    session: Session,
    caller: Caller,
    child_id: UUID,
    patch: ChildUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Child:
    """Lay a merge patch over a child's profile."""
    child = get_child(session, caller, child_id, lock=True)
    check_if_match(if_match, child.version)
    stored = document_of(child)
    changes = patch.model_dump(exclude_unset=True)
    before = ChildCreate.model_validate(stored)
    after = apply_patch(ChildCreate, stored, with_position_of_postcode(changes))
    if after.date_of_birth != before.date_of_birth:
        check_date_of_birth(after, now=now)
    if after.friends != before.friends:
        check_friends(child.id, after, queries.which_exist(session, after.friends))
    for name, value in child_columns(after).items():
        setattr(child, name, value)
    child.version += 1
    child.updated_at = now
    session.flush()
    parts = part_rows(child.authority_id, child.id, after)
    for table, name in PARTS.items():
        if getattr(after, name) != getattr(before, name):
            queries.delete_part(session, table, child.id)
            queries.insert_rows(session, {table: parts[table]})
    emit(session, "child.updated", child.id, sequence=child.version, now=now, child_id=child.id)
    audit.record(session, caller, "child.update", now=now, child_ids=[child.id])
    return queries.reload_child(session, child.id)


def document_of(child: Child) -> dict[str, Any]:
    """Give a stored profile as the document that a client may send."""
    return ChildRead.model_validate(child).model_dump(include=set(ChildCreate.model_fields))


def with_position_of_postcode(changes: dict[str, Any]) -> dict[str, Any]:
    """Let a new postcode that comes without a position replace the old home's position."""
    home = changes.get("home")
    if not home or not home.get("postcode") or "latitude" in home or "longitude" in home:
        return changes
    return {**changes, "home": {**home, "latitude": None, "longitude": None}}


def check_date_of_birth(form: ChildCreate, *, now: datetime) -> None:
    """Refuse a date that no child or young person on record can have been born on."""
    today = local_date(now)
    if form.date_of_birth > today:
        raise Invalid("date_of_birth", "date_in_future", "The date is in the future")
    if age_on(form.date_of_birth, today) > OLDEST_YEARS:
        raise Invalid("date_of_birth", "date_too_early", f"The age is over {OLDEST_YEARS} years")


def check_friends(child_id: UUID, form: ChildCreate, known: set[UUID]) -> None:
    """Refuse friends that are not other children of the authority."""
    if child_id in form.friends or not known.issuperset(form.friends):
        raise Invalid("friends", "unknown_friend", "Each friend is another child on record")


def child_columns(form: ChildCreate) -> dict[str, Any]:
    """Lay a profile out as the columns of a child's row."""
    return {
        "household_id": form.household_id,
        "given_name": form.given_name,
        "date_of_birth": form.date_of_birth,
        "gender": form.gender,
        "home_postcode": form.home.postcode,
        "home_latitude": form.home.latitude,
        "home_longitude": form.home.longitude,
        "travel_max_km": form.travel.max_km,
        "accessible_transport_only": form.travel.accessible_transport_only,
        "communication_methods": form.communication.methods,
        "contact": form.communication.contact,
        "language": form.communication.language,
        "preferred_settings": form.preferences.settings,
        "sen_types": form.sen_types,
    }


def part_rows(
    authority_id: UUID, child_id: UUID, form: ChildCreate
) -> dict[type[Base], list[dict[str, Any]]]:
    """Lay the lists of a profile out as rows of their tables."""
    keys = {"authority_id": authority_id, "child_id": child_id}
    return {
        Interest: [
            {
                **keys,
                "id": new_id(),
                "position": position,
                **item.model_dump(),
                "phrases": concepts.encode(item.text),
                "encoder": concepts.encoder_version(),
            }
            for position, item in enumerate(form.interests)
        ],
        Need: [
            {**keys, "id": new_id(), "position": position, **item.model_dump()}
            for position, item in enumerate(form.needs)
        ],
        AvailabilityWindow: [
            {
                **keys,
                "id": new_id(),
                "weekday": WEEKDAYS.index(window.weekday),
                "starts": window.start,
                "ends": window.end,
            }
            for window in form.availability
        ],
        Friendship: [{**keys, "friend_id": friend_id} for friend_id in form.friends],
    }


def read_interests_again(session: Session, *, limit: int) -> int:
    """Read anew a batch of the texts that an older encoder read, and count them."""
    stale = queries.list_stale_interests(session, concepts.encoder_version(), limit=limit)
    for interest in stale:
        interest.phrases = concepts.encode(interest.text)
        interest.encoder = concepts.encoder_version()
    session.flush()
    return len(stale)


def record_consent(
    session: Session, caller: Caller, child_id: UUID, form: ConsentCreate, *, now: datetime
) -> Consent:
    """Write down a statement for or against a purpose."""
    child = get_child(session, caller, child_id)
    consent = Consent(
        authority_id=child.authority_id,
        id=new_id(),
        child_id=child.id,
        purpose=form.purpose,
        given=form.given,
        by_relation=form.by,
        wording=form.wording,
        recorded_by=caller.acting_as,
        recorded_at=now,
    )
    session.add(consent)
    emit(session, "consent.recorded", consent.id, sequence=1, now=now, child_id=child.id)
    audit.record(
        session, caller, "consent.create", now=now, object_id=consent.id, child_ids=[child.id]
    )
    return consent


def page_of_consents(
    session: Session, caller: Caller, child_id: UUID, page: PageRequest, *, now: datetime
) -> Page[Consent]:
    """Show what was said about a child's data, the oldest first."""
    child = get_child(session, caller, child_id)
    audit.record(session, caller, "consent.read", now=now, child_ids=[child.id])
    return queries.page_of_consents(session, child.id, page)


def consent_holds(session: Session, child_id: UUID, purpose: str) -> bool | None:
    """Tell whether a purpose is consented to; None where nothing was ever said."""
    return queries.newest_consent(session, child_id, purpose)


def who_consents(session: Session, child_ids: Collection[UUID], purpose: str) -> set[UUID]:
    """Tell for which of these children a purpose is consented to at this moment."""
    return queries.who_consents(session, child_ids, purpose)
