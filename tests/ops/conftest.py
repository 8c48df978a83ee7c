"""Running the commands of the computer's keeper as processes of their own, on a database of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from shop.common.database import normal_url
from shop.config import ROOT
from shop.ops import backup
from tests.conftest import WORKER
from tests.ops.copies import forget_former, need_tools, uploads

Flask = Callable[..., subprocess.Popen[str]]


@contextmanager
def new_database(data: Path) -> Iterator[str]:
    """The URL of a database in which nothing is yet: a file, or one on the server that was handed over."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        yield f"sqlite:///{data / 'shop.db'}"
        return
    url, name = normal_url(server), f"shop_test_ops_{WORKER}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.fixture
def database_url(data: Path) -> Iterator[str]:
    with new_database(data) as url:
        yield url


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of the processes that ``flask`` starts."""
    return tmp_path / "data"


@pytest.fixture
def flask(data: Path, database_url: str) -> Iterator[Flask]:
    """Start ``flask --app wsgi …``: ``flask("backup").communicate()``."""
    started = []
    settings = {"SHOP_DATA": str(data), "DATABASE_URL": database_url, "REDIS_URL": "", "SECRET_KEY": "", "HOST": ""}

    def start(*arguments: object, **more: str) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, arguments)],
                cwd=ROOT,
                env={**os.environ, **settings, "SHOP_DEMO": "0", **more},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(flask: Flask) -> Callable[..., str]:
    """Run a command to its end and answer what it said; ``fails=True`` for one that has to refuse."""

    def run(*arguments: object, fails: bool = False, **more: str) -> str:
        process = flask(*arguments, **more)
        said, _ = process.communicate(timeout=60)
        assert (process.returncode != 0) is fails, said
        return said

    return run


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait for what another process is about to do."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def folder(context: None) -> Iterator[Path]:
    """The folder of backups, with nothing in it; what restores keep is gone at the end."""
    need_tools()
    shutil.rmtree(backup.backup_folder())
    yield backup.backup_folder()
    shutil.rmtree(backup.backup_folder())
    uploads().joinpath("anything").parent.mkdir(exist_ok=True)
    shutil.rmtree(uploads())
    forget_former()
