"""What holds for every answer, whatever was asked: pages, JSON, files, refusals and failures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from shop.web.headers import CONTENT_SECURITY_POLICY
from tests.whole_app.test_access import Route, routes
from tests.whole_app.world import World, make_world

pytestmark = pytest.mark.single

HTTPS = "https://shop.example.com"
ELSEWHERE = {"Origin": "https://evil.example"}
A_YEAR_SECONDS = 31_536_000

HEADERS = {
    "Content-Security-Policy": {CONTENT_SECURITY_POLICY},
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
    "Referrer-Policy": {"same-origin", "no-referrer"},
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin"},
    "Permissions-Policy": {"camera=(self), geolocation=(), microphone=()"},
}
JSON = {"application/json", "application/problem+json"}
BEGINNINGS = {"text/html": b"<", "text/css": b"@layer", "image/svg+xml": b"<svg"}

#: Where links, forms, pictures and htmx lead: to paths of our own, letters and telephones.
ADDRESS = re.compile(r'\b(?:href|src|action|formaction|data-hx-(?:get|post|put|delete))="([^"]*)"')
OURS = re.compile(r"/(?![/\\])|#|\?|mailto:|tel:|$")
SCRIPT = re.compile(r"<script(?! src=)[^>]*>|\bon[a-z]+=\"|javascript:", re.IGNORECASE)


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


@pytest.fixture
def answers(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, TestResponse]]:
    """What the owner and nobody read over https, as another site's page would ask, and all that goes wrong."""
    return [*_readings(app, world), *_failures(app, world, monkeypatch)]


def test_headers_cookies_and_content(answers: list[tuple[str, TestResponse]]) -> None:
    wrong = [f"{what}: {fault}" for what, answer in answers for fault in _faults(answer)]
    assert not wrong, "\n".join(wrong)
    kinds = {answer.mimetype for _, answer in answers}
    assert {*JSON, *BEGINNINGS, "text/plain"} <= kinds
    assert {200, 303, 400, 401, 403, 404, 405, 413, 415, 422, 500} <= {answer.status_code for _, answer in answers}


def test_the_policy_leaves_nothing_open() -> None:
    """Nothing may run, load or be framed but what the shop itself serves; no inline script, no eval, no data."""
    sources = dict(part.split(" ", 1) for part in CONTENT_SECURITY_POLICY.split("; "))
    assert {name for name, source in sources.items() if source == "'none'"} == {
        *("default-src", "base-uri", "frame-ancestors", "object-src")
    }
    assert set(sources.values()) == {"'none'", "'self'"}


def test_over_http_nothing_is_promised_about_https(app: Flask) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/login").headers


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/.git/HEAD",
        "/static/../.git/config",
        "/static/..%2f.git/config",
        "/static/%2e%2e/shop/config.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/css/../../instance/secret.key",
        "/static/..\\shop\\config.py",
        "/static/css/ORDER%00.css",
        "/static/css",
    ],
)
def test_no_file_but_those_in_static_is_served(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 404


def _readings(app: Flask, world: World) -> Iterator[tuple[str, TestResponse]]:
    for route in routes(app):
        if route.method == "GET":
            for actor in ("owner", "anonymous"):
                yield f"{route.rule} as {actor}", _read(world, route, actor)
    for path in ("/static/shop.css", "/static/img/favicon.svg", "/static/vendor/htmx.LICENSE"):
        yield path, app.test_client().get(path, base_url=HTTPS)


def _read(world: World, route: Route, actor: str) -> TestResponse:
    url = route.url(world, "customer")
    if route.is_api and actor == "owner":
        bearer = {"Authorization": f"Bearer {world.tokens['owner']}"}
        return world.app.test_client(use_cookies=False).get(url, base_url=HTTPS, headers={**ELSEWHERE, **bearer})
    client = world.app.test_client()
    if actor == "owner":
        with client.session_transaction(base_url=HTTPS) as session:
            session["_user_id"] = world.keys["owner"]
    return client.get(url, base_url=HTTPS, headers=ELSEWHERE)


def _failures(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, TestResponse]]:
    client = app.test_client(use_cookies=False)
    bearer = {"Authorization": f"Bearer {world.tokens['owner']}", "Content-Type": "application/json", **ELSEWHERE}
    customer = {**bearer, "Authorization": f"Bearer {world.tokens['customer']}"}
    for what, method, path, body, headers in (
        ("no page", "GET", "/nowhere", None, ELSEWHERE),
        ("no thing", "GET", "/inventory/999999", None, bearer),
        ("no such method", "PUT", "/login", None, ELSEWHERE),
        ("no such method of the API", "PATCH", "/inventory/", None, bearer),
        ("no token of a form", "POST", "/login", {"email": "x"}, ELSEWHERE),
        ("broken JSON", "POST", "/inventory/", b"{", bearer),
        ("wrong JSON", "POST", "/inventory/", b"{}", bearer),
        ("no JSON", "POST", "/inventory/", b"{}", {**bearer, "Content-Type": "text/plain"}),
        ("too much", "POST", "/inventory/", b" " * 70_000, bearer),
        ("another role", "GET", "/inventory/", None, customer),
        ("asked before", "OPTIONS", "/inventory/", None, {**ELSEWHERE, "Access-Control-Request-Method": "POST"}),
    ):
        yield what, client.open(path, method=method, data=body, headers=headers, base_url=HTTPS)
    for path in ("/login", "/inventory/"):
        yield f"{path} breaks", _broken(app, path, monkeypatch)


def _broken(app: Flask, path: str, monkeypatch: pytest.MonkeyPatch) -> TestResponse:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("SECRET of the failure")

    with monkeypatch.context() as broken:
        broken.setattr(app, "dispatch_request", break_down)
        return app.test_client().get(path, base_url=HTTPS)


def _faults(answer: TestResponse) -> Iterator[str]:
    for name, allowed in HEADERS.items():
        if len(answer.headers.getlist(name)) != 1 or answer.headers[name] not in allowed:
            yield f"{name}: {answer.headers.getlist(name)}"
    strict = answer.headers.get("Strict-Transport-Security", "")
    if strict != f"max-age={A_YEAR_SECONDS}; includeSubDomains":
        yield f"Strict-Transport-Security: {strict!r}"
    yield from (f"{name} is sent" for name, _ in answer.headers if name.lower().startswith("access-control-"))
    for cookie in answer.headers.getlist("Set-Cookie"):
        if not (cookie.startswith("__Host-") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite" in cookie):
            yield f"Set-Cookie: {cookie}"
    if not {"no-store", "public", "private"} & set(answer.headers["Cache-Control"].replace(",", "").split()):
        yield f"Cache-Control: {answer.headers['Cache-Control']}"
    if b"SECRET of the failure" in answer.data:
        yield "tells what failed"
    yield from _faults_of_content(answer)


def _faults_of_content(answer: TestResponse) -> Iterator[str]:
    kind = answer.headers.get("Content-Type", "")
    if not answer.data:
        return
    if answer.mimetype in JSON:
        json.loads(answer.data)
        return
    if not kind.lower().endswith("; charset=utf-8"):
        yield f"Content-Type: {kind!r}"
    answer.data.decode("utf-8")
    if answer.mimetype == "text/html":
        yield from (f"leads to {address}" for address in ADDRESS.findall(answer.text) if not OURS.match(address))
        yield from (f"script in the page: {script}" for script in SCRIPT.findall(answer.text))
    if not answer.data.lstrip().startswith(BEGINNINGS.get(answer.mimetype, b"")):
        yield f"{kind}, but begins {answer.data[:40]!r}"
