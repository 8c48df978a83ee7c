"""Copying a whole database, each kind with the means that belong to it: out of the shop, and in beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import IO, Protocol

from sqlalchemy import URL

from shop.ops.copying.mariadb import MariaDb
from shop.ops.copying.postgresql import PostgreSql
from shop.ops.copying.refusal import BackupRefused, NoScratch, NotABackup
from shop.ops.copying.sqlite import Sqlite
from shop.ops.copying.tools import Writable


class Copier(Protocol):
    """What each kind of database can do. All of it raises BackupRefused with a plain sentence."""

    kind: str
    dump_name: str

    def dump(self, into: Writable) -> None:
        """Write all that was saved before this began, as of one moment, while others go on working."""

    def scratch(self, dump: IO[bytes]) -> AbstractContextManager[URL]:
        """A database of its own with a dump in it, gone at the end unless it took the shop's place."""

    def refuse_while_open(self) -> None:
        """Raise BackupRefused while anybody else has the shop's database open."""

    def exchange(self, scratch: URL) -> str | None:
        """Put a scratch database in the shop's place in one step; answers where the former one is kept."""

    def tidy(self) -> None:
        """Take away what a process left behind that was killed at this, a day ago or more."""


_COPIERS: dict[str, Callable[[URL], Copier]] = {
    "sqlite": Sqlite,
    "postgresql": PostgreSql,
    "mariadb": MariaDb,
}


def copier_of(url: URL) -> Copier:
    return _COPIERS[url.get_backend_name()](url)


__all__ = ["BackupRefused", "Copier", "NoScratch", "NotABackup", "Sqlite", "Writable", "copier_of"]
