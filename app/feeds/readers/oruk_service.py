"""Turn one Open Referral UK service into a provider, its activities and what was passed over.

The standard has no places, needs, settings or break types. A publisher of our own data says them
as attributes of taxonomies named "Short Breaks needs", "... setting", "... break type",
"... capacity", "... gender", "... funding" and (on the organisation) "... provider kind"; of
anybody else's they are read from the words, see `app.feeds.readers.terms`.
"""

import re
from typing import Any

from app.feeds.readers import terms
from app.feeds.readers.nodes import Node
from app.feeds.readers.offers import read_offer
from app.feeds.readers.oruk_schedule import read_schedules
from app.feeds.readers.oruk_venue import read_venue
from app.feeds.readers.rows import Item, RowError, RowSkipped, RowWarning, check
from app.feeds.readers.wording import first_match, offer_of_term, offers_in, plain_text
from app.feeds.records import MAX_AGE, ActivityRecord, ProviderRecord

OWN_TAXONOMY = "short breaks "
DEFAULT_CAPACITY = 8
"""Places of a session whose publisher does not say: the standard has no field for it."""

_FIELD_NAMES = {"title": "name", "min_age": "minimum_age", "max_age": "maximum_age"}
_FIELD_NAMES |= {"provider_source_id": "organization.id", "source_id": "id"}


def read_service(row: int, service: Node) -> list[Item]:
    """Give the provider, the activities (one a place) and the problems of a service."""
    status = (service.text("status") or "active").lower()
    if status != "active":
        return [RowSkipped(row, "not_active", "The service is not active.")]
    lowest, highest = _ages(service)
    if lowest is not None and lowest > MAX_AGE:
        return [RowSkipped(row, "adults_only", "The service is for adults.")]
    if lowest is not None and highest is not None and lowest > highest:
        message = "The lowest age is above the highest age."
        return [RowError(row, "minimum_age", "age_order", message)]
    if service.text("id") is None:
        return [RowError(row, "id", "missing", "Without an id a second import cannot find it.")]
    items: list[Item] = []
    provider_id = _read_provider(row, service, items)
    if provider_id is not None:
        common = {
            "provider_source_id": provider_id,
            "min_age": min(max(int(lowest or 0), 0), MAX_AGE),
            "max_age": MAX_AGE if highest is None else min(max(int(highest), 0), MAX_AGE),
        }
        _read_activities(row, service, common, items)
    return items + [RowWarning(row, *note) for note in dict.fromkeys(service.notes)]


def read_organization(row: int, organization: Node, items: list[Item]) -> str | None:
    """Add an organisation as a provider, or what is wrong with it; give its source id."""
    name = organization.text("name")
    source_id = organization.text("id")
    if source_id is None and name is not None:
        organization.note("id", "missing", "Without an id the name stands for it.")
        source_id = name
    description = plain_text(_cut(organization, "description", 10_000))
    own, _ = _attributes(organization)
    kind = own.get("provider kind", [""])[0]
    fields = {
        "source_id": source_id,
        "name": plain_text(_cut(organization, "name", 200)),
        "kind": kind
        or first_match(terms.PROVIDER_KINDS, f"{name} {description}", "community_group"),
        "description": description,
        "website": organization.text("website", "url"),
        "email": organization.text("email"),
        "phone": _phone(organization),
    }
    found = check(ProviderRecord, _known(fields), row=row, prefix=organization.path)
    if isinstance(found, list):
        # A broken address of any kind costs itself only.
        for error in found:
            key = error.field.rpartition(".")[2]
            if key in {"website", "email", "phone"}:
                organization.note(key, error.rule, f"{error.message} It is passed over.")
                fields.pop(key)
        found = check(ProviderRecord, _known(fields), row=row, prefix=organization.path)
    if isinstance(found, list):
        items += found
        return None
    items.append(found)
    return found.source_id


