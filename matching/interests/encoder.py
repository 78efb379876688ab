"""Which encoder read a text: stored phrases are good for as long as this stays the same."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources


@cache
def encoder_version() -> str:
    """Name the version of what turns texts into phrases.

    Returns
    -------
    str
        16 hexadecimal digits, the same in every process.

    Notes
    -----
    A digest of this folder's code and data, so that no change can forget to move it. Some 20 ms,
    once per process.
    """
    digest = hashlib.sha256()
    folder = resources.files("matching.interests")
    for place in (folder, folder / "data"):
        for file in sorted(place.iterdir(), key=lambda found: found.name):
            if file.is_file() and not file.name.endswith(".pyc"):
                digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]
