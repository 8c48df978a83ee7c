"""The desk finds the other entry, looks at both side by side, and makes them one."""

from __future__ import annotations

import pytest

from shop.common.clock import now
from shop.customers.models import MAX_NOTES, Customer
from shop.extensions import db
from shop.merging.commands import merge_customers
from tests.browser import Browser, Page
from tests.cast import PASSWORD, Cast
from tests.clients import Api
from tests.factories import make_customer, make_ticket, make_vehicle

MAKE_ONE = "Make them one customer"


@pytest.fixture
def joy(cast: Cast) -> int:
    with cast.app.app_context():
        joy = make_customer(name="Joy Tanaka", phone="+1 555 0101", email="joy@example.net", notes="Pays in cash")
        make_ticket(vehicle=make_vehicle(joy, plate="JOY 1"))
        return joy.id


@pytest.fixture
def again(cast: Cast, joy: int) -> int:
    """The same person, with another number."""
    with cast.app.app_context():
        again = make_customer(name="J. Tanaka", phone="+1 555 0202", email=None)
        make_ticket(vehicle=make_vehicle(again, plate="SEC 2"), complaint="Hums")
        return again.id


def both(desk: Browser, one: int, other: int) -> Page:
    return desk.get(f"/desk/customers/{one}/same/{other}")


class TestFinding:
    def test_begins_on_the_page_of_a_customer(self, desk: Browser, joy: int, again: int) -> None:
        page = desk.get(f"/desk/customers/{again}").follow("Same person as…")
        assert page.heading == "Who is the same person as J. Tanaka?"
        assert "Nobody has the same telephone number or name." in page.text
        page = page.form("Show").fill(q="joy").submit()
        assert "JOY 1" in page.text
        assert page.follow("Joy Tanaka").heading == "Are these the same person?"

    def test_leaves_the_customer_out(self, desk: Browser, joy: int, again: int) -> None:
        found = desk.get(f"/desk/customers/{joy}/same?q=tanaka", htmx=True)
        assert [link["href"] for link in found.soup.select("a")] == [f"/desk/customers/{joy}/same/{again}"]

    def test_says_that_nobody_is_found(self, desk: Browser, joy: int) -> None:
        assert (
            "Nobody else found for “nobody has this”" in desk.get(f"/desk/customers/{joy}/same?q=nobody has this").text
        )

    def test_begins_with_those_who_look_like_it(self, desk: Browser, joy: int) -> None:
        with desk.app.app_context():
            twin = make_customer(name="JOY TANAKA", phone="1 555 0101").id
        page = desk.get(f"/desk/customers/{twin}").follow("Same person as…")
        assert "Looks like JOY TANAKA, by telephone number or name:" in page.text
        assert page.follow("Joy Tanaka").path == f"/desk/customers/{twin}/same/{joy}"

    def test_is_hinted_at_on_the_page_of_a_customer(self, desk: Browser, joy: int) -> None:
        with desk.app.app_context():
            phone = make_customer(name="Tom", phone="+1 (555) 0101").id
            named = make_customer(name="joy tanaka").id
            make_customer(name="Joy Tanaka", phone="+1 555 0101", archived_at=now())
        page = desk.get(f"/desk/customers/{joy}")
        assert "Looks like Tom as well (same telephone number)." in page.text
        assert "Looks like joy tanaka as well (same name)." in page.text
        assert page.text.count("Looks like") == 2
        assert page.text.index("Looks like Tom") < page.text.index("Looks like joy")
        for twin in (phone, named):
            assert "Looks like Joy Tanaka as well" in desk.get(f"/desk/customers/{twin}").text

    def test_both_likenesses_are_told_at_once(self, desk: Browser, joy: int) -> None:
        with desk.app.app_context():
            make_customer(name="joy tanaka", phone="+1 555 0101")
        assert "as well (same telephone number and name)." in desk.get(f"/desk/customers/{joy}").text


