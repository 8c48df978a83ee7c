"""What the tests can make use of beyond Python: databases, Redis, a browser, Node, Java.

Each is looked for at its usual place, or where an environment variable says. ``python -m tools.front_door.services``,
run by the Python of .venv, tells as JSON which are there.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tools.front_door.settings import ROOT

_NODE_MODULES = ROOT / "tools" / "node_modules"
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
_PATIENCE_SECONDS = 3


class Missing(Exception):
    """A service that can't be used; the sentence says why and what would help."""


def postgresql_url() -> str:
    """A PostgreSQL server that answers; raises Missing."""
    url = os.environ.get("TEST_POSTGRESQL_URL") or "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
    return _database(url, "TEST_POSTGRESQL_URL")


def mariadb_url() -> str:
    """A MariaDB server that answers; raises Missing."""
    url = os.environ.get("TEST_MARIADB_URL") or "mariadb+pymysql://root@127.0.0.1:3306/"
    return _database(url, "TEST_MARIADB_URL")


def redis_url() -> str:
    """A Redis server that answers; raises Missing."""
    import redis

    url = os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/0"
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS)
        with client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Missing(f"{url} does not answer ({_short(error)}); TEST_REDIS_URL names another") from error
    return url


def chromium() -> str:
    """The program of a Chromium-like browser; raises Missing."""
    given = os.environ.get("TEST_CHROMIUM")
    found = given or next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    found = found or next((place for place in _CHROMIUM_PLACES if Path(place).exists()), None)
    return found or _missing("no Chromium, Chrome or Edge was found; TEST_CHROMIUM names the program")


def pg_dump() -> str:
    """The program that backs PostgreSQL up; raises Missing."""
    return shutil.which("pg_dump") or _missing("pg_dump is not installed: apt install postgresql-client")


def mariadb_dump() -> str:
    """The program that backs MariaDB up; raises Missing."""
    return shutil.which("mariadb-dump") or _missing("mariadb-dump is not installed: apt install mariadb-client")


def strace() -> str:
    """The program that shows what a server asks of the disk; raises Missing."""
    return shutil.which("strace") or _missing("strace is not installed: apt install strace")


def node() -> str:
    """The program of Node.js; raises Missing."""
    return shutil.which("node") or _missing("Node.js is not installed")


def java() -> str:
    """The program of Java; raises Missing."""
    return shutil.which("java") or _missing("Java is not installed")


def newman() -> list[str]:
    """The command that runs newman; raises Missing."""
    return [node(), _npm_tool("newman/bin/newman.js")]


def lighthouse() -> list[str]:
    """The command that runs Lighthouse; raises Missing."""
    return [node(), _npm_tool("lighthouse/cli/index.js")]


def vnu_jar() -> list[str]:
    """The command that runs the Nu HTML checker; raises Missing."""
    return [java(), "-jar", _npm_tool("vnu-jar/build/dist/vnu.jar")]


LOOKED_FOR: dict[str, Callable[[], str | list[str]]] = {
    "PostgreSQL": postgresql_url,
    "MariaDB": mariadb_url,
    "pg_dump": pg_dump,
    "mariadb-dump": mariadb_dump,
    "Redis": redis_url,
    "strace": strace,
    "Chromium": chromium,
    "newman": newman,
    "Nu HTML checker": vnu_jar,
}


def what_is_there() -> dict[str, dict[str, str]]:
    """For each service ``{"found": where}`` or ``{"missing": why}``."""
    return {name: _state(find) for name, find in LOOKED_FOR.items()}


def _state(find: Callable[[], str | list[str]]) -> dict[str, str]:
    try:
        found = find()
    except Missing as missing:
        return {"missing": str(missing)}
    return {"found": found if isinstance(found, str) else found[-1]}


def _database(url: str, variable: str) -> str:
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url, connect_args={"connect_timeout": _PATIENCE_SECONDS})
        with engine.connect():
            pass
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        safe = url.partition("://")[0] + "://..." + url.rpartition("@")[2]
        raise Missing(f"{safe} does not answer ({_short(error)}); {variable} names another") from error
    return url


def _npm_tool(path: str) -> str:
    tool = _NODE_MODULES / path
    return str(tool) if tool.exists() else _missing(f"{tool} is not installed: npm ci --ignore-scripts in tools/")


def _missing(why: str) -> str:
    raise Missing(why)


def _short(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0][:160]


if __name__ == "__main__":
    print(json.dumps(what_is_there()))
