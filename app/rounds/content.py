"""What stands in a brochure: the quarter's catalogue as it is at one moment."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.catalogue.models import Activity, Offer
from app.catalogue.models import Session as CatalogueSession
from app.clock import months_of_quarter, quarter_bounds
from app.codes import NEED_CODES
from app.rounds import queries
from app.rounds.brochure_schemas import (
    BrochureActivity,
    BrochureNeed,
    BrochureRead,
    BrochureRound,
    BrochureSessionRead,
    BrochureVenue,
)
from app.rounds.models import Round
from app.rounds.wording import BREAK_TYPES

CHAPTERS = list(BREAK_TYPES)


def gather(
    session: Session, row: Round, *, authority: str, version: int, now: datetime
) -> BrochureRead:
    """Lay out what is on in a round's quarter and has not begun, by chapter and by title."""
    starts_from, starts_before = quarter_bounds(row.quarter)
    dates: defaultdict[UUID, list[CatalogueSession]] = defaultdict(list)
    for found in queries.list_sessions(session, max(starts_from, now), starts_before):
        dates[found.activity_id].append(found)
    offers: defaultdict[tuple[UUID, UUID | None], list[Offer]] = defaultdict(list)
    for offer in queries.list_offers(session, list(dates)):
        offers[offer.activity_id, offer.session_id].append(offer)
    activities = [
        _activity(
            activity,
            provider,
            _needs(offers[activity.id, None]),
            [
                BrochureSessionRead(
                    session_id=one.id,
                    starts_at=one.starts_at,
                    ends_at=one.ends_at,
                    places=one.capacity,
                    needs=_needs(offers.get((activity.id, one.id), ())),
                )
                for one in dates[activity.id]
            ],
        )
        for activity, provider in queries.list_activities(session, list(dates))
    ]
    activities.sort(
        key=lambda one: (CHAPTERS.index(one.break_type), one.title.casefold(), one.activity_id)
    )
    return BrochureRead(
        round=BrochureRound(
            id=row.id,
            quarter=row.quarter,
            months=months_of_quarter(row.quarter),
            title=row.title,
            choices_open_at=row.choices_open_at,
            choices_close_at=row.choices_close_at,
            offers_by=row.offers_by,
        ),
        authority=authority,
        version=version,
        frozen_at=now,
        activities=activities,
    )


def _activity(
    activity: Activity,
    provider: str,
    needs: list[BrochureNeed],
    sessions: list[BrochureSessionRead],
) -> BrochureActivity:
    where = (activity.venue_name, activity.venue_address, activity.venue_postcode)
    return BrochureActivity.model_validate(
        {
            "activity_id": activity.id,
            "title": activity.title,
            "provider": provider,
            "description": activity.description,
            "break_type": activity.break_type,
            "setting": activity.setting,
            "min_age": activity.min_age,
            "max_age": activity.max_age,
            "gender": activity.gender,
            "venue": BrochureVenue(name=where[0], address=where[1], postcode=where[2])
            if any(where)
            else None,
            "funding": activity.funding,
            "price_pence": activity.price_pence,
            "needs": needs,
            "sessions": sessions,
        }
    )


def _needs(offers: Iterable[Offer]) -> list[BrochureNeed]:
    return sorted(
        map(BrochureNeed.model_validate, offers), key=lambda one: NEED_CODES.index(one.need)
    )
