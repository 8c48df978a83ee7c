"""Finding customers and vehicles."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event

from shop.common.clock import now
from shop.common.errors import RuleBroken
from shop.common.stamps import Topic, touch
from shop.common.transaction import transaction
from shop.customers import queries
from shop.customers.models import Customer
from shop.customers.queries import CustomerFilter, Sort
from shop.extensions import db
from tests.cast import Cast
from tests.factories import make_customer, make_vehicle
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("context")


def names(q: str = "", **chosen: object) -> list[str]:
    return [row.name for row in queries.listed(CustomerFilter(q, **chosen)).items]  # type: ignore[arg-type]


@pytest.fixture
def joy() -> Customer:
    joy = make_customer(name="Joy Tanaka", email="joy@example.net", phone="+1 (555) 010-0142")
    make_vehicle(joy, plate="7ABC 123", vin="1HGCM82633A004352", make="Honda", model="Accord")
    make_customer(name="Tom Bauer", email="tom@example.net", phone="0171 99 88 77")
    return joy


@pytest.mark.parametrize(
    "q",
    [
        "joy", "TANAKA", "tanaka joy", "jo tan", "abc 123", "joy@exam", "JOY@EXAMPLE.NET",
        "555 0100142", "5550100142", "010-0142", "+1 555",
        "7abc", "7ABC-123", "1hgcm8", "004352",
    ],
)  # fmt: skip
def test_joy_is_found_by(q: str, joy: Customer) -> None:
    assert names(q) == ["Joy Tanaka"]
    assert queries.how_many(CustomerFilter(q)) == 1


@pytest.mark.parametrize("q", ["joi", "oy", "%", "_", "bc 123", "joy bauer", "\\", "'", "😀", "9" * 90])
def test_nobody_is_found_by(q: str, joy: Customer) -> None:
    assert names(q) == []
    assert queries.how_many(CustomerFilter(q)) == 0


def test_a_national_zero_finds_the_number(joy: Customer) -> None:
    assert names("0171998") == ["Tom Bauer"]


def test_a_plate_with_figures_is_no_telephone_number() -> None:
    make_customer(name="Figures", phone="7123")
    assert names("7ABC123") == []


def test_the_orders() -> None:
    for name in ("Berta", "anna", "Émile", "Zoë"):
        make_customer(name=name)
    assert names(sort=Sort.NAME) == ["anna", "Berta", "Zoë", "Émile"]
    assert names(sort=Sort.NAME_BACK) == ["Émile", "Zoë", "Berta", "anna"]
    assert names(sort=Sort.NEWEST) == ["Zoë", "Émile", "anna", "Berta"]


def test_a_list_is_read_on_and_back() -> None:
    for number in range(7):
        make_customer(name=f"Same name {number // 3}")
    chosen = CustomerFilter()
    first = queries.listed(chosen, size=3)
    second = queries.listed(chosen, size=3, after=first.after)
    third = queries.listed(chosen, size=3, after=second.after)
    assert (first.before, third.after) == (None, None)
    assert len({row.id for part in (first, second, third) for row in part.items}) == 7
    assert queries.listed(chosen, size=3, before=third.before).items == second.items
    with pytest.raises(RuleBroken):
        queries.listed(chosen, after="nonsense")


def test_pages_are_numbered_and_counted() -> None:
    for number in range(5):
        make_customer(name=f"Customer {number}")
    found = queries.numbered(CustomerFilter(sort=Sort.NEWEST), number=2, size=2)
    assert ([row.name for row in found.items], found.total, found.pages) == (["Customer 2", "Customer 1"], 5, 3)


def test_archived_ones_are_apart() -> None:
    gone = make_customer(name="Joy Gone", email=None, archived_at=now())
    make_vehicle(gone, archived_at=now(), plate="OLD 1")
    make_customer(name="Joy Here")
    assert names() == names("joy") == ["Joy Here"]
    assert queries.how_many(CustomerFilter("joy")) == 1
    for q in ("", "joy"):
        archived = queries.listed(CustomerFilter(q, is_archived=True))
        assert [(row.name, [each.plate for each in row.vehicles]) for row in archived.items] == [
            ("Joy Gone", ["OLD 1"])
        ]
        assert archived.total == 1


def test_search_puts_first_who_begins_like_it() -> None:
    make_customer(name="Anna Berg")
    make_customer(name="Berg Motors")
    assert [row.name for row in queries.search("berg", limit=8)] == ["Berg Motors", "Anna Berg"]
    assert [row.name for row in queries.search("berg", limit=1)] == ["Berg Motors"]
    assert queries.search("  ", limit=8) == []


@pytest.mark.parametrize("q", ["7abc", "accord", "honda acc", "1HGCM", "A004352"])
def test_the_vehicle_is_found_by(q: str, joy: Customer) -> None:
    assert [(found.plate, found.customer) for found in queries.search_vehicles(q, limit=8)] == [
        ("7ABC 123", "Joy Tanaka")
    ]


def test_the_vehicle_with_this_very_plate(joy: Customer) -> None:
    assert queries.vehicle_named("7abc-123") == joy.vehicles[0].id
    assert queries.vehicle_named("7abc") is None
    assert queries.vehicle_named(" ") is None


def test_the_number_of_statements_does_not_grow() -> None:
    def statements() -> int:
        with transaction():
            touch(Topic.CUSTOMERS)  # so that nothing is kept
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        queries.listed(CustomerFilter())
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    make_vehicle()
    few = statements()
    for _ in range(12):
        make_vehicle(make_customer())
    assert statements() == few


def test_who_looks_like_another_is_looked_up_at_once(app: Flask) -> None:
    joy = make_customer(name="Joy Tanaka", phone="+1 555 0101")
    named = [make_customer(name="JOY TANAKA").id for _ in range(3)]
    same_number = make_customer(name="Tom", phone="1 (555) 0101").id
    make_customer(name="Joy Tanaka", phone="+1 555 0101", archived_at=now())
    make_customer(name="Joy", phone=None)
    db.session.refresh(joy)
    with counted(app) as statements:
        found = [(each.customer.id, each.why) for each in queries.look_alikes(joy, limit=3)]
    assert found == [(same_number, "same telephone number"), *((each, "same name") for each in named[:2])]
    assert len(statements) == 1
    assert queries.look_alikes(make_customer(name="Nobody else", phone=None), limit=3) == []


def test_who_may_see_whom(cast: Cast) -> None:
    people = ("desk", "mechanic", "customer")
    assert all(cast.account_id(who) for who in people)
    desk, mechanic, customer = (cast.account(who) for who in people)
    gone = make_customer(archived_at=now())
    assert customer.customer_id in {each.id for each in db.session.scalars(queries.visible_to(desk))}
    assert [each.id for each in db.session.scalars(queries.visible_to(customer))] == [customer.customer_id]
    assert db.session.scalars(queries.visible_to(mechanic)).all() == []
    assert gone not in db.session.scalars(queries.visible_to(desk)).all()
    assert gone in db.session.scalars(queries.known_to(desk)).all()
