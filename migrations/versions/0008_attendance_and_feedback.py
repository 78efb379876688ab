"""What was known when a place was booked, and what was said of it afterwards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.tenancy import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())


def upgrade() -> None:
    """Apply."""
    op.add_column("bookings", sa.Column("factors", JSON, nullable=True))
    op.create_table(
        "feedback",
        sa.Column("authority_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("outcomes", JSON, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "voice IN ('child', 'parent', 'provider')", name=op.f("ck_feedback_voice")
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_feedback_rating")),
        sa.ForeignKeyConstraint(
            ["authority_id", "booking_id"],
            ["bookings.authority_id", "bookings.id"],
            name=op.f("fk_feedback_authority_id_booking_id_bookings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("authority_id", "booking_id", "voice", name=op.f("pk_feedback")),
    )
    protect("feedback")


def downgrade() -> None:
    """Take back."""
    op.drop_table("feedback")
    op.drop_column("bookings", "factors")
