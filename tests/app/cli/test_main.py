"""The command line as a whole."""

import os
import subprocess
import sys


def test_database_that_cannot_be_reached_is_told_of() -> None:
    # Port 1 is nobody's.
    url = "postgresql://nobody@127.0.0.1:1/none"
    result = subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "migrate"],
        env={**os.environ, "SHORTBREAKS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.startswith("The database cannot be reached. ")
    assert "Traceback" not in result.stderr
