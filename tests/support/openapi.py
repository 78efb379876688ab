"""Reading the published OpenAPI document: operations, their bodies' fields, valid examples."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

WRITES = ("post", "put", "patch")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    definition: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Field:
    """One field of a body and the schema of what it holds."""

    path: Path
    schema: dict[str, Any]

    @property
    def kind(self) -> str:
        """Tell what hostile values it is given."""
        if self.schema.get("format") in ("date", "date-time", "uuid") or "pattern" in self.schema:
            return "formatted"
        return str(self.schema.get("type", "any"))


class Document:
    """An OpenAPI document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def operations(self) -> list[Operation]:
        """List every operation."""
        return [
            Operation(method, path, definition)
            for path, methods in self.document["paths"].items()
            for method, definition in methods.items()
        ]

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Follow references, and take the one kind that is not null."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].split("/")[-1]]
            elif "anyOf" in schema:
                schema = next(kind for kind in schema["anyOf"] if kind.get("type") != "null")
            elif "allOf" in schema:
                schema = schema["allOf"][0]
            else:
                return schema

    def body(self, operation: Operation) -> tuple[dict[str, Any], Any] | None:
        """Give the schema of a JSON body and an example of it."""
        content = operation.definition.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return None
        media = content["application/json"]
        schema = self.resolve(media["schema"])
        examples = [example["value"] for example in media.get("examples", {}).values()]
        return schema, (examples or schema["examples"])[0]

    def fields(self, schema: dict[str, Any], path: Path = ()) -> Iterator[Field]:
        """List every field of a body, through its objects and the first item of its lists."""
        schema = self.resolve(schema)
        if path:
            yield Field(path, schema)
        for name, kind in schema.get("properties", {}).items():
            yield from self.fields(kind, (*path, name))
        if schema.get("type") == "array":
            yield from self.fields(schema["items"], (*path, 0))


def with_value(body: Any, path: Path, value: Any) -> Any:
    """Put a value at a path of a copy of the body, making what is missing on the way."""
    changed = deepcopy(body)
    place = changed
    for step, following in zip(path, [*path[1:], None], strict=True):
        if isinstance(step, int):
            while len(place) <= step:
                place.append(None)
        elif step not in place:
            place[step] = None
        if following is None:
            place[step] = value
        elif not isinstance(place[step], list if isinstance(following, int) else dict):
            place[step] = [] if isinstance(following, int) else {}
        place = place[step]
    return changed
