"""The second factor: setting it up, its codes, the half sign-in between password and code, and losing the phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from flask import Flask
from sqlalchemy import delete, select

from shop.accounts import codes, second_factor, tokens
from shop.accounts.commands import change_password, disable_account
from shop.accounts.models import Account, Letter, LoginSession, RecoveryCode
from shop.accounts.second_factor import WrongCode
from shop.accounts.sign_in import HalfSignIn, HalfSignInEnded, Whereabouts, complete, sign_in
from shop.accounts.tokens import Audience
from shop.audit.models import Event
from shop.common.clock import at_moment, now
from shop.common.errors import TooManyTries
from shop.common.roles import DESK, Role
from shop.common.transaction import transaction
from shop.extensions import db
from shop.ops.queries import is_demo
from shop.web.guards import Carrier
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.clients import Api

SEED = "a seed of the tests"
HERE = Whereabouts("203.0.113.9", "")
Look = Callable[[Any], list[Any]]
STEP = timedelta(seconds=30)
WRONG = "This code is wrong, or was used already. Take the newest one."


class Phone:
    """The authenticator app of an account, and the recovery codes that were kept."""

    def __init__(self, cast: Cast, who: str) -> None:
        self.email = cast.email(who)
        cast.account_id(who)
        with cast.app.app_context(), transaction():
            account = cast.account(who)
            account.factor_seed, account.factor_step = SEED, 0
            self.recovery_codes = second_factor._replace_recovery_codes(account)
            self.app = pyotp.TOTP(codes.secret_of(SEED))

    def code(self, *, steps: int = 0) -> str:
        return self.app.at(now(), counter_offset=steps)

    def wrong_code(self) -> str:
        near = {self.code(steps=steps) for steps in range(-3, 4)}
        return next(code for code in map("{:06}".format, range(10)) if code not in near)


@pytest.fixture
def phone(cast: Cast) -> Phone:
    return Phone(cast, "desk")


@contextmanager
def needed_for(app: Flask, roles: frozenset[Role] | None) -> Iterator[None]:
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(before, second_factor_for=roles)
    yield
    app.config["SETTINGS"] = before


@pytest.fixture
def strict(app: Flask) -> Iterator[None]:
    """As a shop outside the demo is that has set nothing."""
    with needed_for(app, None):
        yield


def half(email: str = "desk@example.com", here: Whereabouts = HERE) -> str:
    begun = sign_in(email, PASSWORD, carrier=Carrier.COOKIE, here=here)
    assert isinstance(begun, HalfSignIn)
    return begun.token


def finish(token: str, code: str, here: Whereabouts = HERE) -> LoginSession:
    return complete(token, code, carrier=Carrier.COOKIE, here=here)[0]


@pytest.fixture
def look(app: Flask) -> Look:
    """Ask the database, beside what the test does."""

    def ask(statement: Any) -> list[Any]:
        with app.app_context():
            return list(db.session.scalars(statement))

    return ask


ACTIONS = select(Event.action).order_by(Event.id)
LETTERS = select(Letter.body).order_by(Letter.id)
SIGN_INS = select(LoginSession.id)
UNUSED_CODES = select(RecoveryCode.code_hash).where(RecoveryCode.used_at.is_(None))
WITH_ONE = select(Account.email).where(Account.factor_seed.is_not(None))


class TestSigningIn:
    def code_page(self, phone: Phone, browser: Browser, next_page: str = "") -> Page:
        page = browser.get(f"/login{next_page}").form("/login").fill(email=phone.email, password=PASSWORD).submit()
        assert page.heading == "Enter the code"
        return page

    def test_password_then_code(self, phone: Phone, visitor: Browser) -> None:
        page = self.code_page(phone, visitor)
        assert page.form("Sign in").fill(code=phone.code()).submit().path == "/desk/"

    def test_half_a_sign_in_is_none(self, phone: Phone, visitor: Browser, look: Look) -> None:
        before = look(ACTIONS)
        self.code_page(phone, visitor)
        assert visitor.get("/desk/", follow=False).headers["Location"].startswith("/login")
        assert visitor.get("/account", follow=False).status == 303
        assert look(SIGN_INS) == []
        assert look(ACTIONS) == before

    def test_leads_on_to_where_one_wanted_to_go(self, phone: Phone, visitor: Browser) -> None:
        page = self.code_page(phone, visitor, "?next=/desk/customers%3Fq%3Djoy")
        page = page.form("Sign in").fill(code=phone.wrong_code()).submit()
        answer = page.form("Sign in").fill(code=phone.code()).submit(follow=False)
        assert answer.headers["Location"] == "/desk/customers?q=joy"

    def test_keeps_what_was_typed_before_the_sign_in_ended(self, cast: Cast, look: Look) -> None:
        form = cast.browser("desk").get("/account").form("/account/name").fill(name="Ana Kept")
        phone = Phone(cast, "desk")
        with cast.app.app_context(), transaction():
            db.session.execute(delete(LoginSession))
        page = form.submit().form("/login").fill(email=phone.email, password=PASSWORD).submit()
        page = page.form("Sign in").fill(code=phone.wrong_code()).submit()
        page = page.form("Sign in").fill(code=phone.code()).submit()
        assert "Ana Kept" in page.text
        page.form("Send it again").submit()
        assert look(select(Account.name)) == ["Ana Kept"]

    def test_says_at_the_field_what_was_wrong(self, phone: Phone, visitor: Browser) -> None:
        page = self.code_page(phone, visitor).form("Sign in").fill(code=phone.wrong_code()).submit()
        assert (page.status, page.errors) == (422, [WRONG])
        page = page.form("Sign in").fill(code="").submit()
        assert page.errors == ["Enter the code."]
        assert page.form("Sign in").fill(code=phone.code()).submit().path == "/desk/"

    def test_a_recovery_code_that_was_wrong_is_still_there(self, phone: Phone, visitor: Browser) -> None:
        page = self.code_page(phone, visitor).form("Sign in with it").fill(code="abcde-fghjk-mnpqr").submit()
        assert page.errors == [WRONG]
        assert page.form("Sign in").values["code"] == "abcde-fghjk-mnpqr"
        page = page.form("Sign in").fill(code=phone.recovery_codes[3].upper().replace("-", " ")).submit()
        assert page.path == "/desk/"

    def test_a_blank_between_the_digits_is_no_matter(self, phone: Phone, visitor: Browser) -> None:
        code = phone.code()
        page = self.code_page(phone, visitor).form("Sign in").fill(code=f" {code[:3]} {code[3:]} ").submit()
        assert page.path == "/desk/"

    def test_asks_for_the_password_anew_after_five_minutes(self, phone: Phone, visitor: Browser) -> None:
        form = self.code_page(phone, visitor).form("Sign in")
        with at_moment(now() + timedelta(minutes=5, seconds=1)):
            page = form.fill(code=phone.code()).submit()
        assert (page.status, page.heading) == (422, "Sign in")
        assert "That took too long" in page.text

    def test_the_page_of_the_code_comes_after_the_password_alone(self, visitor: Browser) -> None:
        assert visitor.get("/login/code?next=/desk/", follow=False).headers["Location"] == "/login?next=/desk/"

    def test_counts_wrong_codes(self, phone: Phone, visitor: Browser) -> None:
        page = self.code_page(phone, visitor)
        for _ in range(5):
            page = page.form("Sign in").fill(code=phone.wrong_code()).submit()
        page = page.form("Sign in").fill(code=phone.code()).submit()
        assert page.status == 429
        assert 0 < int(page.headers["Retry-After"]) <= 301
        assert page.errors == ["Too many tries. Wait 5 minutes, then try again."]

    def test_a_link_for_a_new_password_does_not_do_without(self, phone: Phone, visitor: Browser, look: Look) -> None:
        visitor.get("/forgot-password").form("/forgot-password").fill(email=phone.email).submit()
        (body,) = look(LETTERS)
        link = next(word for word in body.split() if "/set-password/" in word)
        new = "seven green umbrellas"
        page = visitor.get(link[link.index("/set-password/") :]).form("Keep it and sign in")
        page = page.fill(password=new, again=new).submit()
        assert page.heading == "Enter the code"
        assert visitor.get("/desk/", follow=False).status == 303
        assert page.form("Sign in").fill(code=phone.code()).submit().path == "/desk/"


@pytest.mark.usefixtures("context")
class TestHalf:
    def test_works_once(self, phone: Phone) -> None:
        token = half()
        finish(token, phone.code())
        with pytest.raises(HalfSignInEnded):
            finish(token, phone.code(steps=1))

    def test_works_once_by_recovery_codes_as_well(self, phone: Phone) -> None:
        token = half()
        finish(token, phone.recovery_codes[0])
        with pytest.raises(HalfSignInEnded):
            finish(token, phone.recovery_codes[1])

    def test_belongs_to_its_password(self, phone: Phone, cast: Cast) -> None:
        token = half()
        account = cast.account("desk")
        change_password(account, present=PASSWORD, new="seven green umbrellas", keep=None, by=account)
        with pytest.raises(HalfSignInEnded):
            finish(token, phone.code())

    def test_belongs_to_its_account(self, phone: Phone, cast: Cast) -> None:
        other = Phone(cast, "owner")
        claims = tokens.read(Audience.HALF_SIGN_IN, half())
        assert claims
        forged = tokens.issue(
            Audience.HALF_SIGN_IN,
            subject=cast.account_id("owner"),
            lifetime=timedelta(minutes=5),
            jti=claims["jti"],
            mark=claims["mark"],
        )
        with pytest.raises(HalfSignInEnded):
            finish(forged, other.code())

    def test_is_no_other_token_and_no_other_token_is_one(self, phone: Phone, api: Api, cast: Cast) -> None:
        token = half()
        headers = {"Authorization": f"Bearer {token}"}
        assert api.nobody.get("/customers/my-tickets", **headers).status_code == 401
        account_id = cast.account_id("desk")
        for audience in set(Audience) - {Audience.HALF_SIGN_IN}:
            other = tokens.issue(audience, subject=account_id, lifetime=timedelta(minutes=5), jti="x")
            with pytest.raises(HalfSignInEnded):
                finish(other, phone.code())

    def test_ends_with_a_disabled_account(self, phone: Phone, cast: Cast) -> None:
        token = half()
        disable_account(cast.account("desk"), by=cast.account("owner"))
        with pytest.raises(HalfSignInEnded):
            finish(token, phone.code())

    def test_ends_with_the_second_factor(self, phone: Phone, cast: Cast) -> None:
        token = half()
        second_factor.remove(cast.account("desk"), by=cast.account("owner"))
        with pytest.raises(HalfSignInEnded):
            finish(token, phone.code())


@pytest.mark.usefixtures("context")
class TestCodes:
    @pytest.mark.parametrize("steps", [-1, 0, 1])
    def test_a_clock_may_be_off_by_half_a_minute(self, phone: Phone, steps: int) -> None:
        with at_moment(now()):
            assert finish(half(), phone.code(steps=steps))

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_but_no_more(self, phone: Phone, steps: int) -> None:
        with at_moment(now()), pytest.raises(WrongCode):
            finish(half(), phone.code(steps=steps))

    def test_each_is_accepted_once(self, phone: Phone) -> None:
        moment = now() - timedelta(days=2)
        with at_moment(moment):
            code = phone.code()
            finish(half(), code)
            with pytest.raises(WrongCode):
                finish(half(), code)
        with at_moment(moment + STEP), pytest.raises(WrongCode):
            finish(half(), code)

    def test_none_is_accepted_after_a_newer_one(self, phone: Phone) -> None:
        with at_moment(now()):
            finish(half(), phone.code(steps=1))
            for steps in (-1, 0, 1):
                with pytest.raises(WrongCode):
                    finish(half(), phone.code(steps=steps))

    def test_two_at_once_with_one_code_are_one_sign_in(self, app: Flask, phone: Phone, look: Look) -> None:
        halves, code = [half(), half()], phone.code()
        db.session.rollback()

        def enter(token: str) -> bool:
            with app.app_context():
                try:
                    finish(token, code)
                except (WrongCode, HalfSignInEnded):
                    return False
                return True

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(enter, halves)) == [False, True]
        assert len(look(SIGN_INS)) == 1

    def test_a_recovery_code_works_once_and_leaves_an_event(self, phone: Phone, look: Look) -> None:
        finish(half(), phone.recovery_codes[0])
        with pytest.raises(WrongCode):
            finish(half(), phone.recovery_codes[0])
        assert look(ACTIONS).count("account.recovery_code_used") == 1
        assert len(look(UNUSED_CODES)) == 9

    def test_recovery_codes_of_somebody_else_do_not_help(self, phone: Phone, cast: Cast) -> None:
        other = Phone(cast, "owner")
        with pytest.raises(WrongCode):
            finish(half(), other.recovery_codes[0])

    @pytest.mark.parametrize("code", ["", "0", "000000000", "\0", "\ud800", "abc", "１２３４５６", "²²²²²²", "-" * 40])
    def test_anything_else_is_wrong(self, phone: Phone, code: str) -> None:
        with pytest.raises(WrongCode):
            finish(half(), code)

    def test_nothing_in_the_database_makes_a_code(self, phone: Phone) -> None:
        """The secret is made of the seed and the shop's key; of recovery codes there are hashes."""
        account = db.session.scalars(select(Account).where(Account.email_key == phone.email)).one()
        assert codes.secret_of(SEED) not in str(vars(account))
        kept = set(db.session.scalars(select(RecoveryCode.code_hash)))
        assert all(len(text) == 64 for text in kept)
        assert kept.isdisjoint(phone.recovery_codes)

    def test_a_seed_makes_another_secret_in_another_shop(self, app: Flask) -> None:
        before = codes.secret_of(SEED)
        key = app.config["FACTOR_KEY"]
        app.config["FACTOR_KEY"] = b"another"
        try:
            assert codes.secret_of(SEED) != before
        finally:
            app.config["FACTOR_KEY"] = key


