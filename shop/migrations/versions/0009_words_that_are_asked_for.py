"""only those words that somebody can ask for, which is half of them

The words are spelt again when the schema is brought up to date.

Revision: 0009
After: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

THINGS = ("customer", "vehicle", "part", "ticket")
LONG_PREFIXES, ALL_PREFIXES = "5 6 7 8", "3 4 5 6 7 8"

#: SQLite's index is a table of its own, which triggers fill; whoever makes a table of words anew must make them anew.
TABLE = """
    CREATE VIRTUAL TABLE {0}_words_index USING fts5(
        words, content='{0}_words', content_rowid='id', tokenize='ascii', prefix='{1}', detail='none', columnsize=0
    )
"""
PUT = "INSERT INTO {0}_words_index (rowid, words) VALUES (new.id, new.words);"
TAKE = "INSERT INTO {0}_words_index ({0}_words_index, rowid, words) VALUES ('delete', old.id, old.words);"
TRIGGERS = {
    "added": f"AFTER INSERT ON {{0}}_words BEGIN {PUT} END",
    "changed": f"AFTER UPDATE ON {{0}}_words BEGIN {TAKE} {PUT} END",
    "removed": f"AFTER DELETE ON {{0}}_words BEGIN {TAKE} END",
}


def upgrade() -> None:
    _empty(LONG_PREFIXES)


def downgrade() -> None:
    _empty(ALL_PREFIXES)


def _empty(prefixes: str) -> None:
    for thing in THINGS:
        if op.get_bind().dialect.name != "sqlite":
            op.execute(f"DELETE FROM {thing}_words")  # nosec B608
            continue
        for name in TRIGGERS:
            op.execute(f"DROP TRIGGER {thing}_words_{name}")
        op.execute(f"DROP TABLE {thing}_words_index")
        op.execute(f"DELETE FROM {thing}_words")  # nosec B608
        op.execute(TABLE.format(thing, prefixes))
        for name, does in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {thing}_words_{name} {does.format(thing)}")
