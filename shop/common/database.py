"""How each of the three databases is opened, and how SQLite's one writer is shared fairly."""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shop.common import locks
from shop.common.database_file import Presence
from shop.common.silence import wait_impatiently

if sys.platform != "win32":
    import fcntl

#: True while what runs may write: a transaction that begins then takes the write lock at once.
may_write: ContextVar[bool] = ContextVar("may_write", default=False)


def normal_url(text: str) -> URL:
    """The database URL with the drivers that are shipped; raises ValueError for any other database.

    MariaDB is often spoken of as ``mysql://``; whether the server is one, it says itself (see ``ops.schema``).
    """
    url = make_url(text)
    match url.get_backend_name():
        case "sqlite":
            return url
        case "postgresql" | "postgres":
            return url.set(drivername="postgresql+psycopg")
        case "mariadb" | "mysql":
            return url.set(drivername="mariadb+pymysql").update_query_dict({"charset": "utf8mb4"})
        case other:
            raise ValueError(f"{other} is not supported: use SQLite, PostgreSQL or MariaDB.")


def told(url: URL) -> str:
    """Which database it is, for people: the file, or where the server is, never a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    place = URL.create(url.get_backend_name(), url.username, None, url.host, url.port, url.database)
    return place.render_as_string()


def engine_options(url: URL, *, patient: bool = False) -> dict[str, Any]:
    """Options for ``create_engine``: nobody waits more than about four seconds for a lock, five for a connection.

    A statement may take 20 seconds, or as long as it likes where the work is ``patient``; where a person waits for it,
    no longer than ``silence.MOST_SECONDS``.
    """
    longest = 0 if patient else 20
    match url.get_backend_name():
        case "sqlite":
            return {
                "hide_parameters": True,  # an error is logged, and what people typed is not
                "connect_args": {"timeout": locks.LOCK_WAIT_SECONDS, "check_same_thread": False},
            }
        case "postgresql":
            return {
                "hide_parameters": True,
                "pool_pre_ping": True,
                "pool_timeout": 5,
                "connect_args": {
                    "connect_timeout": 4,
                    "options": f"-c statement_timeout={longest}s -c lock_timeout={locks.LOCK_WAIT_SECONDS * 1000:.0f}",
                },
            }
        case _:
            return {
                "hide_parameters": True,
                "pool_pre_ping": True,
                "pool_timeout": 5,
                "pool_recycle": 3600,
                "isolation_level": "READ COMMITTED",
                "connect_args": {
                    "connect_timeout": 4,
                    "read_timeout": longest or None,
                    "write_timeout": longest or None,
                    # Where two indexes fit, MariaDB would read both to their ends for one page.
                    "init_command": "SET SESSION sql_mode='STRICT_ALL_TABLES', time_zone='+00:00', "
                    "optimizer_switch='index_merge_intersection=off', "
                    f"innodb_lock_wait_timeout={locks.LOCK_WAIT_SECONDS:.0f}",
                },
            }


class FairLock:
    """At most one writer at a time over all threads and processes, in about the order of asking.

    SQLite's own busy handler sleeps for up to 100 ms a try, so under load a few writers starve; asking here first
    keeps the slowest write close to the usual one.
    """

    def __init__(self, path: Path) -> None:
        self._threads = threading.Lock()
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, deadline: float) -> None:
        """Wait for the turn; raises sqlite3.OperationalError after ``deadline``, a time of the monotonic clock."""
        if not self._threads.acquire(timeout=_seconds_until(deadline)):
            raise sqlite3.OperationalError("database is locked")
        try:
            self._lock_file(deadline)
        except BaseException:
            self._threads.release()
            raise

    def release(self) -> None:
        if sys.platform != "win32" and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _lock_file(self, deadline: float) -> None:
        if sys.platform == "win32":
            return None  # SQLite's own busy timeout is the only queue between processes there
        if self._file is None:
            with _as_trouble_of_the_database():
                self._file = self._path.open("ab")
        pause = 0.0005
        while True:
            try:
                return fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise sqlite3.OperationalError("database is locked") from None
            time.sleep(pause)
            pause = min(pause * 2, 0.001)


def prepare_engine(engine: Engine, *, patient: bool = False) -> None:
    """Teach an engine the shop's habits."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    elif not patient:
        wait_impatiently(engine)
        locks.wait_in_turn(engine)


