"""A database server that is there and says nothing, because its disk hangs, say: nobody waits long for it.

Whoever waits for it gives up after ``MOST_SECONDS``. For a moment afterwards nobody else begins to wait, so that those
who queue behind are answered as well.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

MOST_SECONDS = 4.5
SPARED_SECONDS = 2.0

#: True while a person waits for what is done; a connection that is opened then is not waited for as long as others.
somebody_waits: ContextVar[bool] = ContextVar("somebody_waits", default=False)


class Respite:
    """A moment after somebody has waited in vain, in which nobody else begins to."""

    def __init__(self) -> None:
        self._until = 0.0

    def begin(self) -> None:
        self._until = time.monotonic() + SPARED_SECONDS

    @property
    def is_on(self) -> bool:
        return time.monotonic() < self._until


respite = Respite()


def wait_impatiently(engine: Engine) -> None:
    """Teach the engine of a server to give up in time."""
    connect = _to_postgresql if engine.dialect.name == "postgresql" else _to_mariadb

    def open_connection(dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        if not somebody_waits.get():
            return None
        if respite.is_on:
            raise dialect.loaded_dbapi.OperationalError("It was silent a moment ago.")
        return connect(arguments, options)

    event.listen(engine, "do_connect", open_connection)
    event.listen(engine, "handle_error", _note_silence_of_mariadb)


def _to_postgresql(arguments: list[Any], options: dict[str, Any]) -> Any:
    from shop.common.impatient import ConnectionTimeout, ImpatientConnection

    try:
        return ImpatientConnection.connect(*arguments, **options)
    except ConnectionTimeout:
        respite.begin()
        raise


def _to_mariadb(_arguments: list[Any], options: dict[str, Any]) -> None:
    """PyMySQL keeps the time itself; SQLAlchemy goes on to connect with these options."""
    options["read_timeout"] = options["write_timeout"] = MOST_SECONDS
    options["init_command"] += f", lock_wait_timeout={int(MOST_SECONDS) or 1}"  # else its wait goes on without us


def _note_silence_of_mariadb(context: ExceptionContext) -> None:
    if "timed out" in str(context.original_exception):
        respite.begin()
