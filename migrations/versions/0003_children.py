"""Households and children's profiles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import APPEND, protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "households",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_households")),
    )
    op.create_table(
        "children",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("home_postcode", sa.Text(), nullable=True),
        sa.Column("home_latitude", sa.Double(), nullable=True),
        sa.Column("home_longitude", sa.Double(), nullable=True),
        sa.Column("travel_max_km", sa.Double(), nullable=True),
        sa.Column("accessible_transport_only", sa.Boolean(), nullable=False),
        sa.Column(
            "communication_methods",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
        ),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "sen_types", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "gender IN ('female', 'male', 'other')", name=op.f("ck_children_gender")
        ),
        sa.CheckConstraint(
            "(home_latitude IS NULL) = (home_longitude IS NULL)", name=op.f("ck_children_position")
        ),
        sa.CheckConstraint("travel_max_km > 0", name=op.f("ck_children_travel_positive")),
        sa.ForeignKeyConstraint(
            ["authority_id", "household_id"],
            ["households.authority_id", "households.id"],
            name=op.f("fk_children_authority_id_household_id_households"),
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_children")),
    )
    op.create_index(
        op.f("ix_children_authority_id_household_id"),
        "children",
        ["authority_id", "household_id"],
        unique=False,
    )
    op.create_table(
        "interests",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("feeling", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("phrases", postgresql.JSONB(none_as_null=True), nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "feeling IN ('love', 'like', 'curious', 'dislike', 'avoid')",
            name=op.f("ck_interests_feeling"),
        ),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'professional', 'observed')",
            name=op.f("ck_interests_voice"),
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_interests_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_interests")),
    )
    op.create_index(
        op.f("ix_interests_authority_id_child_id"),
        "interests",
        ["authority_id", "child_id"],
        unique=False,
    )
    op.create_table(
        "needs",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("importance", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "importance IN ('essential', 'helpful')", name=op.f("ck_needs_importance")
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_needs_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_needs")),
    )
    op.create_index(
        op.f("ix_needs_authority_id_child_id_code"),
        "needs",
        ["authority_id", "child_id", "code"],
        unique=True,
    )
    op.create_table(
        "availability_windows",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("starts < ends", name=op.f("ck_availability_windows_ends_after_start")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availability_windows_weekday")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_availability_windows_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_availability_windows")),
    )
    op.create_index(
        op.f("ix_availability_windows_authority_id_child_id"),
        "availability_windows",
        ["authority_id", "child_id"],
        unique=False,
    )
    op.create_table(
        "friendships",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("friend_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("child_id <> friend_id", name=op.f("ck_friendships_not_oneself")),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name="fk_friendships_child",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["authority_id", "friend_id"],
            ["children.authority_id", "children.id"],
            name="fk_friendships_friend",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "authority_id", "child_id", "friend_id", name=op.f("pk_friendships")
        ),
    )
    op.create_table(
        "consents",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("by_relation", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authority_id", "child_id"],
            ["children.authority_id", "children.id"],
            name=op.f("fk_consents_authority_id_child_id_children"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "id", name=op.f("pk_consents")),
    )
    op.create_index(
        op.f("ix_consents_authority_id_child_id_purpose_id"),
        "consents",
        ["authority_id", "child_id", "purpose", "id"],
        unique=False,
    )
    protect("households", "children", "interests", "needs", "availability_windows", "friendships")
    protect("consents", rights=APPEND)


def downgrade() -> None:
    """Take back."""
    op.drop_table("consents")
    op.drop_table("friendships")
    op.drop_table("availability_windows")
    op.drop_table("needs")
    op.drop_table("interests")
    op.drop_table("children")
    op.drop_table("households")
