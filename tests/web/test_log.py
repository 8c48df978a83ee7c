"""The log: one JSON line for each request, enough to follow it, and nothing that is nobody's business."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from shop.common.database import is_lost_race, told_without_data
from shop.extensions import db
from shop.inventory.models import Part
from shop.web.request_id import _trace
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api
from tests.factories import make_customer

Logged = Callable[[], list[dict[str, Any]]]

WRITTEN = {"at", "level", "from", "message", "request_id", "method", "path", "status", "ms", "account"}
SECRET = "joy.secret@example.net"


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """The lines since the last time they were asked for; each must be JSON."""

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    lines()
    return lines


class TestRequests:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/desk/customers", 200),
            ("GET", "/healthz", 200),
            ("GET", "/static/shop.css", 200),
            ("GET", "/nowhere", 404),
            ("GET", "/desk/staff", 403),
            ("DELETE", "/login", 405),
            ("POST", "/desk/customers", 400),  # without a seal
            ("POST", "/customers/", 401),
        ],
    )
    def test_each_leaves_one_line(self, desk: Browser, logged: Logged, method: str, path: str, status: int) -> None:
        logged()
        page = desk.send(method, path, follow=False)
        (line,) = logged()
        assert set(line) == WRITTEN
        assert (line["method"], line["path"], line["status"]) == (method, path, status)
        assert line["request_id"] == page.headers["X-Request-Id"]
        assert line["ms"] > 0

    def test_says_who_it_was(self, cast: Cast, desk: Browser, api: Api, logged: Logged) -> None:
        caller = api.as_("mechanic")
        logged()
        desk.get("/desk/")
        caller.get("/inventory/")
        Browser(cast.app).get("/login")
        assert [line["account"] for line in logged()] == [cast.account_id("desk"), cast.account_id("mechanic"), None]

    def test_says_who_signed_in_and_never_how(self, cast: Cast, visitor: Browser, capsys: Any) -> None:
        cast.account_id("desk")
        visitor.sign_in("desk@example.com", PASSWORD)
        logged = capsys.readouterr().err
        assert f'"account": {cast.account_id("desk")}' in logged
        for secret in (PASSWORD, "desk@example.com", "csrf", "session"):
            assert secret not in logged

    @pytest.mark.parametrize(
        "path", ["/set-password/{}", "/repair/{}", "/set-password/{}/", "/x//set-password/{}", "/Set-Password/{}/a/b"]
    )
    def test_a_key_in_the_path_is_left_out(self, visitor: Browser, capsys: Any, path: str) -> None:
        visitor.client.get(path.format("eyJ.a-key.x"))
        visitor.client.get("/login?next=/set-password/eyJ.a-key.x")
        logged = capsys.readouterr().err
        assert logged.count("\n") == 2
        assert "a-key" not in logged


class TestFailures:
    def test_one_line_with_the_trace_and_the_number_on_the_page(
        self, app: Flask, desk: Browser, logged: Logged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> NoReturn:
            raise LookupError("first\nsecond\x1b[31m\u2028third")

        monkeypatch.setitem(app.view_functions, "accounts.account", fail)
        logged()
        page = desk.get("/account")
        failure, request = logged()
        assert page.status == 500
        assert failure["request_id"] == request["request_id"] == page.headers["X-Request-Id"]
        assert failure["request_id"] in page.text
        assert "in fail" in failure["trace"]
        assert "LookupError: first\nsecond" in failure["trace"]
        assert request["status"] == 500
        assert request["account"] is not None

    def test_a_failure_after_the_view_is_logged_as_well(
        self, app: Flask, desk: Browser, logged: Logged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(app.view_functions, "accounts.account", object)
        logged()
        assert desk.get("/account").status == 500
        assert any("trace" in line for line in logged())


def twice(app: Flask) -> IntegrityError:
    with app.app_context():
        make_customer(email=SECRET)
        with pytest.raises(IntegrityError) as raised:
            make_customer(email=SECRET)
    return raised.value


def broken_row(app: Flask, **values: Any) -> DBAPIError:
    good = {"name": SECRET, "name_key": SECRET, "price_cents": 1, "cost_cents": 1, "on_hand": 1, "minimum": 0}
    with app.app_context(), pytest.raises((IntegrityError, OperationalError)) as raised:
        db.session.execute(insert(Part.__table__).values({**good, "location": SECRET, **values}))  # type: ignore[arg-type]
    return raised.value


class TestRows:
    def test_what_people_typed_stays_out_of_it(self, app: Flask) -> None:
        error = twice(app)
        assert is_lost_race(error)
        for told in (told_without_data(error), _trace(error), str(error).partition("[SQL")[2]):
            assert SECRET not in told
        assert "email_key" in told_without_data(error)

    @pytest.mark.parametrize("values", [{"price_cents": -1}, {"price_cents": None}], ids=["CHECK", "NOT NULL"])
    def test_a_rule_of_the_schema_is_no_lost_race(self, app: Flask, values: dict[str, Any]) -> None:
        error = broken_row(app, **values)
        assert not (isinstance(error, IntegrityError) and is_lost_race(error))
        assert SECRET not in told_without_data(error) + _trace(error)
        assert next(iter(values)) in told_without_data(error)

    @pytest.mark.parametrize("values", [{"price_cents": -1}, {"price_cents": None}], ids=["CHECK", "NOT NULL"])
    def test_it_is_our_own_fault_and_tried_once(
        self, app: Flask, desk: Browser, logged: Logged, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any]
    ) -> None:
        error, runs = broken_row(app, **values), []

        def break_it() -> NoReturn:
            runs.append(1)
            raise error

        monkeypatch.setitem(app.view_functions, "desk.customer_add", break_it)
        assert desk.post("/desk/customers", {"name": "Joy"}).status == 500
        assert len(runs) == 1
        assert any("trace" in line for line in logged())

    def test_a_lost_race_is_tried_again_and_told_kindly(
        self, app: Flask, desk: Browser, logged: Logged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        error, runs = twice(app), []

        def lose() -> NoReturn:
            runs.append(1)
            raise error

        monkeypatch.setitem(app.view_functions, "desk.customer_add", lose)
        assert desk.post("/desk/customers", {"name": "Joy"}).status == 409
        assert len(runs) == 3
        assert SECRET not in json.dumps(logged())
