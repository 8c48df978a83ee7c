"""The commands of the computer's keeper, each in a process of its own."""

from __future__ import annotations

import errno
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.dialects.mysql.base import MySQLDialect

from shop import create_app, revisions
from shop.common.database import normal_url, told
from shop.config import Settings
from shop.extensions import db
from shop.ops import chores, schema
from shop.ops.chores import Chore
from shop.ops.schema import SchemaRefused
from tests import services
from tests.factories import make_ticket
from tests.ops.conftest import wait_until
from tests.ops.test_backup import run_in

Start = Callable[..., "subprocess.Popen[str]"]


def test_init_db_by_two_at_once_loads_the_demo_once(flask: Start, database_url: str) -> None:
    """Neither fails, whoever comes first, and both tell the accounts."""
    processes = [flask("init-db", SHOP_DEMO="1") for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sum("Demo shop loaded" in each for each in said) == 1
    assert all("test@example.com" in each and "password123" in each for each in said)
    engine = create_engine(normal_url(database_url))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ticket")) == 400
    engine.dispose()


def test_init_db_without_the_demo_tells_how_to_begin(run: Callable[..., str], data: Path) -> None:
    said = run("init-db")
    assert "The database has the newest schema now." in said
    flask = r".venv\Scripts\flask" if sys.platform == "win32" else ".venv/bin/flask"
    assert f"{flask} --app wsgi create-owner" in said
    assert f"SHOP_DATA={data}" in said
    assert "Demo" not in said


def test_a_start_in_another_zone_counts_the_ranking_anew_and_says_so(run: Callable[..., str]) -> None:
    run("init-db", SHOP_TIMEZONE="America/Los_Angeles")
    for is_told in (True, False):
        said = run("init-db", SHOP_TIMEZONE="Pacific/Auckland")
        assert ("SHOP_TIMEZONE was America/Los_Angeles and is Pacific/Auckland now" in said) is is_told
    assert "The books agree" in run("check", SHOP_TIMEZONE="Pacific/Auckland")


def test_search_is_rebuilt(app: Flask, context: None) -> None:
    ticket = make_ticket()
    lost = f"Ticket {ticket.id}: not found by the words it has now. Run rebuild-search."
    assert "0 entries had to be put right." in run_in(app, "rebuild-search")
    with db.engine.begin() as connection:
        connection.execute(text(f"DELETE FROM ticket_words WHERE id = {ticket.id}"))
    assert lost in run_in(app, "check", fails=True)
    assert "1 entry had to be put right." in run_in(app, "rebuild-search")
    assert lost not in run_in(app, "check", fails=True)  # it came about without the changes that lead to a ticket


@pytest.mark.single
def test_a_demo_shop_is_not_taken_for_ones_own(run: Callable[..., str], data: Path) -> None:
    said = run("init-db", SHOP_DEMO="1")
    assert "For a shop of your own" not in said
    said = run("init-db", SHOP_DEMO="0")
    assert f"SHOP_DEMO=0 loads no demo, but {data / 'shop.db'} holds one already." in said
    assert "SHOP_DATA=my-shop" in said
    said = run("create-owner", "--name", "Olga", "--email", "olga@example.com")
    assert said.startswith(f"Database: {data / 'shop.db'}\nMind: this is the demo shop.")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////srv/shop/shop.db", "/srv/shop/shop.db"),
        ("postgresql://ann:secret@db.example:5433/shop?password=secret", "postgresql://ann@db.example:5433/shop"),
        ("mariadb://ann:secret@127.0.0.1/shop", "mariadb://ann@127.0.0.1/shop"),
        ("mysql://ann:secret@127.0.0.1/shop", "mariadb://ann@127.0.0.1/shop"),
    ],
)
def test_a_database_is_told_without_its_password(url: str, words: str) -> None:
    assert told(normal_url(url)) == words


@pytest.mark.single
def test_init_db_leaves_the_database_of_a_newer_version_alone(run: Callable[..., str], data: Path) -> None:
    run("init-db")
    with closing(sqlite3.connect(data / "shop.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    said = run("init-db", fails=True)
    assert said.strip().endswith(
        "Error: The database belongs to a newer version of the shop. Update the shop and try again."
    )
    assert "Traceback" not in said


@pytest.mark.single
def test_a_database_that_is_away_is_told_in_a_sentence(run: Callable[..., str]) -> None:
    said = run("init-db", fails=True, DATABASE_URL="postgresql://shop@127.0.0.1:9/shop")
    assert "Error: The database does not answer:" in said
    assert "Traceback" not in said


@pytest.mark.single
@pytest.mark.parametrize("scheme", ["mariadb", "mysql"])
def test_a_server_of_mysql_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    """It is a MariaDB that gives itself out as the other."""
    url = normal_url(services.mariadb_url()).set(drivername=scheme).render_as_string(hide_password=False)
    monkeypatch.setattr(
        MySQLDialect, "_get_server_version_info", lambda dialect, _: dialect._parse_server_version("8.4.6")
    )
    with (
        create_app(replace(settings, database_url=normal_url(url))).app_context(),
        pytest.raises(SchemaRefused, match=r"MySQL is not supported: use SQLite, PostgreSQL or MariaDB\."),
    ):
        schema.bring_up_to_date()


@pytest.mark.single
def test_a_folder_that_cannot_be_written_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(schema, "in_turn", refuse)
    with app.app_context(), pytest.raises(SchemaRefused, match="Permission denied"), schema.one_at_a_time():
        pass


def test_nobody_waits_for_ever_for_the_schema(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server hands out one lock; beside SQLite's file lies one of its own."""
    monkeypatch.setattr(schema, "_PATIENCE_SECONDS", 0.2)
    with app.app_context(), schema.one_at_a_time(), pytest.raises(SchemaRefused), schema.one_at_a_time():
        pass
    with app.app_context(), schema.one_at_a_time():
        assert revisions.present_revision() == revisions.newest_revision()


@pytest.mark.single
@pytest.mark.skipif(sys.platform == "win32", reason="run.py sends a break there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_work_ends_when_it_is_asked_to(
    run: Callable[..., str], flask: Start, data: Path, number: signal.Signals
) -> None:
    run("init-db")
    working = flask("work")
    wait_until((data / "shop.db-wal").exists)
    working.send_signal(number)
    said, _ = working.communicate(timeout=10)
    assert working.returncode == 0, said
    assert "Traceback" not in said


class TestWork:
    def test_a_chore_that_fails_ends_nothing(self, context: None, monkeypatch: pytest.MonkeyPatch) -> None:
        done: list[str] = []

        def fail() -> None:
            done.append("failed")
            raise RuntimeError("no luck")

        def succeed() -> None:
            done.append("done")
            if done.count("done") == 3:
                raise SystemExit

        monkeypatch.setattr(chores, "_PAUSE_SECONDS", 0)
        monkeypatch.setattr(chores, "_TRY_AGAIN_SECONDS", 0)
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit):
            chores.work(
                (Chore("bad", 0, fail), Chore("good", 0, succeed), Chore("rare", 3600, lambda: done.append("rare")))
            )
        assert done == ["failed", "done", "rare", "failed", "done", "failed", "done"]

    def test_the_usual_chores_run(self, context: None) -> None:
        for chore in chores.CHORES:
            chore.do()
