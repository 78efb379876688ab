"""Look into foreign JSON whose shape nobody guarantees, noting what was not as expected."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

MAX_CHILDREN = 100
"""Entries read of one nested list: a service in 100 places with 100 schedules is a slip."""

Note = tuple[str, str, str]
"""The field's path, the rule and the message of something that was passed over."""


@dataclass(slots=True)
class Node:
    """One JSON object: asked for a field, it gives the wanted type or nothing and a note."""

    data: dict[str, Any]
    path: str = ""
    notes: list[Note] = field(default_factory=list)

    def note(self, key: str, rule: str, message: str) -> None:
        """Remember that a field was passed over or read in one of several ways."""
        self.notes.append((self.where(key), rule, message))

    def where(self, key: str) -> str:
        """Give the path of a field of this object from the row's top."""
        return f"{self.path}.{key}" if self.path else key

    def text(self, *keys: str) -> str | None:
        """Give the first of the fields that is there, as text without outer spaces, if any."""
        for key in keys:
            value = self.data.get(key)
            if isinstance(value, str):
                if value.strip():
                    return value.strip()
            elif isinstance(value, (int, float)) and not isinstance(value, bool):
                return str(value)
            elif value is not None:
                self.note(key, "not_text", "This should be text; it is passed over.")
        return None

    def number(self, key: str) -> float | None:
        """Give a field as a finite number, also where it was written as text."""
        value = self.data.get(key)
        if value is None or value == "":
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
        self.note(key, "not_a_number", "This should be a number; it is passed over.")
        return None

    def child(self, key: str) -> Node | None:
        """Give a nested object; of a list with one object that one."""
        children = self.children(key)
        return children[0] if children else None

    def _path_of(self, key: str, value: object, position: int) -> str:
        return f"{self.where(key)}.{position}" if isinstance(value, list) else self.where(key)

    def children(self, *keys: str) -> list[Node]:
        """Give the nested objects of the first of the fields that is there."""
        for key in keys:
            value = self.data.get(key)
            if value is None:
                continue
            items = value if isinstance(value, list) else [value]
            if len(items) > MAX_CHILDREN:
                self.note(key, "too_many", f"Only the first {MAX_CHILDREN} are read.")
                items = items[:MAX_CHILDREN]
            nodes = [
                Node(item, self._path_of(key, value, position), self.notes)
                for position, item in enumerate(items)
                if isinstance(item, dict)
            ]
            if len(nodes) < sum(item is not None for item in items):
                self.note(key, "not_an_object", "An entry is not an object; it is passed over.")
            return nodes
        return []
