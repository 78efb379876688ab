"""What is published of wishes: figures of releases, where it had noise and a cost of its own.

What was published before goes: it was drawn beside the ledger of what releases may tell.
"""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, protect

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# Of a line, only the sentence can be changed.
SENTENCE = "SELECT, INSERT, UPDATE (we_did, released_at, released_by, version)"
LINES = """
    INSERT INTO release_statements (authority_id, id, release_id, period, interest, version)
    SELECT c.authority_id, gen_random_uuid(), c.release_id, r.period, c.interest, 1
    FROM gap_release_cells c
    JOIN gap_releases r ON r.authority_id = c.authority_id AND r.id = c.release_id
    WHERE c.by = 'interest' AND c.shown AND c.interest <> 'other'
"""
# As they were, and empty.
BEFORE = (
    """
    CREATE TABLE wish_statements (
        authority_id uuid NOT NULL,
        id uuid NOT NULL,
        quarter text NOT NULL,
        made_at timestamptz NOT NULL,
        CONSTRAINT pk_wish_statements PRIMARY KEY (authority_id, id),
        CONSTRAINT uq_wish_statements_authority_id_quarter UNIQUE (authority_id, quarter),
        CONSTRAINT ck_wish_statements_quarter CHECK (quarter ~ '^20[0-9]{2}-Q[1-4]$')
    )
    """,
    """
    CREATE TABLE wish_statement_lines (
        authority_id uuid NOT NULL,
        id uuid NOT NULL,
        statement_id uuid NOT NULL,
        quarter text NOT NULL,
        concept text NOT NULL,
        asked_at_least integer NOT NULL,
        areas jsonb NOT NULL,
        we_did text,
        released_at timestamptz,
        released_by uuid,
        version integer NOT NULL,
        CONSTRAINT pk_wish_statement_lines PRIMARY KEY (authority_id, id),
        CONSTRAINT uq_wish_statement_lines_authority_id_quarter_concept
            UNIQUE (authority_id, quarter, concept),
        CONSTRAINT fk_wish_statement_lines_statement_id
            FOREIGN KEY (authority_id, statement_id) REFERENCES wish_statements (authority_id, id),
        CONSTRAINT ck_wish_statement_lines_above_threshold CHECK (asked_at_least >= 15),
        CONSTRAINT ck_wish_statement_lines_released_when
            CHECK ((we_did IS NULL) = (released_at IS NULL)),
        CONSTRAINT ck_wish_statement_lines_released_by_whom
            CHECK ((we_did IS NULL) = (released_by IS NULL))
    )
    """,
)


def upgrade() -> None:
    """Apply."""
    op.drop_table("wish_statement_lines")
    op.drop_table("wish_statements")
    op.create_table(
        "release_statements",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("we_did", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(we_did IS NULL) = (released_at IS NULL)",
            name=op.f("ck_release_statements_released_when"),
        ),
        sa.CheckConstraint(
            "(we_did IS NULL) = (released_by IS NULL)",
            name=op.f("ck_release_statements_released_by_whom"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "release_id"],
            ["gap_releases.authority_id", "gap_releases.id"],
            name=op.f("fk_release_statements_authority_id_release_id_gap_releases"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_release_statements")),
        sa.UniqueConstraint(
            *("authority_id", "period", "interest"),
            name=op.f("uq_release_statements_authority_id_period_interest"),
        ),
    )
    protect("release_statements", rights=SENTENCE)
    _let_releases_be_answered()


def _let_releases_be_answered() -> None:
    """Make the lines of releases that were drawn before, one authority after the other."""
    connection = op.get_bind()
    for authority_id in connection.scalars(sa.text("SELECT id FROM authorities")).all():
        connection.execute(
            sa.text("SELECT set_config('app.authority', :authority_id, true)"),
            {"authority_id": str(authority_id)},
        )
        connection.execute(sa.text(LINES))
    connection.execute(sa.text("SELECT set_config('app.authority', '', true)"))


def downgrade() -> None:
    """Take back."""
    op.drop_table("release_statements")
    for statement in BEFORE:
        op.execute(statement)
    protect("wish_statements", rights=APPEND)
    protect("wish_statement_lines", rights=SENTENCE)