@pytest.mark.usefixtures("context")
class TestGuesses:
    """Wrong codes are counted in the database, for the account, and apart for where it is known."""

    def guess_wrong(self, phone: Phone, times: int, here: Whereabouts = HERE) -> None:
        token = half(here=here)
        for _ in range(times):
            with pytest.raises(WrongCode):
                finish(token, phone.wrong_code(), here)

    def test_end_after_five(self, phone: Phone) -> None:
        self.guess_wrong(phone, 5)
        with pytest.raises(TooManyTries):
            finish(half(), phone.code())
        with pytest.raises(TooManyTries):
            finish(half(), phone.recovery_codes[0])

    def test_are_thirty_a_day_however_patient(self, phone: Phone) -> None:
        moment = now() - timedelta(days=2)
        for round_ in range(6):
            with at_moment(moment + round_ * timedelta(minutes=6)):
                self.guess_wrong(phone, 5)
        with at_moment(moment + timedelta(hours=12, minutes=1)):
            token = half()
            with pytest.raises(TooManyTries) as refused:
                finish(token, phone.code())
        assert refused.value.message == "Too many tries. Wait 12 hours, then try again."
        with at_moment(moment + timedelta(hours=24, minutes=31)):
            assert finish(half(), phone.code())

    def test_from_elsewhere_do_not_keep_the_real_person_out(self, phone: Phone) -> None:
        home = Whereabouts("198.51.100.7", "")
        finish(half(here=home), phone.recovery_codes[0], home)
        self.guess_wrong(phone, 5)
        with pytest.raises(TooManyTries):
            finish(half(), phone.code())
        assert finish(half(here=home), phone.code(), home)

    def test_a_right_code_does_not_count(self, phone: Phone) -> None:
        for code in phone.recovery_codes[:7]:
            finish(half(), code)

    def test_add_up_over_processes(self, phone: Phone, another_process: Any) -> None:
        self.guess_wrong(phone, 3)
        token = half()
        db.session.rollback()
        with another_process().app_context():
            for _ in range(2):
                with pytest.raises(WrongCode):
                    finish(token, phone.wrong_code())
            with pytest.raises(TooManyTries):
                finish(token, phone.code())


