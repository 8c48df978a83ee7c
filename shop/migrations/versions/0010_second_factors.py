"""a second factor, and sign-ins that know their device and when the password was typed

Revision: 0010
After: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shop.common.base import Moment

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KINDS = ("invitation", "reset", "estimate")


def upgrade() -> None:
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_index(op.f("ix_recovery_code_account_id"), "recovery_code", ["account_id"])
    op.add_column("account", sa.Column("factor_seed", sa.String(length=64), nullable=True))
    op.add_column("account", sa.Column("factor_step", sa.Integer(), nullable=True))
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("is_new_device", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("proved_at", Moment(), nullable=True))
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.alter_column("device", existing_type=sa.String(length=64), server_default=None)
        batch_op.alter_column("is_new_device", existing_type=sa.Boolean(), server_default=None)
    _allow_letters((*KINDS, "notice"))


def downgrade() -> None:
    op.execute("DELETE FROM letter WHERE kind = 'notice'")
    _allow_letters(KINDS)
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        for column in ("proved_at", "is_new_device", "device"):
            batch_op.drop_column(column)
    with op.batch_alter_table("account", schema=None) as batch_op:
        for column in ("factor_step", "factor_seed"):
            batch_op.drop_column(column)
    op.drop_table("recovery_code")


def _allow_letters(kinds: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_letter_kind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_letter_kind"), f"kind IN ({allowed})")
