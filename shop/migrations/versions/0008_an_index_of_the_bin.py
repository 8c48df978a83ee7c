"""an index of the bin in the order of numbers

Nearly no ticket is in the bin, and these databases let an index leave the others out. MariaDB does not: with one over
all tickets it reads whole lists by two indexes at once, and gets slower with the years.

Revision: 0008
After: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PARTIAL = ("sqlite", "postgresql")


def upgrade() -> None:
    if op.get_bind().dialect.name in PARTIAL:
        op.execute("CREATE INDEX ticket_bin_index ON ticket (id) WHERE archived_at IS NOT NULL")


def downgrade() -> None:
    if op.get_bind().dialect.name in PARTIAL:
        op.drop_index("ticket_bin_index", "ticket")
