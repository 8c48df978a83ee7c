"""customers by name on PostgreSQL, which can't read ``archived_at, name_key, id`` in the order of names

To it a column that is NULL is not one that has a single value, so it sorted all customers for each page.

Revision: 0011
After: 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX customer_name_index ON customer (name_key, id) WHERE archived_at IS NULL")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX customer_name_index")
