"""a history that stays: seals, refusals, and a database that refuses to alter events

Values get salts, so that what erasure leaves of them tells nothing, and VINs in old events keep their ends alone. A
later migration that makes one of these tables anew on SQLite loses its triggers; bringing the schema up to date puts
them back.

Revision: 0012
After: 0011
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from shop.audit import append_only
from shop.common.base import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_event_at_id": ["at", "id"],
    "ix_event_action_at_id": ["action", "at", "id"],
    "ix_event_by_id_at_id": ["by_id", "at", "id"],
}


def upgrade() -> None:
    for name in ("salt", "digest"):
        op.add_column("event_change", sa.Column(name, sa.String(32 if name == "salt" else 64), nullable=True))
    _shorten_vins()
    _salt_what_is_there()
    for name, columns in INDEXES.items():
        op.create_index(name, "event", columns)
    op.drop_index("ix_event_by_id", "event")
    op.create_table(
        "event_seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_seal")),
        sa.UniqueConstraint("previous", name=op.f("uq_event_seal_previous")),
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.String(length=64), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        sa.UniqueConstraint("bucket", name=op.f("uq_refusal_bucket")),
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
    )
    op.create_index("ix_refusal_since", "refusal", ["since"])
    append_only.stand_guard(op.get_bind())


def downgrade() -> None:
    append_only.stand_aside(op.get_bind())
    op.drop_table("refusal")
    op.drop_table("event_seal")
    op.create_index("ix_event_by_id", "event", ["by_id"])
    for name in INDEXES:
        op.drop_index(name, "event")
    for name in ("digest", "salt"):
        op.drop_column("event_change", name)


def _shorten_vins() -> None:
    """As events have them from now on: the last six signs."""
    dialect = op.get_bind().dialect
    short = "'…' || substr({0}, -6)" if dialect.name == "sqlite" else "concat('…', right({0}, 6))"
    for name in ("before", "after"):
        value = dialect.identifier_preparer.quote(name)
        op.execute(
            f"UPDATE event_change SET {value} = {short.format(value)} WHERE field = 'vin' AND {value} IS NOT NULL"  # nosec B608
        )


def _salt_what_is_there() -> None:
    """Random for SQLite; the servers draw each from a secret that nobody keeps."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE event_change SET salt = lower(hex(randomblob(16)))")
        return
    salting = sa.text("UPDATE event_change SET salt = md5(concat(CAST(:secret AS CHAR(64)), id))")
    op.get_bind().execute(salting, {"secret": secrets.token_hex(32)})
