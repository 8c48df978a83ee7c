"""Archiving and whatever somebody else does to the same customer at that moment: one comes first, the other sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from shop.accounts.models import Account
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.customers import commands
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.ops import checks, search_words
from tests.cast import Cast
from tests.factories import make_customer, make_vehicle

Act = Callable[[Customer, Customer, Vehicle, Account], Any]

HELD_SECONDS = 0.6


def archive(joy: Customer, tom: Customer, car: Vehicle, by: Account) -> Any:
    return commands.archive_customer(joy, by=by)


def add_a_vehicle(joy: Customer, tom: Customer, car: Vehicle, by: Account) -> Any:
    return commands.add_vehicle(joy, make="Honda", by=by)


def take_over(joy: Customer, tom: Customer, car: Vehicle, by: Account) -> Any:
    """The vehicle of Tom's goes to Joy."""
    return commands.change_owner(car, to=joy, by=by)


def bring_back(joy: Customer, tom: Customer, car: Vehicle, by: Account) -> Any:
    """A vehicle of Joy's that was archived on its own."""
    own = db.session.scalars(select(Vehicle).where(Vehicle.customer_id == joy.id)).one()
    return commands.restore_vehicle(own, by=by)


@pytest.mark.parametrize("other", [add_a_vehicle, take_over, bring_back])
@pytest.mark.parametrize("archives_first", [True, False], ids=["archived first", "archived second"])
def test_no_vehicle_stays_behind(app: Flask, cast: Cast, other: Act, archives_first: bool) -> None:
    desk_id = cast.account_id("desk")
    with app.app_context():
        joy, tom = make_customer(name="Joy"), make_customer(name="Tom")
        car, own = make_vehicle(tom), make_vehicle(joy)
        ids = (joy.id, tom.id, car.id)
        commands.archive_vehicle(own, by=db.session.get_one(Account, desk_id))
    begun, refused = threading.Event(), []

    def run(act: Act, *, holds: bool) -> None:
        with app.app_context():
            joy, tom = db.session.get_one(Customer, ids[0]), db.session.get_one(Customer, ids[1])
            car, by = db.session.get_one(Vehicle, ids[2]), db.session.get_one(Account, desk_id)
            try:
                with transaction():
                    act(joy, tom, car, by)
                    db.session.flush()
                    begun.set()
                    time.sleep(HELD_SECONDS if holds else 0)
            except (Conflict, RuleBroken) as refusal:
                refused.append(str(refusal))

    first, second = (archive, other) if archives_first else (other, archive)
    one = threading.Thread(target=run, args=(first,), kwargs={"holds": True})
    two = threading.Thread(target=run, args=(second,), kwargs={"holds": False})
    one.start()
    begun.wait()
    two.start()
    one.join()
    two.join()
    with app.app_context():
        assert db.session.get_one(Customer, ids[0]).is_archived
        assert checks.problems() == []
    assert refused == (["Joy is archived. Bring the customer back first."] if archives_first else [])


def test_a_vehicle_that_goes_away_meanwhile_is_not_archived(app: Flask, cast: Cast) -> None:
    with app.app_context():
        by = cast.account("desk")
        joy, tom = make_customer(), make_customer()
        car = make_vehicle(joy)
        assert joy.vehicles == [car]  # as a page that was just drawn knows them
        db.session.execute(Vehicle.__table__.update().values(customer_id=tom.id))  # type: ignore[attr-defined]
        db.session.commit()
        commands.archive_customer(joy, by=by)
        assert not db.session.get_one(Vehicle, car.id).is_archived
        search_words.rebuild()  # the car went behind the shop's back
