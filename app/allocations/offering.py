"""Places as offers to families: what no longer fits is skipped with its reason, the rest is kept.

Everything is decided with the children's and the sessions' rows locked, and then taken by
conditional updates, a statement for all sessions at once: thousands of offers go out in seconds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.allocations import stock_queries
from app.allocations.inputs import Inputs
from app.allocations.models import AllocatedPlace
from app.allocations.rows import insert_rows, write_offers
from app.bookings.entitlement import YEARLY, PlaceTerms, Terms, place_terms
from app.bookings.models import Arrangement
from app.bookings.promoting import TIME_TO_ANSWER, TIME_TO_GO
from app.bookings.queries import lock_service_weeks
from app.children.profiles import Profile
from app.clock import iso_week, month_of
from app.engine.allocation import Look, look_again
from app.engine.problem import Holdings
from app.engine.warm import WarmCatalogue
from app.errors import Unavailable
from app.ids import new_id

Rows = list[dict[str, Any]]


class Skipped(Exception):
    """A place no longer fits; the argument is the reason's name."""


@dataclass(frozen=True)
class Ready:
    """A place with all that an offer of it takes."""

    place: AllocatedPlace
    look: Look
    terms: PlaceTerms
    starts_at: datetime
    expires_at: datetime
    # By need: the service that arranges it; none for the provider.
    services: Mapping[str, UUID | None]


def offer_places(
    session: Session,
    warm: WarmCatalogue,
    inputs: Inputs,
    places: Sequence[AllocatedPlace],
    *,
    answer_by: datetime | None,
    take_kept: bool = False,
    now: datetime,
) -> int:
    """Offer what still fits, siblings together or not at all, and count the offers.

    Without `answer_by` a family has as long as its authority's policy gives those who wait.
    The children are locked by the caller, and what is kept in sessions is taken only by who may.
    """
    session_ids = {place.session_id for place in places}
    stock = stock_queries.lock_stock(session, session_ids)
    weeks = {iso_week(row.starts_at) for row in stock.sessions.values()}
    if weeks:
        lock_service_weeks(session, weeks)
    stock_queries.add_services(session, stock, weeks)
    # The catalogue was read before the sessions were locked: what has moved since is not judged.
    still = {
        id_
        for id_, row in stock.sessions.items()
        if warm.times.get(id_) == (row.starts_at, row.ends_at)
    }
    looks = _look_again(warm, inputs, [one for one in places if one.session_id in still], now=now)
    spent: Counter[tuple[UUID, str, str]] = Counter()
    ready: list[Ready] = []
    for party in _parties(places):
        made: list[Ready] = []
        with stock.trying() as attempt:
            for place in party:
                try:
                    made.append(
                        _prepare(
                            inputs,
                            stock,
                            place,
                            looks.get(place.id),
                            spent,
                            answer_by,
                            take_kept=take_kept,
                            now=now,
                        )
                    )
                except Skipped as skipped:
                    _skip(party, place, str(skipped))
                    attempt.undo()
                    break
            else:
                ready += made
                for one in made:
                    _spend(spent, one)
    if not stock_queries.take(session, stock, take_kept=take_kept):
        raise Unavailable("Places have just changed hands.")
    _write(session, ready, now=now)
    return len(ready)


def _parties(places: Sequence[AllocatedPlace]) -> Iterable[list[AllocatedPlace]]:
    """Put together who goes together, the longest waiting and the most wanting first."""
    parties: defaultdict[Any, list[AllocatedPlace]] = defaultdict(list)
    for place in places:
        parties[(place.party_id, place.session_id) if place.party_id else place.id].append(place)
    return sorted(
        parties.values(),
        key=lambda party: min((one.band, -one.value, one.child_id) for one in party),
    )


def _look_again(
    warm: WarmCatalogue, inputs: Inputs, places: Sequence[AllocatedPlace], *, now: datetime
) -> dict[UUID, tuple[Profile, Holdings, Look]]:
    """Judge each place as things stand now, by the place's id."""
    row_of = {profile.id: row for row, profile in enumerate(inputs.profiles)}
    wanted: list[tuple[AllocatedPlace, Profile, Holdings]] = []
    asked = []
    for place in places:
        row = row_of.get(place.child_id)
        if row is None:
            continue
        profile = inputs.profiles[row]
        holdings = inputs.holdings(profile, place.month, held_by=inputs.held_by)
        wanted.append((place, profile, holdings))
        asked.append((inputs.subjects[row], holdings, place.session_id))
    looks = look_again(warm, asked, situation=inputs.situation, now=now)
    return {
        place.id: (profile, holdings, look)
        for (place, profile, holdings), look in zip(wanted, looks, strict=True)
    }


