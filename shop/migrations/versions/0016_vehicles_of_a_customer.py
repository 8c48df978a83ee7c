"""vehicles of a customer: in their order from an index, however many a fleet has

Revision: 0016
After: 0015
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_vehicle_customer_id_id", "vehicle", ["customer_id", "id"])
    op.drop_index("ix_vehicle_customer_id", "vehicle")


def downgrade() -> None:
    op.create_index("ix_vehicle_customer_id", "vehicle", ["customer_id"])
    op.drop_index("ix_vehicle_customer_id_id", "vehicle")
