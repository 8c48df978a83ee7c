"""Customers and vehicles at the desk and at the customer's door, as people use them."""

from __future__ import annotations

import pytest

from shop.accounts.models import Account
from shop.common.clock import now
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.extensions import db
from tests.browser import Browser
from tests.cast import Cast
from tests.factories import make_customer, make_ticket, make_vehicle

HONDA = "1HGCM82633A004352"


@pytest.fixture
def joy(app: object, desk: Browser) -> Customer:
    with desk.app.app_context():
        joy = make_customer(name="Joy Tanaka", email="joy@example.net", phone="+1 555 0142")
        make_vehicle(joy, plate="7ABC 123", odometer=84_210)
        db.session.refresh(joy)
        assert joy.vehicles
        db.session.expunge_all()
        return joy


class TestList:
    def test_works(self, desk: Browser, joy: Customer) -> None:
        page = desk.get("/desk/customers")
        assert page.heading == "Customers"
        assert page.rows()[0][:4] == ["Joy Tanaka", "+1 555 0142", "joy@example.net", "7ABC 123"]
        assert 'href="tel:+15550142"' in page.html

    @pytest.mark.parametrize(
        ("cars", "gone", "told"), [(2, 0, "A1 A2"), (3, 1, "A1 A3"), (4, 1, "A1 A3 A4"), (6, 1, "A1 A3 A4 +2")]
    )
    def test_names_a_few_of_a_fleet(self, desk: Browser, cars: int, gone: int, told: str) -> None:
        with desk.app.app_context(), transaction():
            fleet = make_customer(name="Taxi Fleet")
            for number in range(cars):
                is_gone = number == gone == 1
                make_vehicle(fleet, plate=f"A{number + 1}", archived_at=now() if is_gone else None)
        assert desk.get("/desk/customers").rows()[0][3].replace("+", " +").split() == told.split()

    def test_is_searched_without_script(self, desk: Browser, joy: Customer) -> None:
        page = desk.get("/desk/customers").form("/desk/customers").fill(q="nobody").submit()
        assert "Nobody found for “nobody”" in page.text
        assert page.form("/desk/customers").values["q"] == "nobody"

    def test_htmx_gets_the_list_alone(self, desk: Browser, joy: Customer) -> None:
        page = desk.get("/desk/customers?q=7abc", htmx=True)
        assert page.fragment("customers-list")
        assert "<html" not in page.html
        assert "Joy Tanaka" in page.text

    def test_sorts_and_goes_on(self, desk: Browser) -> None:
        with desk.app.app_context(), transaction():
            for number in range(30):
                make_customer(name=f"Customer {number:02}")
        page = desk.get("/desk/customers?sort=-name&q=customer")
        assert page.rows()[0][0] == "Customer 29"
        further = page.follow("More")
        assert "sort=-name" in further.url
        assert further.rows()[0][0] == "Customer 04"
        assert further.follow("Back").rows()[0][0] == "Customer 29"

    def test_an_unknown_place_is_said_plainly(self, desk: Browser) -> None:
        page = desk.get("/desk/customers?after=nonsense")
        assert page.status == 422
        assert "Start again from the first page" in page.text

    @pytest.mark.parametrize("query", ["q=%00", "show=other", "sort=other", "q=" + "x" * 500, "_external=1&endpoint=x"])
    def test_odd_questions_are_answered(self, desk: Browser, joy: Customer, query: str) -> None:
        assert desk.get(f"/desk/customers?{query}").status == 200

    def test_a_plate_is_said_once(self, desk: Browser) -> None:
        with desk.app.app_context():
            vehicle = make_vehicle(plate="ZED 1", make="", model="", year=None)
            urls = [f"/desk/vehicles/{vehicle.id}", f"/desk/tickets/{make_ticket(vehicle=vehicle).id}"]
        for url in [*urls, "/desk/tickets"]:
            assert "ZED 1 ZED 1" not in desk.get(url).text
            assert "Vehicle" in desk.get(url).text
        assert "Vehicle, ZED 1" in desk.get(f"{urls[1]}/details").text

    def test_empty_says_what_to_do(self, desk: Browser) -> None:
        assert desk.get("/desk/customers").follow("Add a customer").heading == "Add a customer"


