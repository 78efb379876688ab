"""What a child may still book, and what it is allowed instead of the policy."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.authorities import service as authorities
from app.authorities.models import EntitlementPolicy
from app.bookings import counters, entitlement_queries, queries
from app.bookings.entitlement import SHOWN, Override, Terms, Used, shown_amount, terms_of
from app.bookings.entitlement_schemas import (
    Allowance,
    EntitlementRead,
    HoursAllowance,
    OverrideRead,
    OverridesWrite,
    OverrideWrite,
    YearRead,
)
from app.bookings.models import EntitlementOverride
from app.children import service as children
from app.clock import year_of
from app.ids import new_id
from app.outbox.service import emit
from app.pagination import Page, PageRequest

# The names of the wire, as they are stored.
STORED: Final = {shown: stored for stored, shown in SHOWN.items()}


def get_entitlement(
    session: Session, caller: Caller, child_id: UUID, month: str, *, now: datetime
) -> EntitlementRead:
    """Tell what a child the caller may see may still book in a month, and use in its year."""
    child = children.get_child(session, caller, child_id)
    audit.record(session, caller, "entitlement.read", now=now, child_ids=[child.id])
    return entitlement_of(
        month,
        authorities.list_policies(session),
        [as_override(row) for row in entitlement_queries.list_overrides(session, child.id)],
        counters.used_by(session, child.id, month, year_of(month)),
    )


def entitlement_of(
    month: str,
    policies: Sequence[EntitlementPolicy],
    overrides: Sequence[Override],
    used: Used,
) -> EntitlementRead:
    """Count what may still be booked in a month and used in its year."""
    # What a family pays is no part of this.
    terms = terms_of(month, policies, overrides, income_band=None)
    return EntitlementRead(
        month=month,
        free=Allowance(**_allowance(terms, "free", used)),
        contributory=Allowance(**_allowance(terms, "contributory", used)),
        year=YearRead(
            year=terms.year,
            hours=HoursAllowance(**_allowance(terms, "minutes", used)),
            nights=Allowance(**_allowance(terms, "nights", used)),
            money_pence=Allowance(**_allowance(terms, "pence", used)),
        ),
        uncounted_break_types=terms.policy.uncounted_break_types,
    )


def _allowance(terms: Terms, measure: str, used: Used) -> dict[str, Any]:
    amounts = {
        "allowed": terms.allowed[measure],
        "used": used.get((terms.period(measure), measure), 0),
        "remaining": terms.left(measure, used),
    }
    return {name: shown_amount(measure, amount) for name, amount in amounts.items()}


def as_override(row: EntitlementOverride) -> Override:
    """Leave of a stored override what decides."""
    return Override(row.measure, row.allowed, row.starts_on, row.ends_on)


def page_of_overrides(
    session: Session,
    caller: Caller,
    child_id: UUID,
    page: PageRequest,
    *,
    ended: bool,
    now: datetime,
) -> Page[OverrideRead]:
    """List the overrides of a child, those that were ended if asked for."""
    child = children.get_child(session, caller, child_id)
    audit.record(session, caller, "entitlement_override.list", now=now, child_ids=[child.id])
    found = entitlement_queries.page_of_overrides(session, child.id, page, ended=ended)
    return Page(items=[_shown(row) for row in found.items], next_cursor=found.next_cursor)


def replace_overrides(
    session: Session, caller: Caller, child_id: UUID, form: OverridesWrite, *, now: datetime
) -> Page[OverrideRead]:
    """Put a list of overrides in the place of those that hold; what is booked stays booked."""
    child = children.get_child(session, caller, child_id)
    # A booking sees the old list or the new one, and of two lists at once the later one holds.
    queries.lock_children(session, [child.id])
    held = entitlement_queries.list_overrides(session, child.id)
    wanted = [_columns(item) for item in form.items]
    kept = [{name: getattr(row, name) for name in OverrideWrite.model_fields} for row in held]
    if kept == wanted:
        return Page(items=[_shown(row) for row in held])
    for row in held:
        row.ended_at = now
        emit(
            session,
            "entitlement_override.ended",
            row.id,
            sequence=2,
            now=now,
            child_id=child.id,
        )
    made = [
        EntitlementOverride(
            authority_id=child.authority_id,
            id=id_,
            child_id=child.id,
            recorded_by=caller.acting_as,
            recorded_at=now,
            ended_at=None,
            **columns,
        )
        for id_, columns in zip(sorted(new_id() for _ in wanted), wanted, strict=True)
    ]
    session.add_all(made)
    for row in made:
        emit(
            session,
            "entitlement_override.recorded",
            row.id,
            sequence=1,
            now=now,
            child_id=child.id,
        )
    audit.record(session, caller, "entitlement_override.replace", now=now, child_ids=[child.id])
    return Page(items=[_shown(row) for row in made])


def _columns(item: OverrideWrite) -> dict[str, Any]:
    allowed = item.allowed
    if allowed is not None:
        allowed = round(allowed * 60) if item.measure == "hours" else round(allowed)
    return item.model_dump() | {
        "measure": STORED.get(item.measure, item.measure),
        "allowed": allowed,
    }


def _shown(row: EntitlementOverride) -> OverrideRead:
    columns = {name: getattr(row, name) for name in OverrideRead.model_fields}
    return OverrideRead(
        **columns
        | {
            "measure": SHOWN.get(row.measure, row.measure),
            "allowed": shown_amount(row.measure, row.allowed),
        }
    )
