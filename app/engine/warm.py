"""The warm catalogue: an authority's upcoming sessions as arrays, kept between requests."""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

import matching
from app.clock import month_bounds, month_of
from app.concepts import vocabulary
from app.engine import queries

# Sessions of the last month stay, all of them in a month whose days the clock change lengthens, so
# that a fit can still be explained after the fact, and its gaps told once attendance is known.
LOOK_BACK: Final = timedelta(days=32)
# A process serves many authorities; the ones asked for longest ago make room.
MOST_AUTHORITIES: Final = 64


@dataclass(frozen=True)
class WarmCatalogue:
    """The arrays of one version of one authority's catalogue."""

    version: int
    starts_from: datetime
    arrays: matching.Catalogue
    # In the order of `arrays.session_ids`.
    capacity: NDArray[np.int64]
    # That order, by the ids as text.
    index_of: dict[str, int]
    # Of each session and activity: what an answer shows of it.
    times: dict[UUID, tuple[datetime, datetime]]
    titles: dict[UUID, tuple[str, str]]
    # Learned for the authority, or the default.
    weights: matching.AnyWeights


class WarmCatalogues:
    """The warm catalogues of one process."""

    def __init__(self) -> None:
        self._warm: OrderedDict[UUID, WarmCatalogue] = OrderedDict()
        self._lock = threading.Lock()
        self._loading: defaultdict[UUID, threading.Lock] = defaultdict(threading.Lock)

    def get(self, session: Session, *, now: datetime) -> WarmCatalogue:
        """Give the bound authority's catalogue as it is now, loading it if it has moved."""
        return self.at(session, queries.catalogue_version(session), now=now)

    def at(self, session: Session, version: int, *, now: datetime) -> WarmCatalogue:
        """Give the bound authority's catalogue at the version it has now been seen to have."""
        authority_id: UUID = session.info["authority_id"]
        starts_from = month_bounds(month_of(now))[0] - LOOK_BACK
        found = self._find(authority_id, version, starts_from)
        if found is not None:
            return found
        with self._lock:
            loading = self._loading[authority_id]
        # One thread loads while the others wait for its result.
        with loading:
            found = self._find(authority_id, version, starts_from)
            if found is None:
                # The rows may be newer than the version read before them; then the next
                # request sees another version and loads again. Never the other way round.
                found = load_catalogue(session, version=version, starts_from=starts_from)
                self._keep(authority_id, found)
        return found

    def _find(
        self, authority_id: UUID, version: int, starts_from: datetime
    ) -> WarmCatalogue | None:
        with self._lock:
            found = self._warm.get(authority_id)
            if found is None or found.version != version or found.starts_from != starts_from:
                return None
            self._warm.move_to_end(authority_id)
            return found

    def _keep(self, authority_id: UUID, catalogue: WarmCatalogue) -> None:
        with self._lock:
            self._warm[authority_id] = catalogue
            self._warm.move_to_end(authority_id)
            while len(self._warm) > MOST_AUTHORITIES:
                self._warm.popitem(last=False)


def load_catalogue(session: Session, *, version: int, starts_from: datetime) -> WarmCatalogue:
    """Turn an authority's rows into arrays."""
    of_activity: defaultdict[UUID, list[matching.OfferRow]] = defaultdict(list)
    of_session: defaultdict[UUID, list[matching.OfferRow]] = defaultdict(list)
    for offer in queries.list_offers(session):
        row = matching.OfferRow(
            offer.need, offer.kind, offer.per_session or 0, offer.lead_days, offer.cost_pence
        )
        if offer.session_id is None:
            of_activity[offer.activity_id].append(row)
        else:
            of_session[offer.session_id].append(row)
    activity_rows = queries.list_activities(session)
    activities = [_activity_row(row, of_activity.get(row.id, [])) for row in activity_rows]
    rows = queries.list_sessions(session, starts_from=starts_from)
    arrays = matching.build_catalogue(
        activities,
        [
            matching.SessionRow(
                id=row.id,
                activity_id=row.activity_id,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                cancelled=row.status == "cancelled",
                offers=tuple(of_session.get(row.id, ())),
            )
            for row in rows
        ],
        vocabulary(),
    )
    capacities = {row.id: row.capacity for row in rows}
    return WarmCatalogue(
        version=version,
        starts_from=starts_from,
        arrays=arrays,
        capacity=np.array([capacities[id_] for id_ in arrays.session_ids], dtype=np.int64),
        index_of={str(id_): index for index, id_ in enumerate(arrays.session_ids)},
        times={row.id: (row.starts_at, row.ends_at) for row in rows},
        titles={row.id: (row.title, row.provider) for row in activity_rows},
        weights=_weights(queries.active_weights(session)),
    )


def _weights(learned: dict[str, Any] | None) -> matching.AnyWeights:
    return matching.DEFAULT_WEIGHTS if learned is None else matching.LearnedWeights(**learned)


def _activity_row(row: Any, offers: list[matching.OfferRow]) -> matching.ActivityRow:
    return matching.ActivityRow(
        id=row.id,
        title=row.title,
        description=row.description,
        latitude=row.latitude,
        longitude=row.longitude,
        min_age=row.min_age,
        max_age=row.max_age,
        gender=row.gender,
        setting=row.setting,
        break_type=row.break_type,
        funding=tuple(row.funding),
        price_pence=row.price_pence,
        cost_pence=row.cost_pence,
        concepts=tuple(row.concepts),
        offers=tuple(offers),
    )
