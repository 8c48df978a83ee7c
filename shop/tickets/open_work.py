"""The open tickets of others' things, for the pages of customers, vehicles, mechanics and parts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal, select, true

from shop.common import open_work
from shop.common.open_work import OpenTicket
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import Approval
from shop.tickets.models import Job, Line, Supply, Ticket
from shop.tickets.selection import worked_by

_COUNTS = (Approval.PENDING, Approval.APPROVED)
_IS_OPEN = (Ticket.is_open == true(), Ticket.archived_at.is_(None))


def open_tickets(thing: Customer | Vehicle | Mechanic | Part) -> list[OpenTicket]:
    awaited: ColumnElement[int] = literal(0)
    match thing:
        case Customer():
            theirs = Ticket.customer_id == thing.id
        case Vehicle():
            theirs = Ticket.vehicle_id == thing.id
        case Mechanic():
            theirs = worked_by(thing.id)
        case Part():
            theirs, awaited = _waits_for(thing), _awaited(thing)
    columns = select(Ticket.id, Ticket.number, Customer.name, awaited).join(Customer, Customer.id == Ticket.customer_id)
    found = db.session.execute(columns.where(theirs, *_IS_OPEN).order_by(Ticket.id))
    return [OpenTicket(ticket_id, number, customer, int(awaited)) for ticket_id, number, customer, awaited in found]


def _waits_for(part: Part) -> ColumnElement[bool]:
    """The ticket keeps this part on the shelf, or wants it for a job that counts; asked of each open one."""
    lines = select(Line.id).join(Line.job).where(Line.ticket_id == Ticket.id, Line.part_id == part.id)
    is_on_it = (Line.removed_at.is_(None), Job.removed_at.is_(None), Job.approval.in_(_COUNTS))
    return lines.where(Line.supply.in_((Supply.WANTED, Supply.RESERVED)), *is_on_it).exists()


def _awaited(part: Part) -> ColumnElement[int]:
    wanted = select(func.sum(Line.quantity)).join(Line.job).where(Line.ticket_id == Ticket.id, Line.part_id == part.id)
    is_on_it = (Line.removed_at.is_(None), Job.removed_at.is_(None), Job.approval == Approval.APPROVED)
    return func.coalesce(wanted.where(Line.supply == Supply.WANTED, *is_on_it).scalar_subquery(), 0)


open_work.finders.append(open_tickets)
