"""What every migration that adds a table calls: row-level security and the service's rights."""

from alembic import op

API_ROLE = "shortbreaks_api"
ALL = "SELECT, INSERT, UPDATE, DELETE"
# For what is written once and never changed or removed by the service.
APPEND = "SELECT, INSERT"

# After a transaction the setting is '' and not NULL, hence nullif.
OF_BOUND_TENANT = "authority_id = nullif(current_setting('app.authority', true), '')::uuid"


def protect(*tables: str, rights: str = ALL) -> None:
    """Hide a tenant table's rows from every tenant but the one that is bound."""
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        # Forced: the owner, and so every later migration, is bound by it as well.
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table}"
            f" USING ({OF_BOUND_TENANT}) WITH CHECK ({OF_BOUND_TENANT})"
        )
        grant(table, rights=rights)


def grant(table: str, *, rights: str = ALL) -> None:
    """Let the serving role use a table."""
    op.execute(f"GRANT {rights} ON {table} TO {API_ROLE}")