class TestSettingUp:
    def set_up(self, page: Page) -> Page:
        secret = "".join(span.get_text() for span in page.soup.select(".secret span"))
        return page.form("Go on").fill(code=pyotp.TOTP(secret).now()).submit()

    def test_by_choice(self, mechanic: Browser, cast: Cast, look: Look) -> None:
        page = self.set_up(mechanic.get("/account").follow("Set it up"))
        assert page.heading == "Recovery codes"
        shown = [code.get_text() for code in page.soup.select(".recovery-codes code")]
        assert len(set(shown)) == 10
        assert look(WITH_ONE) == ["mechanic@example.com"]
        assert codes.hash_of(shown[0]) in look(UNUSED_CODES)
        assert "account.second_factor_set_up" in look(ACTIONS)
        assert "asks for a code of an authenticator app" in look(LETTERS)[-1]
        assert "10 recovery codes left" in mechanic.get("/account").text

    def test_the_code_of_the_set_up_opens_nothing_more(self, mechanic: Browser, visitor: Browser) -> None:
        page = mechanic.get("/account/second-factor")
        secret = "".join(span.get_text() for span in page.soup.select(".secret span"))
        code = pyotp.TOTP(secret).now()
        page.form("Go on").fill(code=code).submit()
        page = visitor.sign_in("mechanic@example.com", PASSWORD).form("Sign in").fill(code=code).submit()
        assert page.errors == [WRONG]

    def test_keeps_the_same_key_until_it_is_done(self, mechanic: Browser) -> None:
        pages = [mechanic.get("/account/second-factor")]
        pages.append(mechanic.get("/account/second-factor"))
        pages.append(pages[0].form("Go on").fill(code="000000").submit())
        assert pages[-1].errors == [WRONG]
        assert len({page.soup.select_one(".secret").get_text() for page in pages}) == 1  # type: ignore[union-attr]

    def test_the_picture_says_what_the_text_says(self, mechanic: Browser, cast: Cast) -> None:
        page = mechanic.get("/account/second-factor")
        secret = "".join(span.get_text() for span in page.soup.select(".secret span"))
        address = pyotp.TOTP(secret).provisioning_uri(name="mechanic@example.com", issuer_name="Test Garage")
        path, sides = codes.qr_code(address)
        picture = page.soup.select_one(".qr-code")
        assert picture is not None
        assert picture["viewbox"] == f"0 0 {sides} {sides}"
        assert picture.path["d"] == path  # type: ignore[union-attr,index]

    def test_ends_all_other_sign_ins(self, cast: Cast, app: Flask) -> None:
        first, second = cast.browser("mechanic"), Browser(app)
        second.sign_in("mechanic@example.com", PASSWORD)
        self.set_up(first.get("/account/second-factor"))
        assert second.get("/account", follow=False).status == 303
        assert first.get("/account").status == 200

    def test_another_phone_takes_the_place_of_the_first(self, mechanic: Browser, cast: Cast, look: Look) -> None:
        self.set_up(mechanic.get("/account/second-factor"))
        (before,) = look(select(Account.factor_seed))
        self.set_up(mechanic.get("/account").follow("Use another phone"))
        assert look(select(Account.factor_seed)) not in ([None], [before])
        assert len(look(UNUSED_CODES)) == 10

    def test_new_recovery_codes_end_the_old_ones(self, phone: Phone, visitor: Browser, look: Look) -> None:
        visitor.sign_in(phone.email, PASSWORD).form("Sign in").fill(code=phone.code()).submit()
        page = visitor.get("/account").form("Make new recovery codes").submit()
        assert page.heading == "Recovery codes"
        assert "account.recovery_codes_made" in look(ACTIONS)
        assert {codes.hash_of(code) for code in phone.recovery_codes}.isdisjoint(look(UNUSED_CODES))

    def test_can_be_switched_off_where_it_is_not_needed(
        self, phone: Phone, visitor: Browser, cast: Cast, look: Look
    ) -> None:
        visitor.sign_in(phone.email, PASSWORD).form("Sign in").fill(code=phone.code()).submit()
        visitor.get("/account").form("Switch it off").submit()
        assert look(WITH_ONE) == []
        assert look(UNUSED_CODES) == []
        assert visitor.get("/desk/").status == 200

    def test_no_codes_without_a_second_factor(self, mechanic: Browser) -> None:
        assert mechanic.post("/account/second-factor/recovery-codes").status == 409

    def test_a_post_without_the_page_leads_to_the_page(self, mechanic: Browser) -> None:
        assert mechanic.post("/account/second-factor", {"code": "123456"}).heading == "A code besides the password"


