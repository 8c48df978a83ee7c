"""Who may do what: every route, every method, everybody, by cookie and by token.

The routes come from the URL map; who may use them stands in the tables below, on their own, so that a route that
opens too far disagrees with them. Nobody may ever read a mark of somebody else's (``world.MARKS``).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from shop.common import stamps
from shop.extensions import cache, db
from shop.web.guards import guard_of
from tests.whole_app.world import ACTORS, MARKS, World, make_world

ANYONE = set(ACTORS)
SIGNED_IN = ANYONE - {"anonymous", "disabled"}
STAFF = {"mechanic", "desk", "owner"}
DESK = {"desk", "owner"}
OWNER = {"owner"}
CUSTOMERS = {"customer", "stranger"}  # in this world no staff account is linked to a customer

#: (methods, beginning of the rule, who may). The first line that fits counts.
PAGES = [
    ("GET POST", r"/$|/login(/code)?$|/static/|/healthz$|/readyz$|/metrics$|/docs$|/openapi.json$", ANYONE),
    ("GET POST", r"/set-password/|/forgot-password", ANYONE),
    ("GET POST", r"/repair/<token>", ANYONE),
    ("GET POST", r"/logout$|/account", SIGNED_IN),
    ("GET POST", r"/desk/staff", OWNER),
    ("GET POST", r"/desk/settings", OWNER),
    ("GET", r"/desk/audit$", OWNER),
    ("POST", r"/desk/mechanics", OWNER),
    ("GET POST", r"/desk", DESK),
    ("GET POST", r"/floor", STAFF),
    ("GET POST", r"/my", CUSTOMERS),
]
API = [
    ("POST", r"/customers/login$", ANYONE),
    ("GET", r"/customers/my-tickets(/<id:ticket_id>/estimate)?$", SIGNED_IN),
    ("POST", r"/customers/my-tickets/<id:ticket_id>/consents$", SIGNED_IN),
    ("GET POST PUT DELETE", r"/customers", DESK),
    ("GET", r"/mechanics", STAFF),
    ("POST PUT DELETE", r"/mechanics", OWNER),
    ("GET", r"/service_tickets", STAFF),
    ("POST", r"/service_tickets/<id:ticket_id>/(add-part|parts)", STAFF),
    ("PUT", r"/service_tickets/<id:ticket_id>/jobs/<id:job_id>$", STAFF),
    ("POST", r"/service_tickets/<id:ticket_id>/jobs/<id:job_id>/(finish|reopen)$", STAFF),
    ("POST", r"/service_tickets/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>/(fit|take-out)$", STAFF),
    ("POST PUT DELETE", r"/service_tickets", DESK),
    ("GET", r"/inventory", STAFF),
    ("POST PUT DELETE", r"/inventory", DESK),
]
NOUNS = ("/customers", "/mechanics", "/service_tickets", "/inventory")

#: Routes on which a mechanic is let in and then told that this ticket is not theirs to work on.
ONLY_OWN_WORK = re.compile(r"/(parts|add-part|moves|lines|jobs|status|move|take)|/floor/")

#: What an allowed request may end in; the forms are filled so that many succeed.
ALLOWED = {200, 201, 204, 303, 304, 400, 404, 409, 412, 415, 422}

FORM = {
    "name": "Somebody",
    "email": "somebody@example.net",
    "role": "desk",
    "complaint": "Rattles",
    "quantity": "1",
    "reason": "Because",
    "price": "12.00",
    "make": "Honda",
}


#: What programs send, by the end of the rule; nothing elsewhere.
BODIES = {
    "/jobs": {"complaint": "Rattles"},
    "/canned-jobs": {"canned_job_id": 1},
    "/lines": {"kind": "fee", "description": "Disposal", "price": 12},
    "/consents": {"estimate": 1, "name": "Somebody", "answers": [{"job_id": 1, "answer": "approved"}]},
}


@dataclass(frozen=True)
class Route:
    rule: str
    endpoint: str
    method: str
    arguments: frozenset[str]

    @property
    def is_api(self) -> bool:
        return self.rule.startswith(NOUNS)

    @property
    def may(self) -> set[str]:
        for methods, beginning, who in API if self.is_api else PAGES:
            if self.method in methods.split() and re.match(beginning, self.rule):
                return who
        raise AssertionError(f"{self.method} {self.rule} is in no table of who may use it")

    def url(self, world: World, whose: str) -> str:
        """The route's address for the things of one of the two customers."""
        known = {**{name: str(value) for name, value in world.ids[whose].items()}, **WORDS}
        missing = self.arguments - set(known)
        assert not missing, f"{self.rule}: no value for {missing}"
        return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", lambda found: known[found[1]], self.rule)


WORDS = {"path": "shop.css", "token": "no-such-token", "number": "1", "way": "up"}


def routes(app: Flask) -> list[Route]:
    found = []
    for rule in app.url_map.iter_rules():
        found += [
            Route(rule.rule, rule.endpoint, method, frozenset(rule.arguments)) for method in sorted(_methods(rule))
        ]
    return sorted(found, key=lambda route: (route.rule, route.method))


def test_every_route_declares_a_guard(app: Flask) -> None:
    assert [rule.endpoint for rule in app.url_map.iter_rules() if guard_of(app, rule.endpoint) is None] == []


