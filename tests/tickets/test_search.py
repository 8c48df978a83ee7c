"""Finding tickets by words: the same on every database, kept by whatever changes a word, and never by reading all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, select, text, update

from shop.accounts.models import Account
from shop.common import words
from shop.common.clock import now
from shop.common.transaction import transaction
from shop.customers.commands import archive_vehicle, change_owner, edit_customer, edit_vehicle
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.ops import search_words
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket, TicketWords
from shop.tickets.queries import count_tickets, list_tickets, page_of_tickets
from shop.tickets.selection import Scope, Sort, TicketFilter, hits_of, matching
from tests.cast import Cast
from tests.factories import make_customer, make_mechanic, make_ticket, make_vehicle
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture(params=["index", "many", "common"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How few tickets are found, how many, and those whose words nearly every ticket has."""
    monkeypatch.setattr(words, "_COMMON", 0 if request.param == "common" else 10)
    monkeypatch.setattr(words, "MOST_LISTED", 1 if request.param == "many" else 2000)
    monkeypatch.setattr(words, "FEW_LISTED", 200 if request.param == "index" else 1)
    return str(request.param)


@pytest.fixture
def by(cast: Cast) -> Account:
    return cast.account("desk")


@pytest.fixture
@transaction()
def dvorak() -> Ticket:
    """The ticket #1001 among others."""
    customer = make_customer(name="Kateřina Dvořáková-Li X")
    vehicle = make_vehicle(customer, plate="7ABC 123", make="Škoda", model="Octavia RS", year=2009)
    ticket = make_ticket(vehicle=vehicle, complaint="Brakes squeal, A/C blows warm.\nDoesn't start when it's cold")
    make_ticket(vehicle=make_vehicle(make_customer(name="Tom Bauer"), plate="HH-RK 42"), complaint="Oil change")
    return ticket


def found(q: str, **chosen: object) -> list[int]:
    return [row.number for row in list_tickets(TicketFilter(q, **chosen)).items]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "q",
    [
        "1001", "#1001", "dvorak", "DVOŘÁK", "katerina dvo", "li", "x", "x dvo", "škoda", "SKODA octa", "2009",
        "7abc123", "7ABC-123", "7abc 123", "7", "7 abc 123", "abc123", "ka",
        "brak", "squeal brake", "warm", "doesnt", "doesn't", "doesn’t start", "cold when",
        "brakes, squeal!", "(brake*)", '"squeal"', "brake & squeal", "brake -", "+brake", "brake:*", "brake squeal 😀",
    ],
)  # fmt: skip
def test_is_found_by(q: str, dvorak: Ticket, way: str) -> None:
    assert found(q) == [1001]
    assert {count_tickets(TicketFilter(q), at_most=1000), count_tickets(TicketFilter(q))} == {len(found(q))}


@pytest.mark.parametrize(
    "q",
    [
        "rakes", "001", "10", "dvorak bauer", "oil brake", "sq", "rs", "words:brake",
        "brake OR oil", "brake NOT oil", "brake | oil",
        "zzbrake", "kkka", "_", "%", "'", "\\", "*", '"', "#", "😀", "oil AND change AND brake",
    ],
)  # fmt: skip
def test_is_not_found_by(q: str, dvorak: Ticket, way: str) -> None:
    assert 1001 not in found(q)
    assert count_tickets(TicketFilter(q)) == len(found(q))


@pytest.mark.parametrize("q", ["", "  "])
def test_nothing_typed_is_no_restriction(q: str, dvorak: Ticket) -> None:
    assert found(q) == [1002, 1001]


def test_is_combined_with_every_filter_and_order(way: str) -> None:
    mia, joy = make_mechanic(), make_customer(name="Joy Tanaka")
    car = make_vehicle(joy)
    make_ticket(complaint="Brakes grind", mechanics=[mia])
    make_ticket(complaint="Brakes grind", status=Status.APPROVED, vehicle=car)
    make_ticket(complaint="Brakes grind", status=Status.PICKED_UP, customer=joy, promised_at=now())
    make_ticket(complaint="Brakes grind", archived_at=now())
    make_ticket(complaint="Oil change", mechanics=[mia], vehicle=car)
    for chosen, numbers in (
        ({}, [1003, 1002, 1001]),
        ({"scope": Scope.OPEN}, [1002, 1001]),
        ({"scope": Scope.CLOSED}, [1003]),
        ({"scope": Scope.ARCHIVED}, [1004]),
        ({"status": Status.APPROVED}, [1002]),
        ({"mechanic_id": mia.id}, [1001]),
        ({"customer_id": joy.id}, [1003, 1002]),
        ({"vehicle_id": car.id}, [1002]),
        ({"sort": Sort.OLDEST}, [1001, 1002, 1003]),
        ({"sort": Sort.PROMISED_FIRST}, [1003, 1001, 1002]),
        ({"sort": Sort.LATE_STATUS}, [1003, 1002, 1001]),
    ):
        assert found("brake", **chosen) == numbers, chosen
        assert count_tickets(TicketFilter("brake", **chosen)) == len(numbers), chosen  # type: ignore[arg-type]


