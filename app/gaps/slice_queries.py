"""Reads beside the facts that a slice is told with."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.models import Activity


def titles_of(session: Session, activity_ids: Collection[UUID]) -> dict[Any, str]:
    """Read the titles of some activities; of those that have gone there is none."""
    if not activity_ids:
        return {}
    rows = session.execute(
        select(Activity.id, Activity.title).where(
            Activity.authority_id == session.info["authority_id"], Activity.id.in_(activity_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
