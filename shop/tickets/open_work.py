"""The open tickets of others' things, for the pages of customers, vehicles and mechanics."""

from __future__ import annotations

from sqlalchemy import select, true

from shop.common import open_work
from shop.common.open_work import OpenTicket
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.tickets.models import Ticket
from shop.tickets.selection import worked_by

_IS_OPEN = (Ticket.is_open == true(), Ticket.archived_at.is_(None))


def open_tickets(thing: Customer | Vehicle | Mechanic) -> list[OpenTicket]:
    match thing:
        case Customer():
            theirs = Ticket.customer_id == thing.id
        case Vehicle():
            theirs = Ticket.vehicle_id == thing.id
        case Mechanic():
            theirs = worked_by(thing.id)
    columns = select(Ticket.id, Ticket.number, Customer.name).join(Customer, Customer.id == Ticket.customer_id)
    return [OpenTicket(*row) for row in db.session.execute(columns.where(theirs, *_IS_OPEN).order_by(Ticket.id))]


open_work.finders.append(open_tickets)
