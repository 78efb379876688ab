"""requirements.lock: every dependency, pinned by hash, from no particular host."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = [
    Requirement(text)
    for text in (*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"])
]
# One entry: `name==version`, its hashes, and the comment that says who asked for it.
ENTRIES = re.findall(r"^([\w.-]+)==(\S+) \\\n((?:    --hash=.*\n)+)((?:    #.*\n)+)", LOCK, re.M)
PINNED = {canonicalize_name(name): Version(version) for name, version, *_ in ENTRIES}


def test_every_line_belongs_to_an_entry() -> None:
    lines = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(lines) == len(ENTRIES) == len(PINNED) > 30


def test_every_entry_has_strong_hashes() -> None:
    assert ENTRIES
    for name, _, hashes, _ in ENTRIES:
        for line in hashes.splitlines():
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), name


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_what_the_project_needs_is_pinned_at_a_version_it_accepts(needed: Requirement) -> None:
    assert needed.specifier.contains(PINNED[canonicalize_name(needed.name)])


def test_nothing_is_pinned_that_the_project_no_longer_needs() -> None:
    direct = {
        canonicalize_name(name) for name, *_, via in ENTRIES if "shortbreaks (pyproject.toml" in via
    }
    assert direct == {canonicalize_name(needed.name) for needed in NEEDED}


@pytest.mark.parametrize("trace", ["://", "file:", "--index", "--extra-index", "--find-links", "@"])
def test_no_host_or_folder_is_named(trace: str) -> None:
    assert trace not in LOCK
