"""What an operator may set, read once from `SHORTBREAKS_*` environment variables."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.rate_limits import Rates


def default_data_dir() -> Path:
    """Name the folder for data when none is set; root has one outside its home."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/shortbreaks")
    return Path.home() / ".local" / "share" / "shortbreaks"


class Settings(BaseSettings):
    """Settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix="SHORTBREAKS_", env_nested_delimiter="__", frozen=True
    )

    environment: Literal["development", "production"] = "development"
    # Without a URL the service runs its own embedded PostgreSQL in `data_dir`.
    database_url: SecretStr | None = None
    # The login that owns the tables and migrates, where it differs from the one that serves.
    owner_database_url: SecretStr | None = None
    data_dir: Path = default_data_dir()
    # A JWK set with the token signing keys; made in `data_dir` outside production.
    signing_keys_file: Path | None = None
    # A JWK set with the master keys of what is encrypted at rest; made likewise.
    data_keys_file: Path | None = None
    issuer: str = "shortbreaks"
    # As many requests are worked on at once, the others wait for their turn: threads that share one
    # interpreter hinder each other, measured from about six on.
    pool_size: int = Field(5, ge=1)
    # Serving processes that share the rate limits; `serve --workers` sets it.
    processes: int = Field(1, ge=1)
    rates: Rates = Rates()
    # Networks whose `X-Forwarded-For` is believed, as a JSON list.
    trusted_proxies: list[str] = []
