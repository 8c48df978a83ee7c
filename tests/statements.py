"""Counting SQL statements: a page may not cost more the more it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from shop.extensions import cache, db


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that run inside, with nothing in the cache before."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
        cache.clear()
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
