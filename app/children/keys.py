"""Each child's own key: made when the first text is sealed, wrapped anew when master keys change.

With a child's row goes its key, and with the key whatever it sealed, wherever copies of that are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.children import queries
from app.children.models import ChildKey
from app.encryption import DataKey, MasterKeyMissing, MasterKeys, Place, Undecipherable


@dataclass(frozen=True)
class WrappedAgain:
    """What became of a batch of keys."""

    count: int
    # Children whose keys no master key at hand opens.
    lost: tuple[UUID, ...]
    # Where the next batch begins; None where there is none.
    last: UUID | None


def get_or_make_key(
    session: Session, masters: MasterKeys, child_id: UUID, *, now: datetime
) -> DataKey:
    """Give a child's key, making it the first time."""
    found = find_keys(session, masters, [child_id])
    if not found:
        authority_id: UUID = session.info["authority_id"]
        made = DataKey.make()
        master_key, wrapped = masters.wrap(made, _place(authority_id, child_id))
        values = {
            "authority_id": authority_id,
            "child_id": child_id,
            "key_id": made.id,
            "master_key": master_key,
            "wrapped": wrapped,
            "made_at": now,
        }
        queries.add_key_if_absent(session, values)
        # Another request may have been quicker; a child has one key.
        found = find_keys(session, masters, [child_id])
    return found[child_id]


def find_keys(
    session: Session, masters: MasterKeys, child_ids: Collection[UUID]
) -> dict[UUID, DataKey]:
    """Unwrap the keys of those children who have one."""
    return {row.child_id: _unwrap(masters, row) for row in queries.list_keys(session, child_ids)}


def wrap_again(
    session: Session, masters: MasterKeys, *, after: UUID | None, limit: int
) -> WrappedAgain:
    """Wrap a batch of keys with the first master key, those of the children next in line.

    What a key has sealed stays as it is, and reading goes on: the key itself does not change.
    """
    count, lost = 0, []
    rows = queries.list_keys_not_wrapped_by(session, masters.names[0], after=after, limit=limit)
    for row in rows:
        try:
            key = _unwrap(masters, row)
        except (Undecipherable, MasterKeyMissing):
            # One that is lost must not keep an old master key in use for all the others.
            lost.append(row.child_id)
            continue
        row.master_key, row.wrapped = masters.wrap(key, _place(row.authority_id, row.child_id))
        count += 1
    session.flush()
    return WrappedAgain(count, tuple(lost), rows[-1].child_id if len(rows) == limit else None)


def count_by_master_key(session: Session) -> dict[str, int]:
    """Count how many keys each master key wraps."""
    return queries.count_keys(session)


def _unwrap(masters: MasterKeys, row: ChildKey) -> DataKey:
    place = _place(row.authority_id, row.child_id)
    return masters.unwrap(row.key_id, row.master_key, row.wrapped, place)


def _place(authority_id: UUID, child_id: UUID) -> Place:
    return Place(authority_id, ChildKey.__tablename__, child_id, "wrapped")
