"""The file of the built-in database: for its owner's eyes only, and never exchanged while somebody has it open."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

if sys.platform != "win32":
    import fcntl

_POLL_SECONDS = 0.05


class FileInUse(Exception):
    """Another process has the database open."""


class Presence:
    """One process's word that it has the database open: a shared lock on a file beside it, given up on leaving."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._threads = threading.Lock()
        self._file: IO[bytes] | None = None

    def enter(self) -> None:
        """Come in before the database is opened; waits the moment that an exchange takes."""
        with self._threads:
            if self._file is None:
                self._file = _beside(self._database).open("ab")
                if sys.platform != "win32":
                    fcntl.flock(self._file, fcntl.LOCK_SH)
                make_private_file(self._database)

    def leave(self) -> None:
        with self._threads:
            if self._file is not None:
                self._file.close()
                self._file = None


@contextmanager
def alone_with(database: Path) -> Iterator[None]:
    """Keep everybody out while the file is exchanged; raises FileInUse when somebody is in.

    Windows sees to that by itself: a file that is open can't be replaced there.
    """
    with _beside(database).open("ab") as file:
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FileInUse from None
        yield


@contextmanager
def in_turn(database: Path, *, patience_seconds: float) -> Iterator[None]:
    """One process after another, for what takes longer than a writer waits; raises FileInUse when it is too long.

    On Windows nobody waits here, and SQLite's own lock keeps them apart.
    """
    with Path(f"{database}.turn").open("ab") as file:
        deadline = time.monotonic() + patience_seconds
        while sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise FileInUse from None
            time.sleep(_POLL_SECONDS)
        yield


def make_private_file(path: Path) -> None:
    """An empty file that its owner alone may read, unless there is one already.

    What is there is not opened: closing it again would end the locks of every connection of this process.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def sync(path: Path) -> None:
    """Have a file or folder on the disk before going on. Windows can't do this for a folder."""
    if sys.platform == "win32" and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _beside(database: Path) -> Path:
    return Path(f"{database}.open")
