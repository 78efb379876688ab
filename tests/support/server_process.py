"""`shortbreaks serve` in a process of its own, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.access.tokens import make_keys
from app.cli.serving import GRACE_S
from app.encryption import MasterKeys
from app.jobs import JOB_GRACE_S

COMMAND = (sys.executable, "-c", "from app.cli import main; main()")
START_TIMEOUT_S = 60
END_OF_DATABASE_S = 10
PAUSE_S = 0.02


@dataclass
class ServerProcess:
    """A service on a data folder of its own."""

    data_dir: Path
    port: int
    options: Sequence[str] = ()
    # Instead of the command line: a build that is broken on purpose, or has a clock of its own.
    program: Sequence[str] = COMMAND
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it can serve."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.program, "serve", "--port", str(self.port), *self.options],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        self.wait_until_ready()

    @property
    def log(self) -> Path:
        """Name the file that keeps the service's last words."""
        return self.data_dir / "serve.log"

    @property
    def environment(self) -> dict[str, str]:
        """Name the data folder and its keys to a command, as production does."""
        keys = self.data_dir / "signing-keys.json"
        make_keys(keys)
        data_keys = self.data_dir / "data-keys.json"
        MasterKeys.load_or_make(data_keys)
        return {
            **os.environ,
            "PYTHONFAULTHANDLER": "1",
            "SHORTBREAKS_DATA_DIR": str(self.data_dir),
            "SHORTBREAKS_ENVIRONMENT": "production",
            "SHORTBREAKS_SIGNING_KEYS_FILE": str(keys),
            "SHORTBREAKS_DATA_KEYS_FILE": str(data_keys),
            **self.variables,
        }

    def run(self, command: str) -> subprocess.CompletedProcess[bytes]:
        """Run another command on the same data."""
        return subprocess.run(
            [*COMMAND, command], env=self.environment, capture_output=True, check=False
        )

    def wait_until_ready(self) -> None:
        """Wait until it can serve, or again can."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            with suppress(httpx.HTTPError):
                url = f"http://127.0.0.1:{self.port}/readyz"
                if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                    return
            time.sleep(PAUSE_S)
        pytest.fail("the server did not come back")

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Ask it to end if it runs, and wait until it has."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE_S + JOB_GRACE_S + END_OF_DATABASE_S)
        except subprocess.TimeoutExpired:
            # It says where each of its threads stands.
            self.process.send_signal(signal.SIGABRT)
            self.process.wait()
            told = self.log.read_text()[-8000:]
            raise AssertionError(f"the server does not end when it is asked to:\n{told}") from None

    def kill_database(self, how: signal.Signals) -> None:
        """End the PostgreSQL under it."""
        os.kill(self.database_pid(), how)

    def database_pid(self) -> int:
        """Name the first process of the PostgreSQL under it."""
        pid_file = self.data_dir / "postgres" / "postgres18" / "postmaster.pid"
        return int(pid_file.read_text().split()[0])

    def faults(self) -> list[str]:
        """List what the service itself calls unexpected."""
        return [line for line in self.log.read_text().splitlines() if "_error" in line]


def free_port() -> int:
    """Find a port that no outgoing connection is given, or one could hold it between two starts."""
    for port in range(20_000 + os.getpid() % 1_000, 32_000):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")
