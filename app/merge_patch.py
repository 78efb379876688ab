"""JSON merge patch (RFC 7396)."""

from typing import Any, TypeVar

from pydantic import ValidationError

from app.errors import InvalidFields
from app.wire import Wire, field_problems

Body = TypeVar("Body", bound=Wire)


def merge(document: Any, patch: Any) -> Any:
    """Lay the patch over the document: null removes, objects merge, all else replaces.

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


def apply_patch(kind: type[Body], document: dict[str, Any], patch: dict[str, Any]) -> Body:
    """Lay the patch over the document and hold the result, as a whole, to the rules of its kind."""
    try:
        return kind.model_validate(merge(document, patch))
    except ValidationError as error:
        raise InvalidFields(field_problems(error.errors())) from None