def _prepare_sqlite(engine: Engine) -> None:
    lock = FairLock(Path(f"{engine.url.database}.lock"))
    presence = Presence(Path(str(engine.url.database)))

    def begin(connection: Connection) -> None:
        if may_write.get():
            _begin_writing(connection, lock)
        else:
            connection.exec_driver_sql("BEGIN")

    def disposed(_: Engine) -> None:
        lock.close()
        presence.leave()

    def enter(*_: object) -> None:
        with _as_trouble_of_the_database():
            presence.enter()

    event.listen(engine, "do_connect", enter)
    event.listen(engine, "connect", _open)
    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", lambda _, record: _let_go(record.info))
    event.listen(engine, "close", lambda _, record: _let_go(record.info))
    event.listen(engine, "engine_disposed", disposed)


def _open(connection: sqlite3.Connection, record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours to say
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _as_trouble_of_the_database() -> Iterator[None]:
    """A file beside the database that can't be opened is to whoever asks what a database is that can't be."""
    try:
        yield
    except OSError as error:
        raise sqlite3.OperationalError(f"unable to open the files beside the database: {error.strerror}") from error


def _begin_writing(connection: Connection, lock: FairLock) -> None:
    """Raises OperationalError when others, of the shop or not, write for longer than one waits for a lock."""
    deadline = time.monotonic() + locks.patience_seconds()
    try:
        lock.acquire(deadline)
    except sqlite3.OperationalError as error:
        locks.note_wait_in_vain()
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error
    connection.info["write_lock"] = lock
    try:
        with _busy_until(deadline, connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    except BaseException as error:
        _let_go(connection.info)
        if isinstance(error, OperationalError) and _code(error).startswith("SQLITE_BUSY"):
            locks.note_wait_in_vain()
        raise


@contextmanager
def _busy_until(deadline: float, connection: Connection) -> Iterator[None]:
    """Inside, SQLite waits for whoever writes without the fair lock no longer than until then."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA busy_timeout={_seconds_until(deadline) * 1000:.0f}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA busy_timeout={locks.LOCK_WAIT_SECONDS * 1000:.0f}")


def _seconds_until(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())


def _let_go(info: dict[str, Any]) -> None:
    lock = info.pop("write_lock", None)
    if lock:
        with suppress(RuntimeError):
            lock.release()


#: What a server says when a second try is the cure: deadlock and serialisation failure.
_PASSING_CODES = {"40P01", "40001", "1213"}


def is_passing(error: OperationalError) -> bool:
    """True for a failure that the same work, done again, is expected to survive."""
    return _code(error) in _PASSING_CODES


#: What the three databases say when a name is taken, or what a row refers to is gone: somebody else was quicker.
_LOST_RACES = {
    *("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"),
    *("23505", "23503"),
    *("1062", "1451", "1452"),
}
#: Where each names the constraint or the column; never a value.
_CONSTRAINT = re.compile(r"constraint failed: (.+)|for key '([^']+)'|CONSTRAINT `([^`]+)`|Column '([^']+)'")
#: A CHECK of MariaDB, a value that does not fit, and what a trigger refuses: the server's trouble for PyMySQL.
_BROKEN_RULES = {"4025", "1265", "1292", "1366", "1411", "1644"}


def is_lost_race(error: IntegrityError) -> bool:
    """True when somebody else took the name or removed the thing a moment before; else the fault is our own."""
    return _code(error) in _LOST_RACES


def is_broken_rule(error: DBAPIError) -> bool:
    """True for a rule of the schema that was broken, though the driver calls it the server's trouble."""
    return _code(error) in _BROKEN_RULES


def told_without_data(error: DBAPIError) -> str:
    """What the database said in so far as it holds nothing that people typed, for the log."""
    original = error.orig
    if isinstance(error, OperationalError) and not is_broken_rule(error):
        return f"{type(original).__name__}: {str(original).partition(chr(10))[0]}"
    about = getattr(original, "diag", None)
    found = _CONSTRAINT.search(str(original))
    name = getattr(about, "constraint_name", None) or getattr(about, "column_name", None)
    name = name or (next(filter(None, found.groups())) if found else None)
    return f"{type(original).__name__} {_code(error)}" + (f" of {name}" if name else "")


def _code(error: DBAPIError) -> str:
    original = error.orig
    number = original.args[0] if original and original.args else ""
    if isinstance(number, int):  # PyMySQL, whose sqlstate is the same for nearly everything
        return str(number)
    return str(getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or number)
