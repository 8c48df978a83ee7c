"""A shop to be hurt: a data folder and a database of its own, its commands and writers processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, text

from shop import create_app
from shop.common.database import normal_url
from shop.config import ROOT, read_settings
from shop.extensions import db
from shop.ops import schema

Shop = TypeVar("Shop", bound="FaultShop")

_PATIENCE_SECONDS = 120
_SECRET = "a secret for trials alone, long enough"


class FaultShop:
    def __init__(self, data: Path, database_url: str, **settings: str) -> None:
        self.data = data
        self.database_url = database_url
        self._settings = {
            "SHOP_DATA": str(data),
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            "SECRET_KEY": _SECRET,
            "SHOP_TIMEZONE": "UTC",
            "SHOP_DEMO": "0",
            "HOST": "127.0.0.1",
            "SECOND_FACTOR_FOR": "nobody",
            "TMPDIR": str(data),  # what is killed leaves its folders there
            **settings,
        }
        self.noted: list[str] = []
        self.verdicts: dict[str, str] = {}
        self.make()

    def make(self) -> None:
        with self.opened():
            schema.bring_up_to_date()

    def start(
        self,
        *command: object,
        output: int = subprocess.PIPE,
        ear: int = subprocess.DEVNULL,
        under: Sequence[object] = (),
        settings: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start ``python -m …`` and go on; it leads a group of its own, so that all of it can be killed.

        ``under`` is a program that starts it, such as strace with its options.
        """
        return subprocess.Popen(
            [str(part) for part in (*under, sys.executable, "-m", *command)],
            cwd=ROOT,
            env={**os.environ, **self._settings, **(settings or {})},
            stdin=ear,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def flask(self, *arguments: object) -> subprocess.Popen[str]:
        return self.start("flask", "--app", "wsgi", *arguments)

    def run(self, *arguments: object) -> str:
        """Run a command of the keeper's to its end; it has to succeed."""
        process = self.flask(*arguments)
        said, _ = process.communicate(timeout=_PATIENCE_SECONDS)
        assert process.returncode == 0, said
        return said

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """The shop in this process, and closed again at the end."""
        app = self.loaded()
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    def loaded(self) -> Flask:
        """The shop in this process, for requests that have a context of their own."""
        return create_app(read_settings(**self._settings))

    @contextmanager
    def writers(self, count: int) -> Iterator[Callable[[], list[str]]]:
        """Processes that write until the end; what is yielded tells the lines that they have said so far."""
        file = self.data / "writers.txt"
        with file.open("w") as output:
            process = self.start("tests.faults.writer", count, output=output.fileno())

        def said() -> list[str]:
            words = file.read_text()
            assert process.poll() is None, words[-4000:]
            return words.splitlines()

        try:
            yield said
        finally:
            kill_group(process)


def kill_group(process: subprocess.Popen[str]) -> None:
    """End a process that was started here and every process of its own, with no chance to do anything."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()


@contextmanager
def fault_shop(
    server: str | None, name: str, *, kind: type[Shop] = FaultShop, data: Path | None = None, **settings: str
) -> Iterator[Shop]:
    """A new shop on SQLite, or in a database ``name`` of a server; it and all that it made there is gone at the end."""
    with TemporaryDirectory(prefix="shop-faults-") as folder:
        data = data or Path(folder)
        if server is None:
            yield kind(data, f"sqlite:///{data / 'shop.db'}", **settings)
            return
        url = normal_url(server)
        engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            drop_databases(connection, name)
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield kind(data, url.set(database=name).render_as_string(hide_password=False), **settings)
        finally:
            with engine.connect() as connection:
                drop_databases(connection, name)
            engine.dispose()


def drop_databases(connection: Connection, name: str) -> None:
    """Drop a database of the tests and those that were made beside it."""
    force = " WITH (FORCE)" if connection.dialect.name == "postgresql" else ""
    for each in databases(connection, name):
        connection.execute(text(f"DROP DATABASE {each}{force}"))


def databases(connection: Connection, name: str) -> list[str]:
    """A database of the tests and those that were made beside it."""
    every = "SELECT datname FROM pg_database"
    if connection.dialect.name != "postgresql":
        every = "SELECT schema_name FROM information_schema.schemata"
    return [
        each
        for each in connection.scalars(text(every))
        if each == name or each.startswith((f"{name}_scratch_", f"{name}_before_"))
    ]
