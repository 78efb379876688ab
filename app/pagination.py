"""Keyset pages: a stable order ending in the id, one row more than asked for, no COUNT."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnExpressionArgument, Select, tuple_
from sqlalchemy.orm import Session

from app.errors import Invalid

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class Page(BaseModel, Generic[T]):
    """One page of a list: of rows in a service, of what is read of them on the wire."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    items: list[T]
    next_cursor: str | None = None


class PageRequest(BaseModel):
    """Which page is asked for."""

    limit: int = DEFAULT_LIMIT
    cursor: str | None = None


def encode_cursor(values: Sequence[Any]) -> str:
    """Make an opaque cursor of the last row's sort values."""
    raw = json.dumps([str(value) for value in values], separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parsers: Sequence[Callable[[str], Any]]) -> list[Any]:
    """Read a cursor back, or refuse it."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = [str(value) for value in json.loads(raw)]
        # Encoded, because half a character is no text either; the database takes neither.
        if any(b"\0" in value.encode() for value in values):
            raise ValueError("a null character")
        return [parse(value) for parse, value in zip(parsers, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise Invalid("cursor", "cursor", "Not a cursor that this list gave out") from error


def fetch_page(
    session: Session,
    statement: Select[T],
    page: PageRequest,
    *,
    keys: Sequence[ColumnExpressionArgument[Any]],
    parsers: Sequence[Callable[[str], Any]],
    key_of: Callable[[T], Sequence[Any]],
) -> Page[T]:
    """Fetch one page of rows in the order of the keys, the last of which is unique."""
    if page.cursor is not None:
        after = decode_cursor(page.cursor, parsers)
        statement = statement.where(tuple_(*keys) > tuple_(*after))
    rows = list(session.scalars(statement.order_by(*keys).limit(page.limit + 1)).unique())
    more = len(rows) > page.limit
    rows = rows[: page.limit]
    return Page[Any].model_construct(
        items=rows, next_cursor=encode_cursor(key_of(rows[-1])) if more else None
    )
