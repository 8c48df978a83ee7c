"""A filled database holds as many tickets as it should, and nothing in it contradicts the rest."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from shop import create_app
from shop.accounts.models import Account
from shop.accounts.passwords import is_right
from shop.common.base import Base
from shop.config import ROOT, read_settings
from shop.customers.models import Customer
from shop.extensions import db
from shop.ops import checks
from shop.ops.demo import people
from shop.tickets import commands
from shop.tickets.lifecycle import OPEN
from shop.tickets.models import FIRST_NUMBER, Ticket
from tests.ops.conftest import new_database

SIZE = 330


def fill(database_url: str, *options: str, fails: bool = False) -> str:
    """Run the program to its end and answer what it said."""
    arguments = ["--size", str(SIZE), "--database", database_url, *options]
    done = subprocess.run(
        [sys.executable, "-m", "bench.fill", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, said
    return said


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database that has been filled."""
    with new_database(tmp_path_factory.mktemp("filled")) as url:
        fill(url)
        yield url


@pytest.fixture(autouse=True)
def filled(url: str, tmp_path: Path) -> Iterator[None]:
    """The shop that stands on it."""
    app = create_app(read_settings(SHOP_DATA=str(tmp_path), DATABASE_URL=url, REDIS_URL="", SHOP_DEMO="0"))
    with app.app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def test_the_books_agree() -> None:
    assert checks.problems() == []


def test_has_as_many_as_it_should() -> None:
    assert _count(Ticket) == SIZE
    is_open = db.session.scalar(select(func.count()).select_from(Ticket).where(Ticket.status.in_(OPEN)))
    assert is_open
    assert 60 <= is_open <= 200
    assert _count(Customer) >= SIZE // 5


def test_those_of_the_demo_can_sign_in() -> None:
    accounts = db.session.scalars(select(Account).order_by(Account.id)).all()
    assert [account.email for account in accounts] == [person.email for person in people.ACCOUNTS]
    assert all(is_right(people.PASSWORD, account.password_hash) for account in accounts)


def test_every_reference_leads_somewhere_and_every_rule_holds() -> None:
    """Neither is looked at while the database is filled."""
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            other = key.column.table.alias()
            astray = select(key.parent).outerjoin(other, other.c[key.column.name] == key.parent)
            astray = astray.where(key.parent.is_not(None), other.c[key.column.name].is_(None))
            assert db.session.scalars(astray.limit(1)).all() == [], key
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalars(text("PRAGMA integrity_check")).all() == ["ok"]


def test_every_index_is_there() -> None:
    inspector = inspect(db.engine)
    for table in Base.metadata.sorted_tables:
        found = {index["name"] for index in inspector.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= found


def test_leaves_a_shop_alone(url: str) -> None:
    assert "holds a shop already" in fill(url, fails=True)
    assert _count(Ticket) == SIZE


def test_the_work_goes_on() -> None:
    desk = db.session.scalars(select(Account).where(Account.email == "desk@example.com")).one()
    customer = db.session.scalars(select(Customer).order_by(Customer.id.desc()).limit(1)).one()
    ticket = commands.open_ticket(customer=customer, complaint="Rattles", by=desk)
    assert ticket.number == FIRST_NUMBER + SIZE
    assert checks.problems() == []


@pytest.mark.single
def test_the_same_day_makes_the_same_data(tmp_path: Path) -> None:
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    for file in (first, second):
        fill(f"sqlite:///{file}", "--day", "2026-03-05")
    assert _dump(first) == _dump(second)


def _dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE account SET password_hash = ''")  # salted
        return [line for line in connection.iterdump() if line.startswith("INSERT")]


def _count(kind: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(kind)) or 0
