"""What is sealed opens in its place, with its key, and nowhere else."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwk import KeySet, OctKey, OKPKey

from app import encryption
from app.encryption import (
    DataKey,
    MasterKeyMissing,
    MasterKeys,
    Place,
    Undecipherable,
    UnusableKeys,
    add_master_key,
    make_master_key,
)
from app.ids import new_id
from app.key_files import KeysBeingChanged

TEXT = "Asthma, blue inhaler. Ça va? 🎣"
PLACE = Place(new_id(), "passport_versions", new_id(), "medical")
ELSEWHERE = {
    "another authority": replace(PLACE, authority_id=new_id()),
    "another table": replace(PLACE, table="goals"),
    "another row": replace(PLACE, row_id=new_id()),
    "another column": replace(PLACE, column="flag"),
}


@pytest.fixture
def key() -> DataKey:
    return DataKey.make()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data-keys.json"


def opens_elsewhere(key: DataKey, place: Place) -> bool:
    """Move a sealed text, and tell whether it opens there."""
    try:
        return key.open(place, key.seal(PLACE, TEXT)) == TEXT
    except Undecipherable:
        return False


class TestDataKey:
    def test_opens_what_it_sealed(self, key: DataKey) -> None:
        sealed = key.seal(PLACE, TEXT)

        assert key.open(PLACE, sealed) == TEXT
        assert TEXT.encode() not in sealed

    def test_seals_the_same_text_differently_each_time(self, key: DataKey) -> None:
        sealed = {key.seal(PLACE, TEXT) for _ in range(1000)}

        assert len({one[: encryption.NONCE_BYTES] for one in sealed}) == len(sealed) == 1000

    @pytest.mark.parametrize("where", ELSEWHERE)
    def test_does_not_open_what_was_moved(self, key: DataKey, where: str) -> None:
        assert not opens_elsewhere(key, ELSEWHERE[where])

    @pytest.mark.parametrize("where", ELSEWHERE)
    def test_control_an_unbound_value_would_open(
        self, key: DataKey, where: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Place, "bound_to", lambda place, key_id: b"")

        assert opens_elsewhere(key, ELSEWHERE[where])

    def test_does_not_open_under_another_keys_name(self, key: DataKey) -> None:
        renamed = DataKey(new_id(), key._secret)

        with pytest.raises(Undecipherable):
            renamed.open(PLACE, key.seal(PLACE, TEXT))

    def test_does_not_open_with_another_key(self, key: DataKey) -> None:
        other = DataKey(key.id, DataKey.make()._secret)

        with pytest.raises(Undecipherable):
            other.open(PLACE, key.seal(PLACE, TEXT))

    def test_does_not_open_what_was_altered_or_cut(self, key: DataKey) -> None:
        sealed = key.seal(PLACE, TEXT)
        flipped = [
            sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))
        ]
        for crooked in [*flipped, *(sealed[:n] for n in range(len(sealed)))]:
            with pytest.raises(Undecipherable) as refusal:
                key.open(PLACE, crooked)
            assert refusal.value.__suppress_context__


class TestMasterKeys:
    def test_unwraps_what_it_wrapped(self, key: DataKey) -> None:
        masters = MasterKeys(KeySet([make_master_key()]))
        name, wrapped = masters.wrap(key, PLACE)

        opened = masters.unwrap(key.id, name, wrapped, PLACE)

        assert opened.open(PLACE, key.seal(PLACE, TEXT)) == TEXT
        assert key._secret not in wrapped

    @pytest.mark.parametrize("where", ELSEWHERE)
    def test_does_not_unwrap_what_was_moved(self, key: DataKey, where: str) -> None:
        masters = MasterKeys(KeySet([make_master_key()]))
        name, wrapped = masters.wrap(key, PLACE)

        with pytest.raises(Undecipherable):
            masters.unwrap(key.id, name, wrapped, ELSEWHERE[where])

    def test_the_first_wraps_and_the_others_unwrap(self, key: DataKey) -> None:
        old, new = make_master_key(), make_master_key()
        name, wrapped = MasterKeys(KeySet([old])).wrap(key, PLACE)
        both = MasterKeys(KeySet([new, old]))

        assert both.wrap(key, PLACE)[0] == new.kid
        assert both.unwrap(key.id, name, wrapped, PLACE).id == key.id
        with pytest.raises(MasterKeyMissing):
            MasterKeys(KeySet([new])).unwrap(key.id, name, wrapped, PLACE)

    def test_without_a_key_nothing_is_wrapped(self, key: DataKey) -> None:
        with pytest.raises(MasterKeyMissing):
            MasterKeys(KeySet([])).wrap(key, PLACE)

    def test_names_tell_nothing_of_the_key(self) -> None:
        key = make_master_key()

        assert key.kid != key.thumbprint()
        assert len({make_master_key().kid for _ in range(100)}) == 100

    @pytest.mark.parametrize(
        "unfit",
        [
            OctKey.generate_key(128, {"kid": "short"}),
            OKPKey.generate_key("Ed25519", auto_kid=True),
        ],
        ids=["short", "a signing key"],
    )
    def test_refuses_a_key_that_is_none(self, unfit: OctKey) -> None:
        with pytest.raises(UnusableKeys):
            MasterKeys(KeySet([make_master_key(), unfit]))

    def test_refuses_two_keys_of_one_name(self) -> None:
        same = OctKey.generate_key(256, {"kid": "same"}), OctKey.generate_key(256, {"kid": "same"})

        with pytest.raises(UnusableKeys):
            MasterKeys(KeySet([*same]))


class TestKeyFile:
    def test_is_made_once_and_for_its_owner_alone(self, file: Path) -> None:
        first = MasterKeys.load_or_make(file).names

        assert MasterKeys.load_or_make(file).names == first
        assert file.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in file.parent.iterdir()] == [file.name]

    def test_a_new_first_key_reaches_a_running_process(self, file: Path, key: DataKey) -> None:
        running = MasterKeys.load_or_make(file)
        [old] = running.names
        before = running.wrap(key, PLACE)

        new = add_master_key(file)

        assert running.names == [new, old]
        assert running.wrap(key, PLACE)[0] == new
        assert running.unwrap(key.id, *before, PLACE).id == key.id
        assert file.stat().st_mode & 0o777 == 0o600

    def test_what_another_process_wrapped_anew_is_read(self, file: Path, key: DataKey) -> None:
        running = MasterKeys.load_or_make(file)
        add_master_key(file)
        name, wrapped = MasterKeys.load(file).wrap(key, PLACE)

        assert running.unwrap(key.id, name, wrapped, PLACE).id == key.id

    def test_two_keys_are_not_added_at_once(self, file: Path) -> None:
        MasterKeys.load_or_make(file)
        turn = file.with_name(f".{file.name}.turn")
        turn.touch()

        with pytest.raises(KeysBeingChanged):
            add_master_key(file)
        turn.unlink()
        add_master_key(file)
        assert len(MasterKeys.load(file).names) == 2

    def test_holds_256_random_bits(self, file: Path) -> None:
        MasterKeys.load_or_make(file)
        [stored] = json.loads(file.read_text())["keys"]

        secret = OctKey.import_key(stored).raw_value
        assert len(secret) == 32
        assert secret != bytes(32)
        nonce = os.urandom(12)
        assert AESGCM(secret).decrypt(nonce, AESGCM(secret).encrypt(nonce, b"x", None), None)
