"""What an import will do: the file's records against the rows that are there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session as Transaction

from app import concepts as vocabulary
from app.catalogue.bulk import Changes
from app.catalogue.documents import place_venue
from app.catalogue.models import Activity, Offer, Provider, Session
from app.catalogue.service import CAPACITY_UNDER_TAKEN, TIME_OF_TAKEN_PLACES, choose_concepts
from app.feeds import queries
from app.feeds.contents import Contents, Horizon
from app.feeds.records import ActivityRecord, OfferRecord, ProviderRecord, SessionRecord
from app.ids import new_id

Columns = dict[str, Any]

OFFER_FIELDS: Final = ("need", "kind", "per_session", "lead_days", "cost_pence")
SESSION_COLUMNS: Final = (
    *("source_id", "activity_id", "starts_at", "ends_at", "capacity", "status", "schedule_id"),
)
# A change of these is refused while places are taken.
TIME_FIELDS: Final = ("activity_id", "starts_at", "ends_at")


@dataclass
class Plan:
    """The changes of each kind, and how many rows already are as the file says."""

    providers: Changes = field(default_factory=Changes)
    activities: Changes = field(default_factory=Changes)
    sessions: Changes = field(default_factory=Changes)
    unchanged: dict[str, int] = field(default_factory=dict)

    def by_kind(self) -> Mapping[str, Changes]:
        """Give the changes under the names of their kinds."""
        return {
            "provider": self.providers,
            "activity": self.activities,
            "session": self.sessions,
        }


def make_plan(session: Transaction, contents: Contents, *, now: datetime, horizon: Horizon) -> Plan:
    """Compare the file with the catalogue in a fixed number of reads; refuse what cannot be."""
    plan = Plan()
    provider_ids = _plan_providers(session, contents, plan)
    known_activities = queries.find_by_source_id(
        session,
        Activity,
        {*contents.activities, *(s.activity_source_id for _, s in contents.sessions.values())},
    )
    known_sessions = queries.find_by_source_id(session, Session, contents.sessions.keys())
    offers = queries.offers_by_parent(
        session,
        [row.id for row in known_activities.values()],
        [row.id for row in known_sessions.values()],
    )
    activity_ids = _plan_activities(contents, plan, known_activities, offers, provider_ids)
    closed_from = _closed_activities(session, plan, known_activities)
    wanted = _plan_sessions(contents, plan, known_sessions, offers, activity_ids, closed_from)
    vanished = _find_vanished(session, contents, known_activities, now=now, horizon=horizon)
    _spare_taken_places(session, contents, plan, wanted, vanished)
    return plan


def _plan_providers(session: Transaction, contents: Contents, plan: Plan) -> dict[str, UUID]:
    named = {a.provider_source_id for _, a in contents.activities.values()}
    known = queries.find_by_source_id(session, Provider, {*contents.providers, *named})
    ids = {source_id: row.id for source_id, row in known.items()}
    for source_id, (_, record) in contents.providers.items():
        columns = _provider_columns(record)
        ids[source_id] = _put(plan, "providers", known.get(source_id), columns)
    return ids


def _plan_activities(
    contents: Contents,
    plan: Plan,
    known: Mapping[str, Activity],
    offers: Mapping[UUID, list[Offer]],
    provider_ids: Mapping[str, UUID],
) -> dict[str, UUID]:
    ids = {source_id: row.id for source_id, row in known.items()}
    for source_id, (number, record) in contents.activities.items():
        provider_id = provider_ids.get(record.provider_source_id)
        if provider_id is None:
            message = "Neither the file nor the catalogue has this provider."
            contents.refuse(number, "provider_source_id", "unknown_provider", message)
            continue
        row = known.get(source_id)
        columns = _activity_columns(record) | {"provider_id": provider_id}
        if record.cost_pence is None:
            columns["cost_pence"] = row.cost_pence if row else 0
        offered = _offers_differ(record.offers, offers.get(row.id, []) if row else [])
        id_ = _put(plan, "activities", row, columns, touched=offered)
        if offered:
            plan.activities.offers[id_] = _offer_rows(record.offers, id_, None)
        ids[source_id] = id_
    return ids


def _closed_activities(
    session: Transaction, plan: Plan, known: Mapping[str, Activity]
) -> dict[UUID, datetime]:
    """Find from when on activities are closed, by themselves or with their providers."""
    closed_providers = queries.list_closed_providers(session)
    provider_of = {row.id: row.provider_id for row in known.values()} | {
        row["id"]: row["provider_id"]
        for row in (*plan.activities.created, *plan.activities.updated)
    }
    closed = {row.id: row.closed_from for row in known.values() if row.closed_from is not None}
    for activity_id, provider_id in provider_of.items():
        with_provider = closed_providers.get(provider_id)
        if with_provider is not None:
            closed[activity_id] = min(with_provider, closed.get(activity_id, with_provider))
    return closed


def _plan_sessions(
    contents: Contents,
    plan: Plan,
    known: Mapping[str, Session],
    offers: Mapping[UUID, list[Offer]],
    activity_ids: Mapping[str, UUID],
    closed_from: Mapping[UUID, datetime],
) -> dict[UUID, tuple[int, Session]]:
    """Plan the sessions of the file; give the stored ones that it would change, with their rows."""
    changed: dict[UUID, tuple[int, Session]] = {}
    for source_id, (number, record) in contents.sessions.items():
        activity_id = activity_ids.get(record.activity_source_id)
        if activity_id is None:
            message = "Neither the file nor the catalogue has this activity."
            contents.refuse(number, "activity_source_id", "unknown_activity", message)
            continue
        row = known.get(source_id)
        columns = _session_columns(record, contents.schedule_of.get(source_id), row)
        columns["activity_id"] = activity_id
        closed = closed_from.get(activity_id)
        if row is None and closed is not None and columns["starts_at"] >= closed:
            # Kept as cancelled, so that the next import finds it and changes nothing.
            columns |= {"status": "cancelled", "schedule_id": None}
        offered = _offers_differ(record.offers, offers.get(row.id, []) if row else [])
        before = len(plan.sessions.updated)
        id_ = _put(plan, "sessions", row, columns, touched=offered)
        if offered:
            plan.sessions.offers[id_] = _offer_rows(record.offers, activity_id, id_)
        if row is not None and len(plan.sessions.updated) > before:
            changed[id_] = (number, row)
            if columns["status"] == "cancelled" and row.status == "scheduled":
                plan.sessions.cancelled.add(id_)
    return changed


def _find_vanished(
    session: Transaction,
    contents: Contents,
    known_activities: Mapping[str, Activity],
    *,
    now: datetime,
    horizon: Horizon,
) -> dict[UUID, tuple[int, Session]]:
    """Find future sessions whose schedule no longer has them, with the row of their activity."""
    rows = {
        known_activities[source_id].id: row
        for source_id, (row, _) in contents.activities.items()
        if source_id in known_activities
    }
    scheduled = queries.list_scheduled(session, rows.keys(), after=now, before=horizon.end)
    return {
        found.id: (rows[found.activity_id], found)
        for found in scheduled
        if found.source_id not in contents.sessions
    }


def _spare_taken_places(
    session: Transaction,
    contents: Contents,
    plan: Plan,
    changed: Mapping[UUID, tuple[int, Session]],
    vanished: Mapping[UUID, tuple[int, Session]],
) -> None:
    """Refuse what would break a booking; cancel what vanished unless places are taken."""
    updates = {row["id"]: row for row in plan.sessions.updated}
    risky = {
        id_
        for id_, (_, row) in changed.items()
        if updates[id_]["capacity"] < row.capacity or _moves(updates[id_], row)
    }
    taken = queries.lock_taken(session, {*risky, *vanished})
    refused: set[UUID] = set()
    for id_ in risky:
        number, row = changed[id_]
        if updates[id_]["capacity"] < taken.get(id_, 0):
            message = "More places are taken than this."
            contents.refuse(number, "capacity", CAPACITY_UNDER_TAKEN, message)
            refused.add(id_)
        if taken.get(id_, 0) and _moves(updates[id_], row):
            message = "Families have taken places at the time that is stored."
            contents.refuse(number, "starts_at", TIME_OF_TAKEN_PLACES, message)
            refused.add(id_)
    plan.sessions.updated = [row for row in plan.sessions.updated if row["id"] not in refused]
    plan.sessions.cancelled -= refused
    for id_ in refused:
        plan.sessions.offers.pop(id_, None)
    for id_, (number, row) in vanished.items():
        if taken.get(id_, 0):
            message = "A session that the schedule no longer has is left: places in it are taken."
            contents.warn(number, "schedules", "places_taken", message)
            continue
        plan.sessions.cancelled.add(id_)
        plan.sessions.updated.append(
            {**_stored(row, SESSION_COLUMNS), "status": "cancelled"}
            | {"id": id_, "version": row.version + 1}
        )


def _moves(columns: Mapping[str, Any], row: Session) -> bool:
    return any(columns[name] != getattr(row, name) for name in TIME_FIELDS)


def _put(
    plan: Plan,
    kind: str,
    row: Provider | Activity | Session | None,
    columns: Columns,
    *,
    touched: bool = False,
) -> UUID:
    """Plan one row: new, changed, or as it was."""
    changes: Changes = getattr(plan, kind)
    if row is None:
        id_ = new_id()
        changes.created.append({**columns, "id": id_})
        return id_
    if touched or columns != _stored(row, columns):
        changes.updated.append({**columns, "id": row.id, "version": row.version + 1})
    else:
        plan.unchanged[kind] = plan.unchanged.get(kind, 0) + 1
    return row.id


def _stored(row: object, names: Mapping[str, Any] | tuple[str, ...]) -> Columns:
    return {name: getattr(row, name) for name in names}


def _provider_columns(record: ProviderRecord) -> Columns:
    return {name: value or None for name, value in record.model_dump().items()}


def _activity_columns(record: ActivityRecord) -> Columns:
    venue = record.venue
    columns = record.model_dump(
        exclude={"provider_source_id", "venue", "concept_labels", "offers", "schedules"}
    )
    labelled = [one for label in record.concept_labels for one in vocabulary.recognise(label)]
    given = dict.fromkeys([*record.concepts, *record.concept_labels, *labelled])
    position = (
        place_venue(venue.postcode, venue.latitude, venue.longitude) if venue else (None, None)
    )
    return columns | {
        "funding": list(record.funding),
        "concepts": choose_concepts(given, record.title, record.description),
        "venue_name": (venue.name or None) if venue else None,
        "venue_address": (venue.address or None) if venue else None,
        "venue_postcode": venue.postcode if venue else None,
        "latitude": position[0],
        "longitude": position[1],
    }


def _session_columns(
    record: SessionRecord, schedule_id: str | None, row: Session | None
) -> Columns:
    columns = record.model_dump(exclude={"activity_source_id", "offers"})
    # In UTC, because an hour that the autumn change repeats equals no time of another zone.
    columns |= {
        "starts_at": record.starts_at.astimezone(UTC),
        "ends_at": record.ends_at.astimezone(UTC),
        "schedule_id": schedule_id,
    }
    if row is not None and row.status == "cancelled" and row.schedule_id is None:
        # A broker cancelled it: no feed brings it back.
        columns |= {"status": "cancelled", "schedule_id": None}
    return columns


def _offers_differ(wanted: tuple[OfferRecord, ...], stored: list[Offer]) -> bool:
    return {_terms(offer) for offer in wanted} != {_terms(offer) for offer in stored}


def _terms(offer: OfferRecord | Offer) -> tuple[Any, ...]:
    return tuple(getattr(offer, name) for name in OFFER_FIELDS)


def _offer_rows(
    offers: tuple[OfferRecord, ...], activity_id: UUID, session_id: UUID | None
) -> list[Mapping[str, Any]]:
    parents = {"activity_id": activity_id, "session_id": session_id}
    return [{**offer.model_dump(), **parents} for offer in offers]
