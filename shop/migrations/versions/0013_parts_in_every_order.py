"""parts in every order: by price and by what is there, from an index

Revision: 0013
After: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_part_price_cents_id", "part", ["price_cents", "id"])
    op.create_index("ix_part_on_hand_id", "part", ["on_hand", "id"])


def downgrade() -> None:
    op.drop_index("ix_part_on_hand_id", "part")
    op.drop_index("ix_part_price_cents_id", "part")
