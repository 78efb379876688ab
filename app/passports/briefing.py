"""The briefing of a session: who comes, and just what that session needs to know of each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.access import audit
from app.access.caller import Caller
from app.bookings.models import Arrangement
from app.catalogue.models import Session as CatalogueSession
from app.children import keys
from app.children import service as children
from app.clock import age_on, local_date
from app.codes import NEED_CODES
from app.encryption import MasterKeys
from app.errors import Invalid, NotFound
from app.pagination import PageRequest, decode_cursor, encode_cursor
from app.passports import queries, sealing
from app.passports.errors import BriefingOver
from app.passports.models import TEXTS
from app.passports.schemas import (
    BriefedChild,
    BriefedNeed,
    BriefingRead,
    SupportRead,
    TaskRead,
)

# Two weeks for the register, feedback and anything that came up on the day; then it is history.
SHOWN_AFTER: Final = timedelta(days=14)
# The purpose for which a family lets a provider read the passport.
PURPOSE: Final = "sharing"
FIRM: Final = ("confirmed", "attended", "no_show")
# Who may come or has come: nobody else's passport is of use to whoever runs the session.
SHARED_WITH: Final = ("confirmed", "attended")
TRANSPORT: Final = "accessible_transport"

Coming = Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Support:
    """What meets the needs of everybody in one session."""

    # Need to the kind of the session's offer.
    offers: Mapping[str, str]
    # Booking and need to the task that was set for it.
    tasks: Mapping[tuple[UUID, str], Arrangement]
    # Child to needs with their importance.
    needs: Mapping[UUID, Mapping[str, str]]


def read_briefing(
    session: Session,
    masters: MasterKeys,
    caller: Caller,
    session_id: UUID,
    page: PageRequest,
    *,
    now: datetime,
) -> BriefingRead:
    """Tell who comes to a session; as many statements for one child as for two hundred."""
    target = queries.find_session(session, caller, session_id)
    if target is None:
        raise NotFound
    shown_until = target.ends_at + SHOWN_AFTER
    if now > shown_until:
        raise BriefingOver(shown_until=shown_until.isoformat())
    coming = queries.list_coming(
        session,
        target.id,
        firm=FIRM,
        now=now,
        after=_read_cursor(session, target.id, page.cursor),
        limit=page.limit + 1,
    )
    shown = coming[: page.limit]
    child_ids = [row.child_id for row in shown]
    support = _read_support(session, target, shown)
    consenting = children.who_consents(session, child_ids, PURPOSE)
    passports = _open_passports(
        session, masters, [row for row in shown if _passport_kept_back(row, consenting) is None]
    )
    audit.record(
        session, caller, "briefing.read", now=now, object_id=target.id, child_ids=child_ids
    )
    return BriefingRead(
        session_id=target.id,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        shown_until=shown_until,
        items=[_brief(target, row, support, consenting, passports) for row in shown],
        next_cursor=encode_cursor([shown[-1].id]) if len(coming) > len(shown) else None,
    )


def _read_cursor(session: Session, session_id: UUID, cursor: str | None) -> tuple[str, UUID] | None:
    """Find where a page begins; the cursor is part of a URL, so it holds an id and no name."""
    if cursor is None:
        return None
    place = queries.find_place_in_list(session, session_id, decode_cursor(cursor, [UUID])[0])
    if place is None:
        raise Invalid("cursor", "cursor", "Not a cursor that this list gave out")
    return place


def _read_support(session: Session, target: CatalogueSession, shown: Sequence[Coming]) -> Support:
    needs: dict[UUID, dict[str, str]] = {
        row.child_id: {TRANSPORT: "essential"} if row.accessible_transport_only else {}
        for row in shown
    }
    for child_id, code, importance in queries.list_needs(session, list(needs)):
        # Who can only come by accessible transport needs it, whatever else was said of it.
        needs[child_id].setdefault(code, importance)
    tasks = queries.list_tasks(session, [row.id for row in shown])
    return Support(
        offers=queries.offered_kinds(session, target),
        tasks={(task.booking_id, task.need): task for task in tasks},
        needs=needs,
    )


def _passport_kept_back(row: Coming, consenting: Collection[UUID]) -> str | None:
    """Say why the passport of a child is not for the provider, if there is a reason."""
    if row.status not in SHARED_WITH:
        return "place_not_firm" if row.status == "held" else "did_not_come"
    return None if row.child_id in consenting else "no_consent"


def _open_passports(
    session: Session, masters: MasterKeys, shared: Sequence[Coming]
) -> dict[UUID, SupportRead]:
    child_ids = [row.child_id for row in shared]
    unwrapped = keys.find_keys(session, masters, child_ids)
    return {
        row.child_id: SupportRead.model_validate(
            sealing.open_texts(row, unwrapped.get(row.child_id), TEXTS)
        )
        for row in queries.newest_versions(session, child_ids)
    }


def _brief(
    target: CatalogueSession,
    row: Coming,
    support: Support,
    consenting: Collection[UUID],
    passports: Mapping[UUID, SupportRead],
) -> BriefedChild:
    passport = passports.get(row.child_id)
    kept_back = _passport_kept_back(row, consenting)
    return BriefedChild.model_validate(
        {
            "booking_id": row.id,
            "status": row.status,
            "given_name": row.given_name,
            "age_years": age_on(row.date_of_birth, local_date(target.starts_at)),
            "communication": {
                "methods": row.communication_methods,
                "contact": row.contact,
                "language": row.language,
            },
            "family_stays": row.family_stays,
            "needs": _needs_that_matter(row, support),
            "passport": passport,
            "passport_absent": kept_back or (None if passport else "none_written"),
        }
    )


def _needs_that_matter(row: Coming, support: Support) -> list[BriefedNeed]:
    """List what the child cannot do without, and what only helps where the session has it."""
    mine = support.needs[row.child_id]
    found = []
    for need in sorted(mine, key=NEED_CODES.index):
        task = support.tasks.get((row.id, need))
        if task is not None:
            met_by = "arranged"
        elif need in row.limited_needs:
            met_by = "limited"
        elif support.offers.get(need) == "provided":
            met_by = "provided"
        elif mine[need] == "essential":
            met_by = "unmet"
        else:
            continue
        found.append(
            BriefedNeed.model_validate(
                {
                    "need": need,
                    "importance": mine[need],
                    "met_by": met_by,
                    "arrangement": task and TaskRead.model_validate(task),
                }
            )
        )
    return found