class TestCustomer:
    def test_add_works(self, desk: Browser) -> None:
        page = desk.get("/desk/customers/new?name=Joy")
        page = page.form("Add the customer").fill(name="Joy Tanaka", email="joy@example.net").submit()
        assert (page.status, page.heading) == (200, "Joy Tanaka")
        assert "added the customer" in page.text

    def test_add_shows_what_was_wrong_and_keeps_what_was_typed(self, desk: Browser, joy: Customer) -> None:
        form = desk.get("/desk/customers/new").form("Add the customer")
        page = form.fill(name="  ", email="nonsense", notes="Rings twice").submit()
        assert page.status == 422
        assert "Enter the customer’s name." in page.errors
        assert "Enter an address such as joy@example.com." in page.errors
        assert page.form("Add the customer").values["notes"] == "Rings twice"
        page = page.form("Add the customer").fill(name="Another", email="JOY@example.net").submit()
        assert "Joy Tanaka already has this e-mail address." in page.errors

    def test_edit_works_without_script(self, desk: Browser, joy: Customer) -> None:
        url = f"/desk/customers/{joy.id}"
        assert f"{url}?edit=1" in desk.get(url).links.values()
        page = desk.get(f"{url}?edit=1").form("Save").fill(name="Joy Bauer", notes="Calls back.\nAlways.").submit()
        assert page.heading == "Joy Bauer"
        assert "Saved." in page.text
        assert "changed the customer’s name and notes" in page.text

    def test_edit_swaps_the_facts_and_what_depends_on_them(self, desk: Browser, joy: Customer) -> None:
        form = desk.get(f"/desk/customers/{joy.id}?edit=1", htmx=True).form("Save")
        page = form.fill(name="Joy Bauer").submit(htmx=True)
        assert "<html" not in page.html
        for name in ("customer-facts", "customer-head", "timeline"):
            assert page.fragment(name), name

    def test_edit_shows_an_error_at_its_field(self, desk: Browser, joy: Customer) -> None:
        form = desk.get(f"/desk/customers/{joy.id}?edit=1", htmx=True).form("Save")
        page = form.fill(email="nonsense").submit(htmx=True)
        assert page.status == 422
        assert page.errors == ["Enter an address such as joy@example.com."]
        assert page.form("Save").values["email"] == "nonsense"

    @pytest.mark.parametrize("htmx", [True, False])
    def test_the_second_of_two_editors_sees_both_versions(self, desk: Browser, joy: Customer, htmx: bool) -> None:
        first, second = (desk.get(f"/desk/customers/{joy.id}?edit=1").form("Save") for _ in range(2))
        first.fill(name="Joy First").submit()
        page = second.fill(name="Joy Second").submit(htmx=htmx)
        assert page.status == 409
        assert "Joy First" in page.text
        page = page.form("Save what is chosen").submit()
        assert page.heading == "Joy Second"

    def test_archive_and_restore(self, desk: Browser, joy: Customer) -> None:
        page = desk.get(f"/desk/customers/{joy.id}").form("Archive the customer").submit()
        assert "Joy Tanaka is archived." in page.text
        assert desk.get("/desk/customers").rows() == []
        assert desk.get("/desk/customers?show=archived").rows()[0][0] == "Joy Tanaka"
        page = page.form("Bring the customer back").submit()
        assert "is back on the list" in page.text
        assert desk.get("/desk/customers").rows()[0][3] == "7ABC 123"

    def test_archive_waits_for_open_tickets(self, desk: Browser, joy: Customer) -> None:
        with desk.app.app_context():
            vehicle = make_vehicle(joy, make="Volvo")
            ticket = make_ticket(vehicle=vehicle).id
            car_url = f"/desk/vehicles/{vehicle.id}"
        page = desk.get(f"/desk/customers/{joy.id}")
        for refused, heading in (
            (page.form("Archive the customer").submit(), "Joy Tanaka"),
            (page.form("Archive 2014 Volvo Civic").submit(), "Joy Tanaka"),
            (desk.get(car_url).form("Archive the vehicle").submit(), "2014 Volvo Civic"),
        ):
            assert refused.status == 409
            assert heading in refused.heading
            assert [notice.get_text(" ", strip=True) for notice in refused.soup.select("main .notice")] == [
                "Ticket #1001 is still open. See the ticket"
            ]
            assert refused.links["See the ticket"] == f"/desk/tickets/{ticket}"
        refused = page.form("Archive 2014 Volvo Civic").submit(htmx=True)
        assert refused.status == 409
        assert refused.fragment("customer-vehicles")
        assert "See the ticket" in refused.links
        assert desk.get("/desk/customers").rows()[0][0] == "Joy Tanaka"

    def test_what_was_typed_is_shown_as_text(self, desk: Browser) -> None:
        form = desk.get("/desk/customers/new").form("Add the customer")
        page = form.fill(name="<b>Bold</b>", notes="<img src=x>").submit()
        assert page.heading == "<b>Bold</b>"
        assert not page.soup.select("main b, main img")


