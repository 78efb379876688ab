"""How a file writes an offer in one cell: `need`, `need:limited:2`, `need:on_request:7:4500`.

The numbers are places a session for `limited`, and lead days and then pence for `on_request`.
"""

from typing import Any

# What an offer "on request" without its own lead time is taken to need: two weeks, so that a
# family is not promised an interpreter for tomorrow.
DEFAULT_LEAD_DAYS = 14


def read_offer(text: str) -> dict[str, Any]:
    """Read one offer into the fields of an OfferRecord, which then checks them."""
    need, *rest = [part.strip() for part in text.split(":")]
    fields: dict[str, Any] = {"need": need.lower(), "kind": (rest[0] if rest else "") or "provided"}
    names = {"limited": ["per_session"], "on_request": ["lead_days", "cost_pence"]}
    known = names.get(fields["kind"], [])
    for position, number in enumerate(rest[1:]):
        # One number too many lands in a field of its own name, which the record refuses.
        fields[known[position] if position < len(known) else f"number_{position + 1}"] = number
    if fields["kind"] == "on_request":
        fields.setdefault("lead_days", DEFAULT_LEAD_DAYS)
    return fields


def read_offers(cell: str) -> list[dict[str, Any]]:
    """Read the offers of a cell, parted by semicolons."""
    return [read_offer(part) for part in cell.split(";") if part.strip()]
