"""The servers' programs: found, new enough, told no password where others see it, and with the rights they need."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from shop.common.clock import at_moment, now
from shop.common.database import normal_url
from shop.ops.copying import BackupRefused, Copier, NoScratch, copier_of, tools
from tests import services
from tests.conftest import WORKER
from tests.faults.shop import databases, drop_databases

pytestmark = pytest.mark.single

NAME = f"shop_test_copying_{WORKER}"
ACCOUNT = f"shop_test_{WORKER}"
PASSWORD = "p\"a\\s #s' w@:/%"


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A server, as its keeper, with a small database on it that belongs to an account with an odd password."""
    if request.param == "postgresql":
        services.pg_dump()
        url = normal_url(services.postgresql_url())
        account = f"CREATE ROLE {ACCOUNT} LOGIN PASSWORD :password"
        grant, forget = f"ALTER DATABASE {NAME} OWNER TO {ACCOUNT}", f"DROP ROLE IF EXISTS {ACCOUNT}"
    else:
        services.mariadb_dump()
        url = normal_url(services.mariadb_url()).set(database="")
        account = f"CREATE USER {ACCOUNT}@'%' IDENTIFIED BY :password"
        grant, forget = f"GRANT ALL ON {NAME}.* TO {ACCOUNT}@'%'", f"DROP USER IF EXISTS {ACCOUNT}@'%'"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    quoted = PASSWORD.replace("\\", "\\\\") if request.param == "mariadb" else PASSWORD
    account = account.replace(":password", "'" + quoted.replace("'", "''").replace(":", "\\:") + "'")
    with engine.connect() as connection:
        drop_databases(connection, NAME)
        for statement in (forget, account, f"CREATE DATABASE {NAME}", grant):
            connection.execute(text(statement))
    own = create_engine(_own(engine))
    with own.begin() as connection:
        connection.execute(text("CREATE TABLE thing (id INTEGER PRIMARY KEY, name VARCHAR(20))"))
        connection.execute(text("INSERT INTO thing VALUES (1, 'Zoë 🔧')"))
    own.dispose()
    yield engine
    with engine.connect() as connection:
        drop_databases(connection, NAME)
        connection.execute(text(forget))
    engine.dispose()


@pytest.fixture
def copier(server: Engine) -> Copier:
    return copier_of(_own(server))


def test_a_password_is_on_no_command_line(copier: Copier, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Any] = []

    class Watched(subprocess.Popen[bytes]):
        def __init__(self, command: Any, **more: Any) -> None:
            commands.append(command)
            super().__init__(command, **more)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    dump = io.BytesIO()
    copier.dump(dump)
    assert b"Zo\xc3\xab" in dump.getvalue()
    assert len(commands) > 1
    assert 'p"a' not in str(commands)
    assert "%22a" not in str(commands)


def test_what_is_not_on_the_path_is_told(copier: Copier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupRefused, match=r"(pg_dump|mariadb-dump) was not found\. .*apt install"):
        copier.dump(io.BytesIO())


@pytest.mark.skipif(sys.platform == "win32", reason="it is a shell's script")
def test_what_is_older_than_the_server_is_told(copier: Copier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, said in (("pg_dump", "pg_dump (PostgreSQL) 9.6"), ("mariadb-dump", "Ver 10.19 Distrib 10.3.1-MariaDB")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{said}'\n")
        program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(BackupRefused, match=r"is of version (9|10\.3), the server of .* Install the newer"):
        copier.dump(io.BytesIO())


def test_without_the_right_to_make_a_database_it_is_told_how_to_get_it(copier: Copier) -> None:
    dump = io.BytesIO()
    copier.dump(dump)
    dump.seek(0)
    with pytest.raises(NoScratch, match=r"Its keeper can allow it: (ALTER ROLE|GRANT ALL ON)"), copier.scratch(dump):
        pass


def test_with_that_right_it_is_exchanged(server: Engine, copier: Copier) -> None:
    with server.connect() as connection:
        if server.dialect.name == "postgresql":
            connection.execute(text(f"ALTER ROLE {ACCOUNT} CREATEDB"))
        else:
            connection.execute(text(rf"GRANT ALL ON `{NAME}\_%`.* TO {ACCOUNT}@'%'"))
    dump = io.BytesIO()
    copier.dump(dump)
    dump.seek(0)
    _do(_own(server), "UPDATE thing SET name = 'Later'")
    with copier.scratch(dump) as scratch:
        former = copier.exchange(scratch)
    assert former
    assert "_before_restore_" in former
    assert _names(_own(server)) == ["Zoë 🔧"]
    assert _names(_own(server).set(database=former.split()[2])) == ["Later"]
    if server.dialect.name == "postgresql":
        engine = create_engine(_own(server))
        with engine.connect() as connection:
            known = connection.scalar(text("SELECT count(*) FROM pg_stats WHERE tablename = 'thing'"))
        engine.dispose()
        assert known == 2, "the server plans without knowing what the columns hold"
    with server.connect() as connection:
        assert len(databases(connection, NAME)) == 2, "no scratch database is left"


def test_what_a_killed_process_left_behind_is_taken_away_after_a_day(server: Engine) -> None:
    copier = copier_of(server.url.set(database=NAME))
    with at_moment(now() - timedelta(days=2)):
        old = tools.scratch_name(NAME)
    with server.connect() as connection:
        for name in (old, tools.scratch_name(NAME)):
            connection.execute(text(f"CREATE DATABASE {name}"))
        copier.tidy()
        left = databases(connection, NAME)
        assert len(left) == 2
        assert old not in left


def _own(server: Engine) -> URL:
    return server.url.set(username=ACCOUNT, password=PASSWORD, database=NAME)


def _do(url: URL, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _names(url: URL) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        names = list(connection.scalars(text("SELECT name FROM thing")))
    engine.dispose()
    return names