class TestVehicles:
    def test_add_in_place(self, desk: Browser, joy: Customer) -> None:
        form = desk.get(f"/desk/customers/{joy.id}").form("Add the vehicle")
        page = form.fill(plate="9xyz 9", make="Toyota", model="Yaris", year="2019", vin=HONDA).submit(htmx=True)
        assert [row[:2] for row in page.rows()] == [["7ABC 123", "2014 Honda Civic"], ["9XYZ 9", "2019 Toyota Yaris"]]
        assert page.fragment("timeline")

    def test_add_shows_what_was_wrong(self, desk: Browser, joy: Customer) -> None:
        page = desk.get(f"/desk/customers/{joy.id}")
        page = page.form("Add the vehicle").fill(plate="7abc123", make="Toyota", vin="123").submit()
        assert page.status == 422
        assert "A VIN has 17 letters and digits, never I, O or Q." in page.errors
        assert "Joy Tanaka already has a vehicle with this number plate." in page.errors
        assert page.form("Add the vehicle").values["make"] == "Toyota"

    @pytest.mark.parametrize("htmx", [True, False])
    def test_edit_in_place(self, desk: Browser, joy: Customer, htmx: bool) -> None:
        [vehicle] = joy.vehicles
        page = desk.get(f"/desk/customers/{joy.id}/vehicles/{vehicle.id}", htmx=htmx)
        page = page.form("Save").fill(model="Accord").submit(htmx=htmx)
        assert "2014 Honda Accord" in page.text

    def test_archive_in_place(self, desk: Browser, joy: Customer) -> None:
        page = desk.get(f"/desk/customers/{joy.id}").form("Archive 2014 Honda Civic").submit(htmx=True)
        assert "No vehicle yet" in page.text
        assert page.follow("2014 Honda Civic").form("Bring the vehicle back").submit().status == 200

    def test_page_shows_its_facts(self, desk: Browser) -> None:
        with desk.app.app_context():
            vehicle = make_vehicle(vin=HONDA[:-1] + "3", odometer=84_210).id
        page = desk.get(f"/desk/vehicles/{vehicle}")
        assert "84,210" in page.text
        assert "Honda, United States" in page.text
        assert "The check digit does not fit." in page.text

    def test_a_lower_odometer_asks_why(self, desk: Browser, joy: Customer) -> None:
        url = f"/desk/vehicles/{joy.vehicles[0].id}"
        page = desk.get(f"{url}?edit=1")
        assert "odometer_reason" not in page.form("Save").names
        page = page.form("Save").fill(odometer="1000").submit()
        assert "The odometer was 84,210 at the last visit. Say why it is lower now." in page.errors
        page = page.form("Save").fill(odometer_reason="New cluster").submit()
        assert "1,000" in page.text
        assert "New cluster" in page.text

    def test_owner_is_changed(self, desk: Browser, joy: Customer) -> None:
        with desk.app.app_context():
            make_customer(name="Tom Bauer", email=None)
        page = desk.get(f"/desk/vehicles/{joy.vehicles[0].id}").follow("Change")
        page = page.form("/owner").fill(q="bauer").submit()
        assert "stays with" not in page.text
        page = page.form("Tom Bauer").submit()
        assert "The vehicle belongs to Tom Bauer now." in page.text

    def test_a_new_owner_is_told_of_the_open_ticket(self, desk: Browser, joy: Customer) -> None:
        with desk.app.app_context():
            make_ticket(customer=joy, vehicle=joy.vehicles[0])
            make_customer(name="Tom Bauer")
        page = desk.get(f"/desk/vehicles/{joy.vehicles[0].id}/owner?q=bauer")
        assert "#1001 is open and stays with Joy Tanaka." in page.text
        form = page.form("/owner").page.soup.find("form", attrs={"data-confirm": True, "action": page.path})
        assert "#1001 is open and stays with Joy Tanaka." in form["data-confirm"]
        assert form["data-agree"] == "Change the owner"

    def test_owner_is_somebody_we_know(self, desk: Browser, joy: Customer) -> None:
        url = f"/desk/vehicles/{joy.vehicles[0].id}/owner"
        assert desk.post(url, {"customer_id": "999"}).status == 404
        assert desk.post(url, {"customer_id": "nobody"}).status == 404

    def test_a_vin_is_read_while_it_is_typed(self, desk: Browser) -> None:
        assert "Honda, United States" in desk.get(f"/desk/vehicles/vin?vin={HONDA}", htmx=True).text
        assert desk.get("/desk/vehicles/vin?vin=1HG", htmx=True).text == ""

    def test_a_vehicle_belongs_to_the_customer_in_the_address(self, desk: Browser, joy: Customer) -> None:
        with desk.app.app_context():
            other = make_customer().id
        assert desk.get(f"/desk/customers/{other}/vehicles/{joy.vehicles[0].id}").status == 404


