"""What a browser calls itself and where it is, in words; and devices that an account had not signed in on before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts.chores import forget_old_sign_ins
from shop.accounts.devices import device_name, place_name
from shop.accounts.models import Letter, LetterKind, LoginSession
from shop.common.clock import at_moment, now
from shop.extensions import db
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api

SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.single
@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {WEBKIT} Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.7.1", "curl"),
        ("", "Unknown device"),
    ],
)
def test_device_name(agent: str, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.single
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("127.0.0.1", "the shop’s own computer"),
        ("::1", "the shop’s own computer"),
        ("192.168.1.20", "the local network (192.168.1.20)"),
        ("::ffff:10.0.0.3", "the local network (::ffff:10.0.0.3)"),
        ("fd00:1::5", "the local network (fd00:1::5)"),
        ("8.8.8.8", "the internet (8.8.8.8)"),
        ("2a00:1450:4001::200e", "the internet (2a00:1450:4001::200e)"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_place_name(address: str, name: str) -> None:
    assert place_name(address) == name


class TestNewDevice:
    @pytest.fixture
    def notices(self, app: Flask) -> Callable[[], list[str]]:
        def ask() -> list[str]:
            with app.app_context():
                return list(db.session.scalars(select(Letter.body).where(Letter.kind == LetterKind.NOTICE)))

        return ask

    def phone(self, cast: Cast, address: str = "8.8.8.8") -> Browser:
        browser = Browser(cast.app, address)
        browser.client.environ_base["HTTP_USER_AGENT"] = SAFARI
        browser.sign_in("desk@example.com", PASSWORD)
        return browser

    def test_the_first_one_is_no_news(self, desk: Browser, notices: Callable[[], list[str]]) -> None:
        assert notices() == []
        assert "was new when you signed in" not in desk.get("/account").text

    def test_another_one_is_told_by_letter_and_on_the_page(
        self, desk: Browser, cast: Cast, notices: Callable[[], list[str]]
    ) -> None:
        phone = self.phone(cast)
        (letter,) = notices()
        assert "Safari on iPhone, from the internet (8.8.8.8), on " in letter
        assert "http://127.0.0.1:5001/account" in letter
        page = desk.get("/account")
        assert "Safari on iPhone was new when you signed in with it" in page.text
        assert "from the internet (8.8.8.8). Was it not you?" in page.text
        assert "was new when you signed in" not in phone.get("/account").text  # it is this one itself
        with at_moment(now() + timedelta(days=15)):
            assert "was new when" not in self.phone(cast).get("/account").text

    def test_the_same_one_is_known_again_wherever_it_is(
        self, desk: Browser, cast: Cast, notices: Callable[[], list[str]]
    ) -> None:
        phone = self.phone(cast)
        phone.get("/account").form("Sign out").submit()
        phone.address = "1.1.1.1"
        phone.sign_in("desk@example.com", PASSWORD)
        assert len(notices()) == 1

    def test_is_told_to_each_account(self, cast: Cast, notices: Callable[[], list[str]]) -> None:
        cast.browser("mechanic")
        cast.browser("desk")
        phone = self.phone(cast)
        phone.post("/logout")
        phone.sign_in("mechanic@example.com", PASSWORD)
        assert len(notices()) == 2

    def test_is_news_after_a_long_time_too(self, desk: Browser, cast: Cast, notices: Callable[[], list[str]]) -> None:
        with cast.app.app_context(), at_moment(now() + timedelta(days=200)):
            forget_old_sign_ins()
            assert db.session.scalars(select(LoginSession.id)).all() == []
        self.phone(cast)
        assert len(notices()) == 1

    def test_programs_are_known_by_name_and_place(
        self, cast: Cast, desk: Browser, api: Api, notices: Callable[[], list[str]]
    ) -> None:
        credentials = {"email": "desk@example.com", "password": PASSWORD}
        for agent, letters in (("curl/8.7", 1), ("curl/8.8", 1), ("robot/1", 2), ("curl/8.8", 2)):
            assert api.nobody.post("/customers/login", credentials, User_Agent=agent).status_code == 200
            assert len(notices()) == letters
        assert "curl, from the shop’s own computer" in notices()[0]

    def test_the_cookie_of_a_device_opens_nothing_and_is_not_kept_as_it_is(self, cast: Cast, app: Flask) -> None:
        cast.account_id("desk")
        browser = Browser(app)
        form = browser.get("/login").form("/login").fill(email="desk@example.com", password=PASSWORD)
        cookies = form.submit(follow=False).headers.getlist("Set-Cookie")
        (cookie,) = (cookie for cookie in cookies if cookie.startswith("device="))
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        key = cookie.partition(";")[0].removeprefix("device=")
        with app.app_context():
            assert db.session.scalars(select(LoginSession.device)).one() not in ("", key)
