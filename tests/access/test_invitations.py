"""The desk invites a customer to follow repairs on the web."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.accounts import commands
from shop.accounts.models import Account, Letter
from shop.accounts.queries import account_of
from shop.common.clock import at_moment, now
from shop.common.roles import Role
from shop.customers.models import Customer
from shop.extensions import db
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.factories import keep, make_customer


def make(cast: Cast, **values: object) -> int:
    with cast.app.app_context():
        return make_customer(**{"name": "Ida Invited", "email": "ida@example.com", **values}).id


def invite(browser: Browser, customer_id: int, *, htmx: bool = True) -> Page:
    return browser.post(f"/desk/customers/{customer_id}/invite", htmx=htmx)


def follow_link(cast: Cast, visitor: Browser) -> Page:
    """Choose a password by the link in the letter."""
    with cast.app.app_context():
        body = db.session.scalars(select(Letter.body)).one()
    link = next(word for word in body.split() if "/set-password/" in word)
    form = visitor.get("/set-password/" + link.rpartition("/")[2]).form("Keep it and sign in")
    return form.fill(password="twelve chars long", again="twelve chars long").submit()


def letters(cast: Cast) -> list[str]:
    with cast.app.app_context():
        return [letter.to for letter in db.session.scalars(select(Letter).order_by(Letter.id))]


def account(cast: Cast, customer_id: int) -> Account | None:
    with cast.app.app_context():
        found = account_of(db.session.get_one(Customer, customer_id))
        if found is not None:
            db.session.expunge(found)
        return found


def test_works(cast: Cast, desk: Browser) -> None:
    ida = make(cast)
    page = invite(desk, ida)
    assert page.fragment("customer-account") is not None
    assert "invited ida@example.com" in page.text
    made = account(cast, ida)
    assert made is not None
    assert (made.role, made.name, made.is_invited) == (Role.CUSTOMER, "Ida Invited", True)
    assert letters(cast) == ["ida@example.com"]


def test_works_without_script(cast: Cast, desk: Browser) -> None:
    ida = make(cast)
    page = invite(desk, ida, htmx=False)
    assert page.path == f"/desk/customers/{ida}"
    assert "Nothing was sent, as no mail leaves the shop yet. The invitation waits in the outbox." in page.text
    assert "The shop has no mail server yet: the invitation waits in the Outbox , where the owner" in page.text


@pytest.mark.usefixtures("mail_server")
def test_says_so_where_mail_goes(cast: Cast, desk: Browser) -> None:
    page = invite(desk, make(cast), htmx=False)
    assert "The invitation is in the outbox." in page.text
    assert "no mail server" not in page.text


def test_stands_in_the_customers_history(cast: Cast, desk: Browser, visitor: Browser) -> None:
    ida = make(cast)
    answer = invite(desk, ida)
    assert answer.fragment("timeline")
    follow_link(cast, visitor)
    history = desk.get(f"/desk/customers/{ida}").fragment("timeline")
    assert history
    for words in ("made the account", "sent an invitation", "changed the password"):
        assert words in history.text
    assert "signed in" not in history.text


def test_the_account_of_staff_has_no_history_there(cast: Cast, desk: Browser, owner: Browser) -> None:
    """The owner may be a customer as well."""
    ida = make(cast)
    with cast.app.app_context():
        boss = cast.account("owner")
        boss.customer = db.session.get_one(Customer, ida)
        keep(boss)
        commands.edit_account(boss, name="Olga O.", by=boss)
    assert "changed the account" not in desk.get(f"/desk/customers/{ida}").text


def test_leads_the_customer_to_their_own_door(cast: Cast, desk: Browser, visitor: Browser) -> None:
    invite(desk, make(cast))
    assert follow_link(cast, visitor).path == "/my/"


def test_needs_the_desk(cast: Cast, visitor: Browser, mechanic: Browser, customer: Browser) -> None:
    ida = make(cast)
    assert invite(visitor, ida).status == 401
    assert invite(mechanic, ida).status == 403
    assert invite(customer, ida).status == 403
    assert letters(cast) == []


def test_of_nobody_is_404(desk: Browser) -> None:
    assert invite(desk, 4711).status == 404


def test_of_an_archived_customer_is_404(cast: Cast, desk: Browser) -> None:
    assert invite(desk, make(cast, archived_at=now(), email_key=None)).status == 404


def test_needs_an_address(cast: Cast, desk: Browser) -> None:
    page = invite(desk, make(cast, email=None))
    assert page.status == 409
    assert page.fragment("customer-account")
    assert "Write down the customer's e-mail address first." in page.text


def test_again_goes_to_the_address_as_it_is_now(cast: Cast, desk: Browser) -> None:
    ida = make(cast)
    invite(desk, ida)
    with cast.app.app_context():
        keep(_readdressed(ida, "ida.new@example.com"))
    invite(desk, ida)
    assert letters(cast) == ["ida@example.com", "ida.new@example.com"]
    made = account(cast, ida)
    assert made is not None
    assert made.email == "ida.new@example.com"


def test_refuses_the_address_of_another_account(cast: Cast, desk: Browser) -> None:
    cast.account_id("owner")
    page = invite(desk, make(cast, email="OWNER@example.com"))
    assert page.status == 409
    assert "This e-mail address belongs to another account." in page.text
    assert letters(cast) == []


def test_refuses_one_who_has_a_password(cast: Cast, desk: Browser, customer: Browser) -> None:
    with cast.app.app_context():
        joy = cast.account("customer").customer_id
    assert joy is not None
    page = invite(desk, joy)
    assert page.status == 409
    assert letters(cast) == []


@pytest.mark.parametrize("role", [Role.OWNER, Role.DESK])
def test_the_desk_can_not_redirect_an_invitation_of_staff(cast: Cast, desk: Browser, role: Role) -> None:
    """One of the staff may be a customer too; their address is the owner's business alone."""
    ida = make(cast)
    with cast.app.app_context():
        keep(Account(name="Ida Invited", email="ida.owner@example.com", role=role, customer_id=ida))
    invite(desk, ida)
    assert letters(cast) == ["ida.owner@example.com"]


def _readdressed(customer_id: int, email: str) -> Customer:
    customer = db.session.get_one(Customer, customer_id)
    customer.email = email
    return customer


def test_no_more_than_five_letters_an_hour_go_to_somebody(cast: Cast, desk: Browser) -> None:
    ida = make(cast)
    assert [invite(desk, ida).status for _ in range(6)] == [200] * 5 + [429]
    assert len(letters(cast)) == 5
    with at_moment(now() + timedelta(minutes=61)):
        assert invite(cast.browser("desk"), ida).status == 200
