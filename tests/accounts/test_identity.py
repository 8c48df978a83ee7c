"""A sign-in is a row: whatever ends the row ends the cookie and the token at once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select, update

from shop.accounts import commands, identity, tokens
from shop.accounts.models import Account, LoginSession
from shop.accounts.tokens import Audience
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.extensions import db
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.clients import Api

NEW_PASSWORD = "quite another password"


def is_in(browser: Browser) -> bool:
    return browser.get("/account", follow=False).status == 200


def works(api: Api, who: str = "desk") -> bool:
    status = api.as_(who).get("/customers/my-tickets").status_code
    assert status in (200, 401)
    return status == 200


def demote(ana: Account, boss: Account) -> None:
    from tests.factories import make_mechanic

    commands.edit_account(ana, by=boss, role=Role.MECHANIC, mechanic=make_mechanic())


ENDINGS: dict[str, Callable[[Account, Account], Any]] = {
    "signing out everywhere": lambda ana, boss: commands.sign_out_everywhere(ana, by=ana),
    "a new password": lambda ana, boss: commands.change_password(
        ana, present=PASSWORD, new=NEW_PASSWORD, keep=None, by=ana
    ),
    "another role": demote,
    "being disabled": lambda ana, boss: commands.disable_account(ana, by=boss),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_both_envelopes_end(cast: Cast, desk: Browser, api: Api, ending: str) -> None:
    cast.account_id("owner")
    assert is_in(desk)
    assert works(api)
    with cast.app.app_context():
        ENDINGS[ending](cast.account("desk"), cast.account("owner"))
    assert not is_in(desk)
    assert not works(api)


def test_what_ended_stays_ended(cast: Cast, desk: Browser, api: Api) -> None:
    cast.account_id("owner")
    assert works(api)
    with cast.app.app_context():
        commands.disable_account(cast.account("desk"), by=cast.account("owner"))
        commands.enable_account(cast.account("desk"), by=cast.account("owner"))
    assert not is_in(desk)
    assert not works(api)


def test_both_envelopes_may_hold_one_sign_in(cast: Cast, desk: Browser) -> None:
    """The key in a browser's cookie, put into a token, is the same sign-in; signing out ends both."""
    with desk.client.session_transaction() as kept:
        key = kept["_user_id"]
    with cast.app.test_request_context():
        token = identity.token_for(db.session.scalars(select(LoginSession)).one(), key)
    program = cast.app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {token}"}
    assert program.get("/customers/my-tickets", headers=headers).status_code == 200
    desk.post("/logout")
    assert program.get("/customers/my-tickets", headers=headers).status_code == 401


def test_a_cookie_replayed_after_signing_out_is_worthless(desk: Browser, app: Flask) -> None:
    stolen = desk.client.get_cookie("session")
    assert stolen is not None
    desk.post("/logout")
    thief = Browser(app)
    thief.client.set_cookie("session", stolen.value)
    page = thief.get("/account", follow=False)
    assert page.status == 303
    assert page.headers["Location"].startswith("/login?next=")
    assert thief.get("/account", htmx=True, follow=False).status == 401


def test_signing_out_ends_this_sign_in_alone(cast: Cast, desk: Browser, app: Flask) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in(cast.email("desk"), PASSWORD)
    page = desk.post("/logout", follow=False)
    assert page.headers["Clear-Site-Data"] == '"cache"'
    assert not is_in(desk)
    assert is_in(elsewhere)


def test_pages_ignore_tokens(api: Api, visitor: Browser) -> None:
    token = api.as_("desk").token
    assert visitor.get("/account", follow=False, Authorization=f"Bearer {token}").status == 303


def test_the_api_ignores_cookies(desk: Browser) -> None:
    assert desk.get("/customers/my-tickets").status == 401


def test_the_role_is_read_from_the_account(cast: Cast, desk: Browser) -> None:
    """Even a row that changed behind our back decides at once."""
    assert desk.get("/desk/outbox").status == 200
    with cast.app.app_context(), transaction():
        db.session.execute(update(Account).where(Account.id == cast.account_id("desk")).values(role=Role.MECHANIC))
    assert desk.get("/desk/outbox").status == 403


@pytest.mark.parametrize(("who", "hours"), [("desk", 20), ("customer", 30 * 24)])
def test_a_sign_in_ends_by_itself(cast: Cast, who: str, hours: int) -> None:
    browser = cast.browser(who)
    with at_moment(now() + timedelta(hours=hours, minutes=-1)):
        assert is_in(browser)
    with at_moment(now() + timedelta(hours=hours, minutes=1)):
        assert not is_in(browser)


def test_a_token_ends_after_an_hour(api: Api) -> None:
    assert works(api)
    with at_moment(now() + timedelta(minutes=59)):
        assert works(api)
    with at_moment(now() + timedelta(minutes=61)):
        assert not works(api)


def test_last_seen_is_written_every_few_minutes(cast: Cast, desk: Browser) -> None:
    def last_seen() -> Any:
        with cast.app.app_context():
            return db.session.scalar(select(LoginSession.last_seen_at))

    first = last_seen()
    desk.get("/account")
    assert last_seen() == first
    later = now() + timedelta(minutes=6)
    with at_moment(later):
        desk.get("/account")
    assert last_seen() == later


