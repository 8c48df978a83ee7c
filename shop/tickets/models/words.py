"""What tickets are found by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from shop.common.base import Base, table_args
from shop.common.words import ANY, Words, keep, source, words_of_code, words_of_name, words_of_text
from shop.customers.models import Customer, Vehicle
from shop.tickets.models.ticket import Ticket


class TicketWords(Words, Base):
    """Number, plate and customer's name, the car and the complaint."""

    __tablename__ = "ticket_words"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)


def _words_of_ticket(rows: list[Any]) -> str:
    ((_, number, name, plate, year, make, model, complaint),) = rows
    return (
        words_of_code(plate)
        + words_of_name(name)
        # No name: the first one or two figures of a number say nothing, and a tenth of all tickets begin so.
        + f" {ANY}{number}"
        + words_of_text(f"{year or ''} {make or ''} {model or ''}")
        + "".join(map(words_of_text, complaint.splitlines()))
    )


keep(
    TicketWords,
    source(Ticket, "number customer_id vehicle_id complaint", column=Ticket.id),
    source(Customer, "name", column=Ticket.customer_id),
    source(Vehicle, "plate year make model", column=Ticket.vehicle_id),
    of=Ticket.id,
    rows=select(
        Ticket.id,
        Ticket.number,
        Customer.name,
        Vehicle.plate,
        Vehicle.year,
        Vehicle.make,
        Vehicle.model,
        Ticket.complaint,
    )
    .join(Customer, Customer.id == Ticket.customer_id)
    .outerjoin(Vehicle, Vehicle.id == Ticket.vehicle_id),
    spell=_words_of_ticket,
)
