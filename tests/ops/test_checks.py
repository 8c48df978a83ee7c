"""Contradictions in the books are found, each by its own sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import cycle

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from shop.accounts.models import Account
from shop.audit.models import Event
from shop.common.clock import now
from shop.common.stamps import ChangeStamp
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.extensions import db
from shop.inventory.models import Part, PartWords, StockMove
from shop.ops import checks, search_words
from shop.ops.recount import recount
from shop.tickets import commands
from shop.tickets.lifecycle import Status
from shop.tickets.models import Assignment, Job, Line, Ticket, TicketNumber
from tests.cast import Cast
from tests.conftest import unguarded
from tests.factories import make_customer, make_mechanic, make_part, make_vehicle


@pytest.fixture
def ticket(context: None, cast: Cast) -> Ticket:
    """A ticket with a mechanic, parts on it and a finished history."""
    desk: Account = cast.account("desk")
    ticket = commands.open_ticket(customer=make_customer(), complaint="Rattles", mechanics=[make_mechanic()], by=desk)
    commands.use_part(ticket, part=make_part(on_hand=5), quantity=2, by=desk)
    for status in (Status.APPROVED, Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY):
        commands.move(ticket, to=status, by=desk)
    return ticket


def test_what_the_commands_do_is_right(ticket: Ticket) -> None:
    assert checks.problems() == []


def test_a_finished_ticket_that_begins_anew_is_right(ticket: Ticket, cast: Cast) -> None:
    commands.move(ticket, to=Status.CANCELLED, reason="A mistake.", by=cast.account("desk"))
    commands.move(ticket, to=Status.DRAFT, by=cast.account("desk"))
    assert checks.problems() == []


def test_an_empty_shop_is_right(context: None) -> None:
    assert checks.problems() == []


def _change_on_hand(ticket: Ticket) -> None:
    db.session.execute(update(Part).values(on_hand=4))


def _change_a_balance(ticket: Ticket) -> None:
    db.session.execute(update(StockMove).where(StockMove.ticket_id == ticket.id).values(balance=0))


def _turn_a_move_round(ticket: Ticket) -> None:
    db.session.execute(update(StockMove).where(StockMove.ticket_id == ticket.id).values(quantity=2))


def _lose_the_ticket_of_a_move(ticket: Ticket) -> None:
    db.session.execute(update(StockMove).where(StockMove.ticket_id == ticket.id).values(ticket_id=None))


def _charge_more(ticket: Ticket) -> None:
    db.session.execute(update(Line).values(quantity=3))


def _keep_one_too_many(ticket: Ticket) -> None:
    db.session.execute(update(Part).values(reserved=1))


def _take_the_line_off_in_the_table(ticket: Ticket) -> None:
    db.session.execute(update(Line).values(removed_at=now()))


def _keep_another_sum(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(total_cents=1))


def _keep_another_excess(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(over_cents=7))


def _keep_another_time(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(minutes=6))


def _keep_another_charge(ticket: Ticket) -> None:
    db.session.execute(update(Job).values(charge_cents=1))


def _skip_a_number(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(number=1002))


def _forget_the_next_number(ticket: Ticket) -> None:
    db.session.execute(update(TicketNumber).values(next=1001))


def _forget_when_it_was_completed(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(completed_at=None))


def _cancel_in_the_table(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(status=Status.CANCELLED, cancel_reason="Sold"))


def _keep_the_cancel_reason(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(cancel_reason="Sold"))


def _lose_the_opening(ticket: Ticket) -> None:
    with unguarded(db.session.connection()):
        db.session.execute(delete(Event).where(Event.action == "ticket.opened"))


def _set_the_status_by_hand(ticket: Ticket) -> None:
    db.session.execute(update(Ticket).values(status=Status.INVOICED))


def _lose_a_step(ticket: Ticket) -> None:
    moved = select(Event.id).where(Event.action == "ticket.moved").order_by(Event.id).limit(1)
    with unguarded(db.session.connection()):
        db.session.execute(delete(Event).where(Event.id == db.session.scalar(moved)))


def _archive_the_customer_of_an_open_ticket(ticket: Ticket) -> None:
    db.session.execute(update(Customer).values(archived_at=now()))


def _archive_the_vehicle_of_an_open_ticket(ticket: Ticket) -> None:
    ticket.vehicle_id = make_vehicle(ticket.customer, archived_at=now()).id


def _archive_a_customer_without_the_vehicle(ticket: Ticket) -> None:
    make_vehicle(make_customer(archived_at=now()))


def _miscount_the_customers(ticket: Ticket) -> None:
    db.session.execute(update(ChangeStamp).where(ChangeStamp.name == "customers").values(listed=7))


def _rename_in_the_table(ticket: Ticket) -> None:
    db.session.execute(update(Customer).values(name="Ada Lovelace"))


def _forget_the_words(ticket: Ticket) -> None:
    db.session.execute(delete(PartWords))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_change_on_hand, "4 on the shelf, but its moves add up to 3."),
        (_change_a_balance, "its balance is 0, counted up it is 3."),
        (_turn_a_move_round, "used +2."),
        (_lose_the_ticket_of_a_move, "used for no ticket."),
        (_charge_more, "its lines have 3 fitted, but 2 left the shelf for it."),
        (_keep_one_too_many, "1 are kept for tickets, whose lines ask for 0."),
        (_take_the_line_off_in_the_table, "taken off, and still has its parts."),
        (_keep_another_sum, "Ticket 1001: (1, 0) cents and tax are kept, its lines come to (2998, 0)."),
        (_keep_another_excess, "Ticket 1001: 7 cents over what was approved are kept, not true."),
        (_keep_another_time, "Ticket 1001: its billed time is not that of its lines."),
        (_keep_another_charge, "1 cents are kept, its lines come to 2998."),
        (_skip_a_number, "1 tickets have numbers from 1002 to 1002."),
        (_forget_the_next_number, "The last ticket is 1001, but the next one would get 1001."),
        (_forget_when_it_was_completed, "Ticket 1001: ready and never completed."),
        (_cancel_in_the_table, "Ticket 1001: cancelled, and 1 of its lines still have their parts."),
        (_keep_the_cancel_reason, "Ticket 1001: ready with a cancel reason."),
        (_lose_the_opening, "Ticket 1001: 0 events say that it was opened."),
        (_set_the_status_by_hand, "Ticket 1001: invoiced, but its history ends at ready."),
        (_lose_a_step, "moved from approved when it was draft."),
        (_archive_the_customer_of_an_open_ticket, "Ticket 1001: open, but its customer is archived."),
        (_archive_the_vehicle_of_an_open_ticket, "Ticket 1001: open, but its vehicle is archived."),
        (_archive_a_customer_without_the_vehicle, "on the list, but its customer"),
        (_miscount_the_customers, "What is kept of customers says 7; counted again it is 1."),
        (_rename_in_the_table, "not found by the words it has now. Run rebuild-search."),
        (_forget_the_words, "not found by the words it has now. Run rebuild-search."),
    ],
)
def test_a_planted_contradiction_is_found(ticket: Ticket, damage: Callable[[Ticket], None], sentence: str) -> None:
    with transaction():
        damage(ticket)
    assert any(sentence in each for each in checks.problems()), checks.problems()
    search_words.rebuild()


def test_what_is_kept_can_be_counted_again(ticket: Ticket) -> None:
    with transaction():
        _miscount_the_customers(ticket)
    assert checks.problems()
    recount()
    assert checks.problems() == []


def test_everything_is_looked_at(ticket: Ticket, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Things are read some at a time; the last ones are not forgotten."""
    monkeypatch.setattr(checks, "_AT_A_TIME", dict.fromkeys(checks._AT_A_TIME, 2))
    desk = cast.account("desk")
    others = [commands.open_ticket(customer=ticket.customer, complaint="Rattles", by=desk) for _ in range(4)]
    part = [make_part(on_hand=number) for number in range(2, 6)][-1]
    with transaction():
        db.session.execute(update(Part).where(Part.id == part.id).values(on_hand=4))
        db.session.execute(update(Ticket).where(Ticket.id == others[-1].id).values(total_cents=1, status=Status.READY))
    found = checks.problems()
    assert f"Ticket {others[-1].number}: (1, 0) cents and tax are kept, its lines come to (0, 0)." in found
    assert f"Ticket {others[-1].number}: ready, but its history ends at draft." in found
    assert f"Part {part.id}: 4 on the shelf, but its moves add up to 5." in found


