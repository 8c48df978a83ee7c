"""Models and migrations say the same, every constraint has a name, and nothing that counts is a float."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import CheckConstraint, Float, ForeignKeyConstraint, Integer, Numeric, Table, inspect

from shop import revisions
from shop.common.base import Base
from shop.common.words import is_no_index
from shop.config import ROOT
from shop.extensions import db


@pytest.fixture(scope="module")
def tables(shop: Flask) -> list[Table]:
    return sorted(Base.metadata.tables.values(), key=lambda table: table.name)


def test_there_are_tables(tables: list[Table]) -> None:
    assert {"account", "customer", "vehicle", "ticket", "part", "stock_move", "event"} <= {t.name for t in tables}


def test_every_constraint_and_index_has_a_name(tables: list[Table]) -> None:
    for table in tables:
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint!r}"
        for index in table.indexes:
            assert index.name, f"{table.name}: {index!r}"


def test_names_fit_every_database(tables: list[Table]) -> None:
    for table in tables:
        for named in (*table.constraints, *table.indexes):
            assert len(str(named.name)) <= 63, f"{named.name} is too long for PostgreSQL"


def test_every_foreign_key_is_indexed(tables: list[Table]) -> None:
    """Without it, archiving and history would walk whole tables."""
    for table in tables:
        leading = {next(iter(index.columns)).name for index in table.indexes}
        leading |= {
            next(iter(c.columns)).name
            for c in table.constraints
            if not isinstance(c, CheckConstraint) and len(c.columns)
        }  # type: ignore[arg-type]
        for constraint in table.constraints:
            if isinstance(constraint, ForeignKeyConstraint):
                assert constraint.column_keys[0] in leading, f"{table.name}.{constraint.column_keys[0]}"


def test_money_and_quantities_are_whole_numbers(tables: list[Table]) -> None:
    for table in tables:
        for column in table.columns:
            assert not isinstance(column.type, (Float, Numeric)), f"{table.name}.{column.name}"
            if column.name.endswith(("_cents", "quantity", "on_hand", "minimum", "balance")):
                assert isinstance(column.type, Integer), f"{table.name}.{column.name}"


def test_migrations_equal_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_no_index})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_are_known_by_the_names_of_their_files() -> None:
    scripts = ScriptDirectory(str(ROOT / "shop" / "migrations"))
    assert revisions.newest_revision() == scripts.get_current_head()
    assert revisions.known_revisions() == {script.revision for script in scripts.walk_revisions()}


def test_every_constraint_of_the_models_is_in_the_database(app: Flask, tables: list[Table]) -> None:
    """compare_metadata does not look at CHECK constraints; the database itself does."""
    with app.app_context():
        inspector = inspect(db.engine)
        for table in tables:
            wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
            there = {check["name"] for check in inspector.get_check_constraints(table.name)}
            assert wanted <= there, f"{table.name} lacks {wanted - there}"


def test_the_schema_goes_down_and_up_again(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "mariadb":
            return  # its DDL can't drop an index that a foreign key leans on; going down is for developers only
        revisions.prepare_migrations(app)
        downgrade(revision="base")
        assert revisions.present_revision() is None
        upgrade()
        assert revisions.present_revision() == revisions.newest_revision()
