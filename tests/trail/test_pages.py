"""The audit trail: found by who, what, when and about what; for the owner alone; the same page on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.common.clock import at_moment
from shop.customers.commands import edit_customer
from shop.extensions import db
from shop.trail.queries import listed
from shop.trail.selection import Group, TrailFilter
from tests.browser import Browser, Page
from tests.cast import Cast
from tests.factories import make_customer
from tests.statements import counted

NOON = datetime(2026, 3, 9, 20, tzinfo=UTC)  # in Los Angeles


def told(page: Page) -> list[str]:
    """The sentences, with what they are about and without their times."""
    return [
        f"{who} {what.partition(' From ')[0].partition(' Telephone: ')[0]} [{about}]"
        for who, what, about, *_ in page.rows()
    ]


def about_joy(cast: Cast, moment: datetime = NOON, times: int = 1) -> int:
    """Ana changes Joy's telephone number, some times an hour apart; answers Joy's id."""
    cast.account_id("desk")
    with cast.app.app_context():
        joy, ana = (
            make_customer(name="Joy Park", phone="555 0100"),
            db.session.get_one(Account, cast.account_id("desk")),
        )
        for number in range(times):
            with at_moment(moment + timedelta(hours=number)):
                edit_customer(joy, phone=f"555 02{number:02}", by=ana)
        return int(joy.id)


def test_tells_who_did_what_with_what(owner: Browser, cast: Cast) -> None:
    joy = about_joy(cast)
    page = owner.get("/desk/audit")
    assert told(page) == [
        "Olga Owner signed in [Account of Olga Owner]",
        "Ana Desk changed the customer’s telephone [Joy Park]",
    ]
    assert "Telephone: 555 0100 → 555 0200" in page.text
    assert page.links["Joy Park"] == f"/desk/customers/{joy}"
    assert page.links["History"] == "/desk/audit"


def test_is_empty_at_first(owner: Browser) -> None:
    assert "Nothing like this happened" in owner.get("/desk/audit?kind=parts").text
    assert owner.get("/desk/audit").errors == []


@pytest.mark.parametrize("who", ["desk", "mechanic", "customer"])
def test_keeps_everybody_else_out(cast: Cast, who: str) -> None:
    page = cast.browser(who).get("/desk/audit")
    assert page.status == 403
    assert "History" not in cast.browser(who).get("/account").links


def test_needs_sign_in(visitor: Browser) -> None:
    assert visitor.get("/desk/audit").path == "/login"


def test_is_narrowed_by_who_what_and_about_what(owner: Browser, cast: Cast) -> None:
    joy = about_joy(cast)
    changed = ["Ana Desk changed the customer’s telephone [Joy Park]"]
    for query in (f"who={cast.account_id('desk')}", "kind=customers", f"about=customer-{joy}"):
        assert told(owner.get(f"/desk/audit?{query}")) == changed, query
    assert told(owner.get("/desk/audit?kind=sign-ins&who=0")) == []
    assert "Only about Joy Park" in owner.get(f"/desk/audit?about=customer-{joy}&kind=customers").text
    page = owner.get("/desk/audit").follow("All about it")
    assert page.url.startswith("/desk/audit?about=")


def test_is_narrowed_by_days_of_the_shop(owner: Browser, cast: Cast) -> None:
    about_joy(cast, datetime(2026, 3, 10, 6, 59, tzinfo=UTC), times=2)  # a minute to midnight, and an hour later
    for query, count in (
        ("since=2026-03-09&until=2026-03-09", 1),
        ("since=2026-03-10&until=2026-03-10", 1),
        ("since=2026-03-09&until=2026-03-10", 2),
        ("until=2026-03-08", 0),
        ("since=2026-03-11&until=2026-03-12", 0),
    ):
        assert len(told(owner.get(f"/desk/audit?{query}"))) == count, query


def test_what_cant_be_read_is_said_and_left_alone(owner: Browser, cast: Cast) -> None:
    about_joy(cast)
    page = owner.get("/desk/audit?since=2026-02-30&until=1&who=nobody&about=customer-x&kind=wonders")
    assert page.status == 200
    assert page.errors.count("Enter a date.") == 2
    assert len(told(page)) == 2


def test_shows_what_customers_and_strangers_did(owner: Browser, cast: Cast, visitor: Browser) -> None:
    cast.browser("customer").get("/desk/")
    visitor.sign_in("nobody@example.com", "wrong")
    assert told(owner.get("/desk/audit?kind=refusals")) == [
        "Somebody tried a wrong password [An account that nobody has]",
        "Joy Customer was turned away from /desk/ [Account of Joy Customer]",
    ]
    page = owner.get(f"/desk/audit?who={cast.account_id('customer')}")
    assert len(told(page)) == 2
    assert page.soup.select_one("#trail-who [selected]").get_text() == "Joy Customer"


@pytest.mark.parametrize("query", ["", "kind=customers", "kind=customers&since=2026-03-09"])
def test_leads_on_and_back_without_leaving_one_out(cast: Cast, query: str, context: None) -> None:
    about_joy(cast, times=7)
    chosen = {"": TrailFilter(), "kind=customers": TrailFilter(group=Group.CUSTOMERS)}.get(
        query, TrailFilter(group=Group.CUSTOMERS, first_day=NOON.date())
    )
    everything = [row.entry.at for row in listed(chosen, size=50).items]
    assert len(everything) == 7
    assert everything == sorted(everything, reverse=True)
    there, after, pages = [], None, []
    while True:
        page = listed(chosen, size=3, after=after)
        pages.append([row.entry.at for row in page.items])
        there += pages[-1]
        if page.after is None:
            break
        after = page.after
    assert there == everything
    back = listed(chosen, size=3, before=page.before)
    assert [row.entry.at for row in back.items] == pages[-2]


def test_pages_are_fifty_long_and_htmx_gets_the_list_alone(owner: Browser, cast: Cast) -> None:
    about_joy(cast, times=60)
    page = owner.get("/desk/audit")
    assert len(told(page)) == 50
    assert len(told(page.follow("Older"))) == 11
    page = owner.get("/desk/audit?kind=customers", htmx=True)
    assert "<html" not in page.html
    assert len(told(page)) == 50


def test_every_action_is_of_one_kind(app: Flask) -> None:
    assert sorted(action.value for group in Group for action in group.actions) == sorted(
        action.value for action in Action
    )


def test_asks_no_more_for_a_full_page_than_for_a_short_one(owner: Browser, cast: Cast) -> None:
    owner.get("/account")  # the first look of a sign-in is noted
    about_joy(cast)
    with counted(cast.app) as few:
        owner.get("/desk/audit")
    about_joy(cast, times=30)
    with counted(cast.app) as many:
        owner.get("/desk/audit")
    assert len(many) == len(few)
