"""What each form of a brochure was when it was made, so that a change would be seen."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("brochure_documents", sa.Column("sha256", sa.LargeBinary(), nullable=True))
    connection = op.get_bind()
    for authority_id in connection.scalars(sa.text("SELECT id FROM authorities")).all():
        connection.execute(
            sa.text("SELECT set_config('app.authority', :authority_id, true)"),
            {"authority_id": str(authority_id)},
        )
        connection.execute(sa.text("UPDATE brochure_documents SET sha256 = sha256(content)"))
    connection.execute(sa.text("SELECT set_config('app.authority', '', true)"))
    op.alter_column("brochure_documents", "sha256", nullable=False)


def downgrade() -> None:
    """Take back."""
    op.drop_column("brochure_documents", "sha256")
