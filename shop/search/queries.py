"""One question to tickets, customers, vehicles and parts."""

from __future__ import annotations

from dataclasses import dataclass

from shop.accounts.models import Account
from shop.common.base import MAX_ID
from shop.customers.queries import CustomerRow, FoundVehicle, search_vehicles
from shop.customers.queries import search as search_customers
from shop.extensions import db
from shop.inventory.queries import PartRow
from shop.inventory.queries import search as search_parts
from shop.tickets.models import Ticket
from shop.tickets.queries import TicketRow, list_tickets, open_tickets_of, visible_to
from shop.tickets.selection import TicketFilter

MOST_OF_EACH = 8


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, at most ``MOST_OF_EACH`` of each kind; ``here`` has the open ticket of each vehicle that has one."""

    tickets: list[TicketRow]
    customers: list[CustomerRow]
    vehicles: list[FoundVehicle]
    here: dict[int, Ticket]
    parts: list[PartRow]

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in (self.tickets, self.customers, self.vehicles, self.parts))


def find(q: str) -> Found:
    """Everything that fits what was typed, each kind in its own order; nothing typed finds nothing."""
    if not q:
        return Found([], [], [], {}, [])
    vehicles = search_vehicles(q, limit=MOST_OF_EACH)
    return Found(
        tickets=[*list_tickets(TicketFilter(q=q), size=MOST_OF_EACH).items],
        customers=search_customers(q, limit=MOST_OF_EACH),
        vehicles=vehicles,
        here=open_tickets_of(vehicle.id for vehicle in vehicles),
        parts=search_parts(q, limit=MOST_OF_EACH),
    )


def ticket_with_number(q: str, account: Account) -> int | None:
    """The id of the ticket whose very number was typed, with or without its ``#``."""
    digits = q.removeprefix("#").lstrip("0")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_ID)) and int(digits) <= MAX_ID):
        return None
    return db.session.scalar(visible_to(account).with_only_columns(Ticket.id).where(Ticket.number == int(digits)))
