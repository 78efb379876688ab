"""Starting: a production machine makes no keys of its own, and none starts without."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.access.tokens import make_keys
from app.encryption import MasterKeys
from app.server import master_keys
from app.settings import Settings

FILES = {
    "missing": None,
    "empty": "",
    "not JSON": "secret text that is no JSON",
    "no key set": "[]",
    "no keys": '{"keys": []}',
    "no key at all": '{"keys": [7]}',
    "another kind of set": '{"other": 1}',
    "a short key": json.dumps(
        {"keys": [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "secret"}]}
    ),
}


def settings(**fields: object) -> Settings:
    return Settings.model_validate({"environment": "production", **fields})


class TestMasterKeys:
    def test_production_makes_none(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="SHORTBREAKS_DATA_KEYS_FILE"):
            master_keys(settings(data_dir=tmp_path))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("case", FILES)
    def test_a_file_that_is_no_key_file_is_refused(self, tmp_path: Path, case: str) -> None:
        file, content = tmp_path / "keys.json", FILES[case]
        if content is not None:
            file.write_text(content)

        with pytest.raises(SystemExit, match="SHORTBREAKS_DATA_KEYS_FILE") as refusal:
            master_keys(settings(data_keys_file=file))
        assert "secret" not in str(refusal.value)

    def test_a_good_file_is_read(self, tmp_path: Path) -> None:
        made = MasterKeys.load_or_make(tmp_path / "keys.json")

        assert master_keys(settings(data_keys_file=tmp_path / "keys.json")).names == made.names

    def test_a_laptop_makes_its_own(self, tmp_path: Path) -> None:
        mine = settings(environment="development", data_dir=tmp_path)

        assert master_keys(mine).names == master_keys(mine).names != []
        assert (tmp_path / "data-keys.json").is_file()


class TestServing:
    @pytest.mark.parametrize("missing", ["SIGNING", "DATA"])
    def test_production_ends_at_once_without_a_key_file(self, tmp_path: Path, missing: str) -> None:
        make_keys(tmp_path / "SIGNING")
        MasterKeys.load_or_make(tmp_path / "DATA")
        given = {
            f"SHORTBREAKS_{name}_KEYS_FILE": str(tmp_path / name) for name in ("SIGNING", "DATA")
        }
        del given[f"SHORTBREAKS_{missing}_KEYS_FILE"]
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "0"]

        ended = subprocess.run(
            [*command[:-1], "18999"],
            env={
                "PATH": os.environ["PATH"],
                "SHORTBREAKS_ENVIRONMENT": "production",
                "SHORTBREAKS_DATA_DIR": str(tmp_path / "data"),
                **given,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        assert ended.returncode != 0
        assert f"SHORTBREAKS_{missing}_KEYS_FILE" in ended.stderr
        assert not (tmp_path / "data").exists()