def test_a_busy_database_keeps_nobody_from_reading(cast: Cast, desk: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shop.common.locks.LOCK_WAIT_SECONDS", 0.05)
    with cast.app.app_context():
        if db.engine.dialect.name != "sqlite":
            return  # only SQLite has a single writer
        with transaction(), at_moment(now() + timedelta(minutes=6)):
            db.session.execute(select(1))
            assert is_in(desk)


class TestEncryption:
    def test_over_https_the_cookie_belongs_to_this_host_alone(self, cast: Cast, app: Flask) -> None:
        cast.account_id("desk")
        client = app.test_client()
        cookie = client.get("/login", base_url="https://shop.example.com").headers["Set-Cookie"]
        assert cookie.startswith("__Host-session=")
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Domain" not in cookie

    def test_so_do_the_cookies_of_a_sign_in(self, cast: Cast, app: Flask) -> None:
        cast.account_id("desk")
        client, shop = app.test_client(), "https://shop.example.com"
        login = Page(Browser(app), f"{shop}/login", client.get("/login", base_url=shop))
        data = {**login.form("/login").values, "email": cast.email("desk"), "password": PASSWORD}
        cookies = client.post("/login", base_url=shop, data=data).headers.getlist("Set-Cookie")
        assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-session", "__Host-device"}
        assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)

    def test_over_http_it_is_plain(self, visitor: Browser) -> None:
        cookie = visitor.get("/login").headers["Set-Cookie"]
        assert cookie.startswith("session=")
        assert "Secure" not in cookie

    @pytest.mark.parametrize(
        ("who", "address", "is_warned"),
        [("owner", "192.0.2.5", True), ("owner", "127.0.0.1", False), ("desk", "192.0.2.5", False)],
    )
    def test_the_owner_is_warned_of_a_network_that_reads_along(
        self, cast: Cast, who: str, address: str, is_warned: bool
    ) -> None:
        browser = cast.browser(who)
        browser.address = address
        assert ("This connection is not encrypted" in browser.get("/desk/outbox").text) is is_warned


class TestForgedTokens:
    @pytest.fixture
    def claims(self, cast: Cast, api: Api) -> dict[str, Any]:
        token = api.as_("desk").token
        assert token is not None
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims

    def status(self, cast: Cast, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return cast.app.test_client(use_cookies=False).get("/customers/my-tickets", headers=headers).status_code

    def signed(self, cast: Cast, claims: dict[str, Any], **options: Any) -> str:
        key = options.pop("key", cast.app.config["TOKEN_KEY"])
        return jwt.encode(claims, key, algorithm=options.pop("algorithm", "HS256"), **options)

    def test_the_real_one_works(self, cast: Cast, claims: dict[str, Any]) -> None:
        assert self.status(cast, self.signed(cast, claims)) == 200

    @pytest.mark.parametrize(
        "change",
        [
            {"aud": "shop-setup"},
            {"aud": ["shop-other"]},
            {"iss": "elsewhere"},
            {"sub": "999999"},
            {"sub": 1},
            {"sid": "another key"},
            {"sid": 5},
            {"sid": None},
            {"exp": "9999999999"},
            {"exp": 1},
            {"exp": True},
            {"exp": None},
            {"jti": None},
        ],
        ids=str,
    )
    def test_another_claim(self, cast: Cast, claims: dict[str, Any], change: dict[str, Any]) -> None:
        changed = {name: value for name, value in (claims | change).items() if value is not None}
        try:
            token = self.signed(cast, changed)
        except TypeError:
            return  # not even PyJWT writes it
        assert self.status(cast, token) == 401

    def test_another_key_or_algorithm(self, cast: Cast, claims: dict[str, Any]) -> None:
        assert self.status(cast, self.signed(cast, claims, key=b"x" * 32)) == 401
        assert self.status(cast, self.signed(cast, claims, key=b"x" * 64, algorithm="HS512")) == 401
        assert self.status(cast, self.signed(cast, claims, key=None, algorithm="none")) == 401

    def test_a_key_that_the_token_brings_along(self, cast: Cast, claims: dict[str, Any]) -> None:
        """A header names no key: neither one that stands in it, nor one to be fetched or looked up."""
        key = b"x" * 32
        own = {"kty": "oct", "k": urlsafe_b64encode(key).decode().rstrip("="), "alg": "HS256"}
        for header in (
            {"jwk": own},
            {"jku": "https://evil.example/keys"},
            {"x5u": "https://evil.example/x"},
            {"kid": "/"},
        ):
            assert self.status(cast, self.signed(cast, claims, key=key, headers=header)) == 401

    def test_what_is_no_token(self, cast: Cast) -> None:
        for token in ("", "x", "a.b.c", "ÿ", "." * 500, "e30.e30.e30"):
            assert self.status(cast, token) == 401

    def test_another_scheme(self, cast: Cast, api: Api) -> None:
        program = cast.app.test_client(use_cookies=False)
        for value in (f"Basic {api.as_('desk').token}", str(api.as_("desk").token), "Bearer", ""):
            assert program.get("/customers/my-tickets", headers={"Authorization": value}).status_code == 401

    def test_a_link_from_a_letter_is_no_token(self, cast: Cast) -> None:
        with cast.app.app_context():
            link = tokens.issue(
                Audience.SETUP, subject=cast.account_id("desk"), lifetime=timedelta(hours=1), jti="x", sid="y"
            )
        assert self.status(cast, link) == 401
