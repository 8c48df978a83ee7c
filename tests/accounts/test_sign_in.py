"""Signing in: the page, the words, the limits, and what a guesser can't find out."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from shop.accounts import passwords
from shop.accounts.chores import forget_old_sign_ins
from shop.accounts.commands import disable_account
from shop.accounts.links import make_link, open_link
from shop.accounts.models import Attempt, LoginSession
from shop.accounts.sign_in import Whereabouts, WrongPassword, sign_in, sign_in_by_link
from shop.common.clock import at_moment, now
from shop.common.errors import TooManyTries
from shop.common.transaction import transaction
from shop.extensions import db, limiter
from shop.web.guards import Carrier
from tests.browser import Browser
from tests.cast import PASSWORD, Cast

WRONG = "The e-mail address or the password is wrong."
HOME = "127.0.0.1"


def guess(email: str, password: str = "not the password", address: str = "203.0.113.9") -> Any:
    return sign_in(email, password, carrier=Carrier.COOKIE, here=Whereabouts(address, ""))


def guess_wrong(email: str, times: int = 1, **where: str) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            guess(email, **where)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs inside, without its values."""
    seen: list[str] = []

    def see(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)
    yield seen
    event.remove(db.engine, "before_cursor_execute", see)


class TestPage:
    @pytest.mark.parametrize(
        ("who", "door"),
        [("owner", "/desk/"), ("desk", "/desk/"), ("mechanic", "/floor/"), ("customer", "/my/")],
    )
    def test_leads_everybody_to_their_door(self, cast: Cast, visitor: Browser, who: str, door: str) -> None:
        cast.account_id(who)
        page = visitor.get("/login").form("/login").fill(email=cast.email(who), password=PASSWORD).submit(follow=False)
        assert (page.status, page.headers["Location"]) == (303, door)

    def test_shows_what_was_wrong_and_keeps_what_was_typed(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        page = visitor.sign_in("desk@example.com", "wrong")
        assert page.status == 422
        assert page.errors == [WRONG]
        form = page.form("/login")
        assert form.values["email"] == "desk@example.com"
        assert not form.values.get("password")

    def test_asks_for_both(self, visitor: Browser) -> None:
        assert visitor.sign_in("", "").errors == ["Enter an e-mail address.", "Enter a password."]

    def test_the_address_may_be_spelt_in_capitals(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("customer")
        assert visitor.sign_in("  CUSTOMER@Example.COM ", PASSWORD).path != "/login"

    def test_sends_those_who_are_signed_in_to_their_door(self, desk: Browser) -> None:
        page = desk.get("/login", follow=False)
        assert (page.status, page.headers["Location"]) == (303, "/desk/")

    def test_shows_no_account_outside_the_demo(self, visitor: Browser) -> None:
        page = visitor.get("/login")
        assert "password123" not in page.html
        assert "test@example.com" not in page.html

    def test_a_new_sign_in_is_a_new_key_and_a_new_seal(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        before = visitor.token()
        visitor.sign_in("desk@example.com", PASSWORD)
        page = visitor.send("POST", "/logout", data={"csrf_token": before})
        assert page.status == 400

    def test_takes_the_place_of_the_sign_in_there_was(self, cast: Cast, desk: Browser, app: Flask) -> None:
        former = desk.client.get_cookie("session")
        assert former is not None
        cast.account_id("mechanic")
        desk.post("/login", {"email": cast.email("mechanic"), "password": PASSWORD}, follow=False)
        present = desk.client.get_cookie("session")
        assert present is not None
        for cookie, status in ((former, 303), (present, 200)):
            browser = Browser(app)
            browser.client.set_cookie("session", cookie.value)
            assert browser.get("/account", follow=False).status == status

    def test_keys_are_long_random_and_kept_as_hashes(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        keys = []
        for _ in range(2):
            visitor.sign_in("desk@example.com", PASSWORD)
            with visitor.client.session_transaction() as kept:
                keys.append(kept["_user_id"])
            visitor.post("/logout")
        assert keys[0] != keys[1]
        assert all(len(urlsafe_b64decode(f"{key}=")) == 32 for key in keys)
        with cast.app.app_context():
            hashes = set(db.session.scalars(select(LoginSession.key_hash)))
        assert hashes == {sha256(key.encode()).hexdigest() for key in keys}

    def test_staff_sign_in_until_the_browser_closes_and_customers_for_weeks(self, cast: Cast, app: Flask) -> None:
        lasting = {}
        for who in ("desk", "customer"):
            cast.account_id(who)
            browser = Browser(app)
            form = browser.get("/login").form("/login").fill(email=cast.email(who), password=PASSWORD)
            cookies = form.submit(follow=False).headers.getlist("Set-Cookie")
            lasting[who] = any(cookie.startswith("session=") and "Expires" in cookie for cookie in cookies)
        assert lasting == {"desk": False, "customer": True}


class TestNext:
    def enter(self, cast: Cast, visitor: Browser, where: str, who: str = "desk") -> str:
        cast.account_id(who)
        visitor.token()
        data = {"email": cast.email(who), "password": PASSWORD}
        return str(visitor.post(f"/login?next={where}", data, follow=False).headers["Location"])

    @pytest.mark.parametrize("where", ["/account", "/desk/customers?q=joy", "/desk/outbox"])
    def test_leads_on_to_a_page_of_ours(self, cast: Cast, visitor: Browser, where: str) -> None:
        assert self.enter(cast, visitor, where) == where

    @pytest.mark.parametrize(
        "where",
        [
            "//evil.example",
            "////evil.example",
            "/%5Cevil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "https:evil.example",
            "javascript:alert(1)",
            "/account%0d%0aSet-Cookie:x=1",
            "/account%0aX:1",
            "%09//evil.example",
            "/%09/evil.example",
            "/nowhere",
            "/logout",
            "account",
            "/account" + "a" * 600,
            "/customers/",
            "/desk/staff",
            "/my/",
        ],
    )
    def test_leads_nowhere_else(self, cast: Cast, visitor: Browser, where: str) -> None:
        """Nor to a page that this account may not open: whoever signs in next is not greeted with a refusal."""
        assert self.enter(cast, visitor, where) == "/desk/"

    def test_a_page_that_needs_a_sign_in_is_opened_after_it(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("customer")
        form = visitor.get("/account").form("/login")
        assert form.fill(email=cast.email("customer"), password=PASSWORD).submit().path == "/account"


class TestSilence:
    """Unknown, known and disabled addresses can't be told apart by words, hashes or statements."""

    @pytest.fixture
    def addresses(self, cast: Cast, context: None) -> dict[str, str]:
        for who in ("owner", "mechanic", "customer"):
            cast.account_id(who)
        disable_account(cast.account("mechanic"), by=cast.account("owner"))
        return {"known": "customer@example.com", "unknown": "nobody@example.com", "disabled": "mechanic@example.com"}

    def test_words(self, addresses: dict[str, str], visitor: Browser) -> None:
        assert {tuple(visitor.sign_in(email, "wrong").errors) for email in addresses.values()} == {(WRONG,)}

    def test_the_right_password_of_a_disabled_account_is_wrong(self, addresses: dict[str, str]) -> None:
        with pytest.raises(WrongPassword):
            guess(addresses["disabled"], PASSWORD)

    def test_one_hash_each(self, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        checked = []
        right = passwords._hasher.verify

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(hasher, name)

            def verify(self, *args: Any) -> bool:
                checked.append(1)
                return right(*args)

        hasher = passwords._hasher
        monkeypatch.setattr(passwords, "_hasher", Counting())
        counts = []
        for email in addresses.values():
            checked.clear()
            guess_wrong(email)
            counts.append(len(checked))
        assert counts == [1, 1, 1]

    def test_the_same_statements(self, addresses: dict[str, str]) -> None:
        told = []
        for email in addresses.values():
            with statements() as seen:
                guess_wrong(email)
            told.append(tuple(seen))
        assert told[0]
        assert len(set(told)) == 1

    def test_the_same_count_of_failures(self, addresses: dict[str, str]) -> None:
        for email in addresses.values():
            guess_wrong(email, times=10)
            with pytest.raises(TooManyTries):
                guess(email)


class TestLimitOfAnAccount:
    def test_ends_with_time(self, cast: Cast, context: None) -> None:
        cast.account_id("desk")
        guess_wrong("desk@example.com", times=10)
        with pytest.raises(TooManyTries) as refused:
            guess("desk@example.com", PASSWORD)
        wait = timedelta(seconds=refused.value.retry_after_seconds)
        assert timedelta(minutes=4) < wait <= timedelta(minutes=5, seconds=1)
        with at_moment(now() + wait):
            assert guess("desk@example.com", PASSWORD)

    def test_a_refused_try_does_not_prolong_the_wait(self, cast: Cast, context: None) -> None:
        guess_wrong("desk@example.com", times=10)
        for _ in range(3):
            with pytest.raises(TooManyTries):
                guess("desk@example.com")
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 10

    def test_a_right_password_is_not_counted(self, cast: Cast, context: None) -> None:
        cast.account_id("desk")
        for _ in range(12):
            guess("desk@example.com", PASSWORD)
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 0

    def test_is_said_on_the_page_with_when_to_come_back(self, cast: Cast, visitor: Browser, context: None) -> None:
        guess_wrong("desk@example.com", times=10)
        page = visitor.sign_in("desk@example.com", "wrong")
        assert page.status == 429
        assert 240 < int(page.headers["Retry-After"]) <= 301
        assert page.errors[0].startswith("Too many tries. Wait 5 minutes")
        assert page.form("/login").values["email"] == "desk@example.com"

    def test_holds_for_every_process_and_after_a_restart(
        self, cast: Cast, context: None, another_process: Callable[..., Flask]
    ) -> None:
        guess_wrong("desk@example.com", times=10)
        with another_process().app_context(), pytest.raises(TooManyTries):
            guess("desk@example.com")

    def guess_all_day(self, start: datetime, times: int = 10) -> None:
        """Ten guesses every six minutes, each ten from somewhere else."""
        for number in range(times):
            with at_moment(start + number * timedelta(minutes=6)):
                guess_wrong("desk@example.com", times=10, address=f"198.51.100.{number}")

    def test_there_are_a_hundred_guesses_a_day_from_wherever(self, cast: Cast, context: None) -> None:
        cast.account_id("desk")
        start = now()
        self.guess_all_day(start)
        with at_moment(start + timedelta(hours=2, minutes=1)), pytest.raises(TooManyTries) as refused:
            guess("desk@example.com", PASSWORD)
        assert "Wait 22 hours" in refused.value.message
        with at_moment(start + timedelta(hours=25)):
            assert guess("desk@example.com", PASSWORD)

    def test_they_are_counted_across_processes_and_restarts(
        self, cast: Cast, context: None, another_process: Callable[..., Flask]
    ) -> None:
        cast.account_id("desk")
        start = now()
        for number in range(5):
            with another_process().app_context():
                self.guess_all_day(start + number * timedelta(hours=1), times=2)
        with at_moment(start + timedelta(hours=6)), pytest.raises(TooManyTries):
            guess("desk@example.com", PASSWORD)

    def test_the_real_person_comes_in_all_the_same(self, cast: Cast, context: None) -> None:
        """From where they signed in lately, and from anywhere by a link that comes by mail."""
        account = cast.account("desk")
        guess("desk@example.com", PASSWORD, address=HOME)
        start = now() - timedelta(hours=3)
        self.guess_all_day(start)
        with at_moment(start + timedelta(hours=2)):
            assert guess("desk@example.com", PASSWORD, address=HOME)
            with transaction():
                link = make_link(account, lifetime=timedelta(hours=1))
            opened = open_link(link.rpartition("/")[2])
            assert sign_in_by_link(opened, password="seven green umbrellas", here=Whereabouts("8.8.8.8", ""))
            assert guess("desk@example.com", "seven green umbrellas", address="8.8.8.8")  # is known here now

    def test_spellings_of_one_address_share_a_count(self, context: None) -> None:
        guess_wrong("desk@example.com", times=5)
        guess_wrong("DESK@EXAMPLE.COM", times=5)
        with pytest.raises(TooManyTries):
            guess("Desk@example.com")

    def test_nobody_locks_the_real_person_out(self, cast: Cast, context: None) -> None:
        """Where somebody signed in lately they have a count of their own."""
        cast.account_id("desk")
        guess("desk@example.com", PASSWORD, address=HOME)
        guess_wrong("desk@example.com", times=10)
        with pytest.raises(TooManyTries):
            guess("desk@example.com", PASSWORD)
        assert guess("desk@example.com", PASSWORD, address=HOME)

    def test_the_known_address_has_a_limit_too(self, cast: Cast, context: None) -> None:
        cast.account_id("desk")
        guess("desk@example.com", PASSWORD, address=HOME)
        guess_wrong("desk@example.com", times=10, address=HOME)
        with pytest.raises(TooManyTries):
            guess("desk@example.com", PASSWORD, address=HOME)

    def test_sixteen_guesses_at_once_are_no_more_than_ten(self, app: Flask, cast: Cast) -> None:
        cast.account_id("desk")

        def try_one(number: int) -> str:
            with app.app_context():
                try:
                    guess("desk@example.com", f"guess {number}")
                except (WrongPassword, TooManyTries) as refused:
                    return type(refused).__name__
            return "in"

        with ThreadPoolExecutor(16) as people:
            results = list(people.map(try_one, range(16)))
        assert 1 <= results.count("WrongPassword") <= 10
        assert results.count("WrongPassword") + results.count("TooManyTries") == 16


class TestLimitOfAnAddress:
    def test_twenty_tries_in_five_minutes(self, visitor: Browser) -> None:
        for number in range(20):
            assert visitor.sign_in(f"somebody{number}@example.com", "wrong").status == 422
        page = visitor.sign_in("somebody@example.com", "wrong")
        assert page.status == 429
        assert 0 < int(page.headers["Retry-After"]) <= 301

    def test_reading_goes_on(self, visitor: Browser) -> None:
        for number in range(21):
            visitor.sign_in(f"somebody{number}@example.com", "wrong")
        assert visitor.get("/login").status == 200

    def test_another_address_is_not_touched(self, app: Flask, visitor: Browser) -> None:
        for number in range(21):
            visitor.sign_in(f"somebody{number}@example.com", "wrong")
        assert Browser(app, "203.0.113.7").sign_in("somebody@example.com", "wrong").status == 422

    def test_page_and_api_count_together(self, app: Flask, visitor: Browser) -> None:
        for number in range(20):
            visitor.sign_in(f"somebody{number}@example.com", "wrong")
        answer = app.test_client().post("/customers/login", json={"email": "a@example.com", "password": "wrong"})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0

    @pytest.mark.parametrize("way", ["page", "api"])
    def test_twenty_in_all_processes_together_and_after_a_restart(
        self, app: Flask, another_process: Callable[..., Flask], way: str
    ) -> None:
        processes = [app, another_process(), another_process()]

        def try_one(number: int) -> Any:
            shop = processes[number % 3]
            if way == "page":
                return Browser(shop, "203.0.113.8").sign_in(f"somebody{number}@example.com", "wrong")
            return shop.test_client().post(
                "/customers/login",
                json={"email": f"somebody{number}@example.com", "password": "wrong"},
                environ_overrides={"REMOTE_ADDR": "203.0.113.8"},
            )

        answers = [try_one(number) for number in range(30)]
        statuses = [answer.status if way == "page" else answer.status_code for answer in answers]
        assert statuses == [422 if way == "page" else 401] * 20 + [429] * 10
        assert 200 < int(answers[-1].headers["Retry-After"]) <= 301
        limiter.reset()
        processes.append(another_process())
        assert Browser(processes[-1], "203.0.113.8").sign_in("somebody@example.com", "wrong").status == 429
        with at_moment(now() + timedelta(minutes=5, seconds=1)):
            assert Browser(processes[-1], "203.0.113.8").sign_in("somebody@example.com", "wrong").status == 422

    def test_a_whole_network_is_one_place(self, app: Flask) -> None:
        for number in range(20):
            Browser(app, f"2001:db8:1:2::{number}").sign_in(f"somebody{number}@example.com", "wrong")
        assert Browser(app, "2001:db8:1:2:ff::1").sign_in("somebody@example.com", "wrong").status == 429
        assert Browser(app, "2001:db8:1:3::1").sign_in("somebody@example.com", "wrong").status == 422

    def test_old_tries_are_forgotten(self, app: Flask, visitor: Browser) -> None:
        visitor.sign_in("somebody@example.com", "wrong")
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Attempt)) == 2
            with at_moment(now() + timedelta(days=2)):
                forget_old_sign_ins()
            assert db.session.scalar(select(func.count()).select_from(Attempt)) == 0


def test_disabled_in_the_very_moment_of_signing_in(cast: Cast, context: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between checking the password and starting the sign-in the owner disables the account."""
    for who in ("owner", "desk"):
        cast.account_id(who)
    boss, ana = cast.account("owner"), cast.account("desk")

    def slow_check(password: str, password_hash: str | None) -> bool:
        disable_account(ana, by=boss)
        return True

    monkeypatch.setattr(passwords, "is_right", slow_check)
    with pytest.raises(WrongPassword):
        guess("desk@example.com", PASSWORD)
    assert db.session.scalar(select(LoginSession).where(LoginSession.account_id == ana.id)) is None


def test_an_old_hash_is_renewed(cast: Cast, context: None, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = cast.account("desk")
    before = ana.password_hash
    monkeypatch.setattr(passwords, "needs_rehash", lambda password_hash: True)
    guess("desk@example.com", PASSWORD)
    assert ana.password_hash != before
    assert guess("desk@example.com", PASSWORD)
