"""Writing many rows in one statement: thousands of offers go out in one transaction."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import Base


def insert_rows(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of plain values; all name the same columns."""
    if not rows:
        return
    name, columns = table.__tablename__, ", ".join(rows[0])
    # Both are names of our own schema.
    statement = (
        f"INSERT INTO {name} ({columns}) SELECT {columns}"  # noqa: S608
        f" FROM jsonb_populate_recordset(NULL::{name}, CAST(:rows AS jsonb))"
    )
    session.execute(text(statement), {"rows": json.dumps(rows, default=str)})
