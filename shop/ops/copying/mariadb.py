"""MariaDB: mariadb-dump and mariadb, and one database's tables in the place of another's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from shop.audit import append_only
from shop.ops.copying import tools
from shop.ops.copying.refusal import BackupRefused, NoScratch, NotABackup, StillOpen
from shop.ops.copying.tools import Writable

_VERSION = r"(\d+)\.(\d+)\.\d+-MariaDB"
_PACKAGE = "apt install mariadb-client on Debian and Ubuntu"
_AS_ONE_MOMENT = ("--single-transaction", "--quick", "--hex-blob", "--no-tablespaces", "--skip-dump-date")
#: They belong to whoever made them, who may not be there where the dump is loaded; the shop makes its own anew.
_WITHOUT_TRIGGERS = "--skip-triggers"
_OF_OTHERS = text("SELECT count(*) FROM information_schema.processlist WHERE db = :name AND id <> connection_id()")
_HABITS = text(
    "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata "
    "WHERE schema_name = :name"
)
_TABLES = text(
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = :name AND table_type = 'BASE TABLE' ORDER BY table_name"
)
#: PyMySQL's names in the URL, and the programs'.
_OPTIONS = {"unix_socket": "socket", "ssl_ca": "ssl-ca", "ssl_cert": "ssl-cert", "ssl_key": "ssl-key"}


class MariaDb:
    kind = "mariadb"
    dump_name = "shop.sql"

    def __init__(self, url: URL) -> None:
        self._url = url
        self._name = str(url.database)

    def dump(self, into: Writable) -> None:
        program = self._program("mariadb-dump")
        with self._option_file() as options:
            tools.run([program, options, *_AS_ONE_MOMENT, _WITHOUT_TRIGGERS, self._name], into=into)

    @contextmanager
    def scratch(self, dump: IO[bytes]) -> Iterator[URL]:
        program, name = self._program("mariadb"), tools.scratch_name(self._name)
        with self._connected() as connection:
            _make_like(connection, self._name, name)
        try:
            try:
                with self._option_file() as options:
                    tools.run([program, options, "--batch", name], given=dump)
            except BackupRefused as refusal:
                raise NotABackup(f"The backup can't be read back: {refusal}") from refusal
            yield self._url.set(database=name)
        finally:
            with self._connected() as connection:
                _drop(connection, name)

    def refuse_while_open(self) -> None:
        with self._connected() as connection:
            others = connection.scalar(_OF_OTHERS, {"name": self._name})
        if others:
            raise StillOpen(others)

    def exchange(self, scratch: URL) -> str | None:
        """MariaDB renames no database, but any number of tables from one to another in a single statement.

        A table with triggers it leaves where it is, so these go before and come back afterwards; should this end in
        between, the next start of the shop brings them back.
        """
        self.refuse_while_open()
        kept = tools.kept_name(self._name)
        with self._connected() as connection:
            former = list(connection.scalars(_TABLES, {"name": self._name}))
            coming = list(connection.scalars(_TABLES, {"name": scratch.database}))
            _make_like(connection, self._name, kept)
            away = [_move(connection, table, self._name, kept) for table in former]
            here = [_move(connection, table, str(scratch.database), self._name) for table in coming]
            for name in (self._name, str(scratch.database)):
                self._change_guard(name, append_only.stand_aside)
            try:
                connection.execute(text(f"RENAME TABLE {', '.join([*away, *here])}"))
            except DBAPIError as error:
                raise BackupRefused(
                    f"The databases could not be exchanged, nothing has changed: {_said(error)}"
                ) from error
            finally:
                _drop_if_empty(connection, kept)
                with suppress(DBAPIError):  # where nothing changed, the shop may be older than the guard
                    self._change_guard(self._name, append_only.stand_guard)
        return f"the database {kept} on the same server" if former else None

    def tidy(self) -> None:
        with self._connected() as connection:
            for name in list(connection.scalars(text("SELECT schema_name FROM information_schema.schemata"))):
                if tools.is_left_behind(name, self._name):
                    _drop(connection, name)

    def _program(self, name: str) -> str:
        with self._connected() as connection:
            server = connection.dialect.server_version_info or ()
        program = tools.find(name, _PACKAGE)
        version = tools.version_of(program, _VERSION)
        if version < server[:2]:
            raise BackupRefused(
                f"{name} is of version {'.'.join(map(str, version)) or 'unknown'}, the server of "
                f"{'.'.join(map(str, server[:2]))}: an older one may miss what a newer one keeps. "
                "Install the newer client programs."
            )
        return program

    @contextmanager
    def _option_file(self) -> Iterator[str]:
        """Where to and with which password, in a file for our eyes alone: everybody sees a command line."""
        url = self._url
        given: dict[str, object] = {"user": url.username, "password": url.password, "host": url.host, "port": url.port}
        given |= {theirs: url.query.get(ours) for ours, theirs in _OPTIONS.items()}
        if not url.query.get("unix_socket"):
            given["protocol"] = "TCP"  # as PyMySQL does; the programs take "localhost" for a socket
        lines = [f"{name}={_option(str(value))}" for name, value in given.items() if value is not None]
        with TemporaryDirectory(prefix="shop-") as folder:
            path = Path(folder) / "options"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write("\n".join(["[client]", "default-character-set=utf8mb4", *lines, ""]))
            yield f"--defaults-file={path}"

    def _change_guard(self, name: str, change: Callable[[Connection], object]) -> None:
        with self._connected(name) as connection:
            change(connection)

    @contextmanager
    def _connected(self, name: str = "") -> Iterator[Connection]:
        """A connection that is in no database, or in the one with this name."""
        engine = create_engine(
            self._url.set(database=name), isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True
        )
        with engine.connect() as connection:
            yield connection


def _make_like(connection: Connection, model: str, name: str) -> None:
    try:
        charset, collation = connection.execute(_HABITS, {"name": model}).one()
        connection.execute(
            text(f"CREATE DATABASE {_quoted(connection, name)} CHARACTER SET {charset} COLLATE {collation}")
        )
    except DBAPIError as error:
        url = connection.engine.url
        raise NoScratch(
            f"A backup is tried in a database of its own, and the server lets none be made: {_said(error)}. "
            f"Its keeper can allow it: GRANT ALL ON `{model}\\_%`.* TO '{url.username}'@'…'"
        ) from error


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"DROP DATABASE IF EXISTS {_quoted(connection, name)}"))


def _drop_if_empty(connection: Connection, name: str) -> None:
    if not list(connection.scalars(_TABLES, {"name": name})):
        _drop(connection, name)


def _move(connection: Connection, table: str, database: str, other: str) -> str:
    name = _quoted(connection, table)
    return f"{_quoted(connection, database)}.{name} TO {_quoted(connection, other)}.{name}"


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _option(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(error: DBAPIError) -> str:
    return str(error.orig.args[-1] if error.orig and error.orig.args else error.orig)
