"""A lock that somebody else does not let go: one waits for it in vain, and whoever comes next is told at once.

A process serves one person after the other, so those who queue behind one who waits have waited as long already. For
a moment they take what is free and hardly wait for what is not.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

from shop.common.silence import Respite, somebody_waits

LOCK_WAIT_SECONDS = 4.0
_SHORT_WAIT_SECONDS = 0.05
_NOTICED_SECONDS = 0.5  # a statement that took longer has perhaps waited for a lock

_respite = Respite()


def patience_seconds() -> float:
    """How long whoever begins now waits for a lock."""
    return _SHORT_WAIT_SECONDS if somebody_waits.get() and _respite.is_on else LOCK_WAIT_SECONDS


def note_wait_in_vain() -> None:
    """Say that a lock could not be had in time."""
    if not _respite.is_on:
        _respite.begin()


def wait_in_turn(engine: Engine) -> None:
    """Teach the engine of a server to wait for the locks of one transaction no longer than for one lock.

    And to spare those who come after one who waited in vain.
    """
    tell = _tell_postgresql if engine.dialect.name == "postgresql" else _tell_mariadb

    def begin(connection: Connection) -> None:
        connection.info["lock_patience"], connection.info["waited"] = patience_seconds(), 0.0
        tell(connection)

    def before(connection: Connection, *_: object) -> None:
        waited, connection.info["waited"] = connection.info["waited"], 0.0
        if waited > _NOTICED_SECONDS and somebody_waits.get():
            connection.info["lock_patience"] = max(_SHORT_WAIT_SECONDS, connection.info["lock_patience"] - waited)
            tell(connection)
        connection.info["asked_at"] = time.monotonic()

    def after(connection: Connection, *_: object) -> None:
        connection.info["waited"] = time.monotonic() - connection.info["asked_at"]

    event.listen(engine, "begin", begin)
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", _note)


def _tell_postgresql(connection: Connection) -> None:
    patience = connection.info["lock_patience"]
    if patience != LOCK_WAIT_SECONDS:  # which is how the connection was opened
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience * 1000:.0f}")


def _tell_mariadb(connection: Connection) -> None:
    """It counts in whole seconds, so a short wait is none; and what it is told holds until it is told otherwise."""
    seconds = int(connection.info["lock_patience"])
    if seconds != connection.info.get("told_seconds", int(LOCK_WAIT_SECONDS)):
        connection.info["told_seconds"] = seconds
        connection.exec_driver_sql(f"SET innodb_lock_wait_timeout = {seconds}, lock_wait_timeout = {seconds}")


def _note(context: ExceptionContext) -> None:
    if _is_lock_not_had(context.original_exception):
        note_wait_in_vain()


def _is_lock_not_had(error: Any) -> bool:
    return getattr(error, "sqlstate", None) == "55P03" or error.args[:1] == (1205,)
