"""The search box at the top of the desk, and the page behind it."""

from __future__ import annotations

from flask import redirect, request, url_for

from shop.customers.queries import vehicle_named
from shop.inventory.queries import part_with_sku
from shop.search import queries
from shop.tickets.queries import open_tickets_of
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import SearchForm
from shop.web.respond import Answer, page_or_fragment, wants_fragment


@desk.get("/search")
def search() -> Answer:
    """All that fits; a whole ticket number, plate, VIN or SKU leads straight there."""
    q = SearchForm.read(request.args).text
    there = None if wants_fragment() else exact_hit(q)
    if there is not None:
        return redirect(there, 303)
    context = {"q": q, "found": queries.find(q), "most": queries.MOST_OF_EACH}
    return page_or_fragment("search/results.html", "search/_results.html", **context)


def exact_hit(q: str) -> str | None:
    """The page of the one thing that was named, if it was; for a vehicle that is here, its open ticket."""
    ticket_id = queries.ticket_with_number(q, actor)
    if ticket_id is not None:
        return url_for("desk.ticket", ticket_id=ticket_id)
    vehicle_id = vehicle_named(q)
    if vehicle_id is not None:
        ticket = open_tickets_of([vehicle_id]).get(vehicle_id)
        return url_for("desk.ticket", ticket_id=ticket.id) if ticket else url_for("desk.vehicle", vehicle_id=vehicle_id)
    part_id = part_with_sku(q)
    return url_for("desk.part", part_id=part_id) if part_id is not None else None
