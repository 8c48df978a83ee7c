"""A customer with a fleet: the desk sees it a stretch at a time, and does to each vehicle what it does to any."""

from __future__ import annotations

from itertools import chain

import pytest

from shop.common.clock import now
from shop.common.paging import to_cursor
from shop.common.transaction import transaction
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from tests.browser import Browser, Page
from tests.factories import make_customer, make_vehicle
from tests.statements import counted

ARCHIVED = [f"TAXI {number:02}" for number in (1, 8, 16, 24, 32, 40)]
LISTED = [f"TAXI {number:02}" for number in range(1, 47) if f"TAXI {number:02}" not in ARCHIVED]


@pytest.fixture
def url(desk: Browser) -> str:
    with desk.app.app_context(), transaction():
        fleet, other = make_customer(name="Taxi Fleet"), make_customer(name="Tom Bauer")
        make_vehicle(other, plate="OTHER 1")
        for number in range(1, 47):
            is_archived = number % 8 == 0 or number == 1
            make_vehicle(fleet, plate=f"TAXI {number:02}", archived_at=now() if is_archived else None)
        make_vehicle(other, plate="OTHER 2")
        return f"/desk/customers/{fleet.id}"


def test_every_vehicle_is_on_one_page(desk: Browser, url: str) -> None:
    pages = [desk.get(url)]
    while "More" in ways_on(pages[-1]):
        pages.append(on_from(pages[-1]))
    seen = [plates_on(page) for page in pages]
    assert [len(plates) for plates in seen] == [12, 12, 12, 4]
    assert list(chain(*seen)) == LISTED
    for page in pages:
        assert (page.heading, "Vehicles 40" in page.text, "OTHER" in page.html) == ("Taxi Fleet", True, False)
    assert plates_on(on_from(pages[-1], "Back")) == LISTED[24:36]
    assert ways_on(pages[0]) == {"More"}


def test_htmx_gets_the_vehicles_alone(desk: Browser, url: str) -> None:
    older = on_from(desk.get(url))
    page = desk.get(older.url, htmx=True)
    assert "<html" not in page.html
    assert plates_on(page) == plates_on(older) == LISTED[12:24]


def test_costs_the_same_as_a_few(desk: Browser, url: str) -> None:
    with desk.app.app_context():
        few = f"/desk/customers/{make_vehicle().customer_id}"
    costs = []
    for each in (few, url):
        desk.get(each)  # what a process remembers, it knows now
        with counted(desk.app) as statements:
            desk.get(each)
        costs.append(len(statements))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("htmx", [True, False])
def test_edit_stays_where_one_is(desk: Browser, url: str, htmx: bool) -> None:
    page = on_from(desk.get(url))
    row = page.soup.select("#customer-vehicles tbody tr")[4]
    page = desk.get(str(row.select_one("a[title^=Edit]")["href"]), htmx=htmx)  # type: ignore[index]
    assert len(plates_on(page)) == 11
    assert page.form("Save").values["plate"] == LISTED[16]
    refused = page.form("Save").fill(plate=LISTED[0]).submit(htmx=htmx)
    assert refused.errors
    assert len(plates_on(refused)) == 11
    page = refused.form("Save").fill(plate="CAB 1").submit(htmx=htmx)
    assert plates_on(page) == [*LISTED[12:16], "CAB 1", *LISTED[17:24]]


def test_the_vehicle_that_is_edited_is_in_sight(desk: Browser, url: str) -> None:
    with desk.app.app_context():
        vehicle = db.session.scalars(db.select(Vehicle).where(Vehicle.plate == LISTED[20])).one()
    page = desk.get(f"{url}/vehicles/{vehicle.id}")
    assert page.form("Save").values["plate"] == LISTED[20]
    assert plates_on(page) == LISTED[9:20]


@pytest.mark.parametrize("htmx", [True, False])
def test_add_shows_the_new_one_among_the_last(desk: Browser, url: str, htmx: bool) -> None:
    page = desk.get(url).form("Add the vehicle").fill(plate="NEW 1", make="Volvo").submit(htmx=htmx)
    assert plates_on(page) == [*LISTED[-11:], "NEW 1"]
    assert "Saved" in page.html
    assert ways_on(page) == {"Back"}


