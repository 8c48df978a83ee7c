"""What customers see of their repairs."""

from __future__ import annotations

from flask import request, url_for

from shop.common.paging import Slice
from shop.customers.models import Vehicle
from shop.customers.queries import vehicles_owned_by
from shop.extensions import db
from shop.tickets.models import Channel, Ticket
from shop.tickets.progress import tracked
from shop.tickets.queries import TicketRow, list_tickets, owned_by, under_way, whole, whole_one
from shop.tickets.repair_page import Way, estimate_page, keep_answer, repair_page
from shop.tickets.selection import Scope, TicketFilter
from shop.web.actor import actor
from shop.web.doors import my
from shop.web.guards import found
from shop.web.lists import further
from shop.web.respond import Answer, page, page_or_fragment


@my.get("/")
def repairs() -> Answer:
    """The cars that are in the shop, those with something to approve first; the finished repairs below."""
    tickets = whole(under_way(owned_by(actor)))
    tracks = tracked(tickets)
    finished = _listed(Scope.CLOSED)
    return page(
        "my/repairs.html",
        repairs=sorted(tickets, key=lambda ticket: not tracks[ticket.id].asked),
        tracks=tracks,
        finished=finished,
        further=further(finished, at="finished"),
    )


@my.get("/tickets/<id:ticket_id>")
def repair(ticket_id: int) -> Answer:
    return repair_page(find_own(ticket_id), signed_in(ticket_id))


@my.post("/tickets/<id:ticket_id>/answers")
def repair_answers(ticket_id: int) -> Answer:
    return keep_answer(lambda: find_own(ticket_id), signed_in(ticket_id), by=actor)


@my.get("/tickets/<id:ticket_id>/estimates/<id:number>")
def repair_estimate(ticket_id: int, number: int) -> Answer:
    return estimate_page(find_own(ticket_id), number, signed_in(ticket_id))


@my.get("/vehicles/<id:vehicle_id>/repairs")
def vehicle_repairs(vehicle_id: int) -> Answer:
    """What was done to one of their vehicles; the repairs of a former owner are not theirs to see."""
    vehicle = found(db.session.scalar(vehicles_owned_by(actor).where(Vehicle.id == vehicle_id)))
    rows = _listed(Scope.ALL, vehicle_id)
    context = {"vehicle": vehicle, "rows": rows, "further": further(rows)}
    return page_or_fragment("my/vehicle_repairs.html", "my/_vehicle_repairs.html", **context)


def _listed(scope: Scope, vehicle_id: int | None = None) -> Slice[TicketRow]:
    """The stretch of the actor's own repairs that the address asks for, the newest first."""
    wanted = TicketFilter(scope=scope, customer_id=found(actor.customer_id), vehicle_id=vehicle_id)
    rows = list_tickets(wanted, after=request.args.get("after"), before=request.args.get("before"))
    return rows if rows.items else list_tickets(wanted)  # where nothing is any more the list begins anew


def find_own(ticket_id: int) -> Ticket:
    return found(whole_one(owned_by(actor).where(Ticket.id == ticket_id)))


def signed_in(ticket_id: int) -> Way:
    return Way(Channel.ACCOUNT, url_for("my.repair", ticket_id=ticket_id))
