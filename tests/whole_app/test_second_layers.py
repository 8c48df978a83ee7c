"""What holds even when the layer before it fails: a door left open shows a customer nothing of anybody else's."""

from __future__ import annotations

import pytest

from shop.common.clock import now
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.customers.queries import vehicles_known_to
from shop.extensions import db
from shop.tickets import queries as tickets
from tests.browser import Browser
from tests.cast import Cast
from tests.clients import Api
from tests.factories import make_ticket, make_vehicle

pytestmark = pytest.mark.single


def of(cast: Cast, who: str) -> Customer:
    return db.session.get_one(Customer, cast.account(who).customer_id)


def test_customers_see_their_own_tickets(cast: Cast, context: None) -> None:
    mine = make_ticket(customer=of(cast, "customer"))
    make_ticket(customer=of(cast, "stranger"))
    joy = cast.account("customer")
    for seen in (tickets.visible_to(joy), tickets.known_to(joy), tickets.owned_by(joy)):
        assert [ticket.id for ticket in db.session.scalars(seen)] == [mine.id]


def test_customers_see_their_own_vehicles(cast: Cast, context: None) -> None:
    mine = make_vehicle(of(cast, "customer"))
    make_vehicle(of(cast, "stranger"))
    assert [car.id for car in db.session.scalars(vehicles_known_to(cast.account("customer")))] == [mine.id]


def test_a_disabled_account_is_out_though_its_sign_ins_were_not_ended(cast: Cast, desk: Browser, api: Api) -> None:
    program = api.as_("desk")
    assert (desk.get("/desk/").path, program.get("/mechanics/").status_code) == ("/desk/", 200)
    with cast.app.app_context(), transaction():
        cast.account("desk").disabled_at = now()
    assert (desk.get("/desk/").path, program.get("/mechanics/").status_code) == ("/login", 401)