class TestBoth:
    def test_shows_what_is_known_of_each(self, desk: Browser, joy: int, again: int) -> None:
        page = both(desk, again, joy)
        for words in (
            "+1 555 0101",
            "+1 555 0202",
            "joy@example.net",
            "Pays in cash",
            "JOY 1",
            "SEC 2",
            "1 ticket, 1 open",
        ):
            assert words in page.text
        assert page.form(MAKE_ONE).values["keep"] == str(joy)

    def test_keeps_who_has_an_account_unless_told_otherwise(self, desk: Browser, cast: Cast, joy: int) -> None:
        with cast.app.app_context():
            own = cast.account("customer").customer_id
        page = both(desk, joy, own or 0)
        assert page.form(MAKE_ONE).values["keep"] == str(own)
        assert "Both have a web account" not in page.text

    def test_says_what_becomes_of_two_accounts(self, desk: Browser, cast: Cast) -> None:
        with cast.app.app_context():
            one, other = (cast.account(who).customer_id or 0 for who in ("customer", "stranger"))
        assert "Both have a web account" in both(desk, one, other).text

    @pytest.mark.parametrize("keeps_newer", [False, True])
    def test_makes_them_one(self, desk: Browser, joy: int, again: int, keeps_newer: bool) -> None:
        kept, other = (again, joy) if keeps_newer else (joy, again)
        page = both(desk, again, joy).form(MAKE_ONE).fill(keep=str(kept)).submit()
        assert page.path == f"/desk/customers/{kept}"
        assert "is one customer now, with all that both had." in page.text
        assert "JOY 1" in page.text
        assert "SEC 2" in page.text
        assert "Telephone as well: +1 555 0" in page.text
        assert "merged another customer into this one" in page.text
        assert "Hums" in desk.get(f"/desk/customers/{kept}/tickets").text
        former = page.follow("Joy Tanaka" if keeps_newer else "J. Tanaka")
        assert former.path == f"/desk/customers/{other}"
        assert f"Merged into {page.heading}" in former.text
        assert "merged the customer into another one" in former.text
        assert "Bring the customer back" not in former.text
        assert former.follow(f"the page of {page.heading}").path == page.path

    def test_wants_one_of_the_two(self, desk: Browser, joy: int, again: int) -> None:
        for keep in ("", "999", "nobody"):
            page = both(desk, again, joy).form(MAKE_ONE).fill(keep=keep).submit()
            assert page.status == 422
            assert page.errors == ["Choose one of these."]
            assert page.form(MAKE_ONE).values["keep"] == str(joy)

    def test_says_what_speaks_against_it(self, desk: Browser, joy: int, again: int) -> None:
        with desk.app.app_context():
            for customer_id in (joy, again):
                db.session.get_one(Customer, customer_id).notes = str(customer_id)[-1] * MAX_NOTES
            db.session.commit()
        page = both(desk, joy, again).form(MAKE_ONE).fill(keep=str(again)).submit()
        assert page.status == 409
        assert "Shorten one of them first." in page.text
        assert page.form(MAKE_ONE).values["keep"] == str(again)

    def test_says_what_came_in_between(self, desk: Browser, joy: int, again: int) -> None:
        form = both(desk, joy, again).form(MAKE_ONE).fill(keep=str(again))
        desk.get(f"/desk/customers/{again}?edit=1").form("Save").fill(phone="+1 555 0303").submit()
        page = form.submit()
        assert page.status == 409
        assert "Somebody else has changed one of the two meanwhile." in page.text
        assert "+1 555 0303" in page.text
        assert page.form(MAKE_ONE).values["keep"] == str(again)
        assert page.form(MAKE_ONE).submit().path == f"/desk/customers/{again}"

    def test_of_two_at_once_the_second_is_told(self, desk: Browser, owner: Browser, joy: int, again: int) -> None:
        late = both(owner, again, joy).form(MAKE_ONE).fill(keep=str(again))
        both(desk, joy, again).form(MAKE_ONE).submit()
        refused = late.submit()
        assert refused.status == 409
        assert refused.heading == "J. Tanaka was merged into Joy Tanaka"
        assert "Go on with that one." in refused.text
        assert desk.get(f"/desk/customers/{joy}").status == 200

    def test_is_for_two_who_are_there(self, desk: Browser, joy: int, again: int) -> None:
        assert both(desk, joy, 999_999).status == 404
        oneself = both(desk, joy, joy)
        assert (oneself.status, "one and the same entry" in oneself.text) == (409, True)
        desk.get(f"/desk/customers/{again}").form("Archive the customer").submit()
        with desk.app.app_context():
            gone = make_customer(name="Ann Gone", archived_at=now()).id
        archived = both(desk, joy, gone)
        assert (archived.status, "Ann Gone is archived" in archived.text) == (409, True)

    @pytest.mark.parametrize("htmx", [True, False])
    def test_sent_twice_it_is_done_once(self, desk: Browser, joy: int, again: int, htmx: bool) -> None:
        form = both(desk, joy, again).form(MAKE_ONE)
        form.submit(htmx=htmx)
        assert form.submit(htmx=htmx).status in (200, 204)


