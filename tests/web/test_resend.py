"""A form that is sent when its sign-in has ended or changed: nothing typed is lost, and nothing is done by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from shop.accounts import identity
from shop.accounts.models import Account
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.extensions import db
from shop.web import resend
from tests.browser import Browser, Form, Page
from tests.cast import PASSWORD, Cast

NEW = "/desk/customers/new"
NOTES = 'Calls back.\r\nAlways "after" six.'
with_and_without_script = pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])


@pytest.fixture
def typed(desk: Browser) -> Form:
    """A form that was filled in before anything happened to the sign-in."""
    return desk.get(NEW).form("/desk/customers").fill(name="Joy Blank", notes=NOTES)


def saved(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Customer)) or 0


def end_from_elsewhere(cast: Cast, who: str = "desk") -> None:
    """As the owner does it, or another device."""
    with cast.app.app_context(), transaction():
        identity.revoke_all(db.session.get_one(Account, cast.account_id(who)))


def sign_in(page: Page, email: str, password: str = PASSWORD) -> Page:
    return page.form("/login").fill(email=email, password=password).submit()


def comes_back(form: Form, *, htmx: bool) -> Page:
    """Send it and, with htmx, press the button that stands in the answer."""
    page = form.submit(htmx=htmx)
    assert page.status == 401
    assert page.headers["Cache-Control"] == "no-store"
    if htmx:
        assert (page.headers["HX-Retarget"], page.headers["HX-Reswap"]) == ("#flash", "innerHTML")
        assert "<html" not in page.html
        assert "Your sign-in has ended. Sign in, and send it once more." in page.text
        page = page.form("Sign in and send it").submit()
    assert (page.status, page.heading) == (401, "Sign in")
    return page


@with_and_without_script
@pytest.mark.parametrize("how", ["signed out in another tab", "ended from elsewhere"])
def test_after_signing_in_it_is_sent_again(
    app: Flask, cast: Cast, desk: Browser, typed: Form, how: str, htmx: bool
) -> None:
    if how == "ended from elsewhere":
        end_from_elsewhere(cast)
    else:
        desk.get("/account").form("/logout").submit()
    page = comes_back(typed, htmx=htmx)
    assert "Your sign-in has ended. Sign in, and send it once more" in page.text
    page = sign_in(page, "desk@example.com", "a wrong one")
    assert page.status == 422
    page = sign_in(page, "desk@example.com")
    assert (page.status, page.heading) == (200, "Here is what you typed")
    assert page.headers["Cache-Control"] == "no-store"
    assert "Joy Blank" in page.text
    assert saved(app) == 0  # before anybody pressed the button
    again = page.form("Send it again")
    page = again.submit()
    assert page.heading == "Joy Blank"
    assert 'Always "after" six.' in page.text
    again.submit()
    assert saved(app) == 1


@with_and_without_script
def test_signed_in_anew_it_is_sent_again_at_once(app: Flask, desk: Browser, typed: Form, htmx: bool) -> None:
    desk.get("/account").form("/logout").submit()
    desk.sign_in("desk@example.com", PASSWORD)
    page = typed.submit(htmx=htmx)
    assert page.status == 400
    assert "Your sign-in changed in another window." in page.text
    assert saved(app) == 0
    assert page.form("Send it again").submit().heading == "Joy Blank"


def test_what_is_wrong_in_it_is_told_at_its_field(desk: Browser) -> None:
    form = desk.get(NEW).form("/desk/customers").fill(name="Joy Blank", email="nonsense")
    desk.get("/account").form("/logout").submit()
    page = sign_in(form.submit(), "desk@example.com").form("Send it again").submit()
    assert page.status == 422
    assert page.form("/desk/customers").values["email"] == "nonsense"


class TestSomebodyElse:
    @with_and_without_script
    def test_who_is_signed_in_now_sees_nothing_of_it(self, cast: Cast, desk: Browser, typed: Form, htmx: bool) -> None:
        cast.account_id("owner")
        desk.get("/account").form("/logout").submit()
        desk.sign_in("owner@example.com", PASSWORD)
        page = typed.submit(htmx=htmx)
        assert page.status == 400
        assert "Your sign-in changed in another window" in page.text
        assert "Joy Blank" not in page.html

    def test_who_signs_in_instead_sees_nothing_of_it(self, app: Flask, cast: Cast, desk: Browser, typed: Form) -> None:
        cast.account_id("owner")
        desk.get("/account").form("/logout").submit()
        page = sign_in(typed.submit(), "owner@example.com")
        assert page.status == 200
        assert page.path != "/login"
        assert "belongs to another account, and was not sent" in page.text
        assert "Joy Blank" not in page.html
        assert saved(app) == 0


class TestNotKept:
    def test_a_form_that_was_nobodys(self, cast: Cast, desk: Browser, visitor: Browser) -> None:
        """Whoever is not signed in can have a token too, and hand it to others."""
        page = desk.send("POST", "/desk/customers", data={"name": "Mallory", "csrf_token": visitor.token()})
        assert page.status == 400
        assert "Mallory" not in page.html
        page = visitor.post("/desk/customers", {"name": "Mallory"})
        assert page.path == "/login"
        assert "kept" not in page.form("/login").names

    @pytest.mark.parametrize("token", ["", "nonsense", "IjEuYWJjIg.aaaa.bbbb"])
    def test_a_form_that_is_not_ours(self, cast: Cast, desk: Browser, token: str) -> None:
        page = desk.send("POST", "/desk/customers", data={"name": "Mallory", "csrf_token": token})
        assert page.status == 400
        assert "Mallory" not in page.html

    def test_a_password(self, cast: Cast, desk: Browser) -> None:
        secret = "my very own secret"
        form = desk.get("/account").form("/account/password").fill(present=PASSWORD, new=secret, again=secret)
        end_from_elsewhere(cast)
        page = form.submit()
        assert page.path == "/login"
        assert "kept" not in page.form("/login").names
        assert secret not in page.html

    def test_more_than_fits(self, desk: Browser, typed: Form) -> None:
        desk.get("/account").form("/logout").submit()
        page = typed.fill(notes="x" * (resend.MAX_CHARACTERS + 1)).submit()
        assert page.status == 400
        assert "load the page again and send it once more." in page.text

    def test_what_is_older_than_a_day_or_tampered_with(
        self, cast: Cast, desk: Browser, typed: Form, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk.get("/account").form("/logout").submit()
        page = typed.submit()
        form = page.form("/login").fill(email="desk@example.com", password=PASSWORD)
        assert form.fill(kept=form.values["kept"] + "x").submit().path == "/desk/"
        desk.get("/account").form("/logout").submit()
        page = typed.submit()
        monkeypatch.setattr(resend, "KEPT_SECONDS", timedelta(seconds=-1).total_seconds())
        assert sign_in(page, "desk@example.com").path != "/login"


def test_signing_out_twice_is_signing_out(desk: Browser) -> None:
    page = desk.get("/account")
    page.form("/logout").submit()
    page = page.form("/logout").submit()
    assert (page.status, page.path) == (200, "/login")


class TestReadingOn:
    """What a page asks for by itself, or while somebody types, never takes the page away."""

    @pytest.mark.parametrize("path", ["/desk/", "/desk/search?q=joy", "/desk/customers?q=joy", "/desk/inventory"])
    def test_stays_where_it_is(self, cast: Cast, desk: Browser, path: str) -> None:
        assert desk.get(path, htmx=True).status == 200
        end_from_elsewhere(cast)
        page = desk.get(path, htmx=True)
        assert (page.status, page.html) == (401, "")
        assert "HX-Redirect" not in page.headers

    def test_a_button_whose_form_can_not_be_kept_leads_to_the_sign_in(self, cast: Cast, desk: Browser) -> None:
        form = desk.get("/account").form("/account/password")
        form.fill(present=PASSWORD, new="a wholly new password", again="a wholly new password")
        end_from_elsewhere(cast)
        page = form.submit(htmx=True)
        assert (page.status, page.headers["HX-Redirect"]) == (401, "/login")
