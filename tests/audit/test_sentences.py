"""Every kind of change can be told, whichever facts were left behind."""

from __future__ import annotations

import pytest

from shop.audit import sentences
from shop.audit.actions import Action
from shop.audit.queries import timeline
from shop.audit.record import record
from shop.audit.sentences import Change
from shop.common import clock
from shop.common.transaction import transaction
from tests.cast import Cast
from tests.factories import make_customer, make_vehicle


@pytest.mark.single
@pytest.mark.parametrize("action", Action)
def test_every_action_has_words_and_a_picture(action: Action) -> None:
    assert sentences.icon(action)
    assert "{" not in sentences.sentence(action, {}, ())


@pytest.mark.single
def test_facts_are_told() -> None:
    used = sentences.sentence(Action.PART_USED, {"part": "Oil filter", "quantity": 2}, ())
    moved = sentences.sentence(Action.TICKET_MOVED, {"was": "in_progress", "to": "quality_check"}, ())
    assert used == "took 2 × Oil filter from the shelf"
    assert moved == "moved it from in progress to quality check"


@pytest.mark.single
@pytest.mark.parametrize(
    ("facts", "after", "called"),
    [
        ({}, "Oil pan gasket", "Oil pan gasket"),
        ({}, None, "a line"),  # erased
        ({"line": "Oil pan gasket"}, None, "Oil pan gasket"),  # as it was told once
    ],
)
def test_a_line_is_named_while_it_is_known(facts: dict[str, str], after: str | None, called: str) -> None:
    changes = (Change("line", None, after),)
    assert sentences.sentence(Action.LINE_ADDED, facts, changes) == f"added {called}"
    assert sentences.sentence(Action.LINE_REMOVED, facts, changes) == f"took {called} off"
    priced = (*changes, Change("price_cents", "3490", "5000"))
    assert sentences.sentence(Action.LINE_CHANGED, facts, priced) == f"changed the price of {called}"


@pytest.mark.single
def test_changed_fields_are_named_and_shown() -> None:
    changes = (
        Change("phone", None, "555 0100"),
        Change("price_cents", "1499", "1599"),
        Change("customer_id", "1", "2"),
    )
    assert sentences.sentence(Action.CUSTOMER_CHANGED, {}, changes).endswith("telephone, price and owner")
    assert sentences.note(Action.CUSTOMER_CHANGED, changes) == "Telephone: nothing → 555 0100; Price: 14.99 → 15.99"


@pytest.mark.single
def test_percentages_are_shown_as_such() -> None:
    changes = (Change("labour_tax_ppm", "0", "88750"), Change("supplies_cap_cents", None, "3500"))
    assert sentences.sentence(Action.RATES_CHANGED, {}, changes).endswith("tax on labour and most for shop supplies")
    assert sentences.note(Action.RATES_CHANGED, changes) == (
        "Tax on labour: 0 % → 8.875 %; Most for shop supplies: nothing → 35.00"
    )


@pytest.mark.single
@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ([("price_cents", "3490", "5000")], "Price: 34.90 → 50.00"),
        ([("quantity", "3", "2"), ("core_cents", "0", "4500")], "Quantity: 3 → 2; Core charge: 0.00 → 45.00"),
        ([("minutes", "72", "70")], "Hours: 1.2 h → 1:10 h"),
        ([("mechanic", None, "Rui")], "Mechanic: nobody → Rui"),
        ([("odometer", None, "84210")], "Odometer: nothing → 84,210"),
        ([("description", "Pads", "Front pads")], "Description: Pads → Front pads"),
        ([("price_cents", None, None), ("quantity", None, None)], None),  # erased
    ],
)
def test_a_line_tells_what_it_was_before(changes: list[tuple[str, str | None, str | None]], note: str | None) -> None:
    told = tuple(Change(*each) for each in [("line", None, "Pads"), *changes])
    assert sentences.note(Action.LINE_CHANGED, told) == note


@pytest.mark.single
@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ([("discount_ppm", "0", "100000")], "Discount: nothing → 10 %"),
        ([("discount_ppm", "100000", "0"), ("discount_cents", "0", "1500")], "Discount: 10 % → 15.00"),
        ([("discount_cents", "1500", "0")], "Discount: 15.00 → nothing"),
    ],
)
def test_a_job_has_one_discount(changes: list[tuple[str, str, str]], note: str) -> None:
    told = tuple(Change(*each) for each in changes)
    assert sentences.sentence(Action.JOB_CHANGED, {"position": 1}, told) == "changed the discount of job 1"
    assert sentences.note(Action.JOB_CHANGED, told) == note


@pytest.mark.single
def test_times_read_as_on_every_page() -> None:
    changes = (Change("promised_at", None, "2026-03-12T22:10:00+00:00"),)
    with_zone = clock.zone().key
    clock.use_zone("America/Los_Angeles")
    try:
        assert sentences.note(Action.TICKET_CHANGED, changes) == "Promised time: nothing → 12 Mar 2026, 3:10 pm"
    finally:
        clock.use_zone(with_zone)


@pytest.mark.single
def test_a_reason_is_told_and_a_first_value_is_not() -> None:
    assert sentences.note(Action.TICKET_MOVED, (Change("reason", None, "Sold the car"),)) == "Sold the car"
    assert sentences.note(Action.CUSTOMER_ADDED, (Change("phone", None, "555 0100"),)) is None


def test_a_switch_is_told_as_yes_or_no(context: None) -> None:
    customer = make_customer()
    with transaction():
        record(Action.CUSTOMER_CHANGED, customer, by=None, changes={"invoice_by_mail": (False, True)})
    assert [entry.note for entry in timeline(customer)] == ["Invoice by mail: no → yes"]


def test_timeline_tells_of_several_subjects_newest_first(context: None, cast: Cast) -> None:
    customer, other = make_customer(), make_customer()
    vehicle = make_vehicle(customer)
    with transaction():
        record(Action.CUSTOMER_ADDED, customer, by=cast.account("desk"))
        record(Action.VEHICLE_ADDED, vehicle, by=None, vehicle="2014 Honda Civic")
        record(Action.CUSTOMER_ADDED, other, by=None)
    told = [(entry.who, entry.sentence) for entry in timeline(customer, vehicle)]
    assert told == [("The software", "added 2014 Honda Civic"), ("Ana Desk", "added the customer")]
