"""Asking for what a test needs beyond Python. What is not there skips the test aloud; in CI it fails it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn, TypeVar

import pytest

from tools.front_door import services

Found = TypeVar("Found")


def postgresql_url() -> str:
    return _ask("PostgreSQL", services.postgresql_url)


def mariadb_url() -> str:
    return _ask("MariaDB", services.mariadb_url)


def redis_url() -> str:
    return _ask("Redis", services.redis_url)


def pg_dump() -> str:
    return _ask("pg_dump", services.pg_dump)


def mariadb_dump() -> str:
    return _ask("mariadb-dump", services.mariadb_dump)


def chromium() -> str:
    return _ask("Chromium", services.chromium)


def node() -> str:
    return _ask("Node.js", services.node)


def java() -> str:
    return _ask("Java", services.java)


def newman() -> list[str]:
    """The command, to which newman's own arguments are added."""
    return _ask("newman", services.newman)


def vnu_jar() -> list[str]:
    """The command, to which the checker's own arguments are added."""
    return _ask("The Nu HTML checker", services.vnu_jar)


def missing(what: str, why: str) -> NoReturn:
    """Skip the running test, or fail it where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: {why}", pytrace=False)
    pytest.skip(f"{what}: {why}")


def _ask(what: str, find: Callable[[], Found]) -> Found:
    try:
        return find()
    except services.Missing as reason:
        missing(what, str(reason))
