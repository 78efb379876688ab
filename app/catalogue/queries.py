"""Reads of the catalogue room, and the version that moves with its writes.

Every statement names the tenant besides what row-level security adds: the planner then starts from
an index that begins with it. (Under row-level security PostgreSQL does not use an index for `@@`
or `?|`, as those might leak; they are checked on the tenant's own activities only.)
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    cast,
    delete,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session as Transaction

from app.catalogue.filters import ActivityFilter, ProviderFilter, SessionFilter
from app.catalogue.models import Activity, CatalogueVersion, Offer, Provider, Session
from app.codes import WEEKDAYS
from app.pagination import Page, PageRequest, fetch_page

EARTH_RADIUS_KM: Final = 6371.0088
KM_PER_DEGREE: Final = EARTH_RADIUS_KM * math.pi / 180

Row = TypeVar("Row", Provider, Activity, Session)


@dataclass(frozen=True)
class Meaning:
    """What an interest asks for: any of these concepts, or else these words."""

    concepts: Collection[str]
    words: str


def raise_version(session: Transaction, *, by: int = 1) -> int:
    """Move the catalogue's version; changes of one catalogue wait here for each other."""
    statement = insert(CatalogueVersion).values(
        authority_id=session.info["authority_id"], version=by
    )
    version = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[CatalogueVersion.authority_id],
            set_={"version": CatalogueVersion.version + statement.excluded.version},
        ).returning(CatalogueVersion.version)
    )
    return version or 0


def find_row(session: Transaction, kind: type[Row], id_: UUID, *, lock: bool) -> Row | None:
    """Find one provider, activity or session of the tenant."""
    statement = select(kind).where(
        kind.authority_id == session.info["authority_id"], kind.id == id_
    )
    return session.scalar(statement.with_for_update() if lock else statement)


def lock_scheduled(
    session: Transaction, target: Provider | Activity | Session, *, starts_from: datetime
) -> list[UUID]:
    """Find what is scheduled of a provider, an activity or a session from a moment on; lock it."""
    statement = select(Session.id).where(
        Session.authority_id == session.info["authority_id"],
        Session.status == "scheduled",
        Session.starts_at >= starts_from,
    )
    if isinstance(target, Session):
        statement = statement.where(Session.id == target.id)
    elif isinstance(target, Activity):
        statement = statement.where(Session.activity_id == target.id)
    else:
        of_provider = select(Activity.id).where(
            Activity.authority_id == session.info["authority_id"],
            Activity.provider_id == target.id,
        )
        statement = statement.where(Session.activity_id.in_(of_provider))
    return list(session.scalars(statement.order_by(Session.id).with_for_update(of=Session)))


def offers_of_activities(
    session: Transaction, activity_ids: Collection[UUID]
) -> dict[UUID, list[Offer]]:
    """Read the offers that hold for every session of these activities, by activity."""
    rows = session.scalars(
        select(Offer)
        .where(
            Offer.authority_id == session.info["authority_id"],
            Offer.activity_id.in_(activity_ids),
            Offer.session_id.is_(None),
        )
        .order_by(Offer.id)
    )
    offers: dict[UUID, list[Offer]] = {id_: [] for id_ in activity_ids}
    for offer in rows:
        offers[offer.activity_id].append(offer)
    return offers


def offers_of_sessions(
    session: Transaction, session_ids: Collection[UUID]
) -> dict[UUID, list[Offer]]:
    """Read the offers of these sessions alone, by session."""
    rows = session.scalars(
        select(Offer)
        .where(
            Offer.authority_id == session.info["authority_id"], Offer.session_id.in_(session_ids)
        )
        .order_by(Offer.id)
    )
    offers: dict[UUID, list[Offer]] = {id_: [] for id_ in session_ids}
    for offer in rows:
        if offer.session_id is not None:
            offers[offer.session_id].append(offer)
    return offers


def delete_offers(session: Transaction, activity_id: UUID, session_id: UUID | None) -> None:
    """Delete the offers of an activity, or those of one session alone."""
    session.execute(
        delete(Offer).where(
            Offer.authority_id == session.info["authority_id"],
            Offer.activity_id == activity_id,
            Offer.session_id.is_(None) if session_id is None else Offer.session_id == session_id,
        )
    )


def list_providers(
    session: Transaction, wanted: ProviderFilter, page: PageRequest
) -> Page[Provider]:
    """List providers by id."""
    statement = select(Provider).where(Provider.authority_id == session.info["authority_id"])
    if wanted.q is not None:
        words = func.to_tsvector(
            "english", Provider.name + " " + func.coalesce(Provider.description, "")
        )
        statement = statement.where(_says(words, wanted.q))
    return fetch_page(
        session,
        statement,
        page,
        keys=[Provider.id],
        parsers=[UUID],
        key_of=lambda provider: [provider.id],
    )


