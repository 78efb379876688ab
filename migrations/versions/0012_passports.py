"""Passports, version after version, and the key of each child that seals them."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SEALED = (
    "communication",
    "routines",
    "behaviours",
    "medical",
    "good_to_know",
    "emergency_plan",
    "equipment",
    "flag",
)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "child_keys",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("master_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_child_keys_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "child_id", name=op.f("pk_child_keys")),
    )
    op.create_index(
        op.f("ix_child_keys_authority_id_master_key"), "child_keys", ["authority_id", "master_key"]
    )
    op.create_table(
        "passport_versions",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=True) for name in SEALED),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("client_kind", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_passport_versions_version_positive")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_passport_versions_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_passport_versions")),
        sa.UniqueConstraint(
            "authority_id",
            "child_id",
            "version",
            name=op.f("uq_passport_versions_authority_id_child_id_version"),
        ),
    )
    protect("child_keys")
    protect("passport_versions", rights=APPEND)


def downgrade() -> None:
    """Take back."""
    op.drop_table("passport_versions")
    op.drop_table("child_keys")
