"""The search box of the desk."""

from __future__ import annotations

import pytest
from bs4 import Tag

from shop.common.clock import now
from shop.common.transaction import transaction
from shop.extensions import db
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from tests.browser import Browser, Page
from tests.factories import keep, make_customer, make_part, make_ticket, make_vehicle
from tests.statements import counted


@pytest.fixture
def ids(desk: Browser) -> dict[str, int]:
    with desk.app.app_context():
        joy = make_customer(name="Joy Tanaka", phone="+1 555 0142")
        vehicle = make_vehicle(joy, plate="7ABC 123", vin="1HGCM82633A004352", make="Honda", model="Accord")
        ticket = make_ticket(vehicle=vehicle, complaint="Squeals when braking")
        part = make_part(name="Brake disc", sku="BRK-280")
        return {
            "joy": joy.id,
            "vehicle": vehicle.id,
            "ticket": ticket.id,
            "number": ticket.number,
            "part": part.id,
        }


@pytest.mark.parametrize(
    ("q", "groups"),
    [
        ("tanaka", ["Tickets", "Customers"]),
        ("7abc", ["Tickets", "Customers", "Vehicles"]),
        ("squeals", ["Tickets"]),
        ("accord", ["Tickets", "Vehicles"]),
        ("brk-2", ["Parts"]),
        ("bra", ["Tickets", "Parts"]),
        ("5550142", ["Customers"]),
    ],
)
def test_finds(desk: Browser, ids: dict[str, int], q: str, groups: list[str]) -> None:
    page = desk.get(f"/desk/search?q={q}")
    assert page.heading == "Search"
    assert [heading.get_text(strip=True) for heading in page.soup.select(".found__title")] == groups


def test_works_without_script(desk: Browser, ids: dict[str, int]) -> None:
    page = desk.get("/desk/customers").form("/desk/search").fill(q="squeals").submit()
    assert page.form("/desk/search").values["q"] == "squeals"
    assert page.follow(f"#{ids['number']}").path == f"/desk/tickets/{ids['ticket']}"


@pytest.mark.parametrize("sign", ["", "%23"])
def test_a_ticket_number_leads_straight_there(desk: Browser, ids: dict[str, int], sign: str) -> None:
    assert desk.get(f"/desk/search?q={sign}{ids['number']}").path == f"/desk/tickets/{ids['ticket']}"


@pytest.mark.parametrize("q", ["7abc-123", "1hgcm82633a004352"])
class TestAPlateOrVin:
    def test_leads_straight_to_the_open_ticket(self, desk: Browser, ids: dict[str, int], q: str) -> None:
        assert desk.get(f"/desk/search?q={q}").path == f"/desk/tickets/{ids['ticket']}"

    def test_leads_straight_to_a_vehicle_that_is_not_here(self, desk: Browser, ids: dict[str, int], q: str) -> None:
        finish(desk, ids["ticket"])
        assert desk.get(f"/desk/search?q={q}").path == f"/desk/vehicles/{ids['vehicle']}"


def test_a_sku_leads_straight_there(desk: Browser, ids: dict[str, int]) -> None:
    assert desk.get("/desk/search?q=brk+280").path == f"/desk/inventory/{ids['part']}"


@pytest.mark.parametrize("q", ["7abc", "a004352", "accord"])
@pytest.mark.parametrize("htmx", [True, False], ids=["htmx", "no script"])
class TestAVehicle:
    def test_that_is_here_leads_to_its_ticket(self, desk: Browser, ids: dict[str, int], q: str, htmx: bool) -> None:
        page = desk.get(f"/desk/search?q={q}", htmx=htmx)
        assert [link["href"] for link in vehicle_links(page)] == [f"/desk/tickets/{ids['ticket']}"]
        assert f"#{ids['number']}" in vehicle_row(page).get_text()

    def test_that_is_not_here_is_offered_a_ticket(self, desk: Browser, ids: dict[str, int], q: str, htmx: bool) -> None:
        finish(desk, ids["ticket"])
        _, offer = vehicle_links(desk.get(f"/desk/search?q={q}", htmx=htmx))
        assert offer.get_text(strip=True) == "New ticket for 7ABC 123"
        form = desk.get(str(offer["href"])).form("Open the ticket")
        assert form.values["whose"] == f"{ids['joy']}-{ids['vehicle']}"
        ticket = form.fill(complaint="Rattles.").submit("-")
        assert ticket.path == f"/desk/tickets/{ids['ticket'] + 1}"
        assert "Joy Tanaka" in ticket.text
        assert "7ABC 123" in ticket.text


def test_costs_the_same_however_much_is_found(desk: Browser) -> None:
    def cost() -> int:
        with counted(desk.app) as statements:
            desk.get("/desk/search?q=civic")
        return len(statements)

    with desk.app.app_context():
        make_ticket(vehicle=make_vehicle(make="Honda", model="Civic"))
    few = cost()
    with desk.app.app_context():
        for _ in range(5):
            make_ticket(vehicle=make_vehicle(make="Honda", model="Civic"))
            make_vehicle(make="Honda", model="Civic")
    assert cost() <= few  # where a word is common, the newest are enough


def test_nobody_is_led_away_while_typing(desk: Browser, ids: dict[str, int]) -> None:
    page = desk.get(f"/desk/search?q={ids['number']}", htmx=True)
    assert page.fragment("search-results")
    assert f"#{ids['number']}" in page.text


def test_more_than_eight_are_behind_a_link(desk: Browser) -> None:
    with desk.app.app_context(), transaction():
        for number in range(9):
            make_customer(name=f"Berg {number}")
    page = desk.get("/desk/search?q=berg")
    assert len(page.soup.select(".found__row")) == 8
    assert len(page.follow("See all customers").rows()) == 9


def test_nothing_is_said_plainly(desk: Browser) -> None:
    assert "Nothing is like “zzz”" in desk.get("/desk/search?q=zzz").text
    assert desk.get("/desk/search").status == 200


@pytest.mark.parametrize("q", ["2147483648", f"%23{'0' * 20}{'9' * 15}", f"{'0' * 11}{'9' * 80}"])
def test_a_number_that_no_ticket_can_have_leads_nowhere(desk: Browser, q: str) -> None:
    page = desk.get(f"/desk/search?q={q}")
    assert (page.status, page.path) == (200, "/desk/search")


@pytest.mark.parametrize("q", ["%00", "%25", "x" * 500, "9" * 90, "%F0%9F%98%80", "'", "\\", "٣٤", "#"])
def test_odd_questions_are_answered(desk: Browser, ids: dict[str, int], q: str) -> None:
    assert desk.get(f"/desk/search?q={q}").status == 200


def test_needs_sign_in(visitor: Browser) -> None:
    assert visitor.get("/desk/search?q=tanaka").path == "/login"


def test_keeps_the_wrong_role_out(mechanic: Browser, customer: Browser) -> None:
    assert mechanic.get("/desk/search?q=tanaka").status == customer.get("/desk/search?q=tanaka").status == 403


def finish(desk: Browser, ticket_id: int) -> None:
    with desk.app.app_context():
        ticket = db.session.get_one(Ticket, ticket_id)
        ticket.status, ticket.completed_at = Status.PICKED_UP, now()
        keep(ticket)


def vehicle_row(page: Page) -> Tag:
    """The only vehicle that was found."""
    (group,) = (each for each in page.soup.select(".found__group") if "Vehicles" in each.get_text())
    (row,) = group.select(".found__row")
    return row


def vehicle_links(page: Page) -> list[Tag]:
    return vehicle_row(page).select("a")