def list_activities(
    session: Transaction, wanted: ActivityFilter, meaning: Meaning | None, page: PageRequest
) -> Page[Activity]:
    """List activities by id."""
    statement = select(Activity).where(
        Activity.authority_id == session.info["authority_id"],
        *_of_activity(wanted, meaning),
    )
    if wanted.need is not None:
        statement = statement.where(_offers_need(wanted.need, Offer.session_id.is_(None)))
    return fetch_page(
        session,
        statement,
        page,
        keys=[Activity.id],
        parsers=[UUID],
        key_of=lambda activity: [activity.id],
    )


def list_sessions(
    session: Transaction, wanted: SessionFilter, meaning: Meaning | None, page: PageRequest
) -> Page[Session]:
    """List sessions by when they start."""
    statement = select(Session).where(
        Session.authority_id == session.info["authority_id"], *_of_session(wanted)
    )
    about = list(_of_activity(wanted, meaning))
    if wanted.need is not None:
        of_all = Offer.session_id.is_(None)
        about.append(_offers_need(wanted.need, or_(of_all, Offer.session_id == Session.id)))
    if about:
        same = and_(
            Activity.authority_id == Session.authority_id, Activity.id == Session.activity_id
        )
        statement = statement.join(Activity, same).where(*about)
    return fetch_page(
        session,
        statement,
        page,
        keys=[Session.starts_at, Session.id],
        parsers=[_read_moment, UUID],
        key_of=lambda found: [found.starts_at, found.id],
    )


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    return moment


def _of_session(wanted: SessionFilter) -> Iterable[ColumnElement[bool]]:
    if wanted.activity_id is not None:
        yield Session.activity_id == wanted.activity_id
    if wanted.starts_from is not None:
        yield Session.starts_at >= wanted.starts_from
    if wanted.starts_before is not None:
        yield Session.starts_at < wanted.starts_before
    if wanted.weekday is not None:
        local = func.timezone("Europe/London", Session.starts_at)
        yield extract("isodow", local) == WEEKDAYS.index(wanted.weekday) + 1
    if wanted.has_places is not None:
        open_ = and_(Session.status == "scheduled", Session.taken < Session.capacity)
        yield open_ if wanted.has_places else ~open_


def _of_activity(wanted: ActivityFilter, meaning: Meaning | None) -> Iterable[ColumnElement[bool]]:
    if wanted.q is not None:
        yield _says(Activity.words, wanted.q)
    if meaning is not None:
        yield _means(meaning)
    if wanted.age is not None:
        yield literal(wanted.age).between(Activity.min_age, Activity.max_age)
    if wanted.setting is not None:
        yield Activity.setting == wanted.setting
    if wanted.break_type is not None:
        yield Activity.break_type == wanted.break_type
    if wanted.funding is not None:
        yield Activity.funding.bool_op("@>")(literal([wanted.funding], JSONB))
    if wanted.provider_id is not None:
        yield Activity.provider_id == wanted.provider_id
    if wanted.circle is not None:
        yield from _within(*wanted.circle)


def _says(words: Any, query: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = words.bool_op("@@")(func.websearch_to_tsquery("english", query))
    return found


def _means(meaning: Meaning) -> ColumnElement[bool]:
    if not meaning.concepts:
        return _says(Activity.words, meaning.words)
    return Activity.concepts.bool_op("?|")(cast(sorted(meaning.concepts), ARRAY(Text)))


def _offers_need(need: str, of_session: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        Offer.authority_id == Activity.authority_id,
        Offer.activity_id == Activity.id,
        Offer.need == need,
        of_session,
    )


def _within(latitude: float, longitude: float, km: float) -> Iterable[ColumnElement[bool]]:
    """Tell which venues lie in a circle: a box first, as it costs no trigonometry."""
    tall = km / KM_PER_DEGREE
    yield Activity.latitude.between(latitude - tall, latitude + tall)
    # The parallel that is nearest to a pole is the shortest: there the circle is widest in degrees.
    furthest = min(abs(latitude) + tall, 90.0)
    wide = tall / max(math.cos(math.radians(furthest)), 1e-9)
    if longitude - wide >= -180 and longitude + wide <= 180:
        yield Activity.longitude.between(longitude - wide, longitude + wide)
    half = func.power(func.sin(func.radians(Activity.latitude - latitude) / 2), 2) + func.cos(
        func.radians(Activity.latitude)
    ) * math.cos(math.radians(latitude)) * func.power(
        func.sin(func.radians(Activity.longitude - longitude) / 2), 2
    )
    yield 2 * EARTH_RADIUS_KM * func.asin(func.sqrt(func.least(half, 1.0))) <= km
