"""Processor time is counted for a process and for all that live below it."""

import os
import subprocess
import sys
import time

import pytest

from tests.load.processor import PROC, used

BURN = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"


@pytest.mark.skipif(not (PROC / "self" / "stat").exists(), reason="only Linux tells")
def test_children_count() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        before = time.process_time()
        found = used(server=child.pid, database=os.getpid())
        child.communicate(b"\n")

    assert found is not None
    assert found.server >= 0.25
    # The child lives below this process.
    assert found.database >= found.server
    assert abs(found.harness - before) < 1
