"""Sealing the texts of a passport's version, each bound to its row and column, and opening them."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from app.encryption import DataKey, Place, Undecipherable
from app.passports.models import PassportVersion


def seal_texts(row: PassportVersion, key: DataKey, texts: Mapping[str, str | None]) -> None:
    """Put texts into the columns of their names, sealed."""
    row.key_id = key.id
    for name, text in texts.items():
        sealed = None if text is None else key.seal(_place(row.authority_id, row.id, name), text)
        setattr(row, name, sealed)


def open_texts(
    row: PassportVersion, key: DataKey | None, names: Iterable[str]
) -> dict[str, str | None]:
    """Read the texts of some columns, with the key of the row's child."""
    if key is None or key.id != row.key_id:
        raise Undecipherable("a passport was not sealed with its child's key")
    texts: dict[str, str | None] = {}
    for name in names:
        sealed = getattr(row, name)
        place = _place(row.authority_id, row.id, name)
        texts[name] = None if sealed is None else key.open(place, sealed)
    return texts


def _place(authority_id: UUID, row_id: UUID, column: str) -> Place:
    return Place(authority_id, PassportVersion.__tablename__, row_id, column)
