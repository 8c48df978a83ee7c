"""Before what matters most, the password is asked for again; what was being sent is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from shop.accounts.models import Account, LoginSession
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.common.transaction import transaction
from shop.extensions import db
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast

ASKED = "Is it still you?"
WRONG = "This is not your present password."


def grow_stale(cast: Cast, minutes: int = 16) -> None:
    """Let everybody's password have been typed some time ago."""
    with cast.app.app_context(), transaction():
        db.session.execute(update(LoginSession).values(proved_at=now() - timedelta(minutes=minutes)))


def role_of(cast: Cast, who: str) -> Role:
    with cast.app.app_context():
        return db.session.scalars(select(Account.role).where(Account.id == cast.account_id(who))).one()


def edited(owner: Browser, cast: Cast) -> Page:
    """The desk's account, made an owner's."""
    url = f"/desk/staff/{cast.account_id('desk')}"
    return owner.get(url).form(url).fill(role="owner", name="Ana Ñandú").submit()


def test_the_first_quarter_of_an_hour_asks_nothing(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast, minutes=14)
    assert edited(owner, cast).heading == "Ana Ñandú"


def test_asks_and_then_does_what_was_sent(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast)
    page = edited(owner, cast)
    assert (page.status, page.heading) == (403, ASKED)
    assert role_of(cast, "desk") is Role.DESK
    page = page.form("Go on").fill(own_password=PASSWORD).submit()
    assert (page.status, page.heading) == (200, "Ana Ñandú")
    assert role_of(cast, "desk") is Role.OWNER


def test_a_wrong_password_does_nothing_and_keeps_all(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast)
    for password, words in (("", "Enter a password."), ("wrong", WRONG)):
        page = edited(owner, cast).form("Go on").fill(own_password=password).submit()
        assert (page.status, page.errors) == (422, [words])
        assert role_of(cast, "desk") is Role.DESK
    assert PASSWORD not in page.html
    assert page.form("Go on").fill(own_password=PASSWORD).submit().heading == "Ana Ñandú"


def test_what_is_wrong_with_the_form_is_said_after_it(owner: Browser, cast: Cast) -> None:
    url = f"/desk/staff/{cast.account_id('desk')}"
    grow_stale(cast)
    page = owner.get(url).form(url).fill(email="nonsense").submit().form("Go on").fill(own_password=PASSWORD).submit()
    assert page.errors == ["Enter an e-mail address such as name@example.com."]
    assert page.form(url).values["email"] == "nonsense"


def test_it_is_good_for_a_quarter_of_an_hour_more(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast)
    edited(owner, cast).form("Go on").fill(own_password=PASSWORD).submit()
    assert edited(owner, cast).heading == "Ana Ñandú"


def test_of_this_sign_in_alone(owner: Browser, cast: Cast, app: Flask) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in("owner@example.com", PASSWORD)
    cast.account_id("desk")
    grow_stale(cast)
    edited(owner, cast).form("Go on").fill(own_password=PASSWORD).submit()
    assert edited(elsewhere, cast).heading == ASKED


def test_the_former_key_proves_nothing_and_ends(owner: Browser, cast: Cast, app: Flask) -> None:
    """Whoever copied the cookie before does not come along."""
    cast.account_id("desk")
    stolen = owner.client.get_cookie("session")
    assert stolen is not None
    grow_stale(cast)
    edited(owner, cast).form("Go on").fill(own_password=PASSWORD).submit()
    thief = Browser(app)
    thief.client.set_cookie("session", stolen.value)
    assert edited(thief, cast).heading == ASKED  # what a browser has sent already still arrives
    with at_moment(now() + timedelta(seconds=11)):
        assert thief.get("/account", follow=False).status == 303
        assert owner.get("/account").status == 200