class TestMine:
    def test_many_vehicles_go_on(self, customer: Browser, cast: Cast) -> None:
        own_id = cast.account_id("customer")
        with customer.app.app_context(), transaction():
            own = db.session.get_one(Account, own_id).customer
            gone = [make_vehicle(own, make="Sold", plate=f"GONE {number}", archived_at=now()) for number in range(2)]
            kept = [make_vehicle(own, plate=f"MINE {number}") for number in range(40)]
            make_vehicle(plate="OTHER 1")
            plates = [vehicle.plate for vehicle in (*kept, *gone)]
        first = customer.get("/my/vehicles")
        second = first.follow("More")
        seen = [
            [tag.get_text(strip=True) for tag in page.soup.select(".repair-list .plate")] for page in (first, second)
        ]
        assert (len(seen[0]), seen[0] + seen[1]) == (25, plates)
        assert "no longer in our books" in second.text
        assert len(second.follow("Back").soup.select(".repair-list .plate")) == 25

    def test_vehicles(self, customer: Browser, cast: Cast) -> None:
        with customer.app.app_context():
            own = cast.account("customer").customer
            vehicle = make_vehicle(own, plate="7ABC 123").id
            make_vehicle(own, make="Sold", archived_at=now(), plate=None)
        page = customer.get("/my/vehicles")
        assert "no longer in our books" in page.text
        page = page.follow("2014 Honda Civic")
        assert (page.path, page.heading) == (f"/my/vehicles/{vehicle}", "2014 Honda Civic")

    def test_hides_a_vehicle_from_strangers(self, customer: Browser, stranger: Browser, owner: Browser) -> None:
        with customer.app.app_context():
            vehicle = make_vehicle().id
        assert customer.get(f"/my/vehicles/{vehicle}").status == 404
        assert stranger.get(f"/my/vehicles/{vehicle}").status == 404
        refused = owner.get("/my/vehicles")
        assert refused.status == 403
        assert "Your account is not linked to a customer" in refused.text
        assert "ask the shop's owner" not in refused.text

    def test_a_former_owners_repairs_are_not_mine(self, customer: Browser, cast: Cast) -> None:
        with customer.app.app_context():
            own = cast.account("customer").customer
            vehicle = make_vehicle(own)
            make_ticket(customer=own, vehicle=vehicle, complaint="Mine to see")
            make_ticket(customer=make_customer(), vehicle=vehicle, complaint="Theirs alone")
            url = f"/my/vehicles/{vehicle.id}/repairs"
        page = customer.get(url)
        assert "Mine to see" in page.text
        assert "Theirs alone" not in page.html
        assert customer.get(url, htmx=True).fragment("my-vehicle-repairs")

    def test_profile_works(self, customer: Browser, cast: Cast) -> None:
        page = customer.get("/my/profile").form("Save").fill(name="Joy New", phone="555 0199").submit()
        assert "Saved." in page.text
        with customer.app.app_context():
            own = cast.account("customer").customer
            assert own is not None
            assert (own.name, own.phone, own.version) == ("Joy New", "555 0199", 2)

    def test_profile_keeps_the_email(self, customer: Browser, cast: Cast) -> None:
        form = customer.get("/my/profile").form("Save")
        assert "email" not in form.names
        customer.post("/my/profile", {**form.values, "email": "new@example.net", "notes": "x"})
        with customer.app.app_context():
            own = cast.account("customer").customer
            assert own is not None
            assert (own.email, own.notes) == ("customer@example.com", "")

    @pytest.mark.parametrize("htmx", [True, False])
    def test_profile_shows_what_was_wrong(self, customer: Browser, htmx: bool) -> None:
        page = customer.get("/my/profile").form("Save").fill(name=" ", phone="555").submit(htmx=htmx)
        assert page.status == 422
        assert page.errors == ["Enter your name."]
        assert page.form("Save").values["phone"] == "555"

    def test_the_desks_notes_are_not_shown(self, customer: Browser, cast: Cast) -> None:
        with customer.app.app_context():
            cast.account("customer").customer.notes = "Slow payer"  # type: ignore[union-attr]
            db.session.commit()
        assert "Slow payer" not in customer.get("/my/profile").html


