"""sums of money beside the change stamps

What lies on the shelf may have cost more than a plain integer holds.

Revision: 0007
After: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("change_stamp") as batch_op:
        batch_op.alter_column("listed", existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("change_stamp") as batch_op:
        batch_op.alter_column("listed", existing_type=sa.BigInteger(), type_=sa.Integer(), existing_nullable=False)
