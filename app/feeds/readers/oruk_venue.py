"""Read the location of an Open Referral UK service: where it is and what is said of access."""

from typing import Any

from app.feeds.readers.nodes import Node
from app.feeds.readers.wording import plain_text
from app.postcodes import parse_postcode

# The British Isles, generously: a position outside is a slip (latitude and longitude swapped, or
# the 0, 0 of an empty form), and a wrong distance is worse than none.
_LATITUDES = (49.0, 61.5)
_LONGITUDES = (-11.0, 3.0)

MAX_ACCESS_TEXT = 5000


def read_venue(location: Node) -> tuple[dict[str, Any] | None, list[str]]:
    """Give the fields of a VenueRecord, if anything is known, and the texts about access."""
    addresses = location.children("addresses", "physical_addresses")
    address = next((a for a in addresses if a.text("address_type") == "physical"), None)
    address = address or (addresses[0] if addresses else None)
    fields = {
        "name": (location.text("name") or "")[:200],
        "address": "" if address is None else _lines(address)[:500],
        "postcode": None if address is None else _postcode(address),
        **_position(location),
    }
    texts = [plain_text(text[:MAX_ACCESS_TEXT]) for text in _access(location)]
    return (fields if any(fields.values()) else None), texts


def _lines(address: Node) -> str:
    parts = (address.text(key) for key in ("address_1", "address_2", "city", "state_province"))
    return ", ".join(dict.fromkeys(part.strip(" ,") for part in parts if part))


def _postcode(address: Node) -> str | None:
    text = address.text("postal_code", "postcode")
    if text is None:
        return None
    try:
        return parse_postcode(text).text
    except ValueError as refusal:
        address.note("postal_code", "postcode", f"{refusal} It is passed over.")
        return None


def _position(location: Node) -> dict[str, float | None]:
    latitude, longitude = location.number("latitude"), location.number("longitude")
    if latitude is None or longitude is None:
        return {"latitude": None, "longitude": None}
    inside = (
        _LATITUDES[0] <= latitude <= _LATITUDES[1] and _LONGITUDES[0] <= longitude <= _LONGITUDES[1]
    )
    if not inside:
        location.note("latitude", "out_of_range", "Not in the British Isles; it is passed over.")
        return {"latitude": None, "longitude": None}
    return {"latitude": latitude, "longitude": longitude}


def _access(location: Node) -> list[str]:
    texts = []
    for note in location.children("accessibility", "accessibility_for_disabilities"):
        texts += [note.text(key) or "" for key in ("accessibility", "description", "details")]
    return list(dict.fromkeys(text for text in texts if text))