def test_sent_twice_by_one_key_it_stays_signed_in(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast)
    form = edited(owner, cast).form("Go on").fill(own_password=PASSWORD)
    before = owner.client.get_cookie("session")
    assert before is not None
    form.submit(follow=False)
    owner.client.set_cookie("session", before.value)
    assert form.submit(follow=False).status == 303
    with at_moment(now() + timedelta(minutes=5)):
        assert owner.get("/account", follow=False).status == 200


def test_htmx_is_asked_beside_the_form(owner: Browser, cast: Cast) -> None:
    url = f"/desk/staff/{cast.account_id('desk')}"
    grow_stale(cast)
    page = owner.get(url).form(url).fill(role="owner").submit(htmx=True)
    assert (page.status, page.headers["HX-Retarget"], page.headers["HX-Reswap"]) == (403, "#flash", "innerHTML")
    assert "<html" not in page.html
    page = page.form("Go on").fill(own_password=PASSWORD).submit()
    assert page.path == url
    assert role_of(cast, "desk") is Role.OWNER


def test_guessing_at_an_unattended_desk_ends(owner: Browser, cast: Cast) -> None:
    cast.account_id("desk")
    grow_stale(cast)
    page = edited(owner, cast)
    for _ in range(10):
        page = page.form("Go on").fill(own_password="wrong").submit()
    page = page.form("Go on").fill(own_password=PASSWORD).submit()
    assert page.status == 429
    assert int(page.headers["Retry-After"]) > 0
    assert role_of(cast, "desk") is Role.DESK
    changing = {"present": PASSWORD, "new": "seven green umbrellas", "again": "seven green umbrellas"}
    assert owner.post("/account/password", changing).status == 429  # counted together


def test_a_double_click_on_the_proof_does_it_once(owner: Browser, cast: Cast) -> None:
    grow_stale(cast)
    form = owner.get("/desk/staff/new").form("Invite them")
    form = form.fill(name="Nia", email="nia@example.com", role="desk").submit().form("Go on")
    form.fill(own_password=PASSWORD).submit()
    assert "belongs to another account" not in form.submit().text
    with cast.app.app_context():
        assert len(db.session.scalars(select(Account.id).where(Account.email == "nia@example.com")).all()) == 1


class TestPage:
    """A page that matters asks before it is shown."""

    def test_is_shown_after_it(self, owner: Browser, cast: Cast) -> None:
        cast.account_id("owner")
        grow_stale(cast)
        page = owner.get("/account/second-factor?next=/desk/outbox")
        assert (page.status, page.heading) == (403, ASKED)
        page = page.form("Go on").fill(own_password="wrong").submit()
        assert (page.status, page.errors) == (422, [WRONG])
        page = page.form("Go on").fill(own_password=PASSWORD).submit()
        assert page.url.endswith("/account/second-factor?next=/desk/outbox")
        assert page.heading == "A code besides the password"

    def test_leads_nowhere_else(self, owner: Browser) -> None:
        answer = owner.post("/account/prove?next=//evil.example", {"own_password": PASSWORD}, follow=False)
        assert answer.headers["Location"] == "/account"

    def test_needs_sign_in(self, visitor: Browser) -> None:
        assert visitor.post("/account/prove", {"own_password": PASSWORD}, follow=False).status in (303, 401)


@pytest.mark.parametrize(
    "path",
    [
        "/desk/staff",
        "/desk/staff/{desk}",
        "/desk/staff/{desk}/second-factor-off",
        "/account/second-factor",
        "/account/second-factor/off",
        "/account/second-factor/recovery-codes",
    ],
)
def test_what_asks(owner: Browser, cast: Cast, path: str) -> None:
    url = path.format(desk=cast.account_id("desk"))
    grow_stale(cast)
    assert owner.post(url).heading == ASKED


def test_a_sign_in_of_before_is_asked(owner: Browser, cast: Cast) -> None:
    """It is not known any more when its password was typed."""
    url = f"/desk/staff/{cast.account_id('desk')}"
    with cast.app.app_context(), transaction():
        db.session.execute(update(LoginSession).values(proved_at=None))
    assert owner.post(url).heading == ASKED
