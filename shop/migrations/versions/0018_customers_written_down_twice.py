"""customers who were written down twice: which one stands for the other by now

Revision: 0018
After: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

IS_ARCHIVED = "merged_into_id IS NULL OR archived_at IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_customer_merged_into_id"), ["merged_into_id"])
        batch_op.create_foreign_key(batch_op.f("fk_customer_merged_into_id"), "customer", ["merged_into_id"], ["id"])
        batch_op.create_check_constraint(batch_op.f("ck_customer_merged_is_archived"), IS_ARCHIVED)


def downgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_customer_merged_is_archived"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_customer_merged_into_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_customer_merged_into_id"))
        batch_op.drop_column("merged_into_id")
