"""What people do with customers and vehicles, called directly."""

from __future__ import annotations

from typing import Any

import pytest

from shop.accounts.models import Account
from shop.audit.queries import timeline
from shop.common import open_work
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.open_work import OpenTicket
from shop.customers import commands
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from tests.cast import Cast
from tests.factories import make_customer, make_vehicle

HONDA = "1HGCM82633A004352"


@pytest.fixture
def by(context: None, cast: Cast) -> Account:
    return cast.account("desk")


def sentences(*subjects: Customer | Vehicle) -> list[str]:
    return [entry.sentence for entry in timeline(*subjects)]


class TestCustomer:
    def test_a_telephone_number_has_figures(self, by: Account) -> None:
        with pytest.raises(RuleBroken) as refusal:
            commands.add_customer(name="Joy", phone="ask her brother", by=by)
        assert refusal.value.field == "phone"
        joy = commands.add_customer(name="Joy", by=by)
        with pytest.raises(RuleBroken):
            commands.edit_customer(joy, phone="x", by=by)

    def test_vehicles_that_leave_and_come_back_along_with_it_tell_so(self, by: Account) -> None:
        vehicle = make_vehicle()
        commands.archive_customer(vehicle.customer, by=by)
        commands.restore_customer(vehicle.customer, by=by)
        assert sentences(vehicle) == ["brought 2014 Honda Civic back", "archived 2014 Honda Civic"]

    def test_add_works_and_leaves_an_event(self, by: Account) -> None:
        customer = commands.add_customer(name="Joy Tanaka", email="joy@example.net", phone="555 0100", by=by)
        assert (customer.name_key, customer.email_key, customer.phone_key) == (
            "joy tanaka",
            "joy@example.net",
            "5550100",
        )
        assert sentences(customer) == ["added the customer"]

    @pytest.mark.parametrize("twin", ["joy@example.net", "JOY@Example.NET", "ｊｏｙ@example.net"])
    def test_email_is_unique_whatever_its_spelling(self, by: Account, twin: str) -> None:
        commands.add_customer(name="Joy Tanaka", email="joy@example.net", by=by)
        with pytest.raises(RuleBroken, match=r"Joy Tanaka already has this e-mail address\.") as refused:
            commands.add_customer(name="Another Joy", email=twin, by=by)
        assert refused.value.field == "email"

    def test_several_customers_may_have_no_email(self, by: Account) -> None:
        assert commands.add_customer(name="One", by=by).id != commands.add_customer(name="Two", by=by).id

    def test_edit_replaces_what_is_given(self, by: Account) -> None:
        customer = make_customer(phone="555 0100", notes="Pays cash.")
        commands.edit_customer(customer, phone=None, by=by, version=1)
        assert (customer.phone, customer.phone_key, customer.notes, customer.version) == (None, None, "Pays cash.", 2)
        assert sentences(customer) == ["changed the customer’s telephone"]

    def test_edit_that_changes_nothing_leaves_nothing(self, by: Account) -> None:
        customer = make_customer(name="Same")
        commands.edit_customer(customer, name="Same", email=customer.email, by=by)
        assert (customer.version, sentences(customer)) == (1, [])

    def test_edit_of_an_older_version_is_refused(self, by: Account) -> None:
        customer = make_customer()
        commands.edit_customer(customer, name="First", by=by, version=1)
        with pytest.raises(StaleEdit):
            commands.edit_customer(customer, name="Second", by=by, version=1)
        assert customer.name == "First"

    def test_archive_takes_the_vehicles_along_and_frees_their_keys(self, by: Account) -> None:
        customer = make_customer(email="joy@example.net")
        vehicle = make_vehicle(customer, plate="7ABC 123", vin=HONDA)
        commands.archive_customer(customer, by=by)
        assert customer.is_archived
        assert vehicle.is_archived
        other = commands.add_customer(name="Next", email="joy@example.net", by=by)
        assert commands.add_vehicle(other, plate="7ABC123", vin=HONDA, by=by).id

    def test_archive_twice_is_archive_once(self, by: Account) -> None:
        customer = make_customer()
        commands.archive_customer(customer, by=by)
        commands.archive_customer(customer, by=by)
        assert sentences(customer) == ["archived the customer"]

    def test_archive_waits_for_what_is_going_on(self, by: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(open_work, "finders", [lambda thing: [OpenTicket(17, 1001, thing.label)]])
        customer = make_customer(name="Joy")
        with pytest.raises(Conflict, match="#1001 is still open"):
            commands.archive_customer(customer, by=by)
        assert not customer.is_archived

    def test_archived_customers_are_not_edited(self, by: Account) -> None:
        customer = make_customer()
        commands.archive_customer(customer, by=by)
        with pytest.raises(Conflict, match="archived"):
            commands.edit_customer(customer, name="New", by=by)
        with pytest.raises(Conflict, match="archived"):
            commands.add_vehicle(customer, plate="7ABC 123", by=by)

    def test_restore_brings_the_vehicles_back_too(self, by: Account) -> None:
        customer = make_customer(email="joy@example.net")
        sold, kept = make_vehicle(customer), make_vehicle(customer, plate="7ABC 123")
        commands.archive_vehicle(sold, by=by)
        commands.archive_customer(customer, by=by)
        commands.restore_customer(customer, by=by)
        assert (customer.email_key, kept.plate_key) == ("joy@example.net", "7ABC123")
        assert sold.is_archived

    def test_restore_is_refused_when_the_email_is_taken(self, by: Account) -> None:
        customer = make_customer(email="joy@example.net")
        commands.archive_customer(customer, by=by)
        commands.add_customer(name="Next Joy", email="joy@example.net", by=by)
        with pytest.raises(RuleBroken, match="Next Joy already has"):
            commands.restore_customer(customer, by=by)

    def test_restore_leaves_a_vehicle_whose_plate_is_taken(self, by: Account) -> None:
        customer = make_customer()
        vehicle = make_vehicle(customer, plate="7ABC 123")
        commands.archive_customer(customer, by=by)
        commands.add_vehicle(make_customer(), plate="7ABC 123", by=by)
        commands.restore_customer(customer, by=by)
        assert vehicle.is_archived


class TestVehicle:
    def test_add_works_and_leaves_an_event(self, by: Account) -> None:
        vehicle = commands.add_vehicle(make_customer(), plate="7abc 123", make="Honda", model="Civic", year=2014, by=by)
        assert (vehicle.plate, vehicle.plate_key, vehicle.label) == ("7ABC 123", "7ABC123", "2014 Honda Civic")
        assert sentences(vehicle) == ["added 2014 Honda Civic"]

    @pytest.mark.parametrize(
        ("key", "twin", "words"),
        [
            ({"plate": "7ABC 123"}, {"plate": "7abc-123"}, "number plate"),
            ({"vin": HONDA}, {"vin": HONDA.lower()}, "VIN"),
        ],
    )
    def test_plate_and_vin_are_unique(self, by: Account, key: dict[str, Any], twin: dict[str, Any], words: str) -> None:
        commands.add_vehicle(make_customer(name="Joy Tanaka"), **key, by=by)
        with pytest.raises(RuleBroken, match=f"Joy Tanaka already has a vehicle with this {words}") as refused:
            commands.add_vehicle(make_customer(), **twin, by=by)
        assert refused.value.field in twin

    @pytest.mark.parametrize("vin", ["1HGCM82633A00435", "1HGCM82633I004352", "1HGCM82633A0043522", "ÄHGCM82633A00435"])
    def test_what_is_no_vin_is_refused(self, by: Account, vin: str) -> None:
        with pytest.raises(RuleBroken, match="17 letters and digits") as refused:
            commands.add_vehicle(make_customer(), vin=vin, by=by)
        assert refused.value.field == "vin"

    @pytest.mark.parametrize("plate", ["-", "ABCDEFGHIJKLMNOPQ", "㎏㎏㎏㎏㎏㎏㎏㎏㎏"])
    def test_what_is_no_plate_is_refused(self, by: Account, plate: str) -> None:
        with pytest.raises(RuleBroken) as refused:
            commands.add_vehicle(make_customer(), plate=plate, by=by)
        assert refused.value.field == "plate"

    def test_something_says_which_vehicle_it_is(self, by: Account) -> None:
        with pytest.raises(RuleBroken) as refused:
            commands.add_vehicle(make_customer(), year=2014, by=by)
        assert refused.value.field == "make"
        vehicle = make_vehicle(make="", model="", plate="7ABC 123")
        with pytest.raises(RuleBroken):
            commands.edit_vehicle(vehicle, plate=None, by=by)

    def test_a_lower_odometer_needs_a_reason(self, by: Account) -> None:
        vehicle = make_vehicle(odometer=84_210)
        with pytest.raises(RuleBroken) as refused:
            commands.edit_vehicle(vehicle, odometer=8_421, by=by)
        assert refused.value.message == "The odometer was 84,210 at the last visit. Say why it is lower now."
        assert refused.value.field == "odometer_reason"
        commands.edit_vehicle(vehicle, odometer=8_421, odometer_reason="New instrument cluster", by=by)
        assert vehicle.odometer == 8_421
        assert timeline(vehicle)[0].note == "New instrument cluster; Odometer: 84,210 → 8,421"

    def test_a_higher_odometer_needs_none(self, by: Account) -> None:
        vehicle = make_vehicle(odometer=84_210)
        commands.edit_vehicle(vehicle, odometer=90_000, odometer_reason="ignored", by=by)
        assert timeline(vehicle)[0].note == "Odometer: 84,210 → 90,000"

    def test_edit_of_an_older_version_is_refused(self, by: Account) -> None:
        vehicle = make_vehicle()
        commands.edit_vehicle(vehicle, model="Accord", by=by, version=1)
        with pytest.raises(StaleEdit):
            commands.edit_vehicle(vehicle, model="Jazz", by=by, version=1)

    def test_edit_keeps_its_own_plate(self, by: Account) -> None:
        vehicle = make_vehicle(plate="7ABC 123")
        commands.edit_vehicle(vehicle, plate="7ABC-123", model="Accord", by=by)
        assert vehicle.plate == "7ABC-123"

    def test_change_owner(self, by: Account) -> None:
        vehicle, other = make_vehicle(), make_customer()
        commands.change_owner(vehicle, to=other, by=by)
        assert (vehicle.customer_id, vehicle.version) == (other.id, 2)
        assert sentences(vehicle) == ["changed the owner of 2014 Honda Civic"]

    def test_change_owner_after_somebody_else_did_is_refused(self, by: Account) -> None:
        vehicle = make_vehicle()
        seen = vehicle.version
        commands.change_owner(vehicle, to=make_customer(), version=seen, by=by)
        with pytest.raises(StaleEdit):
            commands.change_owner(vehicle, to=make_customer(), version=seen, by=by)

    def test_change_owner_to_an_archived_customer_is_refused(self, by: Account) -> None:
        vehicle, other = make_vehicle(), make_customer()
        commands.archive_customer(other, by=by)
        with pytest.raises(RuleBroken, match="archived"):
            commands.change_owner(vehicle, to=other, by=by)

    def test_archive_and_restore(self, by: Account) -> None:
        vehicle = make_vehicle(plate="7ABC 123")
        commands.archive_vehicle(vehicle, by=by)
        assert (vehicle.plate, vehicle.plate_key) == ("7ABC 123", None)
        commands.restore_vehicle(vehicle, by=by)
        assert (vehicle.is_archived, vehicle.plate_key) == (False, "7ABC123")
        assert sentences(vehicle) == ["brought 2014 Honda Civic back", "archived 2014 Honda Civic"]

    def test_restore_is_refused_when_the_plate_is_taken(self, by: Account) -> None:
        vehicle = make_vehicle(plate="7ABC 123")
        commands.archive_vehicle(vehicle, by=by)
        commands.add_vehicle(make_customer(name="Joy"), plate="7ABC 123", by=by)
        with pytest.raises(RuleBroken, match="Joy already has"):
            commands.restore_vehicle(vehicle, by=by)


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({}, "2014 Honda Civic"),
        ({"make": ""}, "2014 Civic"),
        ({"make": "", "model": "", "vin": HONDA}, "2014 Honda"),
        ({"make": "", "model": "", "year": None, "vin": HONDA}, "Honda"),
        ({"make": "", "model": ""}, "2014 vehicle"),
        ({"make": "", "model": "", "year": None}, "Vehicle"),
    ],
)
def test_a_plate_is_no_name(context: None, values: dict[str, Any], label: str) -> None:
    """It stands beside the name already."""
    vehicle = make_vehicle(plate="ZED 1", **values)
    assert (vehicle.label, vehicle.label_with_plate) == (label, f"{label}, ZED 1")


def test_events_keep_no_plate_among_the_facts(by: Account) -> None:
    """Facts stay for ever; what is personal stands in the changes, which can be blanked."""
    vehicle = commands.add_vehicle(make_customer(), plate="7ABC 123", by=by)
    assert sentences(vehicle) == ["added a vehicle"]
    assert db.session.get_one(Vehicle, vehicle.id).plate == "7ABC 123"
