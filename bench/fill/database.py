"""Opening a database to be filled: without a journal, without looking anything up, and with its indexes made last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Index, Table, create_engine, event, func, select, text

from bench.fill.progress import Tell
from shop.common.base import Base
from shop.common.database_file import alone_with
from shop.common.words import KEPT

#: What makes each of them quick while nobody else is there.
_IN_A_HURRY = {
    "sqlite": (
        "PRAGMA journal_mode=OFF",
        "PRAGMA synchronous=OFF",
        "PRAGMA locking_mode=EXCLUSIVE",
        "PRAGMA temp_store=FILE",  # what is sorted for an index is sorted by two threads only on its way to a file
        "PRAGMA cache_size=-16000",
        "PRAGMA threads=2",
        "PRAGMA ignore_check_constraints=ON",
        "PRAGMA analysis_limit=10000",
    ),
    "postgresql": (
        "SET session_replication_role = replica",  # nothing is looked up in other tables
        "SET synchronous_commit = off",
        "SET maintenance_work_mem = '512MB'",
        "SET work_mem = '256MB'",
    ),
    "mariadb": (
        "SET SESSION sql_mode='STRICT_ALL_TABLES', foreign_key_checks=0, unique_checks=0",
        "SET SESSION bulk_insert_buffer_size=268435456",
    ),
}
_BATCH = 10_000


@contextmanager
def in_a_hurry(url: URL) -> Iterator[Connection]:
    """A connection for one great change; raises FileInUse when somebody has the file open."""
    is_file = url.get_backend_name() == "sqlite"
    engine = create_engine(url)
    hurry = _IN_A_HURRY[engine.dialect.name]

    @event.listens_for(engine, "connect")
    def open_it(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for statement in hurry:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    with alone_with(Path(str(url.database))) if is_file else nullcontext():
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


def clean_up(url: URL) -> None:
    """What PostgreSQL would do by itself within minutes, in the midst of what is measured."""
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM"))
        engine.dispose()


def write(connection: Connection, table: Table, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> None:
    """Put rows into a table the quickest way that each database has; moments are given as text."""
    columns = columns or [column.name for column in table.columns]
    quote = connection.dialect.identifier_preparer.quote
    into = f"{quote(table.name)} ({', '.join(map(quote, columns))})"
    if connection.dialect.name == "postgresql":
        with connection.connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)
        return
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = f"INSERT INTO {into} VALUES ({', '.join([mark] * len(columns))})"
    with closing(connection.connection.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            cursor.executemany(statement, rows)  # type: ignore[arg-type]
            return
        rows = iter(rows)
        while batch := list(islice(rows, _BATCH)):
            cursor.executemany(statement, batch)


def drop_indexes(connection: Connection) -> list[Index]:
    """Take off the indexes that hold no rule, and answer them; the caller makes them again."""
    if connection.dialect.name == "mariadb":
        return []  # where foreign keys stand on them
    known = [index for table in Base.metadata.sorted_tables for index in table.indexes if not index.unique]
    indexes = sorted(known, key=lambda index: str(index.name))
    for index in indexes:
        index.drop(connection)
    return indexes


#: Taking the indexes of words off and putting them on again; SQLite's is a table that stays, and is made anew at last.
_WORDS_OFF = {
    "sqlite": "DROP TRIGGER {0}_added",
    "postgresql": "DROP INDEX {0}_index",
    "mariadb": "DROP INDEX {0}_index ON {0}",
}
_WORDS_ON = {
    "sqlite": (
        "INSERT INTO {0}_index ({0}_index) VALUES ('rebuild')",
        (
            "CREATE TRIGGER {0}_added AFTER INSERT ON {0}"
            " BEGIN INSERT INTO {0}_index (rowid, words) VALUES (new.id, new.words); END"
        ),
    ),
    "postgresql": ("CREATE INDEX {0}_index ON {0} USING gin (to_tsvector('simple', words))", "ANALYZE {0}"),
    "mariadb": ("CREATE FULLTEXT INDEX {0}_index ON {0} (words)", "ANALYZE TABLE {0}"),
}


def leave_words_alone(connection: Connection) -> None:
    for kept in KEPT:
        connection.execute(text(_WORDS_OFF[connection.dialect.name].format(kept.table.__tablename__)))


def index_words(connection: Connection, tell: Tell) -> None:
    for number, kept in enumerate(KEPT):
        for statement in _WORDS_ON[connection.dialect.name]:
            connection.exec_driver_sql(statement.format(kept.table.__tablename__))
        tell((number + 1) / len(KEPT))


def finish(connection: Connection) -> None:
    """Let the planner know what is there, and PostgreSQL which ids are taken."""
    for table in Base.metadata.sorted_tables:
        match connection.dialect.name:
            case "postgresql":
                connection.execute(text(f"ANALYZE {table.name}"))
                if table.primary_key.columns.keys() == ["id"]:
                    highest = select(func.coalesce(func.max(table.c.id), 1)).scalar_subquery()
                    connection.execute(
                        select(func.setval(text(f"pg_get_serial_sequence('{table.name}', 'id')"), highest))
                    )
            case "sqlite":
                connection.execute(text(f"ANALYZE {table.name}"))
            case _:
                connection.execute(text(f"ANALYZE TABLE {table.name}"))
