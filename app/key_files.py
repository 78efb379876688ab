"""Files of secret keys: JWK sets, read, or made at the first start of a development machine."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from joserfc.jwk import Key, KeySet


class KeysBeingChanged(RuntimeError):
    """Another process is at the file, as one that stands beside it says."""


def load_keys(path: Path) -> KeySet:
    """Read a JWK set; its first key is the one in use, the others are for what is older."""
    return KeySet.import_key_set(json.loads(path.read_text()))


def load_or_make_keys(path: Path, make: Callable[[], Key]) -> KeySet:
    """Read a JWK set, making one with a single key if there is none yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = _write_draft(path, KeySet([make()]))
        # Linking, unlike renaming, does not replace the keys another process made meanwhile.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return load_keys(path)


def put_first(path: Path, key: Key) -> KeySet:
    """Put a key before those of a JWK set; whoever reads meanwhile finds the old file or the new.

    It is refused while another process is at it, as one of the two keys would be lost.
    """
    turn = path.with_name(f".{path.name}.turn")
    try:
        turn.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise KeysBeingChanged(str(turn)) from None
    try:
        keys = KeySet([key, *load_keys(path).keys])
        _write_draft(path, keys).replace(path)
    finally:
        turn.unlink()
    return keys


def _write_draft(path: Path, keys: KeySet) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(keys.as_dict(private=True)))
    return draft
