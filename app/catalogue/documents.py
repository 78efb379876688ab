"""Between rows and the wire: how an activity or a session reads, and how its body is stored."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from app.catalogue.models import Activity, Offer, Provider, Session
from app.catalogue.schemas import (
    ActivityCreate,
    ActivityRead,
    OfferRead,
    ProviderCreate,
    SessionCreate,
    SessionRead,
    VenueCreate,
    VenueRead,
)
from app.clock import month_of
from app.postcodes import centroid, parse_postcode

Document = dict[str, Any]


def read_activity(activity: Activity, offers: Iterable[Offer]) -> ActivityRead:
    """Show an activity."""
    return ActivityRead(
        **_columns(activity, ActivityRead),
        venue=_read_venue(activity),
        offers=[OfferRead.model_validate(offer) for offer in offers],
    )


def read_session(row: Session, offers: Iterable[Offer]) -> SessionRead:
    """Show a session."""
    return SessionRead(
        **_columns(row, SessionRead),
        month=month_of(row.starts_at),
        places_left=row.capacity - row.taken,
        offers=[OfferRead.model_validate(offer) for offer in offers],
    )


def provider_document(provider: Provider) -> Document:
    """Give what a patch of a provider is laid over."""
    return _columns(provider, ProviderCreate)


def activity_document(activity: Activity, offers: Iterable[Offer]) -> Document:
    """Give what a patch of an activity is laid over."""
    venue = _read_venue(activity)
    return _columns(activity, ActivityCreate) | {
        "venue": venue.model_dump() if venue else None,
        "offers": _offer_documents(offers),
    }


def session_document(row: Session, offers: Iterable[Offer]) -> Document:
    """Give what a patch of a session is laid over."""
    return _columns(row, SessionCreate) | {"offers": _offer_documents(offers)}


def activity_columns(body: ActivityCreate) -> Document:
    """Give the columns that an activity's body is stored in, its concepts apart."""
    venue = body.venue or VenueCreate()
    latitude, longitude = place_venue(venue.postcode, venue.latitude, venue.longitude)
    return body.model_dump(exclude={"venue", "offers", "concepts"}) | {
        "venue_name": venue.name,
        "venue_address": venue.address,
        "venue_postcode": venue.postcode,
        "latitude": latitude,
        "longitude": longitude,
    }


def place_venue(
    postcode: str | None, latitude: float | None, longitude: float | None
) -> tuple[float | None, float | None]:
    """Give the position of a venue, roughly if only its postcode is known."""
    if latitude is None and postcode is not None:
        return centroid(parse_postcode(postcode)) or (None, None)
    return latitude, longitude


def _columns(row: object, shape: type[BaseModel]) -> Document:
    """Take those fields of the shape that are columns of the row."""
    return {name: getattr(row, name) for name in shape.model_fields if hasattr(row, name)}


def _offer_documents(offers: Iterable[Offer]) -> list[Document]:
    return [OfferRead.model_validate(offer).model_dump() for offer in offers]


def _read_venue(activity: Activity) -> VenueRead | None:
    venue = VenueRead(
        name=activity.venue_name,
        address=activity.venue_address,
        postcode=activity.venue_postcode,
        latitude=activity.latitude,
        longitude=activity.longitude,
    )
    return venue if any(value is not None for _, value in venue) else None
