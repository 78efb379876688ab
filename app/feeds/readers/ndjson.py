"""NDJSON in our own schema: one provider, activity or session a line, named by `type`.

The other fields are those of `app.feeds.records`, parents named by `provider_source_id` and
`activity_source_id`. A row is a line; empty lines are passed over.
"""

from typing import Any

from app.feeds.readers.rows import Limits, RowError, Rows, Unreadable, check, decode_json
from app.feeds.records import ActivityRecord, ProviderRecord, Record, SessionRecord

_MODELS: dict[str, type[ProviderRecord] | type[ActivityRecord] | type[SessionRecord]] = {
    "provider": ProviderRecord,
    "activity": ActivityRecord,
    "session": SessionRecord,
}


def read_ndjson(data: bytes, limits: Limits) -> Rows:
    """Read each line on its own, so that a broken one costs only itself."""
    seen: set[tuple[str, str]] = set()
    rows = 0
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if not line.strip():
            continue
        rows += 1
        if rows > limits.rows:
            yield (
                number,
                RowError(number, "", "too_many_rows", f"Only {limits.rows} rows are read."),
            )
            return
        found = _read_line(line, number, limits)
        if isinstance(found, list):
            yield from ((number, error) for error in found)
            continue
        key = (type(found).__name__, found.source_id)
        if key in seen:
            message = "An earlier line has this source id."
            yield number, RowError(number, "source_id", "duplicate", message)
            continue
        seen.add(key)
        yield number, found


def _read_line(line: bytes, number: int, limits: Limits) -> Record | list[RowError]:
    if len(line) > limits.line_bytes:
        return [RowError(number, "", "too_long", f"A line has at most {limits.line_bytes} bytes.")]
    try:
        fields: Any = decode_json(line)
    except Unreadable as problem:
        return [RowError(number, "", problem.rule, problem.message)]
    if not isinstance(fields, dict):
        return [RowError(number, "", "not_an_object", "A line holds one JSON object.")]
    kind = fields.pop("type", None)
    model = _MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        message = "Give the type: provider, activity or session."
        return [RowError(number, "type", "unknown_type", message)]
    return check(model, fields, row=number)
