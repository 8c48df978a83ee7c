"""words to find things by, and each database's own index over them

The words are filled in when the schema is brought up to date.

Revision: 0006
After: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

THINGS = ("customer", "vehicle", "part", "ticket")

#: SQLite's index is a table of its own, which triggers fill; whoever makes a table of words anew must make them anew.
TABLE = """
    CREATE VIRTUAL TABLE {0}_words_index USING fts5(
        words, content='{0}_words', content_rowid='id', tokenize='ascii', prefix='3 4 5 6 7 8', detail='none',
        columnsize=0
    )
"""
PUT = "INSERT INTO {0}_words_index (rowid, words) VALUES (new.id, new.words);"
TAKE = "INSERT INTO {0}_words_index ({0}_words_index, rowid, words) VALUES ('delete', old.id, old.words);"
INDEX = {
    "sqlite": [
        TABLE,
        f"CREATE TRIGGER {{0}}_words_added AFTER INSERT ON {{0}}_words BEGIN {PUT} END",
        f"CREATE TRIGGER {{0}}_words_changed AFTER UPDATE ON {{0}}_words BEGIN {TAKE} {PUT} END",
        f"CREATE TRIGGER {{0}}_words_removed AFTER DELETE ON {{0}}_words BEGIN {TAKE} END",
    ],
    "postgresql": ["CREATE INDEX {0}_words_index ON {0}_words USING gin (to_tsvector('simple', words))"],
    "mysql": ["CREATE FULLTEXT INDEX {0}_words_index ON {0}_words (words)"],
    "mariadb": ["CREATE FULLTEXT INDEX {0}_words_index ON {0}_words (words)"],
}


def upgrade() -> None:
    for thing in THINGS:
        name = f"{thing}_words"
        op.create_table(
            name,
            sa.Column("id", sa.Integer(), nullable=False),
            sa.Column("words", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(["id"], [f"{thing}.id"], name=op.f(f"fk_{name}_id")),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            mariadb_charset="utf8mb4",
            mariadb_collate="utf8mb4_nopad_bin",
            mysql_charset="utf8mb4",
            mysql_collate="utf8mb4_nopad_bin",
        )
        for statement in INDEX[op.get_bind().dialect.name]:
            op.execute(statement.format(thing))
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_name_key_id"))
        batch_op.create_index(batch_op.f("ix_customer_archived_at_name_key_id"), ["archived_at", "name_key", "id"])


def downgrade() -> None:
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_archived_at_name_key_id"))
        batch_op.create_index(batch_op.f("ix_customer_name_key_id"), ["name_key", "id"])
    for thing in THINGS:
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TABLE {thing}_words_index")
        op.drop_table(f"{thing}_words")
