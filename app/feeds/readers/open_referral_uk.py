"""Open Referral UK 3.0 JSON, in each shape in which it is published.

- one service, fully nested, as `/services/{id}` answers;
- one organisation with its `services`, or one service at a location with its `service`;
- a page (`contents`) or a plain list of any of these;
- tables side by side (`services`, `organizations`, `locations`, `schedules`, ...) linked by ids.

A row is a service (or an organisation without any), counted from 1 in the order of the file.
References are followed one step at a time by id and never in a circle, so that records which name
each other do no harm.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from app.feeds.readers.nodes import Node
from app.feeds.readers.oruk_service import read_organization, read_service
from app.feeds.readers.rows import (
    Item,
    Limits,
    RowError,
    Rows,
    RowWarning,
    Unreadable,
    decode_json,
)
from app.feeds.records import ActivityRecord, ProviderRecord

Fields = dict[str, Any]

_PAGES = ("contents", "content", "items")
_SERVICE_SIGNS = frozenset(
    {
        *("status", "organization", "organization_id", "service_at_locations", "schedules"),
        *("cost_options", "minimum_age", "maximum_age", "eligibility", "fees", "assured_date"),
    }
)
_ORGANIZATION_SIGNS = frozenset(
    {"organization_identifiers", "website", "logo", "parent_organization_id", "email", "uri"}
)
_OF_SERVICE = (
    *("schedules", "cost_options", "languages", "contacts", "phones", "funding", "eligibility"),
    *("service_at_locations", "service_areas"),
)
_OF_LOCATION = ("addresses", "accessibility")


def read_open_referral_uk(data: bytes, limits: Limits) -> Rows:
    """Read the document: of each service first its provider, then its activities and problems."""
    try:
        entries = _entries(decode_json(data))
    except Unreadable as problem:
        yield 0, RowError(0, "", problem.rule, problem.message)
        return
    seen: dict[tuple[str, str], Item] = {}
    row = 0
    for row, entry in enumerate(entries, start=1):
        if row > limits.rows:
            yield row, RowError(row, "", "too_many_rows", f"Only {limits.rows} rows are read.")
            return
        for item in _read_entry(row, entry):
            if isinstance(item, (ProviderRecord, ActivityRecord)):
                key = (type(item).__name__, item.source_id)
                known = seen.setdefault(key, item)
                if known is not item:
                    yield from _repeated(row, known, item)
                    continue
            yield row, item
    if row == 0:
        yield 0, RowError(0, "", "empty", "The document has no services.")


def _repeated(row: int, known: Item, item: ProviderRecord | ActivityRecord) -> Rows:
    """Pass over a provider or an activity that was there already, if it says the same."""
    if known == item:
        return
    if isinstance(item, ProviderRecord):
        # List pages carry shorter organisations than full ones do: the first one counts.
        message = "This organisation was described otherwise before; the first is kept."
        yield row, RowWarning(row, "organization", "duplicate", message)
    else:
        yield row, RowError(row, "id", "duplicate", "An earlier service has this id.")


def _read_entry(row: int, entry: object) -> list[Item]:
    if not isinstance(entry, dict):
        return [RowError(row, "", "not_an_object", "A service is a JSON object.")]
    if not _SERVICE_SIGNS.isdisjoint(entry):
        return read_service(row, Node(entry))
    if not _ORGANIZATION_SIGNS.isdisjoint(entry) or {"id", "name", "description"} <= entry.keys():
        organization = Node(entry)
        items: list[Item] = []
        read_organization(row, organization, items)
        return items + [RowWarning(row, *note) for note in organization.notes]
    return [RowError(row, "", "unknown_shape", "This is neither a service nor an organisation.")]


def _entries(document: object) -> Iterator[object]:
    """Give the services (and lone organisations) of a document, each with its organisation."""
    if isinstance(document, list):
        return _unfold_all(document)
    if not isinstance(document, dict):
        raise Unreadable("not_an_object", "The document is neither an object nor a list.")
    for key in _PAGES:
        page = document.get(key)
        if page is not None:
            if not isinstance(page, list):
                raise Unreadable("not_a_list", f"The field {key} should be a list.")
            return _unfold_all(page)
    if "services" in document and "name" not in document:
        return _unfold_all(_joined(document))
    if isinstance(document.get("organizations"), list):
        return _unfold_all(document["organizations"])
    return _unfold(document)


def _unfold_all(entries: list[object]) -> Iterator[object]:
    for entry in entries:
        yield from _unfold(entry)


def _unfold(entry: object) -> Iterator[object]:
    """Give the services of an organisation, the service of a service at a location, or itself."""
    if not isinstance(entry, dict):
        yield entry
    elif isinstance(entry.get("service"), dict):
        place = {key: value for key, value in entry.items() if key != "service"}
        yield {**entry["service"], "service_at_locations": [place]}
    elif isinstance(entry.get("services"), list) and entry["services"]:
        organization = {key: value for key, value in entry.items() if key != "services"}
        for service in entry["services"]:
            if isinstance(service, dict):
                # A nested service is one even where only its name is said.
                given = {key: value for key, value in service.items() if value is not None}
                yield {"organization": organization} | given
            else:
                yield service
    else:
        yield entry


def _joined(tables: Fields) -> list[object]:
    """Nest tables that lie side by side, by the ids that link them."""
    terms = _by_id(_objects(tables, "taxonomy_terms"))
    attributes = [
        _with(item, "taxonomy_term", terms, "taxonomy_term_id")
        for item in _objects(tables, "attributes")
    ]
    tables = {**tables, "attributes": attributes}
    locations = _by_id(_filled(tables, "locations", "location_id", _OF_LOCATION))
    places = _filled(tables, "service_at_locations", "service_at_location_id", ("schedules",))
    tables["service_at_locations"] = [
        _with(place, "location", locations, "location_id") for place in places
    ]
    organizations = _by_id(_filled(tables, "organizations", "organization_id", ("phones",)))
    services = _filled(tables, "services", "service_id", _OF_SERVICE)
    joined: list[object] = [
        _with(service, "organization", organizations, "organization_id") for service in services
    ]
    # What is not even an object is passed on, to be reported.
    given = tables["services"] if isinstance(tables["services"], list) else [tables["services"]]
    return joined + [service for service in given if not isinstance(service, dict)]


def _filled(tables: Fields, name: str, link: str, children: tuple[str, ...]) -> list[Fields]:
    """Put the rows of other tables that name an entry of this table into it, for each entry."""
    found = {child: _by_parent(tables, child, link) for child in children}
    found["attributes"] = _by_parent(tables, "attributes", "link_id")
    filled = []
    for entry in _objects(tables, name):
        own = str(entry.get("id"))
        linked: Fields = {child: table[own] for child, table in found.items() if own in table}
        filled.append(linked | {key: value for key, value in entry.items() if value is not None})
    return filled


def _with(entry: Fields, key: str, table: dict[str, Fields], link: str) -> Fields:
    """Put the entry of another table that this one names into it."""
    linked = table.get(str(entry.get(link)))
    return entry if linked is None or entry.get(key) else {**entry, key: linked}


def _by_id(items: list[Fields]) -> dict[str, Fields]:
    return {str(item["id"]): item for item in items if item.get("id") is not None}


def _by_parent(tables: Fields, name: str, link: str) -> defaultdict[str, list[Fields]]:
    table: defaultdict[str, list[Fields]] = defaultdict(list)
    for item in _objects(tables, name):
        if item.get(link) is not None:
            table[str(item[link])].append(item)
    return table


def _objects(tables: Fields, name: str) -> list[Fields]:
    items = tables.get(name)
    items = items if isinstance(items, list) else [items]
    return [item for item in items if isinstance(item, dict)]
