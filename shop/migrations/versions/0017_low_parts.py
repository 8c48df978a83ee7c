"""parts that are low, in the order of their names from an index, however many others there are

Revision: 0017
After: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SHORT = "on_hand - reserved < minimum"


def upgrade() -> None:
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_short", sa.Boolean(), sa.Computed(SHORT, persisted=True), nullable=True))
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_part_is_short_name_key_id"), ["is_short", "name_key", "id"])


def downgrade() -> None:
    with op.batch_alter_table("part", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_part_is_short_name_key_id"))
        batch_op.drop_column("is_short")
