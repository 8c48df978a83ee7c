"""The databases that are measured: filled once for each size, kept, and copied for every run."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, create_engine, make_url, text

from shop.common.database import normal_url
from tools.front_door import services
from tools.front_door.environment import PYTHON
from tools.front_door.processes import run
from tools.front_door.settings import ROOT
from tools.front_door.speech import Refused, say

FOLDER = ROOT / "instance" / "bench"
DATABASES = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True, slots=True)
class Shop:
    """A copy of a filled database, with the folder that a shop keeps beside it."""

    size: int
    folder: Path
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a shop over it. A proxy is trusted, so that a test client can come from many addresses."""
        return {
            "HOST": "127.0.0.1",
            "SHOP_DATA": str(self.folder),
            "DATABASE_URL": self.database_url,
            "SECRET_KEY": "of the measurements alone, and long enough",
            "TRUSTED_PROXIES": "1",
            "SHOP_DEMO": "0",
            "SECOND_FACTOR_FOR": "nobody",
        }


class Store(Protocol):
    """Where filled databases are kept."""

    def names(self) -> list[str]: ...

    def make(self, name: str) -> str:
        """A new and empty one; answers its URL."""
        ...

    def rename(self, name: str, new: str) -> None: ...

    def copy(self, name: str, new: str) -> str:
        """Answers the URL of the copy."""
        ...

    def drop(self, name: str) -> None: ...


@contextlib.contextmanager
def copied(database: str, size: int, folder: Path) -> Iterator[Shop]:
    """A shop of so many tickets, gone at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    store = store_of(database, folder)
    here = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:4]  # a server may serve several folders
    ours = f"bench_{here}_{size}_"
    name = f"{ours}{digest()}"
    copy = f"{name}_copy"
    data = folder / copy
    data.mkdir(mode=0o700, exist_ok=True)
    for old in store.names():
        if old.startswith(ours) and old != name:
            store.drop(old)
    try:
        if database == "mariadb":  # it has no quick way to copy a database
            url = _fill(store, copy, size)
        else:
            if name not in store.names():
                _fill(store, f"{name}_part", size)
                store.rename(f"{name}_part", name)
            url = store.copy(name, copy)
        yield Shop(size, data, url)
    finally:
        store.drop(copy)
        shutil.rmtree(data, ignore_errors=True)


def digest() -> str:
    """It changes with the generator and with the schema, and so do the names of what was filled by them."""
    files = [*(ROOT / "bench" / "fill").rglob("*.py"), *(ROOT / "shop" / "migrations" / "versions").glob("*.py")]
    content = b"\0".join(path.read_bytes() for path in sorted(files))
    return hashlib.sha256(content).hexdigest()[:10]


def store_of(database: str, folder: Path) -> Store:
    """Raises Refused when the server does not answer."""
    try:
        match database:
            case "postgresql":
                return ServerStore(services.postgresql_url())
            case "mariadb":
                return ServerStore(services.mariadb_url())
            case _:
                return FileStore(folder)
    except services.Missing as missing:
        raise Refused(str(missing)) from missing


class FileStore:
    """SQLite: files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return [path.stem for path in self._folder.glob("*.db")]

    def make(self, name: str) -> str:
        return self._url(name)

    def rename(self, name: str, new: str) -> None:
        self._path(name).replace(self._path(new))
        self.drop(name)

    def copy(self, name: str, new: str) -> str:
        shutil.copyfile(self._path(name), self._path(new))
        return self._url(new)

    def drop(self, name: str) -> None:
        for path in self._folder.glob(f"{name}.db*"):  # with what SQLite and the shop keep beside it
            path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.db"

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"


class ServerStore:
    """PostgreSQL or MariaDB: databases on the server."""

    def __init__(self, server: str) -> None:
        self._server: URL = normal_url(make_url(server).render_as_string(hide_password=False))

    def names(self) -> list[str]:
        if self._is_postgresql:
            return self._ask("SELECT datname FROM pg_database")
        return self._ask("SELECT schema_name FROM information_schema.schemata")

    def make(self, name: str) -> str:
        self._ask(f"CREATE DATABASE {name}")
        return self._url(name)

    def rename(self, name: str, new: str) -> None:
        self._ask(f"ALTER DATABASE {name} RENAME TO {new}")

    def copy(self, name: str, new: str) -> str:
        self._ask(f"CREATE DATABASE {new} TEMPLATE {name}")
        return self._url(new)

    def drop(self, name: str) -> None:
        self._ask(f"DROP DATABASE IF EXISTS {name}" + (" WITH (FORCE)" if self._is_postgresql else ""))

    @property
    def _is_postgresql(self) -> bool:
        return self._server.get_backend_name() == "postgresql"

    def _ask(self, statement: str) -> list[str]:
        """Run it, and answer the first column of what it found."""
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                result = connection.execute(text(statement))
                return list(result.scalars()) if result.returns_rows else []
        finally:
            engine.dispose()

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)


def _fill(store: Store, name: str, size: int) -> str:
    say(f"Filling a shop with {size:,} tickets ...")
    url = store.make(name)
    if run([PYTHON, "-m", "bench.fill", "--size", size, "--database", url]) != 0:
        store.drop(name)
        raise Refused("The shop could not be filled.")
    return url
