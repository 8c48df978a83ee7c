"""Customers for programs."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, url_for

from shop.common.roles import DESK
from shop.common.transaction import transaction
from shop.customers import commands, queries
from shop.customers.models import Customer
from shop.customers.queries import CustomerFilter, Sort
from shop.customers.schemas import CustomerChanges, CustomerPageSchema, CustomerSchema, NewCustomer
from shop.extensions import db
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, check_if_match, created, gone, listed_in_page, read_listing, shown
from shop.web.guards import allow, found
from shop.web.schemas import Asked

customers = ApiBlueprint("customers", noun="customers", about="The shop's customers.")


@customers.get("/")
@allow(DESK)
@customers.lists(CustomerSchema, wrapped=CustomerPageSchema)
def index(asked: Asked) -> Response:
    """The customers, newest first, with the totals."""
    chosen = CustomerFilter(q=asked.q, sort=Sort.NEWEST)
    return listed_in_page(
        read_listing(
            CustomerSchema,
            asked,
            total=queries.how_many(chosen),
            page=lambda number, size: queries.numbered(chosen, number=number, size=size).items,
            stretch=partial(queries.listed, chosen),
        ),
        asked,
    )


@customers.post("/")
@allow(DESK)
@customers.reads(NewCustomer)
@customers.gives(201, CustomerSchema)
def add(values: dict[str, Any]) -> Response:
    """Write a customer down."""
    customer = commands.add_customer(**values, by=actor)
    return created(row_of(customer), at=url_for("customers.show", customer_id=customer.id))


@customers.get("/<id:customer_id>")
@allow(DESK)
@customers.gives(200, CustomerSchema)
def show(customer_id: int) -> Response:
    """One customer."""
    return shown(row_of(find_customer(customer_id)))


@customers.put("/<id:customer_id>")
@allow(DESK)
@customers.reads(CustomerChanges)
@customers.gives(200, CustomerSchema)
def change(values: dict[str, Any], customer_id: int) -> Response:
    """Replace the values given, and only those."""
    customer = find_customer(customer_id)
    with transaction():
        check_if_match(row_of, customer)
        commands.edit_customer(customer, by=actor, **values)
    return shown(row_of(customer))


@customers.delete("/<id:customer_id>")
@allow(DESK)
@customers.gives(204)
def archive(customer_id: int) -> Response:
    """Take a customer off the list; what they brought stays in the books."""
    customer = find_customer(customer_id)
    with transaction():
        check_if_match(row_of, customer)
        commands.archive_customer(customer, by=actor)
    return gone()


def find_customer(customer_id: int) -> Customer:
    return found(db.session.scalar(queries.visible_to(actor).where(Customer.id == customer_id)))


def row_of(customer: Customer) -> Json:
    return CustomerSchema.of(customer)


def install(app: Flask) -> None:
    customers.open(app)