@pytest.mark.usefixtures("strict")
class TestNeeded:
    @pytest.mark.parametrize("who", ["owner", "desk"])
    def test_before_anything_else(self, cast: Cast, visitor: Browser, who: str) -> None:
        cast.account_id(who)
        page = visitor.sign_in(cast.email(who), PASSWORD)
        assert page.heading == "A code besides the password"
        for path in ("/desk/", "/account", "/floor/", "/desk/customers", "/"):
            assert visitor.get(path).heading == "A code besides the password"
        assert visitor.post("/account/name", {"name": "New"}).heading == "A code besides the password"
        assert visitor.get("/desk/search?q=a", htmx=True, follow=False).headers["HX-Redirect"].startswith("/account/")

    def test_then_leads_on_to_where_one_wanted_to_go(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        page = visitor.get("/desk/outbox").form("/login").fill(email="desk@example.com", password=PASSWORD).submit()
        page = TestSettingUp().set_up(page)
        assert page.follow("I have kept them").path == "/desk/outbox"

    def test_one_may_sign_out(self, cast: Cast, visitor: Browser) -> None:
        cast.account_id("desk")
        assert visitor.sign_in("desk@example.com", PASSWORD).form("Sign out").submit().path == "/login"

    @pytest.mark.parametrize(("who", "home"), [("mechanic", "/floor/"), ("customer", "/my/")])
    def test_not_of_others(self, cast: Cast, visitor: Browser, who: str, home: str) -> None:
        cast.account_id(who)
        assert visitor.sign_in(cast.email(who), PASSWORD).path == home

    def test_can_not_be_switched_off(self, phone: Phone, visitor: Browser, cast: Cast, look: Look) -> None:
        visitor.sign_in(phone.email, PASSWORD).form("Sign in").fill(code=phone.code()).submit()
        assert "Switch it off" not in visitor.get("/account").text
        assert "Your work here needs it." in visitor.post("/account/second-factor/off").text
        assert look(WITH_ONE) == ["desk@example.com"]

    def test_nobody_in_the_demo(self, app: Flask, monkeypatch: pytest.MonkeyPatch, context: None) -> None:
        assert second_factor.roles_that_need_one() == DESK
        assert not is_demo()
        monkeypatch.setitem(app.extensions, "shop_is_demo", True)
        assert second_factor.roles_that_need_one() == frozenset()
        with needed_for(app, frozenset({Role.MECHANIC})):
            assert second_factor.roles_that_need_one() == {Role.MECHANIC}


class TestLostPhone:
    def test_the_owner_takes_it_off(self, phone: Phone, owner: Browser, cast: Cast, look: Look) -> None:
        with cast.app.app_context():
            finish(half(), phone.code())
        url = f"/desk/staff/{cast.account_id('desk')}"
        page = owner.get(url)
        assert "On, 10 recovery codes left" in page.text
        page = page.form("Take off the second factor").submit()
        assert "Ana Desk signs in with the password alone now." in page.text
        assert look(WITH_ONE) == []
        theirs = LoginSession.account_id == cast.account_id("desk")
        assert look(SIGN_INS.where(theirs, LoginSession.revoked_at.is_(None))) == []
        assert look(ACTIONS)[-1] == "account.second_factor_removed"
        assert look(select(Letter.to)) == ["desk@example.com"]
        assert "no longer asks for a code" in look(LETTERS)[-1]
        assert "Take off the second factor" not in owner.get(url).text

    @pytest.mark.parametrize("who", ["desk", "mechanic", "customer"])
    def test_nobody_else_does(self, cast: Cast, who: str, look: Look) -> None:
        Phone(cast, "owner")
        assert cast.browser(who).post(f"/desk/staff/{cast.account_id('owner')}/second-factor-off").status == 403
        assert look(WITH_ONE) == ["owner@example.com"]

    def test_of_an_owner_the_command_does(self, app: Flask, cast: Cast, look: Look) -> None:
        Phone(cast, "owner")
        result = app.test_cli_runner().invoke(args=["reset-second-factor", "OWNER@example.com"])
        assert result.exit_code == 0, result.output
        assert "Olga Owner signs in with the password alone now" in result.output
        assert look(WITH_ONE) == []
        assert look(ACTIONS)[-1] == "account.second_factor_removed"

    @pytest.mark.parametrize(
        ("email", "words"), [("nobody@example.com", "Nobody signs in as"), ("desk@example.com", "has no second factor")]
    )
    def test_the_command_says_why_not(self, app: Flask, cast: Cast, email: str, words: str) -> None:
        cast.account_id("desk")
        result = app.test_cli_runner().invoke(args=["reset-second-factor", email])
        assert result.exit_code == 1
        assert words in result.output


class TestPrograms:
    def ask(self, api: Api, **more: Any) -> Any:
        return api.nobody.post("/customers/login", {"email": "desk@example.com", "password": PASSWORD, **more})

    def test_are_told_that_a_code_is_missing(self, api: Api, phone: Phone, look: Look) -> None:
        for more in ({}, {"code": None}, {"code": ""}):
            answer = self.ask(api, **more)
            assert answer.status_code == 422, more
            assert list(answer.get_json()["errors"]) == ["code"]
        assert look(SIGN_INS) == []

    def test_get_a_token_for_a_right_one(self, api: Api, phone: Phone) -> None:
        answer = self.ask(api, code=phone.code())
        assert answer.status_code == 200
        assert list(answer.get_json()) == ["token"]
        assert self.ask(api, code=phone.recovery_codes[0]).status_code == 200

    def test_are_refused_for_a_wrong_one(self, api: Api, phone: Phone) -> None:
        code = phone.code()
        assert self.ask(api, code=phone.wrong_code()).status_code == 401
        assert self.ask(api, code=code).status_code == 200
        answer = self.ask(api, code=code)
        assert (answer.status_code, answer.get_json()["detail"]) == (401, WRONG)

    def test_learn_nothing_without_the_password(self, api: Api, phone: Phone) -> None:
        told = []
        for email in ("desk@example.com", "nobody@example.com"):
            for more in ({}, {"code": phone.code()}):
                answer = api.nobody.post("/customers/login", {"email": email, "password": "wrong", **more})
                told.append((answer.status_code, answer.get_json()["detail"]))
        assert set(told) == {(401, "The e-mail address or the password is wrong.")}

    def test_are_held_up_after_five_wrong_ones(self, api: Api, phone: Phone) -> None:
        for _ in range(5):
            assert self.ask(api, code=phone.wrong_code()).status_code == 401
        answer = self.ask(api, code=phone.code())
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0

    def test_need_none_where_there_is_none(self, api: Api, cast: Cast) -> None:
        cast.account_id("desk")
        assert self.ask(api).status_code == 200
        assert self.ask(api, code="123456").status_code == 200

    def test_get_nowhere_before_one_is_set_up_that_has_to_be(self, strict: None, api: Api) -> None:
        for who, path in (("desk", "/customers/"), ("owner", "/customers/my-tickets")):
            answer = api.as_(who).get(path)
            assert answer.status_code == 403
            assert answer.get_json()["detail"].startswith("Set up a second factor first: sign in at http://")
        assert api.as_("mechanic").get("/mechanics/").status_code == 200
        assert api.as_("customer").get("/customers/my-tickets").status_code == 200

    def test_go_on_once_it_is_set_up(self, strict: None, api: Api, phone: Phone) -> None:
        assert api.as_("desk").get("/customers/").status_code == 200

    def test_a_right_password_without_its_code_is_no_wrong_guess(self, api: Api, phone: Phone) -> None:
        for _ in range(12):
            assert self.ask(api).status_code == 422
