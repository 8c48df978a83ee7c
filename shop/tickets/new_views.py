"""A new ticket at the desk: who, which car, what is wrong, on one page and in one go; and whose it is after all."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.customers.models import Customer, Vehicle
from shop.customers.queries import CustomerRow, search_vehicles, vehicles_known_to, with_vehicles
from shop.customers.queries import search as search_customers
from shop.customers.queries import visible_to as customers_visible_to
from shop.extensions import db
from shop.tickets import commands
from shop.tickets.finding import find_ticket
from shop.tickets.forms import HandOverForm, OpenForm, WhoseForm
from shop.tickets.models import Ticket
from shop.tickets.queries import open_tickets_of
from shop.tickets.ticket_page import mechanics_on_duty
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import MAX_Q, SearchForm
from shop.web.respond import Answer, done, page, page_or_fragment

MATCHES = "tickets/_matches.html"

MOST_FOUND = 6  # customers, and vehicles of each
MOST_NAMED = 20  # vehicles by what was typed


@desk.get("/tickets/new")
def ticket_new() -> Answer:
    """``customer`` and ``vehicle`` say for whom; ``q`` finds, ``whose`` is what was chosen before."""
    q = SearchForm.read(request.args).text
    form = OpenForm.blank(q=q, whose=request.args.get("whose", "") or whose_is_named())
    return page_or_fragment("tickets/new.html", MATCHES, **new_context(form))


@desk.post("/tickets/new")
def ticket_add() -> Answer:
    form = OpenForm()
    form.mechanic.offer(mechanics_on_duty(), empty="Nobody yet")
    if "find" in request.form:
        form.q.validate(form)  # the rest may still be half typed
        return page("tickets/new.html", **new_context(form))
    form.choose(*chosen(form.whose.data or ""))
    if form.attempt(commands.take_in, by=actor):
        ticket = form.result
        return done(url_for("desk.ticket", ticket_id=ticket.id), f"Ticket {ticket.label} is open.")
    return page("tickets/new.html", status=form.refused_status, **new_context(form))


@desk.get("/tickets/<id:ticket_id>/whose")
def ticket_whose(ticket_id: int) -> Answer:
    ticket, q = find_ticket(ticket_id), SearchForm.read(request.args).text
    whose = f"{ticket.customer_id}-{ticket.vehicle_id}" if ticket.vehicle_id else str(ticket.customer_id)
    form = HandOverForm.blank(q=q, whose=request.args.get("whose", "" if q else whose))
    return page_or_fragment("tickets/whose.html", MATCHES, **hand_over_context(form, ticket))


@desk.post("/tickets/<id:ticket_id>/whose")
def ticket_hand_over(ticket_id: int) -> Answer:
    ticket, form = find_ticket(ticket_id), HandOverForm()
    if "find" in request.form:
        form.q.validate(form)
        return page("tickets/whose.html", **hand_over_context(form, ticket))
    form.choose(*chosen(form.whose.data or ""))
    if form.attempt(commands.hand_over, ticket, by=actor):
        return done(url_for("desk.ticket", ticket_id=ticket_id), f"{ticket.label} is {ticket.customer.name}’s.")
    return page("tickets/whose.html", status=form.refused_status, **hand_over_context(form, ticket))


def new_context(form: OpenForm) -> dict[str, Any]:
    form.mechanic.offer(mechanics_on_duty(), empty="Nobody yet")
    return whose_context(form, url_for("desk.ticket_new"))


def hand_over_context(form: HandOverForm, ticket: Ticket) -> dict[str, Any]:
    """What tickets/whose.html wants: what was typed, beside whose the ticket is by now."""
    form.version.renew(ticket.version)
    context = whose_context(form, url_for("desk.ticket_whose", ticket_id=ticket.id))
    others = {vehicle_id: other for vehicle_id, other in context["open_tickets"].items() if other.id != ticket.id}
    return {**context, "ticket": ticket, "open_tickets": others}


def whose_context(form: WhoseForm, find_url: str) -> dict[str, Any]:
    """What tickets/_whose.html and tickets/_matches.html want."""
    q = (form.q.data or "")[:MAX_Q]
    customer, vehicle = chosen(form.whose.data or "")
    rows = found = search_customers(q, limit=MOST_FOUND)
    if customer is not None and customer.id not in {row.id for row in found}:
        rows = [*found, as_row(customer)]
    named = {found.id for found in search_vehicles(q, limit=MOST_NAMED)} | ({vehicle.id} if vehicle else set())
    rows = with_vehicles(rows, most=MOST_FOUND, also=named)
    looks_like = field_for(q)
    if q and not found and "find" in request.form and not form[looks_like].data:
        form[looks_like].data = q
    vehicle_ids = [vehicle.id for row in rows for vehicle in row.vehicles]
    return {
        "form": form,
        "find_url": find_url,
        "q": q,
        "looks_like": looks_like,
        "is_found": bool(found),
        "rows": rows,
        "is_new": form.has_new_customer or request.values.get("whose") == "",
        "whose": form.whose.data,
        "open_tickets": open_tickets_of(vehicle_ids),
    }


def field_for(q: str) -> str:
    """What somebody who is not found was looked for by: ``name``, ``phone`` or ``plate``."""
    if not any(character.isdigit() for character in q):
        return "name"
    return "plate" if any(character.isalpha() for character in q) else "phone"


def whose_is_named() -> str:
    """The choice that a link with ``?vehicle=`` or ``?customer=`` makes."""
    vehicle_id, customer_id = request.args.get("vehicle", ""), request.args.get("customer", "")
    if is_id(vehicle_id):
        vehicle = db.session.scalar(vehicles_known_to(actor).where(Vehicle.id == int(vehicle_id)))
        if vehicle is not None:
            return f"{vehicle.customer_id}-{vehicle.id}"
    return customer_id if is_id(customer_id) else ""


def chosen(whose: str) -> tuple[Customer | None, Vehicle | None]:
    """The customer, and perhaps their vehicle, behind ``12`` or ``12-34``; what can't be chosen is None."""
    customer_id, _, vehicle_id = whose.partition("-")
    if not is_id(customer_id):
        return None, None
    customer = db.session.scalar(customers_visible_to(actor).where(Customer.id == int(customer_id)))
    if customer is None or not is_id(vehicle_id):
        return customer, None
    vehicles = vehicles_known_to(actor).where(Vehicle.customer_id == customer.id, Vehicle.archived_at.is_(None))
    return customer, db.session.scalar(vehicles.where(Vehicle.id == int(vehicle_id)))


def is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def as_row(customer: Customer) -> CustomerRow:
    return CustomerRow(customer.id, customer.name, customer.email, customer.phone, customer.created_at)
