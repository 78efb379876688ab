"""The tree: what a reader may rely on in every file of the repository."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    *("app", "matching", "migrations", "tests", "openapi"),
    *("pyproject.toml", "Dockerfile", "README.md", "requirements.lock", "LICENSE"),
}
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# Whatever else a file may name: where packages come from is the installer's business.
ADDRESS = re.compile(rb"([a-z][a-z+]*)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)?", re.IGNORECASE)
SCHEMES = {"http", "https", "postgresql", "postgresql+psycopg", "nowhere"}
HOSTS = {
    *("127.0.0.1", "example.com", "creativecommons.org", "www.apache.org", "www.w3.org"),
    *("openactive.io", "openreferral.org", "www.tpximpact.com", "www.google.com"),
}


@cache
def committed() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = [Path(name) for name in listing.stdout.split("\0") if name]
    found = [path for path in paths if (ROOT / path).is_file()]
    assert len(found) > 20
    return found


def python_files(*folders: str) -> list[Path]:
    wanted = folders or ("app", "matching", "migrations", "tests")
    found = [path for path in committed() if path.suffix == ".py" and path.parts[0] in wanted]
    assert len(found) > len(wanted)
    return found


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Call):
            yield node


def test_no_python_file_is_longer_than_400_lines() -> None:
    long = {
        str(path): lines
        for path in python_files()
        if (lines := len((ROOT / path).read_text().splitlines())) > 400
    }
    assert long == {}


def test_no_name_says_nothing() -> None:
    assert [
        str(path) for path in committed() if NO_NAMES & set(re.split(r"[/_.-]", str(path)))
    ] == []


def test_the_top_level_stays_as_given() -> None:
    top = {path.parts[0] for path in committed()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL
    assert {"app", "tests", "README.md"} <= top


def test_only_the_clock_tells_the_time() -> None:
    names = {"now", "utcnow", "today"}
    found = [
        f"{path}:{call.lineno}"
        for path in python_files("app", "matching", "migrations")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in names
        and ast.unparse(call.func.value).split(".")[-1] in {"datetime", "date"}
    ]
    assert found
    assert {line.split(":")[0] for line in found} == {"app/clock.py"}


def test_only_the_database_module_commits() -> None:
    found = {
        str(path)
        for path in python_files("app", "matching")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    }
    assert found <= {"app/db.py"}
    # The rule would also hold if the transaction were no longer in that module.
    assert re.search(r"\.begin\(|\.commit\(", (ROOT / "app/db.py").read_text())


def test_no_statement_is_put_together_from_text() -> None:
    seen = 0
    for path in python_files("app"):
        for call in calls(path):
            name = ast.unparse(call.func).split(".")[-1]
            if name in {"text", "exec_driver_sql"} and call.args:
                seen += 1
                assert not isinstance(call.args[0], ast.JoinedStr | ast.BinOp), (
                    f"{path}:{call.lineno}"
                )
    assert seen


def test_files_name_known_schemes_and_hosts_only() -> None:
    seen, strange = 0, set()
    for path in committed():
        for scheme, host in ADDRESS.findall((ROOT / path).read_bytes()):
            seen += 1
            how, where = scheme.decode().lower(), host.decode().lower()
            known = not where or where in HOSTS or where.endswith(".example")
            if how not in SCHEMES or (how.startswith("http") and not known):
                strange.add((str(path), how, where))
    assert seen
    assert strange == set()
