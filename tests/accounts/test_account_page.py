"""One's own account: name, password, and where one is signed in."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts.models import LoginSession
from shop.audit.models import Event
from shop.extensions import db
from tests.browser import Browser
from tests.cast import PASSWORD, Cast
from tests.clients import Api

NEW = "quite another password"


def another(cast: Cast, who: str, address: str = "198.51.100.4") -> Browser:
    browser = Browser(cast.app, address)
    browser.sign_in(cast.email(who), PASSWORD)
    return browser


def events(cast: Cast) -> list[str]:
    with cast.app.app_context():
        return list(db.session.scalars(select(Event.action).order_by(Event.id)))


class TestPage:
    @pytest.mark.parametrize("who", ["owner", "desk", "mechanic", "customer"])
    def test_works_for_everybody_behind_their_own_door(self, cast: Cast, who: str) -> None:
        page = cast.browser(who).get("/account")
        assert page.status == 200
        assert cast.email(who) in page.text
        body = page.soup.body
        assert body is not None
        doors = {"owner": "desk", "desk": "desk", "mechanic": "floor", "customer": "customer"}
        assert doors[who] in body["class"]

    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.get("/account", follow=False).headers["Location"] == "/login?next=/account"
        for path in ("name", "password", "sign-ins/1/end", "sign-out-everywhere"):
            assert visitor.post(f"/account/{path}", follow=False).headers["Location"] == "/login"


class TestName:
    def test_works(self, cast: Cast, desk: Browser) -> None:
        page = desk.get("/account").form("Save the name").fill(name="Ana Maria Desk").submit()
        assert page.path == "/account"
        assert page.form("Save the name").values["name"] == "Ana Maria Desk"
        assert "account.changed" in events(cast)

    def test_works_with_htmx(self, desk: Browser) -> None:
        page = desk.get("/account").form("Save the name").fill(name="Ana Maria Desk").submit(htmx=True)
        assert page.status == 200
        assert page.fragment("account-name") is not None
        assert "Saved" in page.text

    def test_shows_what_was_wrong(self, desk: Browser) -> None:
        page = desk.get("/account").form("Save the name").fill(name=" ").submit()
        assert (page.status, page.errors) == (422, ["Enter a name."])


class TestPassword:
    def change(self, browser: Browser, *, htmx: bool = False, **values: str) -> object:
        form = browser.get("/account").form("Change the password")
        return form.fill(**{"present": PASSWORD, "new": NEW, "again": NEW, **values}).submit(htmx=htmx)

    def test_works_and_ends_all_other_sign_ins(self, cast: Cast, desk: Browser, api: Api) -> None:
        elsewhere, program = another(cast, "desk"), api.as_("desk")
        page = self.change(desk)
        assert page.path == "/account"  # type: ignore[attr-defined]
        assert "Your password is changed." in page.text  # type: ignore[attr-defined]
        assert elsewhere.get("/account", follow=False).status == 303
        assert program.get("/customers/my-tickets").status_code == 401
        assert "account.password_changed" in events(cast)
        desk.post("/logout")
        assert desk.sign_in("desk@example.com", PASSWORD).status == 422
        assert desk.sign_in("desk@example.com", NEW).path == "/desk/"

    def test_works_with_htmx(self, desk: Browser) -> None:
        page = self.change(desk, htmx=True)
        assert page.fragment("account-password") is not None  # type: ignore[attr-defined]
        assert page.fragment("account-sign-ins") is not None  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"present": "wrong"}, "This is not your present password."),
            ({"new": "short", "again": "short"}, "Use at least 15 characters; a sentence is easy to remember."),
            ({"again": "something else"}, "The two are not the same."),
            ({"present": ""}, "Enter a password."),
        ],
    )
    def test_shows_what_was_wrong(self, desk: Browser, values: dict[str, str], words: str) -> None:
        page = self.change(desk, **values)
        assert page.status == 422  # type: ignore[attr-defined]
        assert page.errors == [words]  # type: ignore[attr-defined]

    def test_can_not_be_guessed_at_an_unattended_desk(self, desk: Browser) -> None:
        for _ in range(10):
            self.change(desk, present="wrong")
        assert self.change(desk).status == 429  # type: ignore[attr-defined]


class TestSignIns:
    def test_are_listed_with_their_device(self, cast: Cast, app: Flask, api: Api) -> None:
        cast.account_id("desk")
        browser = Browser(app)
        agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
        browser.client.environ_base["HTTP_USER_AGENT"] = agent
        browser.sign_in("desk@example.com", PASSWORD)
        api.as_("desk")
        rows = {row[0] for row in browser.get("/account").rows()}
        assert "Firefox on Windows here" in rows
        assert any("program" in row for row in rows)

    def test_one_is_ended(self, cast: Cast, desk: Browser) -> None:
        elsewhere = another(cast, "desk")
        with cast.app.app_context():
            sign_in_id = db.session.scalar(select(LoginSession.id).where(LoginSession.address == "198.51.100.4"))
        page = desk.get("/account").form(f"/account/sign-ins/{sign_in_id}/end").submit(htmx=True)
        assert page.fragment("account-sign-ins") is not None
        assert len(page.rows()) == 1
        assert elsewhere.get("/account", follow=False).status == 303
        assert desk.get("/account").status == 200

    def test_ending_the_present_one_signs_out(self, desk: Browser) -> None:
        page = desk.get("/account").form("/end").submit()
        assert page.path == "/login"
        assert desk.get("/account", follow=False).status == 303

    def test_hides_those_of_others(self, cast: Cast, desk: Browser, customer: Browser) -> None:
        with cast.app.app_context():
            theirs = db.session.scalar(
                select(LoginSession.id).where(LoginSession.account_id == cast.account_id("customer"))
            )
        assert desk.post(f"/account/sign-ins/{theirs}/end").status == 404
        assert customer.get("/account", follow=False).status == 200

    def test_everywhere(self, cast: Cast, desk: Browser, api: Api) -> None:
        elsewhere, program = another(cast, "desk"), api.as_("desk")
        page = desk.get("/account").form("Sign out everywhere").submit()
        assert page.path == "/login"
        assert "You are signed out everywhere." in page.text
        assert elsewhere.get("/account", follow=False).status == 303
        assert program.get("/customers/my-tickets").status_code == 401
        assert "account.signed_out_everywhere" in events(cast)