def test_archive_stays_where_one_is(desk: Browser, url: str) -> None:
    page = on_from(desk.get(url))
    page = page.form("Archive 2014 Honda Civic").submit()
    assert plates_on(page) == LISTED[13:25]


def test_archive_the_only_one_there_leads_to_the_first(desk: Browser, url: str) -> None:
    with desk.app.app_context():
        last = db.session.scalars(db.select(Vehicle).where(Vehicle.plate == LISTED[-2])).one()
    place = f"?after={to_cursor([last.id])}"
    page = desk.get(f"{url}/vehicles{place}")
    assert plates_on(page) == LISTED[-1:]
    page = page.form("Archive 2014 Honda Civic").submit(htmx=True)
    assert plates_on(page) == LISTED[:12]


def test_archived_ones_are_named_few_and_found_all(desk: Browser, url: str) -> None:
    page = desk.get(url)
    assert "Archived: 2014 Honda Civic, TAXI 01 ; 2014 Honda Civic, TAXI 08 ; " in page.text
    assert "TAXI 24" not in page.html
    page = page.follow("3 more")
    assert "Archived vehicles 6" in page.text
    assert plates_on(page) == ARCHIVED
    restored = page.browser.get(str(page.soup.select_one("#customer-vehicles .row-link")["href"]))  # type: ignore[index]
    assert restored.form("Bring the vehicle back").submit().status == 200
    assert plates_on(page.follow("Back to the vehicles"))[0] == "TAXI 01"


def test_many_archived_ones_go_on(desk: Browser, url: str) -> None:
    with desk.app.app_context(), transaction():
        fleet = db.session.get_one(Customer, int(url.rpartition("/")[2]))
        more = [f"GONE {number:02}" for number in range(10)]
        for plate in more:
            make_vehicle(fleet, plate=plate, archived_at=now())
    first = desk.get(f"{url}/vehicles?show=archived")
    second = on_from(first)
    assert [*plates_on(first), *plates_on(second)] == [*ARCHIVED, *more]
    assert "Archived vehicles 16" in second.text


def test_no_archived_ones_is_said(desk: Browser) -> None:
    with desk.app.app_context():
        owner_id = make_vehicle().customer_id
    page = desk.get(f"/desk/customers/{owner_id}/vehicles?show=archived")
    assert "No archived vehicles" in page.text
    assert "Add the vehicle" not in page.text


def test_of_an_archived_customer_goes_on_as_well(desk: Browser, url: str) -> None:
    desk.get(url).form("Archive the customer").submit()
    first = desk.get(url)
    second = on_from(first)
    assert len({*plates_on(first), *plates_on(second)}) == 24
    assert "Vehicles 46" in first.text


def test_history_tells_of_all(desk: Browser, url: str) -> None:
    with desk.app.app_context():
        last = db.session.scalars(db.select(Vehicle).where(Vehicle.plate == LISTED[-1])).one()
    desk.get(f"/desk/vehicles/{last.id}?edit=1").form("Save").fill(make="Skoda").submit()
    assert "Skoda" in desk.get(url).fragment("timeline").get_text()  # type: ignore[union-attr]


def test_an_unknown_place_is_said_plainly(desk: Browser, url: str) -> None:
    page = desk.get(f"{url}/vehicles?after=nonsense")
    assert page.status == 422
    assert "Start again from the first page" in page.text


def plates_on(page: Page) -> list[str]:
    return [str(tag.get_text(strip=True)) for tag in page.soup.select("#customer-vehicles tbody .plate")]


def ways_on(page: Page) -> set[str]:
    return {tag.get_text(strip=True) for tag in page.soup.select("#customer-vehicles .pager a")}


def on_from(page: Page, words: str = "More") -> Page:
    """The next stretch of the vehicles, or the one before."""
    (link,) = [tag for tag in page.soup.select("#customer-vehicles .pager a") if words in tag.get_text()]
    return page.browser.get(str(link["href"]))
