"""A customer who was written down twice, at the desk: find the other one, look at both, and make them one."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.customers.models import Customer
from shop.customers.queries import CustomerRow, look_alikes, search, with_vehicles
from shop.customers.views import customer_url, find_customer
from shop.merging import commands
from shop.merging.forms import MergeForm
from shop.merging.queries import side_by_side
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import SearchForm
from shop.web.respond import Answer, done, page, page_or_fragment

MOST_FOUND = 8
MOST_VEHICLES = 3


@desk.get("/customers/<id:customer_id>/same")
def customer_same(customer_id: int) -> Answer:
    """Look for whom the customer may be as well; before anything is typed, those who look like it."""
    customer, q = find_customer(customer_id), SearchForm.read(request.args).text
    context = {"customer": customer, "q": q, "rows": rows_like(customer, q)}
    return page_or_fragment("merging/find.html", "merging/_found.html", **context)


@desk.get("/customers/<id:customer_id>/same/<id:other_id>")
def customer_same_as(customer_id: int, other_id: int) -> Answer:
    customer, other = find_customer(customer_id), find_customer(other_id)
    commands.check_are_two(customer, other)
    form = MergeForm(formdata=None).offering(customer, other)
    return page("merging/both.html", **both_context(customer, other, form))


@desk.post("/customers/<id:customer_id>/same/<id:other_id>")
def customer_merge(customer_id: int, other_id: int) -> Answer:
    customer, other = find_customer(customer_id), find_customer(other_id)
    commands.check_are_two(customer, other)
    form = MergeForm().offering(customer, other)
    if form.attempt(commands.merge_customers, by=actor):
        return done(customer_url(form.result), f"{form.result.name} is one customer now, with all that both had.")
    return page("merging/both.html", status=form.refused_status, **both_context(customer, other, form))


def rows_like(customer: Customer, q: str) -> list[CustomerRow]:
    found = (
        search(q, limit=MOST_FOUND + 1) if q else [each.customer for each in look_alikes(customer, limit=MOST_FOUND)]
    )
    others = [row for row in found if row.id != customer.id][:MOST_FOUND]
    return with_vehicles(others, most=MOST_VEHICLES)


def both_context(customer: Customer, other: Customer, form: MergeForm) -> dict[str, Any]:
    """What merging/both.html wants."""
    return {
        "customer": customer,
        "form": form.showing_now(),
        "sides": side_by_side(customer, other),
        "here": url_for("desk.customer_same_as", customer_id=customer.id, other_id=other.id),
    }
