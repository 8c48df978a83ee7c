"""What customers see of their repairs, and what they never see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shop.common.clock import now
from shop.common.paging import DEFAULT_SIZE, to_cursor
from shop.customers.models import Customer
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_customer, make_mechanic, make_part, make_ticket, make_vehicle
from tests.statements import counted


@pytest.fixture
def repair(cast: Cast, customer: Browser) -> int:
    """The id of Joy's ticket, half way through."""
    with cast.app.app_context():
        desk, joy = cast.account("desk"), cast.account("customer").customer
        assert joy is not None
        vehicle = make_vehicle(joy, plate="JOY 1", make="Fiat", model="500")
        joy.notes = "Canary: pays late."
        mia = make_mechanic(name="Mia Korhonen")
        ticket = commands.open_ticket(customer=joy, vehicle=vehicle, complaint="Squeals.", mechanics=[mia], by=desk)
        commands.move(ticket, to=Status.APPROVED, reason="Canary reason", by=desk)
        commands.move(ticket, to=Status.IN_PROGRESS, by=desk)
        commands.use_part(ticket, part=make_part(name="Brake disc", cost_cents=5551), quantity=2, by=desk)
        commands.edit_ticket(ticket, promised_at=now() + timedelta(hours=3), by=desk)
        return ticket.id


def test_works(customer: Browser, repair: int) -> None:
    page = customer.get("/my/")
    assert page.heading == "My repairs"
    for words in ("JOY 1", "We are working on your vehicle.", "Promised for", "In the workshop", "+1 555 010 0100"):
        assert words in page.text
    page = page.follow("All about this repair")
    assert page.path == f"/my/tickets/{repair}"
    for words in ("Squeals.", "2 × Brake disc", "Mia takes care of your vehicle.", "Approved. The work starts soon."):
        assert words in page.text


def test_several_repairs_tell_their_way_in_a_line_each(cast: Cast, customer: Browser, repair: int) -> None:
    alone = customer.get("/my/").soup.select(".tracking, .steps")
    assert [way["class"] for way in alone] == [["tracking"]]
    with cast.app.app_context():
        another = make_ticket(customer=db.session.get_one(Ticket, repair).customer, status=Status.READY).id
    ways = customer.get("/my/").soup.select(".tracking, .steps")
    assert [way["class"] for way in ways] == [["steps"]] * 2
    assert customer.get(f"/my/tickets/{another}").soup.select(".tracking")


def test_shows_nothing_that_is_the_shops_own(customer: Browser, repair: int) -> None:
    for url in ("/my/", f"/my/tickets/{repair}"):
        page = customer.get(url)
        for canary in ("Canary", "Korhonen", "Ana Desk", "55.51", "111.02", "argin"):
            assert canary not in page.html, canary


def test_hides_it_from_a_stranger(stranger: Browser, desk: Browser, repair: int) -> None:
    page = stranger.get("/my/")
    assert "No car of yours is in the shop" in page.text
    assert "JOY 1" not in page.html
    assert stranger.get(f"/my/tickets/{repair}").status == 404
    assert desk.get(f"/my/tickets/{repair}").status == 403


def test_needs_sign_in(visitor: Browser, repair: int) -> None:
    assert visitor.get(f"/my/tickets/{repair}").path == "/login"


def test_staff_who_are_customers_see_their_own_alone(owner: Browser, cast: Cast, repair: int) -> None:
    with cast.app.app_context():
        olga = cast.account("owner")
        customer = make_customer(name="Olga Owner")
        olga.customer_id = customer.id
        db.session.commit()
        own = make_ticket(customer=customer, complaint="My own car.").id
    assert "Squeals." not in owner.get("/my/").text
    assert owner.get(f"/my/tickets/{own}").status == 200
    assert owner.get(f"/my/tickets/{repair}").status == 404


def test_finished_repairs_stand_below(customer: Browser, cast: Cast) -> None:
    with cast.app.app_context():
        joy = db.session.get_one(Customer, cast.account("customer").customer_id)
        car = make_vehicle(joy)
        make_ticket(customer=joy, status=Status.PICKED_UP, complaint="New tyres.")
        make_ticket(customer=joy, vehicle=car, status=Status.INVOICED, complaint="Long done.")
        history = f"/my/vehicles/{car.id}/repairs"
        make_ticket(customer=joy, status=Status.CANCELLED, complaint="Changed their mind.", cancel_reason="Canary")
    page = customer.get("/my/")
    assert "New tyres." in page.text
    assert "Ready for you ·" in customer.get(history).text  # never "Invoiced", the shop's own word
    page = page.follow("Changed their mind.") if "Changed their mind." in page.links else customer.get("/my/tickets/2")
    assert "This repair was cancelled." in page.text
    assert "Canary" not in page.html


