"""Clients, the grants of families, and the audit trail."""

import sqlalchemy as sa
from alembic import op

from migrations.tenancy import APPEND, grant, protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "clients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'operator') = (authority_id IS NULL)", name=op.f("ck_clients_tenant_of_kind")
        ),
        sa.CheckConstraint(
            "(kind = 'provider') = (provider_id IS NOT NULL)",
            name=op.f("ck_clients_provider_of_kind"),
        ),
        sa.CheckConstraint(
            "kind IN ('broker', 'family_app', 'provider', 'commissioner', 'operator')",
            name=op.f("ck_clients_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "provider_id"],
            ["providers.authority_id", "providers.id"],
            name=op.f("fk_clients_authority_id_provider_id_providers"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id"], ["authorities.id"], name=op.f("fk_clients_authority_id_authorities")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
    )
    op.create_table(
        "family_codes",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "household_id"],
            ["households.authority_id", "households.id"],
            name=op.f("fk_family_codes_authority_id_household_id_households"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_family_codes")),
        sa.UniqueConstraint(
            "authority_id", "code_sha256", name=op.f("uq_family_codes_authority_id_code_sha256")
        ),
    )
    op.create_table(
        "family_grants",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "household_id"],
            ["households.authority_id", "households.id"],
            name=op.f("fk_family_grants_authority_id_household_id_households"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["clients.id"], name=op.f("fk_family_grants_client_id_clients")
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_family_grants")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "grant_id"],
            ["family_grants.authority_id", "family_grants.id"],
            name=op.f("fk_refresh_tokens_authority_id_grant_id_family_grants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint(
            "authority_id", "token_sha256", name=op.f("uq_refresh_tokens_authority_id_token_sha256")
        ),
    )
    op.create_table(
        "audit_entries",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        op.f("ix_audit_entries_authority_id_at"),
        "audit_entries",
        ["authority_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_entries_authority_id_child_id_at"),
        "audit_entries",
        ["authority_id", "child_id", "at"],
        unique=False,
    )
    grant("clients")
    protect("family_codes", "family_grants", "refresh_tokens")
    protect("audit_entries", rights=APPEND)


def downgrade() -> None:
    """Take back."""
    op.drop_table("audit_entries")
    op.drop_table("refresh_tokens")
    op.drop_table("family_grants")
    op.drop_table("family_codes")
    op.drop_table("clients")
