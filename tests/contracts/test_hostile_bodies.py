"""Hostile input: every field of every body, every parameter, never a 5xx, never the value back."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from app.access.guards import PUBLIC_OPERATIONS
from app.access.scopes import SCOPES_OF_KIND, ClientKind
from app.access.tokens import Tokens
from app.ids import new_id
from app.main import create_app
from tests.support.clock import SetClock
from tests.support.openapi import Document, Operation, with_value
from tests.support.world import World, make_world

MARKER = "Zqxmarker7f3"
# A number that JSON can write and no float can hold; put in as text where this stands.
TOO_BIG, WRITTEN = "__too_big__", '"__too_big__"'

NOT_TEXT: list[Any] = [7, 1.5, True, [MARKER], {MARKER: MARKER}, float("nan")]
BAD_TEXT = [f"\x00{MARKER}", f"{MARKER}\ud800", f"\udfff{MARKER}"]
HOSTILE: dict[str, list[Any]] = {
    "string": [*NOT_TEXT, *BAD_TEXT, MARKER * 20_000],
    "formatted": [
        *NOT_TEXT[1:],
        *BAD_TEXT,
        f"0000-01-01{MARKER}",
        "0000-00-00",
        "0000-01-01",
        "10000-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "99999999999999999999",
        MARKER * 20_000,
    ],
    "integer": [
        *(10**18, -(10**18), 10**30, 1.5, float("nan"), TOO_BIG),
        *(MARKER, [MARKER], {"a": MARKER}, f"1\x00{MARKER}", f"{'9' * 300}"),
    ],
    "number": [
        *(10**30, -(10**30), 10**400, float("nan"), float("inf"), TOO_BIG),
        *(MARKER, [MARKER], {"a": MARKER}, f"1\x00{MARKER}", "nan", "1e400"),
    ],
    "boolean": [2, MARKER, [MARKER], {"a": MARKER}, float("nan"), TOO_BIG, f"true\x00{MARKER}"],
    "array": [MARKER, 7, {MARKER: MARKER}, [[MARKER]], [None], [f"{MARKER}\x00"] * 3],
    "object": [MARKER, 7, [MARKER], {MARKER: MARKER}, {"unknown": MARKER}, [[{}]]],
}
BODIES: dict[str, bytes] = {
    "empty": b"",
    "cut off": b'{"name": "' + MARKER.encode(),
    "not UTF-8": b'{"name": "\xff\xfe\xed\xa0\x80' + MARKER.encode() + b'"}',
    "UTF-16": f'{{"name": ["{MARKER}"]}}'.encode("utf-16"),
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "array": json.dumps([MARKER]).encode(),
    "text": json.dumps(MARKER).encode(),
    "number": b"1" * 5_000,
    "not a number": b"NaN",
    "null": b"null",
    "unknown fields": json.dumps({f"{MARKER} {n}": MARKER for n in range(50)}).encode(),
    "same key twice": f'{{"x": "{MARKER}", "x": "{MARKER}"}}'.encode(),
    "three megabytes": b'{"name": "' + MARKER.encode() * 262_144 + b'"}',
}
DEPTHS = (100, 400, 700, 900, 960, 990)
PARAMETERS = [
    *("%00", f"{MARKER}%00", "%ed%a0%80", "%ff", "1e400", "NaN", "9" * 400, "-1", "0", "", "null"),
    *(MARKER, f"{MARKER},{MARKER}", "0000-00", "2027-13", "9999-12", "9999-12-31T23:59:59Z"),
    *(
        "0001-01-01T00:00:00%2B14:00",
        "0000-01-01",
        "90,180.0000001",
        "nan,nan",
        "inf,1",
        "%27%3B--",
    ),
    *("%25", "*", "a:* & !", "\\", "(" * 300, "[" * 300, "%F0%9F%8E%A3", MARKER * 500),
]
CURSORS = [
    [],
    [None],
    ["\x00"],
    ["\x00", str(new_id())],
    [MARKER, MARKER],
    [MARKER, "\ud800"],
    ["9999-12-31T23:59:59+00:00", str(new_id())],
    ["0001-01-01", str(new_id())],
    {"a": MARKER},
    7,
    [[[MARKER]]],
    ["9" * 100, str(new_id())],
]


@pytest.fixture(scope="module")
def world(
    application: FastAPI, sessions: sessionmaker[Session], shared_clock: SetClock
) -> Iterator[World]:
    with TestClient(application, raise_server_exceptions=False) as http:
        yield make_world(http, sessions, shared_clock)


@pytest.fixture(scope="module")
def document(application: FastAPI) -> Document:
    return Document(application.openapi())


@pytest.fixture(autouse=True)
def nothing_is_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """Search what structlog, logging and the server wrote."""
    caplog.set_level("DEBUG")
    yield
    written = capfd.readouterr()
    # The client's own debug lines name the URL that it was told to call.
    logged = [r.getMessage() for r in caplog.records if not r.name.startswith("http")]
    assert "request" in written.out
    assert MARKER not in written.out + written.err + "\n".join(logged)


def caller_of(operation: Operation) -> ClientKind:
    scopes = {s for entry in operation.definition["security"] for s in entry["oauth2"]}
    return next(kind for kind in ClientKind if scopes <= SCOPES_OF_KIND[kind])


def send(world: World, operation: Operation, content: bytes, **headers: str) -> Any:
    path = operation.path
    for name in operation.definition.get("parameters", []):
        path = path.replace(f"{{{name['name']}}}", str(new_id()))
    standing = {"Content-Type": "application/json", "If-Match": "*", "Idempotency-Key": "k"}
    return world.call(
        operation.method.upper(),
        path,
        kind=caller_of(operation),
        content=content,
        headers=standing | headers,
    )


def write(body: Any) -> bytes:
    return json.dumps(body).replace(WRITTEN, "1e400").encode()


def breach(answer: Any, *, refused: bool = True) -> str | None:
    """Say what is wrong with an answer to hostile input."""
    if MARKER in answer.text or MARKER in str(answer.headers):
        return "repeats the value"
    if answer.status_code >= 500 or (refused and answer.status_code < 400):
        return str(answer.status_code)
    if answer.status_code >= 400:
        if answer.headers["content-type"] != "application/problem+json":
            return answer.headers["content-type"]
        problem = answer.json()
        if not {"type", "title", "status"} <= set(problem):
            return f"no problem document: {sorted(problem)}"
        if problem["status"] != answer.status_code:
            return "the status of the problem is another"
    return None


def bodies(document: Document) -> list[tuple[Operation, dict[str, Any], Any]]:
    found = [
        (operation, *body)
        for operation in document.operations()
        if (operation.method, operation.path) not in PUBLIC_OPERATIONS
        if (body := document.body(operation)) is not None
    ]
    assert len(found) > 8
    return found


def test_every_field_of_every_body(world: World, document: Document) -> None:
    wrong, tried = {}, 0
    for operation, schema, example in bodies(document):
        for field in document.fields(schema):
            values = HOSTILE["string"] if field.kind == "any" else HOSTILE[field.kind]
            for number, value in enumerate(values):
                answer = send(world, operation, write(with_value(example, field.path, value)))
                tried += 1
                if problem := breach(answer):
                    wrong[f"{operation} {field.path} {field.kind}[{number}]"] = problem

    assert tried > 500
    assert wrong == {}


def test_text_is_not_repeated_when_another_field_is_wrong(world: World, document: Document) -> None:
    wrong = {}
    for operation, schema, example in bodies(document):
        body = example
        for field in document.fields(schema):
            if field.kind == "string" and "enum" not in field.schema:
                body = with_value(body, field.path, MARKER)
        if problem := breach(send(world, operation, write({**body, "unknown": MARKER}))):
            wrong[str(operation)] = problem

    assert wrong == {}


@pytest.mark.parametrize("name", BODIES)
def test_every_body_as_a_whole(world: World, document: Document, name: str) -> None:
    wrong = {
        str(operation): problem
        for operation, _, _ in bodies(document)
        # Nothing at all is a good body where all of it is optional.
        if (problem := breach(send(world, operation, BODIES[name]), refused=name not in NOTHING))
    }

    assert wrong == {}


NOTHING = {"null", "empty"}


def test_every_depth(world: World, document: Document) -> None:
    wrong = {}
    for operation, schema, example in bodies(document):
        field = next(document.fields(schema))
        for depth in DEPTHS:
            for opening, closing in (("[", "]"), ('{"a":', "}")):
                deep = opening * depth + "1" + closing * depth
                body = json.dumps(with_value(example, field.path, "here")).replace('"here"', deep)
                if problem := breach(send(world, operation, body.encode())):
                    wrong[f"{operation} {depth}"] = problem

    assert wrong == {}


def test_every_parameter(world: World, document: Document) -> None:
    wrong, tried = {}, 0
    for operation in document.operations():
        if (operation.method, operation.path) in PUBLIC_OPERATIONS:
            continue
        for parameter in operation.definition.get("parameters", []):
            crooked = map(cursor, CURSORS) if parameter["name"] == "cursor" else []
            for value in [*PARAMETERS, *crooked]:
                answer = call_with_parameter(world, operation, parameter, value)
                tried += 1
                if problem := breach(answer, refused=False):
                    wrong[f"{operation} {parameter['name']}={value[:30]}"] = problem

    assert tried > 500
    assert wrong == {}


def cursor(values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def call_with_parameter(
    world: World, operation: Operation, parameter: dict[str, Any], value: str
) -> Any:
    path, query, headers = operation.path, "", {}
    if parameter["in"] == "path":
        path = path.replace(f"{{{parameter['name']}}}", value or "%20")
    elif parameter["in"] == "query":
        query = f"?{parameter['name']}={value}"
    else:
        headers = {parameter["name"]: quote(value)}
    for other in operation.definition["parameters"]:
        path = path.replace(f"{{{other['name']}}}", str(new_id()))
    kind = caller_of(operation)
    return world.call(operation.method.upper(), path + query, kind=kind, headers=headers)


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "scope", "code"])
@pytest.mark.parametrize("value", [f"\x00{MARKER}", MARKER, MARKER * 20_000, "\ud800", "9" * 5000])
def test_the_token_form(world: World, name: str, value: str) -> None:
    mine = world.credentials[ClientKind.FAMILY_APP]
    form = {
        "grant_type": "urn:shortbreaks:family-code",
        "client_id": str(mine.client_id),
        "client_secret": mine.client_secret,
        "code": "unknown",
        name: value,
    }
    content = "&".join(f"{k}={quote(v, errors='surrogatepass')}" for k, v in form.items())
    answer = world.http.post(
        "/oauth/token",
        content=content,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert breach(answer) is None


def test_the_stock_handler_would_repeat_the_value(
    sessions: sessionmaker[Session],
    tokens: Tokens,
    shared_clock: SetClock,
    world: World,
) -> None:
    """Show that the search finds what it looks for."""
    stock = create_app(sessions, tokens, clock=shared_clock)
    stock.add_exception_handler(
        RequestValidationError,
        request_validation_exception_handler,  # type: ignore[arg-type]
    )
    with TestClient(stock, raise_server_exceptions=False) as http:
        answer = http.post(
            "/v1/children",
            json={"given_name": [MARKER]},
            headers={"Authorization": f"Bearer {world.token(ClientKind.BROKER)}"},
        )

    assert breach(answer) == "repeats the value"
