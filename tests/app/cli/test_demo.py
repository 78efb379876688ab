"""`shortbreaks demo`: as a stranger runs it, in a process and a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

SHORTBREAKS = Path(sys.executable).with_name("shortbreaks")


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # Not pytest's own folder: run by root, the server's account could not enter that.
    with TemporaryDirectory(prefix="shortbreaks-demo-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="module")
def environment(data_dir: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "SHORTBREAKS" not in name}
    return {**kept, "SHORTBREAKS_DATA_DIR": str(data_dir), "COLUMNS": "80"}


def demo(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SHORTBREAKS, "demo", *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def told(environment: dict[str, str]) -> list[str]:
    """Run the demo twice and give what it told each time."""
    outcomes = [demo(environment, "--no-serve") for _ in range(2)]
    for outcome in outcomes:
        assert outcome.returncode == 0, outcome.stderr
        assert outcome.stderr == ""
    return [outcome.stdout for outcome in outcomes]


def ids(text: str, what: str) -> list[str]:
    return re.findall(rf"{what} ([0-9a-f-]{{36}})", text)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class TestWithoutServing:
    def test_tells_the_whole_story(self, told: list[str]) -> None:
        first, _ = told
        for passage in (
            "Maya, 12",
            "wheelchair access",
            "fishing with my grandad",
            "Junior angling",
            "interest: fishing",
            "Support: ready",
            "To arrange: one to one by the",
            "The free booking is made",
            "Status: confirmed, funding: free",
            "A second free booking in the month is refused",
            "Rule: entitlement-exhausted",
            "nothing serves it",
            "Recorded as a wish",
            "Asked about it: ",
        ):
            assert passage in first
        assert re.search(r"Stoke-on-Trent \(sample\) +│ +300 │", first)
        assert re.search(r"Cheshire East \(sample\) +│ +3,000 │", first)
        assert "{" not in first

    def test_the_second_time_it_shows_the_same_booking_and_doubles_nothing(
        self, told: list[str]
    ) -> None:
        first, second = told
        assert "The free booking, made before" in second
        assert "Rule: entitlement-exhausted" in second
        assert len(ids(first, "Booking")) == 1
        for what in ("Booking", "Wish"):
            assert ids(second, what) == ids(first, what)
        sizes = [re.findall(r"\(sample\) .*", text) for text in told]
        assert sizes[0] == sizes[1]

    def test_fits_a_terminal_of_80_columns(self, told: list[str]) -> None:
        assert max(len(line) for text in told for line in text.splitlines()) <= 80


class TestServing:
    def test_what_it_prints_can_be_pasted(
        self, told: list[str], environment: dict[str, str], free_port: int
    ) -> None:
        base = f"http://127.0.0.1:{free_port}"
        process = subprocess.Popen(
            [SHORTBREAKS, "demo", "--port", str(free_port)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until_ready(base)
            curls = [line for line in lines_so_far(process) if line.startswith("curl ")]
            matches = re.fullmatch(r"curl -s -H 'Authorization: (Bearer \S+)' '(\S+)'", curls[0])
            assert matches
            answer = httpx.get(matches[2], headers={"Authorization": matches[1]})
            assert answer.status_code == 200
            assert answer.json()["items"]
            form = dict(re.findall(r"-d (\w+)=(\S+)", curls[1]))
            assert httpx.post(f"{base}/oauth/token", data=form).status_code == 200
            assert httpx.get(f"{base}/docs").status_code == 200
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors

    def test_a_taken_port_is_said_before_any_work(
        self, environment: dict[str, str], tmp_path: Path
    ) -> None:
        untouched = tmp_path / "data"
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            outcome = demo(
                {**environment, "SHORTBREAKS_DATA_DIR": str(untouched)}, "--port", str(port)
            )
        assert outcome.returncode == 1
        assert outcome.stdout == ""
        assert outcome.stderr == (
            f"127.0.0.1:{port} is taken by another program. Choose another with --port.\n"
        )
        assert not untouched.exists()

    def test_not_in_production(self, environment: dict[str, str], tmp_path: Path) -> None:
        production = {"SHORTBREAKS_ENVIRONMENT": "production"}
        outcome = demo({**environment, **production}, "--no-serve")
        assert outcome.returncode == 1
        assert "production" in outcome.stderr


def wait_until_ready(base: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{base}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not become ready")


def lines_so_far(process: subprocess.Popen[str]) -> Iterator[str]:
    """Read up to the second line to paste, which is the last that the demo prints."""
    assert process.stdout is not None
    pasted = 0
    for line in process.stdout:
        yield line.rstrip("\n")
        pasted += line.startswith("curl ")
        if pasted == 2:
            return