def _prepare(
    inputs: Inputs,
    stock: stock_queries.Stock,
    place: AllocatedPlace,
    found: tuple[Profile, Holdings, Look] | None,
    spent: Counter[tuple[UUID, str, str]],
    answer_by: datetime | None,
    *,
    take_kept: bool,
    now: datetime,
) -> Ready:
    """Take what an offer needs out of the stock, or say what stands against it."""
    target = stock.sessions.get(place.session_id)
    if target is None:
        raise Skipped("gone")
    if target.status != "scheduled":
        raise Skipped("cancelled")
    if found is None or month_of(target.starts_at) != place.month:
        raise Skipped("changed")
    profile, holdings, look = found
    _check_look(inputs, place, look)
    if place.funding not in target.funding:
        raise Skipped("changed")
    terms = inputs.terms(profile, place.month)
    uses = place_terms(
        terms,
        starts_at=target.starts_at,
        ends_at=target.ends_at,
        break_type=target.break_type,
        funding=place.funding,
        price_pence=target.price_pence,
        cost_pence=target.cost_pence,
    )
    if _exceeds(holdings, terms, uses, place, spent):
        raise Skipped("entitlement")
    if not stock.take_place(place.session_id, take_kept=take_kept):
        raise Skipped("full")
    if not all(stock.take_limited(place.session_id, need) for need in look.limited_needs):
        raise Skipped("need")
    services = _take_services(inputs, stock, look, target.starts_at)
    last = answer_by or now + timedelta(hours=terms.policy.offer_hours)
    leads = [target.starts_at - timedelta(days=task.lead_days) for task in look.arrangements]
    expires_at = min(last, target.starts_at - TIME_TO_GO, *leads)
    if expires_at < now + TIME_TO_ANSWER:
        raise Skipped("lead_time")
    return Ready(place, look, uses, target.starts_at, expires_at, services)


def _check_look(inputs: Inputs, place: AllocatedPlace, look: Look) -> None:
    # Counted below; and the hours of a choice are the family's to judge.
    ignored = {"full", "entitlement", *(["time"] if place.rank is not None else [])}
    blocking = [reason for reason in look.blocking if reason not in ignored]
    if blocking:
        raise Skipped(blocking[0])
    if any(row.session_id == place.session_id for row in inputs.live.get(place.child_id, ())):
        raise Skipped("already_booked")


def _take_services(
    inputs: Inputs, stock: stock_queries.Stock, look: Look, starts_at: datetime
) -> dict[str, UUID | None]:
    """Take the authority's services that the support needs; nothing for what the provider does."""
    services: dict[str, UUID | None] = {}
    for wanted in look.arrangements:
        services[wanted.need] = None
        if wanted.source == "authority":
            terms = (wanted.need, wanted.lead_days, wanted.cost_pence)
            same_terms = [
                one.id
                for one in inputs.situation.services
                if (one.need, one.lead_days, one.cost_pence) == terms
            ]
            services[wanted.need] = stock.take_service(same_terms, iso_week(starts_at))
            if services[wanted.need] is None:
                raise Skipped("need")
    return services


def _exceeds(
    holdings: Holdings,
    terms: Terms,
    uses: PlaceTerms,
    place: AllocatedPlace,
    spent: Counter[tuple[UUID, str, str]],
) -> bool:
    """Tell whether a place would use more than is left, with the other offers of now."""
    if not uses.counts:
        return False
    left = holdings.remaining[place.month]
    wanted = {place.funding: 1, **uses.yearly_use}
    for measure, count in wanted.items():
        allowed = getattr(left, measure)
        period = terms.period(measure)
        if allowed is not None and spent[place.child_id, period, measure] + count > allowed:
            return True
    return False


def _spend(spent: Counter[tuple[UUID, str, str]], one: Ready) -> None:
    if one.terms.counts:
        spent[one.place.child_id, one.terms.month, one.place.funding] += 1
        for measure in YEARLY:
            used = one.terms.yearly_use.get(measure, 0)
            spent[one.place.child_id, one.terms.year, measure] += used


def _skip(party: Sequence[AllocatedPlace], failed: AllocatedPlace, reason: str) -> None:
    for place in party:
        place.state = "skipped"
        place.skip_reason = reason if place is failed else "sibling"


def _write(session: Session, ready: Sequence[Ready], *, now: datetime) -> None:
    """Write the bookings with their offers, and what has to be arranged for them."""
    party_ids: dict[tuple[UUID, UUID], str] = {}
    made, tasks = [], Rows()
    for one in ready:
        place, booking_id = one.place, str(new_id())
        party_id = None
        if place.party_id is not None:
            key = place.party_id, place.session_id
            party_id = party_ids.setdefault(key, str(new_id()))
        row = {
            "place_id": str(place.id),
            "booking_id": booking_id,
            "offer_id": str(new_id()),
            "booking_event_id": str(new_id()),
            "offer_event_id": str(new_id()),
            "child_id": str(place.child_id),
            "session_id": str(place.session_id),
            "funding": place.funding,
            "month": place.month,
            "counts": one.terms.counts,
            "year": one.terms.year,
            "yearly_use": one.terms.yearly_use,
            "party_id": party_id,
            "price_pence": one.terms.price_pence,
            "limited_needs": one.look.limited_needs,
            "family_stays": one.look.family_stays,
            "expires_at": one.expires_at.isoformat(),
        }
        made.append((place, row))
        tasks += _tasks(booking_id, one, now=now)
    write_offers(session, made, now=now)
    fresh = {"status": "open", "funder": "authority", "version": 1}
    insert_rows(
        session, Arrangement, tasks, {"authority_id": session.info["authority_id"], **fresh}
    )


def _tasks(booking_id: str, one: Ready, *, now: datetime) -> Rows:
    """List what has to be arranged for a place."""
    return [
        {
            "id": new_id(),
            "booking_id": booking_id,
            "need": wanted.need,
            "source": wanted.source,
            "support_service_id": one.services[wanted.need],
            "lead_days": wanted.lead_days,
            "cost_pence": wanted.cost_pence,
            "due_at": max(now, one.starts_at - timedelta(days=wanted.lead_days)).isoformat(),
        }
        for wanted in sorted(one.look.arrangements, key=lambda task: task.need)
    ]
