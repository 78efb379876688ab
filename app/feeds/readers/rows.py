"""What readers say row by row: a record, an error, a warning, or that a row was left out.

No message repeats a value of the file: what is wrong with a value is said by its field and rule.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from app.feeds.records import Record

R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class RowError:
    """A row, or with an empty field the whole of it, that cannot become a record."""

    row: int
    field: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class RowWarning:
    """A value that was left out or read in one of several ways; the record is there."""

    row: int
    field: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class RowSkipped:
    """A row that is none of ours, such as a service for adults: not an error, but counted."""

    row: int
    rule: str
    message: str


Item = Record | RowError | RowWarning | RowSkipped
Rows = Iterator[tuple[int, Item]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read: more is refused, whatever it holds.

    JSON of nothing but brackets takes some 25 times its size in memory, hence no more.
    """

    file_bytes: int = 16 * 1024 * 1024
    line_bytes: int = 1024 * 1024
    rows: int = 50_000


class Unreadable(ValueError):
    """The file, or one line of it, cannot be read at all; carries the rule and the message."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


def decode_text(data: bytes) -> str:
    """Read UTF-8, with or without a byte order mark."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("encoding", "The file is UTF-16; save it as UTF-8.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("encoding", f"Byte {error.start + 1} is not UTF-8.") from None
    if "\x00" in text:
        raise Unreadable("control_character", "The file has a NUL character.")
    return text


def decode_json(data: bytes) -> Any:
    """Read JSON; nesting, numbers and escapes beyond what the parser allows are refused."""
    text = decode_text(data)
    try:
        # The parser stops at 200 levels by itself and never recurses deeper.
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        # The parser's messages name what it expected and where, never what it found.
        raise Unreadable("json", f"This is not readable JSON: {error}.") from None


def check(
    model: type[R], fields: dict[str, Any], *, row: int, prefix: str = ""
) -> R | list[RowError]:
    """Make a record of the fields, or list what is wrong with each."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        return list(_row_errors(error, row, prefix))


_MESSAGES = {
    "extra_forbidden": "This field is not known.",
    "missing": "This is missing.",
    "string_pattern_mismatch": "This does not have the expected form.",
}


def _row_errors(error: ValidationError, row: int, prefix: str) -> Iterable[RowError]:
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        path = [str(part) for part in found["loc"]]
        if found["type"] == "extra_forbidden" and not is_plain_name(path[-1]):
            # An unknown key is the file's own text; only what looks like a field name is repeated.
            path.pop()
        field = ".".join([prefix, *path] if prefix else path)
        yield RowError(row, field, found["type"], _MESSAGES.get(found["type"], found["msg"]))


def is_plain_name(text: str) -> bool:
    """Say whether a text of the file looks like a field's name and may stand in a message."""
    return re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,39}", text) is not None
