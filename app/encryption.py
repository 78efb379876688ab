"""Texts at rest: AES-256-GCM with a key a child, which in turn is wrapped by a master key.

Whatever is sealed is bound to its place: authority, table, row, column and key. Moved anywhere
else it does not open. Destroying a child's key leaves nothing readable of what it sealed.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import KeySet, OctKey

from app.ids import new_id
from app.key_files import load_keys, load_or_make_keys, put_first

KEY_BYTES: Final = 32
# As NIST SP 800-38D advises; a random one may be used 2**32 times with one key.
NONCE_BYTES: Final = 12


class Undecipherable(RuntimeError):
    """A sealed value is not what was put there: altered, moved, or sealed by another key."""


class MasterKeyMissing(RuntimeError):
    """A child's key is wrapped by a master key that the key file does not hold."""


class UnusableKeys(ValueError):
    """The file of master keys does not hold what it should."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value is kept."""

    authority_id: UUID
    table: str
    row_id: UUID
    column: str

    def bound_to(self, key_id: str) -> bytes:
        """Give what is authenticated along with the value."""
        parts = (self.authority_id, self.table, self.row_id, self.column, key_id)
        return "|".join(map(str, parts)).encode()


class DataKey:
    """The key that seals what is written about one child."""

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        self.id = key_id
        self._secret = secret
        self._cipher = AESGCM(secret)

    @classmethod
    def make(cls) -> "DataKey":
        """Make a new key."""
        return cls(new_id(), AESGCM.generate_key(bit_length=8 * KEY_BYTES))

    def seal(self, place: Place, text: str) -> bytes:
        """Encrypt a text for the one place where it is kept."""
        return _seal(self._cipher, text.encode(), place.bound_to(str(self.id)))

    def open(self, place: Place, sealed: bytes) -> str:
        """Decrypt a text of a place, or raise `Undecipherable`."""
        return _open(self._cipher, sealed, place.bound_to(str(self.id))).decode()

    def wrap(self, master: AESGCM, bound_to: bytes) -> bytes:
        """Encrypt the key itself."""
        return _seal(master, self._secret, bound_to)


class MasterKeys:
    """The keys that wrap children's keys: the first wraps, the others still unwrap.

    The file is read again when it has changed, so that a new first key reaches every running
    process, and none has to be restarted to read what another has wrapped with it.
    """

    def __init__(self, keys: KeySet, *, path: Path | None = None) -> None:
        self._path = path
        self._seen = _stamp(path)
        self._ciphers = _ciphers(keys)

    @classmethod
    def load(cls, path: Path) -> "MasterKeys":
        """Read the master keys of a file."""
        return cls(load_keys(path), path=path)

    @classmethod
    def load_or_make(cls, path: Path) -> "MasterKeys":
        """Read the master keys of a development machine, making them at the first start."""
        return cls(load_or_make_keys(path, make_master_key), path=path)

    @property
    def names(self) -> Sequence[str]:
        """Name the keys, the wrapping one first."""
        self._read_again_if_changed()
        return list(self._ciphers)

    def wrap(self, key: DataKey, place: Place) -> tuple[str, bytes]:
        """Wrap a child's key for the place where it is kept; gives the master key's name too."""
        self._read_again_if_changed()
        if not self._ciphers:
            raise MasterKeyMissing("there is no master key")
        name, master = next(iter(self._ciphers.items()))
        return name, key.wrap(master, place.bound_to(name))

    def unwrap(self, key_id: UUID, name: str, wrapped: bytes, place: Place) -> DataKey:
        """Unwrap a child's key with the master key of a name."""
        if name not in self._ciphers:
            self._read_again_if_changed()
        if name not in self._ciphers:
            raise MasterKeyMissing(f"the key file has no key named {name}")
        return DataKey(key_id, _open(self._ciphers[name], wrapped, place.bound_to(name)))

    def _read_again_if_changed(self) -> None:
        stamp = _stamp(self._path)
        if self._path is not None and stamp != self._seen:
            self._ciphers = _ciphers(load_keys(self._path))
            self._seen = stamp


def make_master_key() -> OctKey:
    """Make a new master key."""
    # A name of its own and not the key's thumbprint, which would stand beside what it wraps.
    name = secrets.token_hex(8)
    return OctKey.generate_key(8 * KEY_BYTES, {"use": "enc", "alg": "A256GCM", "kid": name})


def add_master_key(path: Path) -> str:
    """Put a new master key before those of a file and give its name."""
    key = make_master_key()
    put_first(path, key)
    return str(key.kid)


def _ciphers(keys: KeySet) -> dict[str, AESGCM]:
    ciphers = {}
    for key in keys.keys:
        if not isinstance(key, OctKey) or len(key.raw_value) != KEY_BYTES:
            raise UnusableKeys("a master key is a symmetric key of 256 bits")
        if str(key.kid) in ciphers:
            raise UnusableKeys("two master keys have one name")
        ciphers[str(key.kid)] = AESGCM(key.raw_value)
    return ciphers


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def _seal(cipher: AESGCM, content: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, bound_to)


def _open(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):
        # Without the cause: nothing of the value or the key can then reach a log.
        raise Undecipherable("a sealed value does not open in its place") from None
