"""stamps that are drawn instead of counted

The counted ones are dropped: what was kept under them is built anew.

Revision: 0004
After: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replace_by(sa.Column("mark", sa.String(length=22), nullable=False))


def downgrade() -> None:
    _replace_by(sa.Column("value", sa.Integer(), nullable=False))


def _replace_by(column: sa.Column[str] | sa.Column[int]) -> None:
    op.drop_table("change_stamp")
    op.create_table(
        "change_stamp",
        sa.Column("name", sa.String(length=20), nullable=False),
        column,
        sa.PrimaryKeyConstraint("name", name=op.f("pk_change_stamp")),
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
