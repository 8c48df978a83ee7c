"""A connection to PostgreSQL that gives up on a server which says nothing. Loaded where PostgreSQL is used."""

from __future__ import annotations

from typing import TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout, _WaitTimeout
from psycopg.rows import TupleRow

from shop.common import silence

__all__ = ["ConnectionTimeout", "ImpatientConnection"]

T = TypeVar("T")


class ImpatientConnection(Connection[TupleRow]):
    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        if silence.respite.is_on:
            raise self._left()
        try:
            return super().wait(gen, interval, timeout or silence.MOST_SECONDS)
        except _WaitTimeout:
            silence.respite.begin()
            raise self._left() from None

    def _left(self) -> OperationalError:
        self.close()  # whatever it answers later is nobody's any more
        return OperationalError("The server timed out.")