def test_long_histories_come_in_pages(customer: Browser, cast: Cast) -> None:
    with cast.app.app_context():
        joy = db.session.get_one(Customer, cast.account("customer").customer_id)
        car = make_vehicle(joy)
        for number in range(1, DEFAULT_SIZE + 3):
            make_ticket(customer=joy, vehicle=car, status=Status.PICKED_UP, complaint=f"Visit {number}.")
        make_ticket(complaint="Somebody else's.", status=Status.PICKED_UP)
        history = f"/my/vehicles/{car.id}/repairs"
    for url, at in (("/my/", "#finished"), (history, "")):
        page = customer.get(url)
        assert len(page.soup.select(".repair-list__item")) == DEFAULT_SIZE
        assert "Visit 3." in page.text
        assert "Visit 2." not in page.text
        (older,) = page.soup.select("a[rel=next]")
        assert str(older["href"]).partition("#")[1:] == tuple(at.partition("#")[1:])
        page = page.follow("Older")
        assert [item.get_text() for item in page.soup.select(".repair-list__item")][-1].count("Visit 1.") == 1
        assert "Somebody else's." not in page.text
        page = page.follow("Newer")
        assert len(page.soup.select(".repair-list__item")) == DEFAULT_SIZE
        assert customer.get(f"{url}?after=nowhere").status == 422
        beyond = customer.get(f"{url}?after={to_cursor([1])}")
        assert len(beyond.soup.select(".repair-list__item")) == DEFAULT_SIZE, "the list begins anew"


def test_costs_the_same_however_many_there_are(customer: Browser, cast: Cast, repair: int) -> None:
    def cost() -> int:
        with counted(cast.app) as statements:
            assert customer.get("/my/").status == 200
        return len(statements)

    def one_of_each() -> None:
        with cast.app.app_context():
            joy, desk = db.session.get_one(Customer, cast.account("customer").customer_id), cast.account("desk")
            for status in Status:
                make_ticket(customer=joy, status=status, mechanics=[make_mechanic()])
            commands.send_estimate(make_ticket(customer=joy, vehicle=make_vehicle(joy)), by=desk)

    one_of_each()
    customer.get("/account")  # the first look of a sign-in is noted
    before = cost()
    one_of_each()
    assert cost() == before


def test_what_waits_for_an_answer_comes_first(customer: Browser, cast: Cast, repair: int) -> None:
    with cast.app.app_context():
        desk, joy = cast.account("desk"), cast.account("customer").customer
        asked = make_ticket(vehicle=make_vehicle(joy, plate="ASK 1"), complaint="Wipers streak.")
        commands.send_estimate(asked, by=desk)
        newer = make_ticket(vehicle=make_vehicle(joy, plate="NEW 1"))
        assert asked.id < newer.id
        url = f"/my/tickets/{asked.id}"
    page = customer.get("/my/")
    first, *others = page.soup.select("article.repair")
    assert "ASK 1" in first.get_text()
    assert "Your estimate is ready." in first.get_text()
    assert [str(link["href"]).partition("#")[0] for link in first.select("a")] == [url]
    assert len(others) == 2
    assert all(not article.select(".button--primary") for article in others)
    assert page.follow("Look at the estimate").path == url


def test_says_what_comes_next(customer: Browser, cast: Cast) -> None:
    with cast.app.app_context():
        joy = db.session.get_one(Customer, cast.account("customer").customer_id)
        urls = {
            status: f"/my/tickets/{make_ticket(customer=joy, status=status, vehicle=make_vehicle(joy)).id}"
            for status in Status
        }
    for status, url in urls.items():
        page = customer.get(url)
        assert page.heading == status.customer_words
        assert bool(page.soup.select(".repair__next")) == status.is_open, status


def test_an_archived_ticket_is_gone(customer: Browser, cast: Cast, repair: int) -> None:
    with cast.app.app_context():
        desk = cast.account("desk")
        commands.archive_ticket(db.session.get_one(Ticket, repair), by=desk)
    assert customer.get(f"/my/tickets/{repair}").status == 404