@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST])
def test_is_read_on_and_back(sort: Sort, way: str) -> None:
    with transaction():
        for number in range(9):
            make_ticket(complaint="Brakes grind" if number % 3 else "Oil change")
    chosen = TicketFilter("brake", sort=sort)
    first = list_tickets(chosen, size=4)
    second = list_tickets(chosen, size=4, after=first.after)
    numbers = [row.number for row in (*first.items, *second.items)]
    assert numbers == sorted([1002, 1003, 1005, 1006, 1008, 1009], reverse=sort is Sort.NEWEST)
    assert second.after is None
    assert list_tickets(chosen, size=4, before=second.before).items == first.items
    pages = [page_of_tickets(chosen, number=page, size=4) for page in (1, 2, 3)]
    assert [[row.number for row in rows] for rows in pages] == [numbers[:4], numbers[4:], []]


def _edit_the_complaint(ticket: Ticket, by: Account) -> None:
    commands.edit_ticket(ticket, complaint="Needs novelty", by=by)


def _rename_the_customer(ticket: Ticket, by: Account) -> None:
    edit_customer(ticket.customer, name="Joy Novelty", by=by)


def _change_the_plate(ticket: Ticket, by: Account) -> None:
    assert ticket.vehicle
    edit_vehicle(ticket.vehicle, plate="NOVELTY 9", by=by)


def _change_the_model(ticket: Ticket, by: Account) -> None:
    assert ticket.vehicle
    edit_vehicle(ticket.vehicle, model="Novelty", by=by)


def _choose_another_vehicle(ticket: Ticket, by: Account) -> None:
    commands.edit_ticket(ticket, vehicle=make_vehicle(ticket.customer, make="Novelty"), by=by)


def _open_another(ticket: Ticket, by: Account) -> None:
    new = {"name": "Ada Novelty"}
    commands.take_in(
        customer=None, new_customer=new, vehicle=None, new_vehicle=None, complaint="Rattles and squeals", by=by
    )


@pytest.mark.parametrize(
    "change",
    [
        _edit_the_complaint,
        _rename_the_customer,
        _change_the_plate,
        _change_the_model,
        _choose_another_vehicle,
        _open_another,
    ],
)
def test_a_change_is_found_at_once(dvorak: Ticket, by: Account, change: Callable[[Ticket, Account], None]) -> None:
    assert found("novelty") == []
    change(dvorak, by)
    assert found("novelty") == [1003 if change is _open_another else 1001]
    assert found("novelty squeal") == ([] if change is _edit_the_complaint else found("novelty"))


def test_what_is_refused_changes_no_word(dvorak: Ticket, by: Account) -> None:
    def rename_and_fail() -> None:
        with transaction():
            edit_customer(dvorak.customer, name="Joy Novelty", by=by)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        rename_and_fail()
    assert found("novelty") == []
    with transaction():
        pass
    assert found("dvorak") == [1001]


def test_a_vehicle_that_goes_is_no_longer_found_with_the_customer(dvorak: Ticket, by: Account) -> None:
    def owners() -> list[str]:
        hits = words.find(words_of_customers, Customer.id, "7abc123")
        assert hits.how
        return list(db.session.scalars(select(Customer.name).where(hits.how.condition), hits.values))

    words_of_customers = words.KEPT[0].table
    vehicle = dvorak.vehicle
    assert vehicle
    assert owners() == ["Kateřina Dvořáková-Li X"]
    change_owner(vehicle, to=make_customer(name="Ada"), by=by)
    assert owners() == ["Ada"]
    commands.move(dvorak, to=Status.CANCELLED, reason="Sold", by=by)
    archive_vehicle(vehicle, by=by)
    assert owners() == []


def test_a_fleet_is_renamed_in_as_many_statements_as_one_car(app: Flask, by: Account) -> None:
    def statements(tickets: int) -> int:
        fleet = make_customer()
        for _ in range(tickets):
            make_ticket(vehicle=make_vehicle(fleet))
        with counted(app) as made:
            edit_customer(fleet, name=f"Fleet of {tickets} novelties", by=by)
        assert count_tickets(TicketFilter(f"{tickets} novelties", customer_id=fleet.id)) == tickets
        return sum("SAVEPOINT" not in each for each in made)

    assert statements(11) == statements(33)


