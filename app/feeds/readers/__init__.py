"""Readers: bytes of a file in, records and problems row by row out; never an exception."""

from typing import Literal

from app.feeds.readers.csv_table import read_csv
from app.feeds.readers.ndjson import read_ndjson
from app.feeds.readers.open_referral_uk import read_open_referral_uk
from app.feeds.readers.rows import Item, Limits, RowError, Rows, RowSkipped, RowWarning

__all__ = [
    "FeedKind",
    "Item",
    "Limits",
    "RowError",
    "RowSkipped",
    "RowWarning",
    "Rows",
    "read_records",
]

FeedKind = Literal["csv", "ndjson", "open_referral_uk"]

_READERS = {"csv": read_csv, "ndjson": read_ndjson, "open_referral_uk": read_open_referral_uk}


def read_records(data: bytes, kind: FeedKind, limits: Limits | None = None) -> Rows:
    """Read a file of the kind: (row number, record or problem) in the order of the file."""
    limits = limits or Limits()
    if len(data) > limits.file_bytes:
        message = f"A file has at most {limits.file_bytes} bytes."
        yield 0, RowError(0, "", "too_large", message)
        return
    yield from _READERS[kind](data, limits)
