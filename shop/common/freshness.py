"""What the database itself says about whether anything has been committed, by whichever process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from shop.common.silence import somebody_waits

#: One short question to each kind of database; MariaDB has none that is as cheap.
_QUESTIONS = {
    # Grows whenever another connection has committed; 2 µs, and the connection that asks never writes.
    "sqlite": "PRAGMA data_version",
    # Which transactions are over: it differs as soon as one more has been committed.
    "postgresql": "SELECT pg_current_snapshot()::text",
}
_SECONDS_BEFORE_ANOTHER_TRY = 5.0


def asked_of(engine: Engine) -> Callable[[], object | None]:
    """A function that answers the same as the last time exactly as long as no change has been committed.

    It answers None when that cannot be known. It holds a connection of its own, made when it is first called, so that
    every process makes one for itself, and closed with the engine.
    """
    question = _QUESTIONS.get(engine.dialect.name)
    connection: Any = None
    opened = 0  # what SQLite answers is to be compared within one connection alone
    not_before = 0.0

    def ask() -> object | None:
        nonlocal connection, opened, not_before
        if question is None or (connection is None and time.monotonic() < not_before):
            return None
        somebody_waits.set(True)
        try:
            if connection is None:
                connection, opened = _open(engine), opened + 1
            answer: tuple[object, ...] | None = connection.cursor().execute(question).fetchone()
        except engine.dialect.loaded_dbapi.Error:
            connection, not_before = None, time.monotonic() + _SECONDS_BEFORE_ANOTHER_TRY
            return None
        return (opened, answer[0]) if answer else None

    def close(_: Engine) -> None:
        nonlocal connection
        if connection is not None:
            connection.close()
            connection = None

    event.listen(engine, "engine_disposed", close)
    return ask


def _open(engine: Engine) -> Any:
    pooled = engine.raw_connection()
    pooled.detach()
    connection = pooled.dbapi_connection
    if engine.dialect.name == "postgresql":
        connection.autocommit = True  # type: ignore[union-attr]
    return connection
