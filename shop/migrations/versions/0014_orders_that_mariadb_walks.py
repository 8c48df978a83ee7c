"""the bin, and parts by name and SKU, in an order that MariaDB walks along an index

The other two have a partial index for the bin, and know that of a unique name there is one part.

Revision: 0014
After: 0013
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INDEXES = {
    "ticket_bin_index": ("ticket", ["archived_at", "id"]),
    "part_name_index": ("part", ["name_key", "id"]),
    "part_sku_index": ("part", ["sku_key", "id"]),
}


def upgrade() -> None:
    if _is_mariadb():
        for name, (table, columns) in INDEXES.items():
            op.create_index(name, table, columns)


def downgrade() -> None:
    if _is_mariadb():
        for name, (table, _) in INDEXES.items():
            op.drop_index(name, table)


def _is_mariadb() -> bool:
    return op.get_bind().dialect.name in ("mysql", "mariadb")
