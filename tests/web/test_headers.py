"""The headers of every kind of answer, word for word."""

from __future__ import annotations

import pytest

from tests.browser import Browser
from tests.clients import Api

pytestmark = pytest.mark.single

#: Whoever changes one of these says so here: each opens a door a little when it is wrong.
ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/login", 303),
        ("/desk/", 200),
        ("/desk/nothing-here", 404),
        ("/my/", 403),
        ("/account/name", 405),
        ("/customers/", 401),
        ("/customers/0", 404),
        ("/healthz", 200),
        ("/static/shop.css", 200),
        ("/static/nothing.css", 404),
        ("/desk/tickets/999999", 404),
    ],
)
def test_stand_on_every_answer(desk: Browser, path: str, status: int) -> None:
    answer = desk.client.get(path)
    assert answer.status_code == status
    assert {name: answer.headers.get_all(name) for name in ALWAYS} == {name: [said] for name, said in ALWAYS.items()}
    assert answer.headers["Cache-Control"].startswith("public" if path == "/static/shop.css" else "no-store")
    assert "Server" not in answer.headers
    assert "X-Powered-By" not in answer.headers


def test_stand_on_json(api: Api) -> None:
    for path in ("/customers/", "/service_tickets/", "/inventory/", "/mechanics/", "/customers/999999"):
        answer = api.as_("desk").get(path)
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