def _read_provider(row: int, service: Node, items: list[Item]) -> str | None:
    organization = service.child("organization")
    if organization is not None:
        return read_organization(row, organization, items)
    provider_id = service.text("organization_id")
    if provider_id is None:
        items.append(RowError(row, "organization", "missing", "Say whose service it is."))
    return provider_id


def _read_activities(row: int, service: Node, common: dict[str, Any], items: list[Item]) -> None:
    service_id = str(service.text("id"))
    title = plain_text(_cut(service, "name", 200))
    description = plain_text(_cut(service, "description", 10_000))
    own, labels = _attributes(service)
    words = f"{title}. {description}"
    setting = own.get("setting", [""])[0] or first_match(terms.SETTINGS, words, "universal")
    group = "group_specialist" if setting == "specialist" else "group_universal"
    common |= {
        "title": title,
        "description": description,
        "setting": setting,
        "break_type": own.get("break type", [""])[0]
        or first_match(terms.BREAK_TYPES, words, group),
        "gender": own.get("gender", [""])[0] or first_match(terms.GENDERS, words, "") or None,
        "concept_labels": labels[:50],
        **_price(service, own),
    }
    offers = offers_in([words]) | _offers_of_terms(service)
    places = service.children("service_at_locations")
    physical: list[Node | None] = [place for place in places if _is_physical(place)]
    for place in physical or [None]:
        source_id = service_id
        if len(physical) > 1 and place is not None:
            location = place.child("location") or place
            place_id = place.text("id") or location.text("id") or place.path.rpartition(".")[2]
            source_id = f"{service_id}@{place_id}"
        fields = common | _at_place(service, place, source_id, own, offers)
        found = check(ActivityRecord, _known(fields), row=row)
        items += [_renamed(error) for error in found] if isinstance(found, list) else [found]


def _at_place(
    service: Node,
    place: Node | None,
    source_id: str,
    own: dict[str, list[str]],
    offers: dict[str, dict[str, Any]],
) -> dict[str, Any]:
    """Read what may differ from place to place: venue, needs met, schedules."""
    location = None if place is None else place.child("location")
    venue, access = (None, []) if location is None else read_venue(location)
    at_place = {} if location is None else _attributes(location)[0]
    terms_of_place = {} if location is None else _offers_of_terms(location)
    offers = terms_of_place | offers | offers_in(access)
    # What is said with codes outweighs what is read from words, and the service its place.
    for text in (*at_place.get("needs", []), *own.get("needs", [])):
        offer = read_offer(text)
        offers[offer["need"]] = offer
    capacity = re.fullmatch(r"[1-9]\d{0,4}", own.get("capacity", [""])[0], re.ASCII)
    if capacity is None and service.data.get("schedules"):
        service.note("capacity", "assumed", f"Not said: {DEFAULT_CAPACITY} places a session.")
    place_id = None if place is None else place.text("id")
    schedules = [
        schedule
        for schedule in service.children("schedules", "regular_schedules")
        # A schedule of another place of the same service is not this one's.
        if schedule.text("service_at_location_id") in (None, place_id)
    ]
    if place is not None:
        schedules += place.children("schedules", "regular_schedules")
    places = DEFAULT_CAPACITY if capacity is None else int(capacity[0])
    return {
        "source_id": source_id,
        "venue": venue,
        "offers": list(offers.values()),
        "schedules": read_schedules(schedules, source_id, places),
    }


def _is_physical(place: Node) -> bool:
    location = place.child("location")
    return location is not None and location.text("location_type") in (None, "physical")


def _attributes(node: Node) -> tuple[dict[str, list[str]], list[str]]:
    """Part the attributes into our own, by taxonomy, and labels of interests."""
    own: dict[str, list[str]] = {}
    labels: list[str] = []
    for attribute in node.children("attributes", "link_taxonomies", "service_taxonomys"):
        term = attribute.child("taxonomy_term") or attribute.child("taxonomy")
        name = (term or attribute).text("name", "term", "label")
        if term is None or name is None:
            continue
        taxonomy = (term.text("taxonomy", "vocabulary") or "").lower()
        if taxonomy.startswith(OWN_TAXONOMY):
            kind = taxonomy.removeprefix(OWN_TAXONOMY)
            code = term.text("term", "name") or name
            link = attribute.text("link_type")
            own.setdefault(kind, []).append(f"{code}:{link}" if kind == "needs" and link else code)
        elif name.lower() not in terms.NOT_INTERESTS and offer_of_term(name[:200]) is None:
            labels.append(name[:120])
    return own, list(dict.fromkeys(labels))


