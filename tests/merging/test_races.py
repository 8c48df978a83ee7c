"""Merging and whatever somebody else does to the same customers at that moment: one comes first, the other sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts.commands import invite_customer
from shop.accounts.models import Account
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.customers import commands as customers
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.merging.commands import merge_customers
from shop.ops import checks
from shop.privacy.erasure import erase_customer
from shop.tickets import commands as tickets
from shop.tickets.models import Ticket
from tests.cast import Cast
from tests.factories import make_customer, make_ticket, make_vehicle

HELD_SECONDS = 0.6


@dataclass
class Both:
    """The two as one transaction sees them: Joy, who is kept, and Yoi; a ticket of Tom's, and by whom all is done."""

    joy: Customer
    yoi: Customer
    toms: Ticket
    by: Account


Act = Callable[[Both], Any]


def merge(both: Both) -> Any:
    return merge_customers(kept=both.joy, other=both.yoi, by=both.by)


def merge_the_other_way(both: Both) -> Any:
    return merge_customers(kept=both.yoi, other=both.joy, by=both.by)


def open_a_ticket(both: Both) -> Any:
    return tickets.open_ticket(customer=both.yoi, complaint="Rattles.", by=both.by)


def hand_a_ticket_over(both: Both) -> Any:
    nobody: dict[str, Any] = {"new_customer": None, "vehicle": None, "new_vehicle": None}
    return tickets.hand_over(both.toms, customer=both.yoi, **nobody, by=both.by)


def edit_the_ticket(both: Both) -> Any:
    ticket = db.session.scalars(select(Ticket).where(Ticket.complaint == "Hums")).one()
    return tickets.edit_ticket(ticket, complaint="Howls", by=both.by)


def add_a_vehicle(both: Both) -> Any:
    return customers.add_vehicle(both.yoi, make="Honda", by=both.by)


def edit(both: Both) -> Any:
    return customers.edit_customer(both.yoi, notes="A dog", by=both.by)


def invite(both: Both) -> Any:
    return invite_customer(both.yoi, by=both.by)


def archive_the_kept_one(both: Both) -> Any:
    return customers.archive_customer(both.joy, by=both.by)


def erase_the_kept_one(both: Both) -> Any:
    return erase_customer(both.joy, name="Joy", by=both.by)


ACTS = [
    merge_the_other_way,
    open_a_ticket,
    hand_a_ticket_over,
    edit_the_ticket,
    add_a_vehicle,
    edit,
    invite,
    archive_the_kept_one,
    erase_the_kept_one,
]


@pytest.mark.parametrize("other", ACTS)
@pytest.mark.parametrize("merges_first", [True, False], ids=["merged first", "merged second"])
def test_nothing_is_left_behind(app: Flask, cast: Cast, other: Act, merges_first: bool) -> None:
    desk_id = cast.account_id("desk")
    with app.app_context():
        joy, yoi = make_customer(name="Joy"), make_customer(name="Yoi")
        make_ticket(vehicle=make_vehicle(yoi), complaint="Hums")
        ids = (joy.id, yoi.id, make_ticket(customer=make_customer(name="Tom")).id)
    begun, refused = threading.Event(), []

    def run(act: Act, *, holds: bool) -> None:
        with app.test_request_context():
            both = Both(
                db.session.get_one(Customer, ids[0]),
                db.session.get_one(Customer, ids[1]),
                db.session.get_one(Ticket, ids[2]),
                db.session.get_one(Account, desk_id),
            )
            try:
                with transaction():
                    act(both)
                    db.session.flush()
                    begun.set()
                    time.sleep(HELD_SECONDS if holds else 0)
            except (Conflict, RuleBroken) as refusal:
                refused.append(str(refusal))
            finally:
                begun.set()

    first, second = (merge, other) if merges_first else (other, merge)
    one = threading.Thread(target=run, args=(first,), kwargs={"holds": True})
    two = threading.Thread(target=run, args=(second,), kwargs={"holds": False})
    one.start()
    begun.wait()
    two.start()
    one.join()
    two.join()
    with app.app_context():
        joy, yoi = db.session.get_one(Customer, ids[0]), db.session.get_one(Customer, ids[1])
        assert not [problem for problem in checks.problems() if "customer" in problem]
        is_open = (joy.is_archived, yoi.is_archived) != (True, True)
        assert is_open
        for gone, kept in ((joy, yoi), (yoi, joy)):
            if gone.merged_into is kept:
                for kind in (Ticket, Vehicle):
                    assert not list(db.session.scalars(select(kind).where(kind.customer_id == gone.id)))
        if merges_first:
            assert yoi.merged_into is joy
    assert len(refused) <= 1
