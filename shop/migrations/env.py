"""How Alembic meets the shop's database: the same engine and the same models on all three databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from shop.common.base import Base
from shop.common.database import may_write
from shop.common.words import is_no_index
from shop.extensions import db


def render_our_types(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write the shop's own column types by their names, and import them."""
    if kind == "type" and type(item).__module__ == "shop.common.base":
        autogen_context.imports.add(f"from shop.common.base import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


def run() -> None:
    may_write.set(True)  # on SQLite the whole upgrade is one transaction that has the write lock from the start
    with db.engine.connect() as connection, no_foreign_keys(connection):
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_our_types,
            include_name=is_no_index,
            transactional_ddl=db.engine.dialect.name in ("sqlite", "postgresql"),
        )
        with context.begin_transaction():
            context.run_migrations()
            check_references(connection)
        connection.commit()
    may_write.set(False)


@contextmanager
def no_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making another in its place, which others refer to: they are checked at the end."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")  # means nothing inside a transaction, so before it begins
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def check_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise RuntimeError(f"The migration leaves a reference to nothing: {tuple(broken)}")


run()
