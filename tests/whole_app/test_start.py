"""A start loads what requests use, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shop.config import ROOT

pytestmark = pytest.mark.single

#: What is loaded where it is used: by a migration, by whoever chooses a password, with Redis or METRICS_TOKEN.
NOT_AT_THE_START = {"alembic", "flask_migrate", "zxcvbn", "redis", "prometheus_client"}


def run(*arguments: str, data: Path) -> str:
    names = ("REDIS_URL", "METRICS_TOKEN", "DATABASE_URL")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    environment |= {"SHOP_DATA": str(data), "DEMO": "no"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_application_loads_nothing_that_few_want(tmp_path: Path) -> None:
    loaded = run("-c", "import sys, wsgi; print(*sys.modules)", data=tmp_path).split()
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(NOT_AT_THE_START)
    assert "shop.tickets.api" in loaded


def test_commands_are_there_without_flask(tmp_path: Path) -> None:
    assert "newest schema" in run("-m", "shop", "init-db", data=tmp_path)
    assert "The books agree" in run("-m", "shop", "check", data=tmp_path)


def test_commands_of_flask_migrate_are_there(tmp_path: Path) -> None:
    run("-m", "flask", "--app", "wsgi", "db", "upgrade", data=tmp_path)
    assert "head" in run("-m", "flask", "--app", "wsgi", "db", "current", data=tmp_path)
