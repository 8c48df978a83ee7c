"""Database servers and a Redis of the trials' own, to be stopped, frozen and filled up: never the machine's."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from tests.faults.trial import NotTried
from tools.front_door.ports import free_port

_STARTING_SECONDS = 60
_POSTGRESQL_PLACES = "/usr/lib/postgresql/*/bin"


class Instance:
    """A server process with a folder and a port of its own. ``kill`` is sudden; ``freeze`` leaves it there, mute."""

    needs_account = ""  # root can't run it, this account can

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(exist_ok=True)
        if self._account:
            shutil.chown(folder, self._account)
        self.make()

    def make(self) -> None:
        """Lay out the folder, once."""

    def command(self) -> list[object]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(part) for part in self.command()],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_account(),
        )
        deadline = time.monotonic() + _STARTING_SECONDS
        while not self.answers():
            assert time.monotonic() < deadline, f"{type(self).__name__} did not start"
            time.sleep(0.05)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._process:
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def run(self, *command: object) -> None:
        """Run a program as the account that the server runs as."""
        words = [str(part) for part in command]
        done = subprocess.run(words, cwd=self.folder, capture_output=True, text=True, check=False, **self._as_account())
        assert done.returncode == 0, done.stdout + done.stderr

    def _signal(self, number: int) -> None:
        """To the server and its own processes, which may lead groups of their own."""
        if self._process is None:
            return
        found = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False)
        for process in (self._process.pid, *map(int, found.stdout.split())):
            try:
                os.kill(process, number)
            except ProcessLookupError:
                continue

    @property
    def _account(self) -> str:
        return self.needs_account if os.geteuid() == 0 else ""

    def _as_account(self) -> dict[str, int]:
        if not self._account:
            return {}
        from pwd import getpwnam  # Windows has none

        account = getpwnam(self._account)
        return {"user": account.pw_uid, "group": account.pw_gid}


class PostgreSQL(Instance):
    needs_account = "postgres"

    def make(self) -> None:
        self._programs = max(Path("/").glob(_POSTGRESQL_PLACES.lstrip("/")), default=None)
        if self._programs is None:
            raise NotTried("a PostgreSQL to stop is not installed: apt install postgresql")
        self.run(self._programs / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def command(self) -> list[object]:
        assert self._programs
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)
        return [self._programs / "postgres", "-D", "data", "-p", self.port, "-k", self.folder, "-h", "127.0.0.1"]

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def answers(self) -> bool:
        return _opens(self.url)


class MariaDB(Instance):
    needs_account = "mysql"

    def make(self) -> None:
        self._program = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
        if self._program is None:
            raise NotTried("a MariaDB to stop is not installed: apt install mariadb-server")
        options = ("--no-defaults", f"--datadir={self.folder / 'data'}", "--skip-test-db")
        self.run("mariadb-install-db", *options, "--auth-root-authentication-method=normal")

    def command(self) -> list[object]:
        assert self._program
        return [
            *(self._program, "--no-defaults", f"--datadir={self.folder / 'data'}", f"--port={self.port}"),
            *(f"--socket={self.folder / 'socket'}", "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=32M"),
            *("--innodb-log-file-size=8M", f"--pid-file={self.folder / 'pid'}"),
        ]

    @property
    def url(self) -> str:
        return f"mariadb+pymysql://root@127.0.0.1:{self.port}/"

    def answers(self) -> bool:
        return _opens(self.url)


class Redis(Instance):
    def command(self) -> list[object]:
        program = shutil.which("redis-server")
        if program is None:
            raise NotTried("a Redis to stop is not installed: apt install redis-server")
        return [program, "--port", self.port, "--bind", "127.0.0.1", "--save", "", "--dir", self.folder]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        with redis.Redis.from_url(self.url, socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


@contextmanager
def running(kind: type[Instance], folder: Path) -> Iterator[Instance]:
    """Started, and gone at the end."""
    instance = kind(folder)
    try:
        instance.start()
        yield instance
    finally:
        instance.thaw()
        instance.kill()


def _opens(url: str) -> bool:
    engine = create_engine(url, connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
