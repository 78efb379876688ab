"""JSON merge patch (RFC 7396)."""

from typing import Any


def merge(document: Any, patch: Any) -> Any:
    """Give the document with the patch laid over it: null removes, objects merge, all else replaces.

    Neither argument is changed.
    """
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
