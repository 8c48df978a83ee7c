"""The database's schema: how old it is, and bringing it up to date."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import InvalidRequestError

from shop.audit import append_only
from shop.common.clock import zone
from shop.common.database import may_write
from shop.common.database_file import FileInUse, in_turn
from shop.extensions import db
from shop.ops import search_words
from shop.ops.recount import former_zone, recount, recount_ranking
from shop.revisions import known_revisions, migrate, newest_revision, present_revision

_PATIENCE_SECONDS = 60
_POLL_SECONDS = 0.1
_TOO_LONG = "Another process has been changing the database for a minute. Look what it does."

#: Taking the lock without waiting, by the kind of server. It ends with the connection.
_TAKE_LOCK = {
    "postgresql": "SELECT pg_try_advisory_lock(1397247824)",
    "mariadb": "SELECT GET_LOCK(CONCAT('shop.', MD5(DATABASE())), 0)",
}


class SchemaRefused(Exception):
    """The schema can't be changed now; the sentence says why."""


def bring_up_to_date() -> list[str]:
    """Migrate to the newest schema, and count the ranking by the days of the shop's zone, should that be another one.

    Answers what was done, in sentences. Any number of processes may do it at once.

    Raises SchemaRefused for a database that a newer version has changed already, and for a server of MySQL.
    """
    with one_at_a_time():
        present = present_revision()
        if present == newest_revision():
            _stand_guard()
            return _count_in_another_zone()
        if present is not None and present not in known_revisions():
            raise SchemaRefused("The database belongs to a newer version of the shop. Update the shop and try again.")
        migrate()
        _stand_guard()
        recount()  # of what the new schema keeps there is nothing yet
        search_words.rebuild()
        return ["The database has the newest schema now."]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let one process after another in; raises SchemaRefused after a minute."""
    take = _TAKE_LOCK.get(db.engine.dialect.name)
    if take is None:
        with _one_at_a_file():
            yield
        return
    connection = _connected().execution_options(isolation_level="AUTOCOMMIT")
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not connection.scalar(text(take)):
            if time.monotonic() > deadline:
                raise SchemaRefused(_TOO_LONG)
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        connection.invalidate()
        connection.close()


def _connected() -> Connection:
    try:
        return db.engine.connect()
    except InvalidRequestError as error:  # SQLAlchemy has asked the server, and it is no MariaDB
        raise SchemaRefused("MySQL is not supported: use SQLite, PostgreSQL or MariaDB.") from error


@contextmanager
def _one_at_a_file() -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(in_turn(Path(str(db.engine.url.database)), patience_seconds=_PATIENCE_SECONDS))
        except FileInUse:
            raise SchemaRefused(_TOO_LONG) from None
        except OSError as error:
            raise SchemaRefused(f"The folder of the database can't be written to: {error.strerror}.") from error
        yield


def _count_in_another_zone() -> list[str]:
    with db.engine.connect() as connection:
        former = former_zone(connection)
    if former is None:
        return []
    recount_ranking()
    return [f"SHOP_TIMEZONE was {former} and is {zone().key} now: the ranking is counted anew, by its days."]


def _stand_guard() -> None:
    """Put back the triggers that keep the history as it is, should any be missing (see ``audit.append_only``)."""
    with db.engine.connect() as connection:
        is_guarded = not append_only.missing(connection)
    if is_guarded:
        return
    may_write.set(True)
    with db.engine.begin() as connection:
        append_only.stand_guard(connection)
    may_write.set(False)
