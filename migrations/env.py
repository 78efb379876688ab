"""How Alembic reaches the database: with the connection handed to it, or the settings' URL."""

from alembic import context
from sqlalchemy import Connection

from app.db import OWNER_ROLE, make_engine
from app.settings import Settings
from app.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations asked for, each in its own transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed: Connection | None = context.config.attributes.get("connection")
if handed is not None:
    migrate(handed)
else:
    settings = Settings()
    url = settings.owner_database_url or settings.database_url
    if url is None:
        raise SystemExit(
            "Set SHORTBREAKS_DATABASE_URL, or use `shortbreaks migrate` for the embedded database."
        )
    with make_engine(url.get_secret_value(), role=OWNER_ROLE).connect() as opened:
        migrate(opened)