def test_every_route_is_in_a_table(app: Flask) -> None:
    assert all(route.may for route in routes(app))


@pytest.mark.parametrize("cached", [True, False], ids=["cached", "uncached"])
def test_reading(app: Flask, cached: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every GET by everybody, for their own things and for somebody else's; twice, so that caches are warm."""
    if not cached:
        monkeypatch.setattr(stamps, "_from_cache", lambda key: None)
    world = make_world(app)
    wrong = []
    for _ in range(2 if cached else 1):
        for route in routes(app):
            if route.method == "GET":
                for actor in ACTORS:
                    wrong += _try(world, route, actor)
    assert not wrong, "\n".join(wrong)


@pytest.mark.single
def test_writing(app: Flask) -> None:
    """Every other method by everybody, each time in the same world: who may not changes nothing."""
    world = make_world(app)
    with _copied(app) as put_back:
        wrong = [
            sentence
            for route in routes(app)
            if route.method != "GET"
            for sentence in _try_writing(world, route, put_back)
        ]
    assert not wrong, "\n".join(wrong)


def test_writing_in_short(app: Flask) -> None:
    """On every database: whoever may not is refused, in one world, because nothing changes."""
    world = make_world(app)
    before = world.events()
    wrong = []
    for route in routes(app):
        if route.method != "GET":
            for actor in set(ACTORS) - route.may:
                wrong += _try(world, route, actor)
    assert not wrong, "\n".join(wrong)
    assert world.events() == before


def _try_writing(world: World, route: Route, put_back: Callable[[], None]) -> Iterator[str]:
    put_back()
    before = world.events()
    for actor in ACTORS:
        if actor not in route.may:
            yield from _try(world, route, actor)
    if world.events() != before:
        yield f"{route.method} {route.rule}: somebody who may not changed something"
    for actor in sorted(route.may - {"anonymous", "disabled"}):
        put_back()
        yield from _try(world, route, actor)


@contextmanager
def _copied(app: Flask) -> Iterator[Callable[[], None]]:
    """A function that puts SQLite's database back to what it holds now."""
    with app.app_context():
        here = db.engine.raw_connection()
    with closing(here), closing(sqlite3.connect(":memory:")) as copy:
        here.backup(copy)

        def put_back() -> None:
            copy.backup(here.dbapi_connection)
            with app.app_context():
                cache.clear()

        yield put_back


def _try(world: World, route: Route, actor: str) -> list[str]:
    """Both envelopes, own and foreign things; answers what went wrong."""
    wrong = []
    for whose in ("customer", "stranger") if route.arguments & set(world.ids["customer"]) else ("customer",):
        url = route.url(world, whose)
        for carrier in ("cookie", "bearer"):
            answer = _send(world, route, url, actor, carrier)
            said = f"{route.method} {url} as {actor} by {carrier}: {answer.status_code}"
            expected = _expected(route, actor, carrier, whose)
            if answer.status_code not in expected:
                wrong.append(f"{said}, expected {sorted(expected)[:6]}")
            seen = _marks_in(answer) - _readable(actor, carrier, route)
            if seen:
                wrong.append(f"{said} shows {sorted(seen)}")
    return wrong


def _send(world: World, route: Route, url: str, actor: str, carrier: str) -> TestResponse:
    if carrier == "bearer":
        caller = world.caller(actor)
        if route.is_api:
            return caller.send(route.method, url, json=_body(route))
        return caller.send(route.method, url)
    browser = world.browser(actor)
    if route.is_api or route.method == "GET":
        return browser.client.open(url, method=route.method, json=_body(route))
    return browser.client.open(url, method=route.method, data={**FORM, "csrf_token": browser.token()})


def _body(route: Route) -> dict[str, Any] | None:
    if route.method not in ("POST", "PUT"):
        return None
    return next((body for end, body in BODIES.items() if route.rule.endswith(end)), {})


def _expected(route: Route, actor: str, carrier: str, whose: str) -> set[int]:
    right_envelope = carrier == ("bearer" if route.is_api else "cookie")
    if route.may is ANYONE:
        return ALLOWED | {401, 410, 429}
    if actor in ("anonymous", "disabled") or not right_envelope:
        if route.is_api:
            return {401}
        if actor == "disabled" and right_envelope and route.method != "GET":
            return {401, 303}  # on the page to sign in: what was typed is kept for this account
        return {303} if right_envelope or route.method == "GET" else {303, 400}  # without a cookie no form has a token
    if actor not in route.may:
        return {403}
    if actor in ("customer", "stranger") and whose != actor and route.arguments & {"ticket_id", "vehicle_id"}:
        return {404}
    if actor == "mechanic" and route.method != "GET" and ONLY_OWN_WORK.search(route.rule):
        return ALLOWED | {404}
    return ALLOWED


def _marks_in(answer: TestResponse) -> set[str]:
    text = answer.get_data(as_text=True) + str(answer.headers)
    return {mark for mark in MARKS if mark in text}


def _readable(actor: str, carrier: str, route: Route) -> set[str]:
    """The marks that this actor may read; nobody reads any with the wrong envelope."""
    if carrier != ("bearer" if route.is_api else "cookie"):
        return set()
    return {mark for mark, who in MARKS.items() if actor in who}


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"HEAD", "OPTIONS"}
