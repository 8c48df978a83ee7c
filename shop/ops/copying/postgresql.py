"""PostgreSQL: pg_dump and pg_restore, and one database in another's place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from sqlalchemy import URL, Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from shop.ops.copying import tools
from shop.ops.copying.refusal import BackupRefused, NoScratch, NotABackup, StillOpen
from shop.ops.copying.tools import Writable

_VERSION = r"PostgreSQL\) (\d+)"
_PACKAGE = "apt install postgresql-client on Debian and Ubuntu"
_BESIDE_IT = ("postgres", "template1")  # a database can't be renamed while one is connected to it
_OF_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = :name AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_MAKE = "CREATE DATABASE {new} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE '{datcollate}' LC_CTYPE '{datctype}'"
_AS_IT_IS = text(
    "SELECT pg_encoding_to_char(encoding) AS encoding, datcollate, datctype FROM pg_database WHERE datname = :name"
)


class PostgreSql:
    kind = "postgresql"
    dump_name = "shop.dump"

    def __init__(self, url: URL) -> None:
        self._url = url
        self._name = str(url.database)

    def dump(self, into: Writable) -> None:
        tools.run(
            [self._program("pg_dump"), "--format=custom", "--compress=0", *self._to(self._url)],
            into=into,
            environment=self._password,
        )

    @contextmanager
    def scratch(self, dump: IO[bytes]) -> Iterator[URL]:
        program, url = self._program("pg_restore"), self._url.set(database=tools.scratch_name(self._name))
        with self._beside() as connection:
            _make_like(connection, self._name, str(url.database))
        try:
            try:
                tools.run([program, "--exit-on-error", *self._to(url)], given=dump, environment=self._password)
            except BackupRefused as refusal:
                raise NotABackup(f"The backup can't be read back: {refusal}") from refusal
            _analyze(url)
            yield url
        finally:
            with self._beside() as connection:
                _drop(connection, str(url.database))

    def refuse_while_open(self) -> None:
        with self._beside() as connection:
            others = connection.scalar(_OF_OTHERS, {"name": self._name})
        if others:
            raise StillOpen(others)

    def exchange(self, scratch: URL) -> str | None:
        self.refuse_while_open()
        kept = tools.kept_name(self._name)
        try:
            with self._beside() as connection, connection.execution_options(isolation_level="READ COMMITTED").begin():
                _rename(connection, self._name, kept)
                _rename(connection, str(scratch.database), self._name)
        except DBAPIError as error:
            raise BackupRefused(f"The databases could not be exchanged, nothing has changed: {_said(error)}") from error
        return f"the database {kept} on the same server"

    def tidy(self) -> None:
        with self._beside() as connection:
            for name in list(connection.scalars(text("SELECT datname FROM pg_database"))):
                if tools.is_left_behind(name, self._name):
                    _drop(connection, name)

    def _program(self, name: str) -> str:
        program = tools.find(name, _PACKAGE)
        version = tools.version_of(program, _VERSION)
        with self._beside() as connection:
            server = connection.scalar(text("SHOW server_version_num")) or 0
        if version < (int(server) // 10_000,):
            raise BackupRefused(
                f"{name} is of version {'.'.join(map(str, version)) or 'unknown'}, the server of "
                f"{int(server) // 10_000}: an older one can't read a newer one. Install the newer client programs."
            )
        return program

    def _to(self, url: URL) -> list[str]:
        """Where to, for the programs; the password goes another way, because everybody sees a command line."""
        query = {name: value for name, value in url.query.items() if name != "password"}
        place = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
        return ["--no-owner", "--no-privileges", "--no-password", f"--dbname={place.render_as_string()}"]

    @property
    def _password(self) -> dict[str, str]:
        password = self._url.password or self._url.query.get("password")
        return {"PGPASSWORD": str(password)} if password else {}

    @contextmanager
    def _beside(self) -> Iterator[Connection]:
        """A connection to the server that leaves the shop's database alone."""
        for name in _BESIDE_IT:
            engine = create_engine(
                self._url.set(database=name),
                isolation_level="AUTOCOMMIT",
                poolclass=NullPool,
                hide_parameters=True,
                connect_args={"connect_timeout": 5},
            )
            try:
                connection = engine.connect()
            except OperationalError:
                if name == _BESIDE_IT[-1]:
                    raise
                continue
            with connection:
                yield connection
            return


def _make_like(connection: Connection, model: str, name: str) -> None:
    try:
        habits = connection.execute(_AS_IT_IS, {"name": model}).one()._asdict()
        connection.execute(text(_MAKE.format(new=_quoted(connection, name), **habits)))
    except DBAPIError as error:
        raise NoScratch(
            f"A backup is tried in a database of its own, and the server lets none be made: {_said(error)}. "
            f"Its keeper can allow it: ALTER ROLE {connection.engine.url.username} CREATEDB"
        ) from error


def _analyze(url: URL) -> None:
    """Have the server see what its tables hold; else it plans as for empty ones until its housekeeping comes round."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("ANALYZE"))


def _drop(connection: Connection, name: str) -> None:
    connection.execute(text(f"DROP DATABASE IF EXISTS {_quoted(connection, name)} WITH (FORCE)"))


def _rename(connection: Connection, name: str, new: str) -> None:
    connection.execute(text(f"ALTER DATABASE {_quoted(connection, name)} RENAME TO {_quoted(connection, new)}"))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _said(error: DBAPIError) -> str:
    return str(error.orig).splitlines()[0]
