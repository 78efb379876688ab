"""One serving process: what uvicorn calls to build the application from the settings."""

import logging
import multiprocessing
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import structlog
from fastapi import FastAPI
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.access.tokens import Tokens, make_keys
from app.clock import Clock, now_utc
from app.encryption import MasterKeys, UnusableKeys
from app.garbage import collect_rarely
from app.key_files import load_keys
from app.main import create_app
from app.rate_limits import RateLimiter
from app.settings import Settings
from app.storage import open_database


def configure_logging(settings: Settings) -> None:
    """Log to stderr: lines for a person in development, JSON in production."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.environment == "production"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def signing_keys(settings: Settings) -> KeySet:
    """Load the signing keys; only a development machine makes its own."""
    if settings.signing_keys_file is not None:
        return load_keys(settings.signing_keys_file)
    if settings.environment == "production":
        raise SystemExit("Set SHORTBREAKS_SIGNING_KEYS_FILE: production makes no keys of its own.")
    return make_keys(settings.data_dir / "signing-keys.json")


def master_keys_file(settings: Settings) -> Path:
    """Name the file with the keys of what is encrypted at rest."""
    if settings.data_keys_file is not None:
        return settings.data_keys_file
    if settings.environment == "production":
        raise SystemExit("Set SHORTBREAKS_DATA_KEYS_FILE: production makes no keys of its own.")
    return settings.data_dir / "data-keys.json"


def master_keys(settings: Settings) -> MasterKeys:
    """Load the keys of what is encrypted at rest; only a development machine makes its own."""
    path = master_keys_file(settings)
    if settings.data_keys_file is None:
        return MasterKeys.load_or_make(path)
    try:
        keys = MasterKeys.load(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, JoseError) as error:
        # Mostly its type only: the text may quote the file.
        reason = str(error) if isinstance(error, UnusableKeys) else type(error).__name__
        raise SystemExit(f"SHORTBREAKS_DATA_KEYS_FILE cannot be read: {reason}.") from None
    if not keys.names:
        raise SystemExit("SHORTBREAKS_DATA_KEYS_FILE holds no key.")
    return keys


def end_with_parent() -> None:
    """Ask this process to end when the one that started it has, however that ended.

    Several serving processes share one port: left alone they would keep it from their successors.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, daemon=True).start()


def build(clock: Clock = now_utc) -> FastAPI:
    """Build the application of one serving process."""
    end_with_parent()
    collect_rarely()
    settings = Settings()
    configure_logging(settings)
    keys, masters = signing_keys(settings), master_keys(settings)
    rate_limiter = RateLimiter(
        settings.rates,
        clock,
        processes=settings.processes,
        trusted_proxies=settings.trusted_proxies,
    )
    resources = ExitStack()
    # The parent process has migrated before any worker starts.
    database = resources.enter_context(open_database(settings, newest=False))
    return create_app(
        database.sessions,
        Tokens(keys, issuer=settings.issuer),
        master_keys=masters,
        clock=clock,
        most_at_once=settings.pool_size,
        rate_limiter=rate_limiter,
        on_stop=resources.close,
    )
