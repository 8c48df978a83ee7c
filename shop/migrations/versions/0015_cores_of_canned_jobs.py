"""deposits on old parts, kept with canned jobs

Those that were saved before have none, as what was charged then is not known.

Revision: 0015
After: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("canned_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("core_cents", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_check_constraint(batch_op.f("ck_canned_line_core_cents_not_negative"), "core_cents >= 0")
    with op.batch_alter_table("canned_line", schema=None) as batch_op:
        batch_op.alter_column("core_cents", existing_type=sa.BigInteger(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("canned_line", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_canned_line_core_cents_not_negative"), type_="check")
        batch_op.drop_column("core_cents")
