"""The published contract: the committed document is current, its examples are valid."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from app.cli import cli
from app.cli.openapi import render_document
from tests.support.openapi import Document, Operation

COMMITTED = Path(__file__).parents[2] / "openapi" / "openapi.json"
CURRENT = json.loads(render_document())
WITH_BODY = [
    operation
    for operation in Document(CURRENT).operations()
    if "requestBody" in operation.definition
]


def json_body(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = operation.definition["requestBody"]["content"]
    return content.get("application/json", {})


def examples(operation: Operation) -> list[Any]:
    media = json_body(operation)
    named = [example["value"] for example in media.get("examples", {}).values()]
    single = [media["example"]] if "example" in media else []
    schema = Document(CURRENT).resolve(media["schema"])
    return [*named, *single, *schema.get("examples", [])]


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == render_document(), "run: shortbreaks openapi"


def test_the_running_service_publishes_the_same(application: FastAPI) -> None:
    assert application.openapi() == CURRENT


def test_every_reference_leads_somewhere() -> None:
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(CURRENT)))

    assert "Problem" in named
    assert named <= set(CURRENT["components"]["schemas"])


def test_every_refusal_is_a_problem_document() -> None:
    for operation in Document(CURRENT).operations():
        answers = operation.definition["responses"]
        refusals = [answer for status, answer in answers.items() if not status.startswith("2")]
        assert refusals
        for refusal in refusals:
            assert list(refusal["content"]) == ["application/problem+json"]


def test_check_sees_a_difference(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    run = CliRunner().invoke
    assert run(cli, ["openapi", "--check", "--file", str(file)]).exit_code == 1
    assert run(cli, ["openapi", "--file", str(file)]).exit_code == 0
    assert run(cli, ["openapi", "--check", "--file", str(file)]).exit_code == 0
    file.write_text(file.read_text().replace("Place a booking", "Place any booking", 1))
    assert run(cli, ["openapi", "--check", "--file", str(file)]).exit_code == 1


@pytest.mark.parametrize("operation", [one for one in WITH_BODY if json_body(one)], ids=str)
def test_every_body_has_an_example_that_its_schema_accepts(operation: Operation) -> None:
    found = examples(operation)
    assert found
    schema = {**json_body(operation)["schema"], "components": CURRENT["components"]}
    for example in found:
        Draft202012Validator(schema).validate(example)


def test_bodies_were_looked_at() -> None:
    assert sum(bool(json_body(one)) for one in WITH_BODY) >= 10
    # Forms: the token endpoint and the file of an import.
    assert {one.path for one in WITH_BODY if not json_body(one)} <= {"/oauth/token", "/v1/imports"}
