"""Another site's page makes somebody's browser send a request: nothing happens, whichever route it is for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from shop.extensions import db
from tests.browser import Browser
from tests.whole_app.test_access import FORM, Route, routes
from tests.whole_app.world import World, make_world

pytestmark = pytest.mark.single

READS = ("SELECT", "PRAGMA", "WITH", "BEGIN", "EXPLAIN")


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


@pytest.fixture
def writes(app: Flask) -> Iterator[list[str]]:
    """The statements that change something."""
    seen: list[str] = []

    def see(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if not statement.lstrip().upper().startswith(READS):
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", see)
    yield seen
    event.remove(engine, "before_cursor_execute", see)


def pages(app: Flask, method: str) -> list[Route]:
    return [route for route in routes(app) if not route.is_api and route.method == method]


def actor_of(route: Route) -> str:
    return "customer" if route.rule.startswith("/my") else "owner"


def test_a_form_without_a_token_of_this_sign_in_does_nothing(app: Flask, world: World, writes: list[str]) -> None:
    """Neither without one, nor with a stranger's, nor with the token of another account of the shop."""
    strangers, anothers = Browser(app).token(), world.browser("desk").token()
    posted = pages(app, "POST")
    assert len(posted) > 60
    for route in posted:
        for token in (None, strangers, anothers):
            client = world.browser(actor_of(route)).client
            data = {**FORM, **({"csrf_token": token} if token else {})}
            answer = client.post(route.url(world, "customer"), data=data, headers={"Origin": "https://evil.example"})
            assert answer.status_code in (400, 404), f"{route.rule} with {token}: {answer.status_code}"
    assert writes == []
    world.browser("owner").post("/account/name", {"name": "Olga herself"})
    assert any(statement.startswith("UPDATE account") for statement in writes)


def test_reading_changes_nothing(app: Flask, world: World, writes: list[str]) -> None:
    """So a link, a picture or a page that is fetched ahead can't do anything in somebody's name."""
    for route in routes(app):
        if route.method == "GET":
            url = route.url(world, "customer")
            if route.is_api:
                world.caller("owner").get(url)
            else:
                world.browser(actor_of(route)).client.get(url)
    assert writes == []


def test_nothing_is_done_under_a_method_that_reads(app: Flask) -> None:
    """No route does under GET what it does under POST: each method has a view of its own, or there is one alone."""
    for rule in app.url_map.iter_rules():
        assert len((rule.methods or set()) - {"HEAD", "OPTIONS"}) == 1, rule