class TestDoors:
    @pytest.mark.parametrize("who", ["mechanic", "customer"])
    def test_keep_others_out(self, cast: Cast, joy: int, again: int, who: str) -> None:
        browser = cast.browser(who)
        assert browser.get(f"/desk/customers/{joy}/same").status == 403
        assert both(browser, joy, again).status == 403
        assert browser.post(f"/desk/customers/{joy}/same/{again}", {"keep": str(joy)}).status == 403

    def test_need_a_sign_in(self, visitor: Browser, joy: int, again: int) -> None:
        assert both(visitor, joy, again).path == "/login"


class TestForOthers:
    def test_what_a_customer_signs_in_with_goes_on(self, cast: Cast) -> None:
        browser = cast.browser("customer")
        with cast.app.app_context():
            desk = cast.account("desk")
            own = db.session.get_one(Customer, cast.account("customer").customer_id)
            joy = make_customer(name="Joy Tanaka")
            repair = f"/my/tickets/{make_ticket(customer=joy).id}"
            merge_customers(kept=joy, other=own, by=desk)
        assert repair in browser.get("/my/").html
        assert browser.get(repair).status == 200
        assert "Joy Tanaka" in browser.get("/my/profile").html
        browser.post("/logout")
        assert repair in browser.sign_in(cast.email("customer"), PASSWORD).html

    def test_an_account_that_was_closed_opens_no_door(self, cast: Cast) -> None:
        browser = cast.browser("stranger")
        with cast.app.app_context():
            desk = cast.account("desk")
            joy, tom = (db.session.get_one(Customer, cast.account(who).customer_id) for who in ("customer", "stranger"))
            merge_customers(kept=joy, other=tom, by=desk)
        assert browser.get("/my/").path == "/login"
        assert "is wrong" in browser.sign_in(cast.email("stranger"), PASSWORD).text
        assert cast.browser("customer").get("/my/").status == 200

    def test_programs_read_whose_a_ticket_is_now(self, cast: Cast, api: Api, joy: int, again: int) -> None:
        desk = api.as_("desk")
        with cast.app.app_context():
            customer = db.session.get_one(Customer, again)
            ticket_id = make_ticket(customer=customer).id
        before = desk.get(f"/service_tickets/{ticket_id}")
        with cast.app.app_context():
            by = cast.account("desk")
            merge_customers(kept=db.session.get_one(Customer, joy), other=db.session.get_one(Customer, again), by=by)
        after = desk.get(f"/service_tickets/{ticket_id}")
        assert after.get_json()["customer_id"] == joy
        assert after.headers["ETag"] != before.headers["ETag"]
        assert desk.get(f"/customers/{again}").status_code == 404
        refused = desk.post("/service_tickets/", {"description": "Rattles", "customer_id": again})
        assert refused.status_code == 422
        listed = desk.get("/service_tickets/").get_json()
        assert {row["customer_id"] for row in listed} == {joy}
