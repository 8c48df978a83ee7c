"""The shop under test: a fresh database for every test, people who are signed in, and the API."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache as cache_for_good
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import (
    URL,
    CompoundSelect,
    Connection,
    Engine,
    create_engine,
    event,
    literal,
    make_url,
    select,
    text,
    union_all,
)

from shop import create_app
from shop.common.base import Base
from shop.common.clock import use_zone
from shop.common.database import may_write, normal_url
from shop.common.money import use_currency
from shop.common.words import differences
from shop.config import Settings, read_settings
from shop.extensions import cache, db, limiter
from shop.ops import schema
from tests.browser import Browser
from tests.cast import Cast
from tests.clients import Api

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


def pytest_report_header() -> str:
    server, redis = os.environ.get("TEST_DATABASE_URL"), os.environ.get("TEST_REDIS_URL")
    database = make_url(server).get_backend_name() if server else "sqlite"
    return f"shop: {database}, cache and limits in {'Redis' if redis else 'the process'}"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the shop under test: its own data folder, its own database, no demo."""
    data = tmp_path_factory.mktemp("shop")
    return read_settings(
        SHOP_DATA=str(data),
        DATABASE_URL=_own_database(data).render_as_string(hide_password=False),
        REDIS_URL=_own_redis(),
        SECRET_KEY="a secret for tests alone, long enough",
        SHOP_NAME="Test Garage",
        SHOP_PHONE="+1 555 010 0100",
        SHOP_TIMEZONE="America/Los_Angeles",
        SHOP_CURRENCY="USD",
        SHOP_DEMO="0",
        SECOND_FACTOR_FOR="nobody",  # so that the cast signs in by password; its own tests ask for more
        TRUSTED_PROXIES="0",
        BASE_URL="",
        HOST="127.0.0.1",
    )


@pytest.fixture(scope="session")
def shop(settings: Settings) -> Iterator[Flask]:
    """The application, with the newest schema; tests ask for ``app``, which is this one with nothing in it."""
    app = create_app(settings)
    app.testing = False  # a failure is answered with the page that people see
    if not os.environ.get("TEST_DATABASE_URL"):  # what is drawn does not hang on the kind of database: once is enough
        app.extensions["shop_kept_markup"].compare = _drawn_alike
    with app.app_context():
        _leave_the_disk_alone(db.engine)
        schema.bring_up_to_date()
    yield app
    with app.app_context():
        db.engine.dispose()


def _leave_the_disk_alone(engine: Engine) -> None:
    """Nothing here has to outlive the machine; tests/faults starts shops that write as shops do."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))


def _drawn_alike(key: object, kept: str, now: str) -> None:
    """What is kept of a page is what would be drawn now: its key holds all that it depends on."""
    assert kept == now, f"{key} does not hold all that is drawn"


@pytest.fixture
def app(shop: Flask, settings: Settings) -> Iterator[Flask]:
    start_afresh(shop, settings)
    yield shop
    may_write.set(False)
    with shop.app_context(), db.engine.connect() as connection:
        assert list(differences(connection)) == [], "something is not found by the words it has now"


@pytest.fixture
def another_process(app: Flask, settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Make a further application on the same database, as another web process is."""
    made = []

    def start() -> Flask:
        made.append(create_app(settings))
        return made[-1]

    yield start
    for other in made:
        with other.app_context():
            db.engine.dispose()


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """For tests that call commands and queries themselves, without a request."""
    with app.app_context():
        yield
        db.session.rollback()


@pytest.fixture
def mail_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has a mail server; what is written to it waits, for no worker runs."""
    url = "smtp://mail.example.com:587"
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], smtp_url=url))


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people of the shop; each is made when first asked for."""
    return Cast(app)


@pytest.fixture
def owner(cast: Cast) -> Browser:
    return cast.browser("owner")


@pytest.fixture
def desk(cast: Cast) -> Browser:
    return cast.browser("desk")


@pytest.fixture
def mechanic(cast: Cast) -> Browser:
    return cast.browser("mechanic")


@pytest.fixture
def customer(cast: Cast) -> Browser:
    return cast.browser("customer")


@pytest.fixture
def stranger(cast: Cast) -> Browser:
    """Another customer."""
    return cast.browser("stranger")


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Nobody we know."""
    return Browser(app)


@pytest.fixture
def api(cast: Cast) -> Api:
    """The JSON API: ``api.as_("desk").get("/mechanics/")``."""
    return Api(cast)


def start_afresh(shop: Flask, settings: Settings) -> None:
    """Forget everything."""
    use_zone(settings.timezone)  # an application that a test made may have another
    use_currency(settings.currency)
    with shop.app_context():
        empty_database()
        cache.clear()
        limiter.reset()
        shop.extensions.pop("shop_is_demo", None)


def empty_database() -> None:
    """Delete every row; the schema stays."""
    may_write.set(True)
    with db.engine.begin() as connection, unguarded(connection):
        filled = set(connection.scalars(_names_of_filled_tables()))
        for table in reversed(Base.metadata.sorted_tables):
            if table.name in filled:
                connection.execute(table.delete())
    may_write.set(False)


@cache_for_good
def _names_of_filled_tables() -> CompoundSelect[str]:
    return union_all(
        *(select(literal(table.name)).where(select(table).exists()) for table in Base.metadata.sorted_tables)
    )


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Let the history be altered, as nothing in the shop can (see ``shop.audit.append_only``).

    On the servers, references are not looked after either.
    """
    match connection.dialect.name:
        case "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            yield
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=OFF")
        case "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield
            connection.execute(text("SET LOCAL session_replication_role = origin"))
        case _:
            connection.execute(text("SET FOREIGN_KEY_CHECKS=0"))
            yield
            connection.execute(text("SET FOREIGN_KEY_CHECKS=1"))


def _own_database(data: Path) -> URL:
    """An empty database for this worker alone: a file, or one on the server that was handed over."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        return make_url(f"sqlite:///{data / 'shop.db'}")
    url = normal_url(server)
    name = f"shop_test_{WORKER}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        if engine.dialect.name == "postgresql":  # for MariaDB this can only be set for the whole server, see .ci/run
            connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    engine.dispose()
    return url.set(database=name)


def _own_redis() -> str:
    """The number of this worker picks a Redis database of its own; empty without Redis."""
    server = os.environ.get("TEST_REDIS_URL")
    if not server:
        return ""
    number = int("".join(character for character in WORKER if character.isdigit()) or 0) % 8 + 8
    return server.rstrip("0123456789").rstrip("/") + f"/{number}"
