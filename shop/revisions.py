"""Which schema a database has and which ones this version knows.

Alembic, which changes one into the next, is loaded where that is to be done: loading it takes a quarter of a start.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import Connection, column, inspect, select, table

from shop.extensions import db

_MIGRATIONS = Path(__file__).with_name("migrations")
_VERSIONS = table("alembic_version", column("version_num"))


@cache
def known_revisions() -> frozenset[str]:
    """The revisions that this version can start from: what the names of its migrations begin with."""
    return frozenset(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def newest_revision() -> str:
    """The revision that this version of the shop needs."""
    return max(known_revisions())


def present_revision() -> str | None:
    """The revision of the database as it is; None when it is empty."""
    with db.engine.connect() as connection:
        return revision_of(connection)


def revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS.name):
        return None
    revision: str | None = connection.scalar(select(_VERSIONS.c.version_num))
    return revision


def migrate() -> None:
    """Bring the database to the newest revision."""
    from flask_migrate import upgrade

    prepare_migrations(current_app)
    upgrade()


def prepare_migrations(app: Flask) -> None:
    """Let Flask-Migrate find the migrations, and ``flask db`` its commands."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(_MIGRATIONS))
