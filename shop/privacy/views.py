"""What the shop knows about a customer, for the desk and for the customer: to take along, and to have forgotten."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, url_for

from shop.accounts.identity import close_cookie
from shop.audit.actions import Action
from shop.audit.queries import has_happened
from shop.audit.record import record
from shop.common.open_work import open_work_of
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.customers.my_views import own_customer
from shop.customers.views import customer_url, find_customer
from shop.privacy import erasure, export
from shop.privacy.forms import EraseForm
from shop.web.actor import actor
from shop.web.doors import desk, my
from shop.web.guards import fresh
from shop.web.once import repeatable
from shop.web.respond import Answer, done, page, refused


@desk.get("/customers/<id:customer_id>/data")
@fresh
def customer_data(customer_id: int) -> Answer:
    return page("privacy/at_the_desk.html", **_at_the_desk(find_customer(customer_id), EraseForm.blank()))


@desk.post("/customers/<id:customer_id>/export")
@fresh
@repeatable
def customer_export(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    erasure.refuse_merged(customer)
    return _file(customer, with_notes=True)


@desk.post("/customers/<id:customer_id>/erase")
@fresh
def customer_erase(customer_id: int) -> Answer:
    customer = find_customer(customer_id)
    form = EraseForm()
    if form.attempt(erasure.erase_customer, customer, by=actor):
        return done(customer_url(customer), "What was known about this customer is erased.")
    return refused("privacy/_erase.html", page="privacy/at_the_desk.html", form=form, **_at_the_desk(customer, form))


@my.get("/data")
@fresh
def data() -> Answer:
    return page("privacy/my_data.html", **_mine(own_customer(), EraseForm.blank()))


@my.post("/export")
@fresh
@repeatable
def data_export() -> Answer:
    return _file(own_customer(), with_notes=False)


@my.post("/erase")
@fresh
@repeatable
def data_erase() -> Answer:
    customer = own_customer()
    form = EraseForm()
    if form.attempt(erasure.erase_customer, customer, by=actor):
        close_cookie()
        return done(url_for("accounts.login"), "What we knew about you is erased, and your account is closed.")
    return refused("privacy/_erase.html", page="privacy/my_data.html", form=form, **_mine(customer, form))


def _file(customer: Customer, *, with_notes: bool) -> Response:
    """Everything as a file to keep; that it was taken along is part of the history."""
    told = export.everything_about(customer, with_notes=with_notes)
    with transaction():
        record(Action.CUSTOMER_EXPORTED, customer, by=actor)
    response = Response(json.dumps(told, ensure_ascii=False, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="customer-{customer.id}.json"'
    return response


def _at_the_desk(customer: Customer, form: EraseForm) -> dict[str, Any]:
    urls = {
        "export_url": url_for("desk.customer_export", customer_id=customer.id),
        "erase_url": url_for("desk.customer_erase", customer_id=customer.id),
    }
    return {**_context(customer, form), **urls, "is_own": False}


def _mine(customer: Customer, form: EraseForm) -> dict[str, Any]:
    urls = {"export_url": url_for("my.data_export"), "erase_url": url_for("my.data_erase")}
    return {**_context(customer, form), **urls, "is_own": True}


def _context(customer: Customer, form: EraseForm) -> dict[str, Any]:
    return {
        "customer": customer,
        "erase_form": form,
        "open_tickets": open_work_of(customer),
        "is_erased": has_happened(Action.CUSTOMER_ERASED, customer),
    }
