"""Tickets for programs: the shop's own, and those of the customer who asks."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Flask, Response, url_for

from shop.common.roles import DESK, EVERYONE, STAFF
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory.models import Part
from shop.inventory.queries import visible_to as parts_visible_to
from shop.tickets import commands, estimate_api, job_api, queries
from shop.tickets.api_finding import find_workable_ticket, known, with_things
from shop.tickets.finding import find_ticket
from shop.tickets.models import Job, Line, Ticket
from shop.tickets.schemas import (
    MechanicsChange,
    NewTicket,
    PartOnTicketSchema,
    PartWanted,
    Quantity,
    TicketChanges,
    TicketSchema,
    TicketWithLineSchema,
)
from shop.tickets.selection import TicketFilter
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, Listing, check_if_match, created, gone, listed, read_listing, shown
from shop.web.guards import allow, found
from shop.web.schemas import Asked

tickets = ApiBlueprint("service_tickets", noun="service_tickets", about="Service tickets, from complaint to keys.")
my_tickets = ApiBlueprint("my_tickets", noun="customers", about="What customers see of their own.")


@my_tickets.get("/my-tickets")
@allow(EVERYONE)
@my_tickets.lists(TicketSchema)
def mine(asked: Asked) -> Response:
    """The tickets of the customer who asks, newest first; none for an account that is no customer."""
    if actor.customer_id is None:
        return listed(Listing([], 0, None), asked)
    return listed(rows_of(TicketFilter(q=asked.q, customer_id=actor.customer_id), asked), asked)


@tickets.get("/")
@allow(STAFF)
@tickets.lists(TicketSchema)
def index(asked: Asked) -> Response:
    """The tickets, newest first."""
    return listed(rows_of(TicketFilter(q=asked.q), asked), asked)


@tickets.post("/")
@allow(DESK)
@tickets.reads(NewTicket)
@tickets.gives(201, TicketSchema)
def add(values: dict[str, Any]) -> Response:
    """Write down what a customer came for."""
    ticket = commands.open_ticket(**with_things(values), by=actor)
    return created(row_of(ticket), at=address_of(ticket))


@tickets.get("/<id:ticket_id>")
@allow(STAFF)
@tickets.gives(200, TicketSchema)
def show(ticket_id: int) -> Response:
    """One ticket."""
    return shown(row_of(find_ticket(ticket_id)))


@tickets.put("/<id:ticket_id>")
@allow(DESK)
@tickets.reads(TicketChanges)
@tickets.gives(200, TicketSchema)
def change(values: dict[str, Any], ticket_id: int) -> Response:
    """Replace the values given, and only those; a status moves the ticket there."""
    ticket = find_ticket(ticket_id)
    to, reason = values.pop("to", None), values.pop("reason", "")
    with transaction():
        check_if_match(row_of, ticket)
        commands.edit_ticket(ticket, by=actor, **with_things(values))
        if to not in (None, ticket.status):
            commands.move(ticket, to=to, reason=reason, by=actor)
    return shown(row_of(ticket))


@tickets.delete("/<id:ticket_id>")
@allow(DESK)
@tickets.gives(204)
def archive(ticket_id: int) -> Response:
    """Archive a ticket; an open one gives its parts back to the shelf. The desk can restore it on its page."""
    ticket = find_ticket(ticket_id)
    with transaction():
        check_if_match(row_of, ticket)
        commands.archive_ticket(ticket, by=actor)
    return gone()


@tickets.put("/<id:ticket_id>/edit")
@allow(DESK)
@tickets.reads(MechanicsChange)
@tickets.gives(200, TicketSchema)
def change_mechanics(values: dict[str, Any], ticket_id: int) -> Response:
    """Put mechanics on the ticket and take others off: all of it, or with one unknown id none of it."""
    ticket = find_ticket(ticket_id)
    with transaction():
        check_if_match(row_of, ticket)
        commands.change_mechanics(ticket, **with_things(values), by=actor)
    return shown(row_of(ticket))


@tickets.post("/<id:ticket_id>/add-part/<id:part_id>")
@allow(STAFF)
@tickets.reads(Quantity)
@tickets.gives(201, TicketWithLineSchema)
def add_part(values: dict[str, Any], ticket_id: int, part_id: int) -> Response:
    """Take a part from the shelf for the ticket: one, or as many as the body says.

    Answers the ticket and, as `line`, what was put on it. Mechanics may do it for the tickets they are on.
    """
    ticket = find_workable_ticket(ticket_id)
    part = found(db.session.scalar(parts_visible_to(actor).where(Part.id == part_id)))
    line = commands.use_part(ticket, part=part, **values, by=actor)
    return created(row_of(ticket), at=address_of(ticket), line=line_of(line))


@tickets.post("/<id:ticket_id>/parts")
@allow(STAFF)
@tickets.reads(PartWanted)
@tickets.gives(201, TicketWithLineSchema)
def parts(values: dict[str, Any], ticket_id: int) -> Response:
    """Take parts from the shelf for the ticket: for the job named, or for its first one.

    Answers the ticket and, as `line`, what was put on it. Mechanics may do it for the tickets they are on.
    """
    ticket = find_workable_ticket(ticket_id)
    job = known_job(ticket, values.pop("job")) if "job" in values else None
    line = commands.use_part(ticket, **with_things(values), job=job, by=actor)
    return created(row_of(ticket), at=address_of(ticket), line=line_of(line))


def known_job(ticket: Ticket, job_id: int) -> Job:
    job = next((job for job in ticket.jobs if job.id == job_id), None)
    return known(job, "There is no job with this id on the ticket.", field="job")


def rows_of(wanted: TicketFilter, asked: Asked) -> Listing:
    return read_listing(
        TicketSchema,
        asked,
        total=queries.count_tickets(wanted),
        page=partial(queries.page_of_tickets, wanted),
        stretch=partial(queries.list_tickets, wanted, parts=True),
    )


def row_of(ticket: Ticket) -> Json:
    return TicketSchema.of(queries.row_with_everything(ticket))


def line_of(line: Line) -> Json:
    facts = {"id": line.part_id, "name": line.label, "quantity": line.quantity, "price_cents": line.price_cents}
    return PartOnTicketSchema.of(facts)


def address_of(ticket: Ticket) -> str:
    return url_for("service_tickets.show", ticket_id=ticket.id)


def install(app: Flask) -> None:
    for blueprint in (tickets, job_api.jobs, estimate_api.estimates, my_tickets, estimate_api.my_estimates):
        blueprint.open(app)
