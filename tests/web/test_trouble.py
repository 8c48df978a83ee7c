"""A database, a machine or a Redis in trouble: pages say so, and soon."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError

from shop.common import locks, silence, stamps
from shop.common.database import engine_options, may_write, prepare_engine
from shop.config import Settings, read_settings
from shop.extensions import cache, db
from shop.ops import queries
from tests.browser import Browser
from tests.cast import Cast
from tests.clients import Api
from tests.factories import make_customer, make_part

BUSY = "The shop's computer is busy"


@contextmanager
def database_away(app: Flask) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise OperationalError("SELECT 1", None, Exception("away"))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


@contextmanager
def somebody_waiting(*, writing: bool = False) -> Iterator[None]:
    """As in a request."""
    waits, writes = silence.somebody_waits.set(True), may_write.set(writing)
    try:
        yield
    finally:
        silence.somebody_waits.reset(waits)
        may_write.reset(writes)


@pytest.mark.single
class TestDatabaseAway:
    def test_a_page_says_so_to_whoever_is_signed_in(self, app: Flask, desk: Browser) -> None:
        with database_away(app):
            page = desk.get("/desk/")
        assert (page.status, page.heading, page.headers["Retry-After"]) == (503, BUSY, "5")
        assert desk.get("/desk/").status == 200

    def test_programs_get_a_problem(self, app: Flask, api: Api) -> None:
        desk = api.as_("desk")
        with database_away(app):
            answer = desk.get("/service_tickets/")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


@pytest.mark.single
class TestMachineInTrouble:
    @pytest.fixture
    def without_handles(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setitem(app.view_functions, "desk.board", fail)

    def test_is_no_fault_of_ours(self, desk: Browser, without_handles: None) -> None:
        page = desk.get("/desk/")
        assert (page.status, page.heading) == (503, BUSY)

    def test_is_told_even_without_a_template(
        self, desk: Browser, without_handles: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        monkeypatch.setattr("shop.web.errors.render_template", fail)
        page = desk.get("/desk/")
        assert (page.status, page.heading) == (503, BUSY)
        assert page.headers["X-Request-Id"] in page.text

    def test_another_os_error_is(self, app: Flask, desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> None:
            raise FileNotFoundError(errno.ENOENT, "No such file")

        monkeypatch.setitem(app.view_functions, "desk.board", fail)
        assert desk.get("/desk/").status == 500


@pytest.mark.single
class TestReadyz:
    def test_tells_a_full_disk(self, visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries, "_LEAST_FREE_BYTES", 1 << 62)
        assert visitor.client.get("/readyz").get_json()["detail"] == "The disk is full."

    def test_tells_a_folder_that_cannot_be_written(self, visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queries.os, "access", lambda *_: False)
        assert visitor.client.get("/readyz").get_json()["detail"] == "The data folder can't be written to."
        assert visitor.get("/healthz").status == 200


class TestSilentServer:
    def test_is_left_in_time_and_the_next_are_spared(
        self, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = settings.database_url
        if url.get_backend_name() == "sqlite":
            return  # nobody is there who could fall silent
        monkeypatch.setattr(silence, "MOST_SECONDS", 0.2)
        monkeypatch.setattr(silence, "respite", silence.Respite())
        engine = create_engine(url, **engine_options(url))
        prepare_engine(engine)
        started = time.monotonic()
        with somebody_waiting():
            sleep = "SELECT pg_sleep(3)" if engine.dialect.name == "postgresql" else "SELECT SLEEP(3)"
            with engine.connect() as connection, pytest.raises(OperationalError):
                connection.execute(text(sleep))
            with pytest.raises(OperationalError):
                engine.connect()
            assert time.monotonic() - started < 2
            monkeypatch.setattr(silence, "respite", silence.Respite())
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()


class TestHeldLock:
    def test_one_waits_in_vain_and_the_next_are_told_at_once(
        self, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(locks, "LOCK_WAIT_SECONDS", 1.0)
        with app.app_context():
            make_part(on_hand=3)
        url = settings.database_url
        holder, engine = create_engine(url), create_engine(url, **engine_options(url))
        prepare_engine(engine)
        change, count = text("UPDATE part SET on_hand = on_hand"), text("SELECT count(*) FROM part")

        def seconds_until_refused() -> float:
            started = time.monotonic()
            with pytest.raises(OperationalError), engine.begin() as connection:
                connection.execute(change)
            return time.monotonic() - started

        with somebody_waiting(writing=True), holder.connect() as other:
            other.execute(change)
            for _ in range(2):
                monkeypatch.setattr(locks, "_respite", silence.Respite())
                assert seconds_until_refused() >= 1
                assert sum(seconds_until_refused() for _ in range(3)) < 2
                with somebody_waiting(), engine.connect() as connection:
                    assert connection.scalar(count) == 1, "what is free can be had meanwhile"
            other.rollback()
            with engine.begin() as connection:
                connection.execute(change)
        engine.dispose()
        holder.dispose()

    def test_those_of_one_transaction_are_waited_for_no_longer_than_one(
        self, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = settings.database_url
        if url.get_backend_name() == "sqlite":
            return  # which has a single lock
        monkeypatch.setattr(locks, "LOCK_WAIT_SECONDS", 2.0)
        with app.app_context():
            ids = [make_part(on_hand=3).id for _ in range(2)]
        holder, engine = create_engine(url), create_engine(url, **engine_options(url))
        prepare_engine(engine)
        change = text("UPDATE part SET on_hand = on_hand WHERE id = :id")
        with somebody_waiting(), holder.connect() as first, holder.connect() as second, engine.connect() as third:
            for connection, held in zip((first, second), ids, strict=True):
                connection.execute(change, {"id": held})
            started = time.monotonic()
            let_go = threading.Timer(1.5, first.rollback)
            let_go.start()
            third.execute(change, {"id": ids[0]})
            with pytest.raises(OperationalError):
                third.execute(change, {"id": ids[1]})
            assert 1.5 <= time.monotonic() - started < 3.4
            let_go.join()
        engine.dispose()
        holder.dispose()


@pytest.mark.single
class TestRedisAway:
    def test_it_is_left_alone_for_a_while(
        self, app: Flask, cast: Cast, desk: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def fail(*_: object) -> None:
            asked.append(1)
            raise OSError("away")

        monkeypatch.setattr(stamps, "_cache_away_until", 0.0)
        monkeypatch.setattr(cache, "get", fail)
        monkeypatch.setattr(cache, "set", fail)
        with app.app_context():
            make_customer(name="Joy Blank")
        for _ in range(2):
            assert "Joy Blank" in desk.get("/desk/customers").text
        assert len(asked) == 1

    def test_nobody_waits_for_it(self) -> None:
        for_flask = read_settings(REDIS_URL="redis://127.0.0.1:6379/9").for_flask
        for name in ("CACHE_OPTIONS", "RATELIMIT_STORAGE_OPTIONS"):
            assert for_flask[name]["socket_timeout"] <= 1
            assert for_flask[name]["retry"].get_retries() == 0