def test_two_changes_at_once_are_both_found(
    app: Flask, cast: Cast, dvorak: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each spells the words after the other: whoever is later sees what the earlier one wrote."""
    by_id, ticket_id, customer_id = cast.account_id("desk"), dvorak.id, dvorak.customer_id
    both_read, failures = threading.Barrier(2), []
    right = words.right_words

    def read_together(*arguments: Any) -> dict[int, str]:
        with suppress(threading.BrokenBarrierError):
            both_read.wait(timeout=1)  # which they can't, when one has to wait for the other
        return right(*arguments)

    def rename(by: Account) -> None:
        edit_customer(db.session.get_one(Customer, customer_id), name="Joy Novelty", by=by)

    def rewrite(by: Account) -> None:
        commands.edit_ticket(db.session.get_one(Ticket, ticket_id), complaint="Rattles", by=by)

    def run(act: Callable[[Account], None]) -> None:
        with app.app_context():
            try:
                act(db.session.get_one(Account, by_id))
            except Exception as error:  # noqa: BLE001 - told by the test
                failures.append(error)

    db.session.rollback()
    monkeypatch.setattr(words, "right_words", read_together)
    monkeypatch.setattr(words, "KEPT", [kept for kept in words.KEPT if kept.table is TicketWords])
    threads = [threading.Thread(target=run, args=(act,)) for act in (rename, rewrite)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    monkeypatch.undo()
    assert not failures
    assert found("novelty rattles") == [1001]
    search_words.rebuild()  # of the customer, which was not looked at here


def test_everything_is_spelt_again_after_a_change_behind_the_shop(dvorak: Ticket) -> None:
    with transaction():
        db.session.execute(update(Customer).where(Customer.name == "Tom Bauer").values(name="Ada Novelty"))
        db.session.execute(update(Vehicle).values(make="Volvo"))
        db.session.execute(TicketWords.__table__.delete().where(TicketWords.id == dvorak.id))  # type: ignore[attr-defined]
    assert found("novelty") == found("volvo") == []
    assert search_words.rebuild() == 2 + 2 + 1  # both tickets and vehicles, and the customer
    assert (found("novelty volvo"), found("dvorak volvo")) == ([1002], [1001])
    assert search_words.rebuild() == 0


class TestPlans:
    """What the databases say about how they find tickets; PostgreSQL would rather read a table as small as this."""

    QUESTIONS = ("rare", "nothinglikeit", "brake", "brake oil", "jo")

    @pytest.fixture(autouse=True)
    def tickets(self, context: None) -> Iterator[None]:
        joy = make_customer(name="Joy Tanaka")
        with transaction():
            for number in range(40):
                make_ticket(customer=joy, complaint=f"Brakes{' rare' if number == 7 else ''}, oil leaks")
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            is_mariadb = connection.dialect.name == "mariadb"
            connection.execute(text("ANALYZE TABLE ticket, ticket_words" if is_mariadb else "ANALYZE"))
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("SET enable_seqscan = off"))
        yield
        db.session.rollback()

    @pytest.mark.parametrize("q", QUESTIONS)
    def test_words_are_looked_up_in_the_index(self, q: str) -> None:
        looking_up = words.lookup(TicketWords, db.engine.dialect.name, 26)
        plan = explained(looking_up.bindparams(asked=words.asking(words.asked(q))))
        assert {
            "sqlite": "SCAN ticket_words_index VIRTUAL TABLE INDEX",
            "postgresql": "Bitmap Index Scan on ticket_words_index",
            "mariadb": "fulltext",
        }[db.engine.dialect.name] in plan

    @pytest.mark.parametrize("q", QUESTIONS)
    @pytest.mark.parametrize("scope", [Scope.ALL, Scope.OPEN])
    def test_the_list_is_read_in_its_order_or_by_ids(self, q: str, scope: Scope) -> None:
        wanted = TicketFilter(q, scope=scope)
        hits = hits_of(wanted)
        page = matching(wanted, hits.how).with_only_columns(Ticket.id).order_by(Ticket.id.desc()).limit(26)
        plan = explained(page.params(hits.values))
        if db.engine.dialect.name == "sqlite":
            assert "SCAN ticket_words" not in plan
            if scope is Scope.ALL:
                assert "TEMP B-TREE" not in plan
        elif db.engine.dialect.name == "postgresql":
            assert "Seq Scan" not in plan
        else:
            assert "ALL" not in plan.split()

    def test_common_words_are_not_looked_up(self, app: Flask) -> None:
        with counted(app) as made:
            found("brake")
            found("brake", sort=Sort.OLDEST)
        assert not any(f"LIMIT {words.MOST_LISTED + 1}" in each for each in made)


def explained(statement: Select[int]) -> str:
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    rows = db.session.connection().exec_driver_sql(f"{explain} {compiled}".replace("%%", "%").replace("%", "%%"))
    return "\n".join(" ".join(str(column) for column in row) for row in rows)
