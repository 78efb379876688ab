"""Dockerfile: read as text, as the tests have no container engine."""

import json
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
COMMANDS = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.M)).splitlines()
STAGES = [index for index, line in enumerate(COMMANDS) if line.startswith("FROM ")]
FINAL = COMMANDS[STAGES[-1] :]


def arguments(instruction: str, commands: list[str] = COMMANDS) -> list[str]:
    found = [line for line in commands if line.split(" ", 1)[0] == instruction]
    assert found, f"no {instruction}"
    return [line.split(" ", 1)[1] for line in found]


def test_the_build_stage_stays_behind() -> None:
    assert len(STAGES) == 2
    assert [line for line in FINAL if line.startswith(("COPY", "ADD"))] == [
        "COPY --from=build /opt/shortbreaks /opt/shortbreaks"
    ]
    assert not any("pip" in line for line in FINAL)


def test_every_stage_has_the_base_that_can_be_pinned_by_digest() -> None:
    (base,) = arguments("ARG")
    assert re.fullmatch(r"BASE=python:3\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base)
    assert {line.split()[0] for line in arguments("FROM")} == {"${BASE}"}


def test_the_base_has_the_python_that_the_lock_was_made_for() -> None:
    python = re.search(r"with Python (3\.\d+)", (ROOT / "requirements.lock").read_text())
    assert python
    assert f"python:{python[1]}-" in arguments("ARG")[0]


def test_nothing_is_installed_without_a_hash() -> None:
    installs = [
        json.loads(line) for line in arguments("RUN", COMMANDS[: STAGES[-1]]) if '"install"' in line
    ]
    assert len(installs) == 2
    assert {"--require-hashes", "--only-binary=:all:", "requirements.lock"} <= set(installs[0])
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(installs[1])
    assert not re.search(r"apt-get|apk |curl|wget|\bADD\b", "\n".join(COMMANDS))


def test_it_runs_as_a_number_that_is_not_root() -> None:
    (user,) = arguments("USER", FINAL)
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    after = FINAL[FINAL.index(f"USER {user}") :]
    assert not any(line.startswith("RUN") for line in after)


def test_its_health_is_asked_without_a_shell() -> None:
    (check,) = arguments("HEALTHCHECK", FINAL)
    program, flag, script = json.loads(check.split(" CMD ")[1])
    assert (program, flag) == ("python", "-c")
    assert "http://127.0.0.1:8000/healthz" in script
    compile(script, "HEALTHCHECK", "exec")


def test_it_serves_on_the_port_it_exposes() -> None:
    assert arguments("EXPOSE", FINAL) == ["8000"]
    (command,) = arguments("CMD", FINAL)
    assert json.loads(command) == ["shortbreaks", "serve", "--host", "0.0.0.0"]
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert "shortbreaks" in scripts


def test_it_carries_no_secret() -> None:
    for line in (*arguments("ENV"), *arguments("ARG")):
        assert not re.search(r"secret|token|passw|_key|database_url", line, re.I)


def test_only_named_files_reach_the_image() -> None:
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {
        name.rstrip("/")
        for line in arguments("COPY", COMMANDS[: STAGES[-1]])
        for name in line.split()[:-1]
    }
    assert copied == allowed
    assert all((ROOT / name).exists() for name in copied)
