"""What the shop signs, with SHA-256: the cookie, the seals of forms, tokens."""

from __future__ import annotations

import jwt
import pytest
from flask import Flask
from itsdangerous.encoding import base64_decode

from tests.browser import Browser
from tests.clients import Api

pytestmark = pytest.mark.single

SHA256_BYTES = 32


def test_the_cookie_and_the_forms(desk: Browser) -> None:
    cookie = desk.client.get_cookie("session")
    assert cookie is not None
    form = desk.get("/account").form("Save the name")
    for signed in (cookie.value, form.values["csrf_token"]):
        assert len(base64_decode(signed.rpartition(".")[2])) == SHA256_BYTES


def test_tokens(api: Api) -> None:
    assert jwt.get_unverified_header(str(api.as_("desk").token)) == {"alg": "HS256", "typ": "JWT"}


def test_a_cookie_that_was_altered_is_nobodys(app: Flask, desk: Browser) -> None:
    cookie = desk.client.get_cookie("session")
    assert cookie is not None
    middle = len(cookie.value) // 3
    another = "A" if cookie.value[middle] != "A" else "B"
    thief = Browser(app)
    for altered in (f"{cookie.value[:middle]}{another}{cookie.value[middle + 1 :]}", cookie.value[:-3]):
        thief.client.set_cookie("session", altered)
        assert thief.get("/account", follow=False).status == 303
    thief.client.set_cookie("session", cookie.value)
    assert thief.get("/account", follow=False).status == 200