@pytest.mark.parametrize("url", ["/desk/customers", "/desk/customers/new", "/desk/customers/1", "/desk/vehicles/1"])
class TestDoor:
    def test_needs_sign_in(self, visitor: Browser, url: str) -> None:
        assert visitor.get(url).path == "/login"

    def test_keeps_the_wrong_role_out(self, mechanic: Browser, customer: Browser, url: str) -> None:
        assert mechanic.get(url).status == customer.get(url).status == 403


def test_what_is_not_there_is_not_found(desk: Browser) -> None:
    for url in ("/desk/customers/999", "/desk/vehicles/999", "/desk/customers/0", "/desk/customers/2147483648"):
        assert desk.get(url).status == 404


def test_who_may_be_the_same_person_is_named(desk: Browser) -> None:
    with desk.app.app_context():
        joy = make_customer(name="Joy Tanaka", phone="+1 555 0101").id
        again = make_customer(name="J. Tanaka", phone="+1 (555) 0101").id
        tom = make_customer(name="Tom", phone="+1 555 0102").id
    page = desk.get(f"/desk/customers/{again}")
    assert "Looks like Joy Tanaka as well (same telephone number)." in page.text
    assert page.soup.select_one(f"#customer-facts a[href='/desk/customers/{again}/same/{joy}']")
    assert "Looks like" not in desk.get(f"/desk/customers/{tom}").text
