"""The list of tickets at the desk, and the short lists on the pages of customers and vehicles."""

from __future__ import annotations

from typing import Any

from flask import request

from shop.customers.models import Customer, Vehicle
from shop.customers.queries import known_to, vehicles_known_to
from shop.extensions import db
from shop.mechanics.queries import everybody
from shop.tickets.forms import TicketFilterForm
from shop.tickets.queries import list_tickets
from shop.tickets.selection import TicketFilter
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.guards import found
from shop.web.lists import further, sortable
from shop.web.respond import Answer, page_or_fragment

SHORT = 20


@desk.get("/tickets")
def tickets() -> Answer:
    form = TicketFilterForm.read(request.args, mechanics=everybody())
    wanted = form.wanted
    rows = list_tickets(wanted, after=request.args.get("after"), before=request.args.get("before"), counted=True)
    return page_or_fragment(
        "tickets/list.html",
        "tickets/_list.html",
        form=form,
        wanted=wanted,
        rows=rows,
        columns=columns(wanted),
        further=further(rows),
        whose=_whose(wanted),
    )


@desk.get("/customers/<id:customer_id>/tickets")
def ticket_list_of_customer(customer_id: int) -> Answer:
    customer = found(db.session.scalar(known_to(actor).where(Customer.id == customer_id)))
    return short_list(TicketFilter(customer_id=customer_id), of=customer)


@desk.get("/vehicles/<id:vehicle_id>/tickets")
def ticket_list_of_vehicle(vehicle_id: int) -> Answer:
    vehicle = found(db.session.scalar(vehicles_known_to(actor).where(Vehicle.id == vehicle_id)))
    return short_list(TicketFilter(vehicle_id=vehicle_id), of=vehicle)


def short_list(wanted: TicketFilter, *, of: Customer | Vehicle) -> Answer:
    rows = list_tickets(wanted, size=SHORT, after=request.args.get("after"), before=request.args.get("before"))
    context = {"of": of, "rows": rows, "further": further(rows)}
    return page_or_fragment("tickets/short_list.html", "tickets/_short_list.html", **context)


def _whose(wanted: TicketFilter) -> str | None:
    """Whose tickets alone are shown: the words for a vehicle or customer."""
    if wanted.vehicle_id is not None:
        vehicle = db.session.scalar(vehicles_known_to(actor).where(Vehicle.id == wanted.vehicle_id))
        return vehicle.label_with_plate if vehicle else None
    if wanted.customer_id is not None:
        customer = db.session.scalar(known_to(actor).where(Customer.id == wanted.customer_id))
        return customer.name if customer else None
    return None


def columns(wanted: TicketFilter) -> list[dict[str, Any]]:
    present = wanted.sort.value
    return [
        sortable("Number", "number", present, backwards_first=True, kind="tight"),
        {"label": "Number plate"},
        {"label": "Vehicle"},
        {"label": "Complaint", "kind": "wide hidden-middle"},
        {"label": "Customer"},
        sortable("Status", "status", present, kind="tight"),
        sortable("Promised", "promised", present, kind="tight"),
        {"label": "Mechanics", "kind": "tight hidden-middle"},
    ]
