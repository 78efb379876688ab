"""Keeping the catalogue: who runs what, when, for whom."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as Transaction

from app import concepts as vocabulary
from app.access import audit
from app.access.caller import Caller
from app.catalogue import queries
from app.catalogue.documents import (
    activity_columns,
    activity_document,
    provider_document,
    read_activity,
    read_session,
    session_document,
)
from app.catalogue.errors import SourceIdTaken
from app.catalogue.filters import ActivityFilter, ProviderFilter, SessionFilter
from app.catalogue.models import Activity, Offer, Provider, Session
from app.catalogue.queries import Meaning, Row
from app.catalogue.schemas import (
    ActivityCreate,
    ActivityRead,
    ActivityUpdate,
    OfferCreate,
    ProviderCreate,
    ProviderUpdate,
    SessionCreate,
    SessionRead,
    SessionUpdate,
)
from app.errors import Invalid, NotFound
from app.etags import check_if_match
from app.ids import new_id
from app.merge_patch import apply_patch
from app.outbox.service import emit
from app.pagination import Page, PageRequest
from app.wire import Wire

CAPACITY_UNDER_TAKEN: Final = "capacity_under_taken"
TIME_OF_TAKEN_PLACES: Final = "time_of_taken_places"


def create_provider(
    session: Transaction, caller: Caller, body: ProviderCreate, *, now: datetime
) -> Provider:
    """Add a provider."""
    queries.raise_version(session)
    provider = Provider(**body.model_dump(), **_new(caller, now))
    session.add(provider)
    _write_down(session, caller, "provider.created", provider, now=now)
    return provider


def get_provider(session: Transaction, provider_id: UUID) -> Provider:
    """Read a provider."""
    return _get(session, Provider, provider_id)


def list_providers(
    session: Transaction, wanted: ProviderFilter, page: PageRequest
) -> Page[Provider]:
    """List providers."""
    return queries.list_providers(session, wanted, page)


def change_provider(
    session: Transaction,
    caller: Caller,
    provider_id: UUID,
    patch: ProviderUpdate,
    *,
    if_match: str,
    now: datetime,
) -> Provider:
    """Change a provider."""
    provider = _get_to_change(session, Provider, provider_id, if_match)
    body = apply_patch(ProviderCreate, provider_document(provider), _changes(patch))
    _set(provider, body.model_dump())
    _write_down(session, caller, "provider.updated", provider, now=now)
    return provider


def create_activity(
    session: Transaction, caller: Caller, body: ActivityCreate, *, now: datetime
) -> ActivityRead:
    """Add an activity of a provider."""
    queries.raise_version(session)
    _insist_on_provider(session, body.provider_id)
    activity = Activity(**activity_columns(body), **_new(caller, now))
    activity.concepts = choose_concepts(body.concepts, body.title, body.description)
    session.add(activity)
    offers = _add_offers(session, body.offers, activity.id, None)
    _write_down(session, caller, "activity.created", activity, now=now)
    return read_activity(activity, offers)


def get_activity(session: Transaction, activity_id: UUID) -> ActivityRead:
    """Read an activity with its offers."""
    activity = _get(session, Activity, activity_id)
    return read_activity(
        activity, queries.offers_of_activities(session, [activity_id])[activity_id]
    )


def list_activities(
    session: Transaction, wanted: ActivityFilter, page: PageRequest
) -> Page[ActivityRead]:
    """List activities with their offers."""
    found = queries.list_activities(session, wanted, meaning_of(wanted.interest), page)
    offers = queries.offers_of_activities(session, [activity.id for activity in found.items])
    items = [read_activity(activity, offers[activity.id]) for activity in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


def change_activity(
    session: Transaction,
    caller: Caller,
    activity_id: UUID,
    patch: ActivityUpdate,
    *,
    if_match: str,
    now: datetime,
) -> ActivityRead:
    """Change an activity; new words bring new concepts unless concepts were chosen by hand."""
    activity = _get_to_change(session, Activity, activity_id, if_match)
    offers = queries.offers_of_activities(session, [activity_id])[activity_id]
    recognised = choose_concepts([], activity.title, activity.description)
    document = activity_document(activity, offers)
    changes = _changes(patch)
    if "postcode" in (changes.get("venue") or {}) and document["venue"]:
        # The stored position is the old postcode's.
        document["venue"] |= {"latitude": None, "longitude": None}
    if activity.concepts == recognised:
        document["concepts"] = []
    body = apply_patch(ActivityCreate, document, changes)
    if body.provider_id != activity.provider_id:
        _insist_on_provider(session, body.provider_id)
    _set(activity, activity_columns(body))
    activity.concepts = choose_concepts(body.concepts, body.title, body.description)
    if "offers" in changes:
        queries.delete_offers(session, activity_id, None)
        offers = _add_offers(session, body.offers, activity_id, None)
    _write_down(session, caller, "activity.updated", activity, now=now)
    return read_activity(activity, offers)


def create_session(
    session: Transaction, caller: Caller, body: SessionCreate, *, now: datetime
) -> SessionRead:
    """Add a session of an activity."""
    queries.raise_version(session)
    if queries.find_row(session, Activity, body.activity_id, lock=False) is None:
        raise Invalid("activity_id", "unknown_activity", "There is no such activity")
    created = Session(**body.model_dump(exclude={"offers"}), **_new(caller, now), taken=0)
    session.add(created)
    offers = _add_offers(session, body.offers, created.activity_id, created.id)
    _write_down(session, caller, "session.created", created, now=now)
    return read_session(created, offers)


def get_session(session: Transaction, session_id: UUID) -> SessionRead:
    """Read a session with its own offers."""
    found = _get(session, Session, session_id)
    return read_session(found, queries.offers_of_sessions(session, [session_id])[session_id])


def list_sessions(
    session: Transaction, wanted: SessionFilter, page: PageRequest
) -> Page[SessionRead]:
    """List sessions with their own offers."""
    found = queries.list_sessions(session, wanted, meaning_of(wanted.interest), page)
    offers = queries.offers_of_sessions(session, [row.id for row in found.items])
    items = [read_session(row, offers[row.id]) for row in found.items]
    return Page(items=items, next_cursor=found.next_cursor)


def change_session(
    session: Transaction,
    caller: Caller,
    session_id: UUID,
    patch: SessionUpdate,
    *,
    if_match: str,
    now: datetime,
) -> SessionRead:
    """Change or cancel a session; taken places keep their number and their time."""
    changed = _get_to_change(session, Session, session_id, if_match)
    offers = queries.offers_of_sessions(session, [session_id])[session_id]
    document = session_document(changed, offers)
    changes = _changes(patch)
    body = apply_patch(SessionCreate, document, changes)
    if body.capacity < changed.taken:
        raise Invalid("capacity", CAPACITY_UNDER_TAKEN, "More places are taken than this")
    moved = (body.starts_at, body.ends_at) != (changed.starts_at, changed.ends_at)
    if moved and changed.taken:
        raise Invalid("starts_at", TIME_OF_TAKEN_PLACES, "Families have taken places at this time")
    cancelled = body.status == "cancelled" and changed.status == "scheduled"
    _set(changed, body.model_dump(exclude={"offers"}))
    if cancelled:
        changed.schedule_id = None
    if "offers" in changes:
        queries.delete_offers(session, changed.activity_id, session_id)
        offers = _add_offers(session, body.offers, changed.activity_id, session_id)
    event = "session.cancelled" if cancelled else "session.updated"
    _write_down(session, caller, event, changed, now=now)
    return read_session(changed, offers)


def choose_concepts(given: Iterable[str], title: str, description: str) -> list[str]:
    """Keep the concepts that the vocabulary knows, or else recognise some in the words."""
    known = [notation for notation in given if vocabulary.is_known(notation)]
    return known or vocabulary.recognise(f"{title}. {description}")


def meaning_of(interest: str | None) -> Meaning | None:
    """Read an interest: a concept with all it contains, or plain words."""
    if interest is None:
        return None
    named = [interest] if vocabulary.is_known(interest) else vocabulary.recognise(interest)
    return Meaning(vocabulary.vocabulary().with_narrower(named), interest)


def _get(session: Transaction, kind: type[Row], id_: UUID) -> Row:
    row = queries.find_row(session, kind, id_, lock=False)
    if row is None:
        raise NotFound
    return row


def _get_to_change(session: Transaction, kind: type[Row], id_: UUID, if_match: str) -> Row:
    # The version first: whoever else changes the catalogue then waits before locking any row.
    queries.raise_version(session)
    row = queries.find_row(session, kind, id_, lock=True)
    if row is None:
        raise NotFound
    check_if_match(if_match, row.version)
    row.version += 1
    return row


def _changes(patch: Wire) -> dict[str, Any]:
    return patch.model_dump(exclude_unset=True)


def _insist_on_provider(session: Transaction, provider_id: UUID) -> None:
    if queries.find_row(session, Provider, provider_id, lock=False) is None:
        raise Invalid("provider_id", "unknown_provider", "There is no such provider")


def _new(caller: Caller, now: datetime) -> dict[str, Any]:
    return {
        "authority_id": caller.tenant,
        "id": new_id(),
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def _set(row: Row, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _add_offers(
    session: Transaction,
    offers: Iterable[OfferCreate],
    activity_id: UUID,
    session_id: UUID | None,
) -> list[Offer]:
    added = [
        Offer(
            authority_id=session.info["authority_id"],
            id=new_id(),
            activity_id=activity_id,
            session_id=session_id,
            **offer.model_dump(),
        )
        for offer in offers
    ]
    # The parent first: there is no relationship from which the order could be told.
    _flush(session)
    session.add_all(added)
    return added


def _write_down(
    session: Transaction, caller: Caller, event: str, row: Row, *, now: datetime
) -> None:
    """Store the change, tell the outbox and the audit trail."""
    row.updated_at = now
    _flush(session)
    emit(session, event, row.id, sequence=row.version, now=now)
    audit.record(session, caller, event, now=now, object_id=row.id)


def _flush(session: Transaction) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        if constraint is not None and constraint.endswith("_source_id"):
            raise SourceIdTaken from None
        raise
