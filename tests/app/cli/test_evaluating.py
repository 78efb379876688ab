"""`shortbreaks evaluate-interests`, from files to files, without a database."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli

LISTINGS = [
    {"id": "L1", "title": "Chess", "description": "Boards for all"},
    {"id": "L2", "title": "Junior angling", "description": "Rods and bait at the canal"},
    {"id": "L3", "title": "Samba drums", "description": "Loud and lively"},
]
QUERIES = [
    {"id": "Q1", "text": "mad on fishing", "relevance": {"L2": 2}, "avoid": []},
    {"id": "Q2", "text": "board games, hates loud noise", "relevance": {"L1": 2}, "avoid": ["L3"]},
]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def evaluate(folder: Path, listings: Path, queries: Path) -> Result:
    return CliRunner().invoke(
        cli,
        [
            "evaluate-interests",
            *("--listings", str(listings)),
            *("--queries", str(queries)),
            *("--out", str(folder / "out.jsonl")),
        ],
    )


def rankings(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_ranks_and_measures(tmp_path: Path) -> None:
    result = evaluate(
        tmp_path, write(tmp_path / "l.jsonl", LISTINGS), write(tmp_path / "q.jsonl", QUERIES)
    )

    assert result.exit_code == 0, result.output
    assert [one["id"] for one in rankings(tmp_path)] == ["Q1", "Q2"]
    first, second = (one["ranking"] for one in rankings(tmp_path))
    assert first[0] == "L2"
    assert second == ["L1", "L2", "L3"]
    # All three listings are among the first five, one of them to be avoided.
    assert "nDCG@5       1.0000" in result.output
    assert "violation@5  0.2000" in result.output


def test_without_relevance_nothing_is_measured(tmp_path: Path) -> None:
    queries = write(tmp_path / "q.jsonl", [{"id": "Q", "text": ""}])
    result = evaluate(tmp_path, write(tmp_path / "l.jsonl", LISTINGS), queries)

    assert result.exit_code == 0, result.output
    assert "nDCG@5       -" in result.output
    assert rankings(tmp_path) == [{"id": "Q", "ranking": ["L1", "L2", "L3"]}]


@pytest.mark.parametrize("bad", ['{"id": "Q", "text": 3}', '{"id": "Q"', "[]", '{"text": "x"}'])
def test_names_the_wrong_line_and_not_what_it_says(tmp_path: Path, bad: str) -> None:
    queries = tmp_path / "q.jsonl"
    queries.write_text(json.dumps(QUERIES[0]) + "\n\n" + bad + "\n", encoding="utf-8")
    result = evaluate(tmp_path, write(tmp_path / "l.jsonl", LISTINGS), queries)

    assert result.exit_code == 1
    assert "q.jsonl: line 3: " in result.output
    assert bad not in result.output
    assert not (tmp_path / "out.jsonl").exists()
