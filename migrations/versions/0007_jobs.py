"""The job queue: procrastinate's own schema, which knows no tenants."""

from importlib.resources import files

from alembic import op

from migrations.tenancy import API_ROLE

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    schema = files("migrations").joinpath("sql", "procrastinate-3.10.0.sql").read_text()
    # By the driver itself: SQLAlchemy would take the colons and per cent signs for parameters.
    op.get_bind().connection.driver_connection.execute(schema)
    for table in ("jobs", "workers", "periodic_defers", "events"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_{table} TO {API_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {API_ROLE}")


def downgrade() -> None:
    """Take back."""
    op.execute(
        """
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT tablename FROM pg_tables
                WHERE schemaname = 'public' AND tablename LIKE 'procrastinate\\_%'
            LOOP EXECUTE format('DROP TABLE public.%I CASCADE', name); END LOOP;
            FOR name IN SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'procrastinate\\_%'
            LOOP EXECUTE format('DROP FUNCTION %s', name); END LOOP;
            FOR name IN SELECT typname FROM pg_type
                WHERE typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c')
            LOOP EXECUTE format('DROP TYPE public.%I CASCADE', name); END LOOP;
        END $$
        """
    )