def _offers_of_terms(node: Node) -> dict[str, dict[str, Any]]:
    """Find the needs that other publishers' attributes of a service or a place mean."""
    offers = {}
    for attribute in node.children("attributes"):
        term = attribute.child("taxonomy_term")
        if term is None or (term.text("taxonomy") or "").lower().startswith(OWN_TAXONOMY):
            continue
        if offer := offer_of_term((term.text("name", "term") or "")[:200]):
            offers[offer["need"]] = offer
    return offers


def _ages(service: Node) -> tuple[float | None, float | None]:
    """Read the lowest and the highest age, from the text where no field says them."""
    lowest, highest = service.number("minimum_age"), service.number("maximum_age")
    for older in service.children("eligibility", "eligibilitys"):
        lowest = older.number("minimum_age") if lowest is None else lowest
        highest = older.number("maximum_age") if highest is None else highest
    if lowest is None and highest is None:
        words = f"{service.text('name')}. {plain_text(_cut(service, 'description', 10_000))}"
        if found := terms.AGES.search(words):
            service.note("minimum_age", "from_text", "Not said: read from the description.")
            return float(found[1]), float(found[2])
    return lowest, highest


def _price(service: Node, own: dict[str, list[str]]) -> dict[str, Any]:
    """Read how a place may be taken, and what the family pays: the lowest price above nothing."""
    options = service.children("cost_options")
    # Of old and current prices those that hold longest count; without an end they hold for good.
    ends = [option.text("valid_to") or "9999" for option in options]
    current = [option for option, end in zip(options, ends, strict=True) if end == max(ends)]
    amounts = []
    for option in current:
        amount = option.number("amount")
        if (option.text("currency") or "GBP").upper() != "GBP":
            option.note("currency", "currency", "Only pounds are read; it is passed over.")
        elif amount is not None and 0 <= amount <= 100_000:
            amounts.append(round(amount * 100))
        elif amount is not None:
            option.note("amount", "out_of_range", "This cannot be a price; it is passed over.")
    said = " ".join(filter(None, [service.text("fees"), *(_said(option) for option in current)]))
    if not amounts:
        amounts = [int(found[1]) * 100 + int(found[2] or 0) for found in terms.PRICE.finditer(said)]
        if not amounts and terms.FREE.search(said):
            amounts = [0]
    if not amounts and "funding" not in own:
        service.note("cost_options", "unknown", "No cost is said: taken to be free.")
    paid = [amount for amount in amounts if amount > 0]
    free = ["free"] if len(paid) < len(amounts) or not amounts else []
    funding = own.get("funding") or free + (["contributory"] if paid else [])
    return {"funding": list(dict.fromkeys(funding)), "price_pence": min(paid, default=0)}


def _said(option: Node) -> str:
    return " ".join(filter(None, (option.text("option"), option.text("amount_description"))))


def _phone(organization: Node) -> str | None:
    for phone in organization.children("phones"):
        if number := phone.text("number"):
            return number
    return organization.text("phone")


def _cut(node: Node, key: str, length: int) -> str:
    """Give a text field, cut where no one would read on."""
    text = node.text(key) or ""
    if len(text) > length:
        node.note(key, "shortened", f"Only the first {length} characters are kept.")
    return text[:length].strip()


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is not known, so that the record says it is missing or takes its default."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _renamed(error: RowError) -> RowError:
    """Name the field as the standard does."""
    return RowError(
        error.row, _FIELD_NAMES.get(error.field, error.field), error.rule, error.message
    )