def test_asking_while_the_shop_works_raises_no_false_alarm(ticket: Ticket, app: Flask, cast: Cast) -> None:
    part_id, ticket_id = make_part(on_hand=50).id, ticket.id
    desk_id = cast.account_id("desk")
    with transaction():
        commands.move(ticket, to=Status.IN_PROGRESS, by=db.session.get_one(Account, desk_id))
    stop, failures, complaints = threading.Event(), [], cycle(["Squeaks", "Rattles"])

    def work() -> None:
        with app.app_context():
            try:
                while not stop.is_set():
                    ticket, part = db.session.get_one(Ticket, ticket_id), db.session.get_one(Part, part_id)
                    desk = db.session.get_one(Account, desk_id)
                    commands.edit_ticket(ticket, complaint=next(complaints), by=desk)
                    commands.remove_line(commands.use_part(ticket, part=part, quantity=2, by=desk), by=desk)
                    db.session.remove()
            except Exception as error:  # noqa: BLE001 - told by the test
                failures.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        found = [sentence for _ in range(15) for sentence in checks.problems()]
    finally:
        stop.set()
        worker.join(timeout=20)
    assert (found, failures) == ([], [])


def test_a_mechanic_twice_on_a_ticket_is_refused_by_the_database(ticket: Ticket) -> None:
    (assignment,) = ticket.assignments
    again = {"ticket_id": ticket.id, "mechanic_id": assignment.mechanic_id, "created_at": now()}
    with pytest.raises(Exception, match=r"(?i)unique|duplicate"), transaction():
        db.session.execute(insert(Assignment).values(**again))


def test_the_database_refuses_less_than_nothing(ticket: Ticket) -> None:
    with pytest.raises(Exception, match=r"(?i)check|constraint"), transaction():
        db.session.execute(text("UPDATE part SET on_hand = -1"))
