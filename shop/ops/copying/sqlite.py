"""The built-in database: SQLite's own online copy, and one file in another's place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import URL

from shop.common.clock import now
from shop.common.database_file import FileInUse, alone_with, make_private_file, sync
from shop.ops.copying.refusal import BackupRefused, NotABackup
from shop.ops.copying.tools import Writable

HEADER = b"SQLite format 3\0"
_PAGES_A_STEP = 1000
_FOLDERS = ".copying-"
_A_DAY = 24 * 3600
_CHUNK = 1 << 20


class Sqlite:
    kind = "sqlite"
    dump_name = "shop.db"

    def __init__(self, url: URL) -> None:
        self._path = Path(str(url.database))

    def dump(self, into: Writable) -> None:
        with self._folder() as folder:
            copy = folder / "shop.db"
            make_private_file(copy)
            try:
                _copy(self._path, copy)
            except sqlite3.Error as error:
                raise BackupRefused(f"The backup could not be written: {error}.") from error
            _refuse_damaged(copy, "The database")
            with copy.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    into.write(chunk)

    @contextmanager
    def scratch(self, dump: IO[bytes], log: IO[bytes] | None = None) -> Iterator[URL]:
        """``log`` is what lies beside a raw copy of a database that was in use: what was saved last is in it."""
        with self._folder() as folder:
            database = folder / "shop.db"
            for source, path in ((dump, database), (log, Path(f"{database}-wal"))):
                if source:
                    make_private_file(path)
                    with path.open("r+b") as file:
                        shutil.copyfileobj(source, file, _CHUNK)
            _refuse_damaged(database, "The backup", NotABackup)
            yield URL.create("sqlite", database=str(database))

    def refuse_while_open(self) -> None:
        with self._alone():
            pass

    def exchange(self, scratch: URL) -> str | None:
        other = Path(str(scratch.database))
        _into_one_file(other)
        sync(other)
        with self._alone():
            return self._replace(other)

    def tidy(self) -> None:
        for folder in self._path.parent.glob(f"{_FOLDERS}*"):
            if folder.stat().st_mtime < time.time() - _A_DAY:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """A folder on the database's own disk that its owner alone may look into, gone at the end."""
        with TemporaryDirectory(dir=self._path.parent, prefix=_FOLDERS) as folder:
            yield Path(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with alone_with(self._path):
                yield
        except (FileInUse, PermissionError) as error:
            raise BackupRefused("The shop is open. Close it (Ctrl-C where run.py runs), then restore.") from error

    def _replace(self, other: Path) -> str | None:
        database = self._path
        kept = database.with_name(f"{database.name}.before-restore-{now():%Y-%m-%dT%H%M%SZ}")
        had_one = database.exists() and database.stat().st_size > 0
        if had_one:
            with suppress(sqlite3.DatabaseError), closing(_connect(database)) as last:
                last.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # closing it then leaves one file, complete in itself
            try:
                os.link(database, kept)
            except OSError:
                shutil.copy2(database, kept)
        for ending in ("-wal", "-shm"):  # still there when it was too damaged to be closed well: never to be mixed up
            with suppress(FileNotFoundError):
                Path(f"{database}{ending}").replace(f"{kept}{ending}")
        other.replace(database)
        sync(database.parent)
        return str(kept) if had_one else None


def _copy(source: Path, target: Path) -> None:
    """SQLite's own online copy, of the one moment at which it begins."""
    with closing(_connect(source)) as live, closing(_connect(target)) as copy:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_schema")  # from here on it sees nothing newer
        live.backup(copy, pages=_PAGES_A_STEP, sleep=0)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, complete in itself


def _into_one_file(database: Path) -> None:
    with closing(_connect(database)) as last:
        last.execute("PRAGMA journal_mode=DELETE")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, isolation_level=None)


def _refuse_damaged(path: Path, what: str, refusal: type[BackupRefused] = BackupRefused) -> None:
    try:
        with closing(_connect(path)) as plain:
            plain.execute("PRAGMA journal_mode=DELETE")
            (verdict,) = plain.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise refusal(f"{what} is damaged: {verdict}.")
