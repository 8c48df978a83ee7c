"""The same shop inside this process: to find out what there is to ask for, and to count SQL statements."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, func, select, true

from bench.wrk import Call
from shop import create_app
from shop.common.paging import to_cursor
from shop.config import read_settings
from shop.customers.models import Customer, Vehicle
from shop.extensions import cache, db
from shop.inventory.models import Part
from shop.tickets.models import Assignment, Ticket
from shop.tickets.selection import Sort, TicketFilter, segments_of

_TURNED_THROUGH = 50


@dataclass(frozen=True, slots=True)
class Facts:
    """What a shop holds that can be asked for."""

    tickets: Sequence[int]  # some, from all its years
    parts: Sequence[int]
    customer: int  # of the ticket in the middle of the shop's history, as are these
    vehicle: int
    mechanic: int
    customer_name: str
    plate: str
    cursors: Mapping[Sort, str]  # each leads to the middle of the list of all tickets
    middle: Mapping[str, str]  # the same for other lists, by their name


class Inside:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.app = create_app(read_settings(**environment))
        logging.getLogger("shop.requests").setLevel(logging.WARNING)

    def close(self) -> None:
        with self.app.app_context():
            db.engine.dispose()

    def statements(self, call: Call, *, afresh: bool) -> int:
        """How many SQL statements an answer takes: with no list kept from before, or with all that may be kept.

        What is read is not the first answer of its process, which asks for what all need as well: who works here.
        """
        client = self.app.test_client(use_cookies=False)
        sent: dict[str, Any] = {"method": call.method, "data": call.body, "headers": list(call.headers)}
        if call.method == "GET":
            client.open(call.path, **sent)
        with self.app.app_context():
            if afresh:
                cache.clear()
            engine = db.engine
        with _counted(engine) as statements:
            client.open(call.path, **sent)
        return len(statements)

    def facts(self) -> Facts:
        with self.app.app_context():
            return _facts()


@contextmanager
def _counted(engine: Any) -> Iterator[list[str]]:
    """The statements that run inside; where a transaction begins and ends is not counted."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _facts() -> Facts:
    last = db.session.scalar(select(func.max(Ticket.id))) or 1
    with_vehicle = select(Ticket).where(Ticket.id >= last // 2, Ticket.vehicle_id.is_not(None)).order_by(Ticket.id)
    middle = db.session.scalars(with_vehicle.limit(1)).one()
    spread = [last * step // _TURNED_THROUGH or 1 for step in range(1, _TURNED_THROUGH + 1)]
    vehicle = db.session.get_one(Vehicle, middle.vehicle_id)
    customer = db.session.get_one(Customer, middle.customer_id)
    part = _at_half(Part)
    return Facts(
        tickets=db.session.scalars(select(Ticket.id).where(Ticket.id.in_(spread), Ticket.archived_at.is_(None))).all(),
        parts=db.session.scalars(select(Part.id).where(Part.archived_at.is_(None)).order_by(Part.id).limit(50)).all(),
        customer=customer.id,
        vehicle=vehicle.id,
        mechanic=db.session.scalars(select(Assignment.mechanic_id).order_by(Assignment.id).limit(1)).one(),
        customer_name=customer.name,
        plate=vehicle.plate or str(middle.number),
        cursors={sort: _place(sort, middle) for sort in Sort},
        middle={
            "tickets": to_cursor([middle.id]),
            "customers": to_cursor([customer.id]),
            "customers by name": to_cursor([customer.name_key, customer.id]),
            "parts": to_cursor([part.id]),
            "parts by name": to_cursor([part.name_key, part.id]),
        },
    )


def _place(sort: Sort, ticket: Ticket) -> str:
    """The cursor of a ticket in the list of all of them in this order."""
    segments = segments_of(TicketFilter(sort=sort), None)
    for number, segment in enumerate(segments):
        values = select(*(key.column.label(f"mark_{place}") for place, key in enumerate(segment.keys)))
        of_it = values.where(Ticket.id == ticket.id, true() if segment.condition is None else segment.condition)
        if found := db.session.execute(of_it).one_or_none():
            return to_cursor(tuple(found) if len(segments) == 1 else (number, *found))
    raise LookupError(f"Ticket {ticket.id} is in no segment of {sort}.")


def _at_half(model: type[Part]) -> Part:
    last = db.session.scalar(select(func.max(model.id))) or 1
    return db.session.scalars(select(model).where(model.id >= last // 2).order_by(model.id).limit(1)).one()
