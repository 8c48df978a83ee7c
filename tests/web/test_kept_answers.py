"""A page that was made once is given again until something is committed, and never to anybody else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from shop.accounts.identity import STAFF_LIFETIME
from shop.common.clock import at_moment, now
from shop.common.freshness import asked_of
from shop.extensions import db
from shop.web.kept_answers import keep_answers
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api, Caller
from tests.factories import make_customer, make_part

TICKETS = "/desk/tickets"
TRIES = 20  # on a server that others use, any of their transactions may come in between


@pytest.fixture
def keeper(another_process: Callable[[], Flask]) -> Flask:
    """A process that keeps its answers, as those that a server runs do."""
    app = another_process()
    keep_answers(app)
    return app


@pytest.fixture
def keeps(app: Flask) -> bool:
    """MariaDB cannot say cheaply whether anything has changed, so there each page is made anew."""
    with app.app_context():
        return db.engine.dialect.name != "mariadb"


@pytest.fixture
def desk_there(keeper: Flask, cast: Cast) -> Browser:
    cast.account_id("desk")
    browser = Browser(keeper)
    browser.sign_in(cast.email("desk"), PASSWORD)
    browser.get(TICKETS)  # its first page writes when the sign-in was last seen
    return browser


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_it_is_given_again_without_a_statement(keeper: Flask, keeps: bool, desk_there: Browser) -> None:
    costs = set()
    for _ in range(TRIES if keeps else 2):
        with at_moment(now().replace(second=0)):
            first = desk_there.get(TICKETS)
            with statements_of(keeper) as statements:
                second = desk_there.get(TICKETS)
        assert first.text == second.text
        costs.add(len(statements))
    assert (0 in costs) is keeps


def test_what_must_be_new_is_new(keeper: Flask, desk_there: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="shop.requests"), at_moment(now().replace(second=0)):
        pages = [desk_there.get(TICKETS) for _ in range(2)]
    keys = [field["value"] for page in pages for field in page.soup.find_all("input", {"name": "form_key"})]
    assert len(keys) == len(set(keys)) >= 2
    ids = [page.headers["X-Request-Id"] for page in pages]
    assert ids[0] != ids[1]
    lines = [record.facts for record in caplog.records if record.name == "shop.requests"]  # type: ignore[attr-defined]
    assert [line["request_id"] for line in lines] == ids
    assert {(line["method"], line["path"], line["status"]) for line in lines} == {("GET", TICKETS, 200)}
    assert len({json.dumps(line["account"]) for line in lines}) == 1


def test_a_form_of_a_page_that_was_given_again_works(keeper: Flask, desk_there: Browser) -> None:
    with at_moment(now().replace(second=0)):
        desk_there.get("/desk/inventory?add=1")
        page = desk_there.get("/desk/inventory?add=1")
        saved = page.form("Add").fill(name="Kept clip", price_cents="2.00").submit()
    assert "Kept clip" in saved.text


def test_a_change_of_any_process_is_seen(app: Flask, desk_there: Browser) -> None:
    with at_moment(now().replace(second=0)):
        assert "Kept gasket" not in desk_there.get("/desk/inventory").text
        with app.app_context():
            make_part(name="Kept gasket")
            db.session.commit()
        assert "Kept gasket" in desk_there.get("/desk/inventory").text


def test_nobody_is_given_what_is_anothers(keeper: Flask, cast: Cast, desk_there: Browser) -> None:
    cast.account_id("customer")
    theirs = Browser(keeper)
    theirs.sign_in(cast.email("customer"), PASSWORD)
    with at_moment(now().replace(second=0)):
        assert desk_there.get(TICKETS).status == 200
        assert theirs.get(TICKETS).status == 403
        assert Browser(keeper).get(TICKETS).path == "/login"


def test_signing_out_ends_it_at_once(keeper: Flask, cast: Cast, desk_there: Browser) -> None:
    cookie = desk_there.client.get_cookie("session")
    assert cookie is not None
    with at_moment(now().replace(second=0)):
        assert desk_there.get(TICKETS).status == 200
        desk_there.post("/logout")
        desk_there.client.set_cookie("session", cookie.value)
        assert desk_there.get(TICKETS).path == "/login"


def test_a_sign_in_that_is_over_gets_nothing(desk_there: Browser) -> None:
    end = now() + STAFF_LIFETIME
    before = end.replace(second=0, microsecond=0) - timedelta(seconds=1)
    with at_moment(before):
        assert desk_there.get(TICKETS).path == TICKETS
    with at_moment(end + timedelta(seconds=1)):
        assert desk_there.get(TICKETS).path == "/login"


def test_another_minute_is_another_page(keeper: Flask, desk_there: Browser) -> None:
    moment = now().replace(second=0)
    with at_moment(moment):
        desk_there.get(TICKETS)
    with at_moment(moment + timedelta(minutes=1)), statements_of(keeper) as statements:
        desk_there.get(TICKETS)
    assert statements


def test_a_word_of_thanks_is_said_once(desk_there: Browser) -> None:
    with at_moment(now().replace(second=0)):
        desk_there.post("/desk/inventory", {"name": "Kept bolt", "price_cents": "1.00"}, follow=False)
        first, second = desk_there.get("/desk/inventory"), desk_there.get("/desk/inventory")
    assert "Kept bolt is on the list" in first.text
    assert "Kept bolt is on the list" not in second.text


def test_a_program_is_told_by_its_own_token(app: Flask, keeper: Flask, cast: Cast) -> None:
    api = Api(cast)
    desk, customer = (Caller(keeper, api.as_(who).token) for who in ("desk", "customer"))
    desk.get("/customers/")
    with app.app_context():
        make_customer(name="Kept Katie")
        db.session.commit()
    with at_moment(now().replace(second=0)):
        first = desk.get("/customers/")
        assert desk.get("/customers/").get_json() == first.get_json()
        assert desk.get("/customers/", If_None_Match=first.headers["ETag"]).status_code == 304
        assert customer.get("/customers/").status_code == 403


def test_what_another_connection_said_is_never_compared(keeper: Flask, keeps: bool) -> None:
    with keeper.app_context():
        ask = asked_of(db.engine)
        before = ask()
        db.engine.dispose()
        assert (ask() != before) is keeps
