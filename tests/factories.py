"""Things for tests, made the shortest way: straight into the database, valid, with a name of their own."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from shop.common.clock import now
from shop.common.stamps import Topic, touch
from shop.common.transaction import at_the_end, notes, transaction
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.inventory.models import MoveKind, Part, StockMove
from shop.mechanics.models import Mechanic
from shop.ops.recount import recount, recount_lists
from shop.tickets.commands.shared import settle
from shop.tickets.estimate import written_down
from shop.tickets.lifecycle import ROAD, Approval, Status
from shop.tickets.models import (
    FIRST_NUMBER,
    Assignment,
    CannedJob,
    CannedLine,
    EstimateVersion,
    Job,
    Line,
    LineKind,
    Supply,
    Ticket,
    TicketNumber,
)

#: What the sums of the ranking and those of the lists are made from.
RANKED = {Assignment, Ticket}
LISTED = {Customer, Mechanic, Part, StockMove}
_next = count(1).__next__


def keep(*things: Any) -> None:
    """Commit new rows; whatever is kept about any list is forgotten.

    Many things are made quickly inside of one ``transaction``: what is kept about lists is then counted once.
    """
    with transaction():
        db.session.add_all(things)
        db.session.flush()
        made = notes().setdefault("made", set())
        if not made:
            at_the_end(_count)
        made.update(type(thing) for thing in things)


def _count(_session: Session) -> None:
    made = notes()["made"]
    if made.intersection(RANKED):
        recount()
    elif made.intersection(LISTED):
        recount_lists()
    else:
        touch(*Topic)


def make_customer(**values: Any) -> Customer:
    number = _next()
    customer = Customer(**{"name": f"Customer {number}", "email": f"customer{number}@example.net", **values})
    keep(customer)
    return customer


@transaction()
def make_vehicle(customer: Customer | None = None, **values: Any) -> Vehicle:
    number = _next()
    standard = {"plate": f"TST {number:04}", "make": "Honda", "model": "Civic", "year": 2014, "odometer": 84_000}
    vehicle = Vehicle(customer_id=(customer or make_customer()).id, **{**standard, **values})
    keep(vehicle)
    return vehicle


def make_mechanic(**values: Any) -> Mechanic:
    number = _next()
    mechanic = Mechanic(**{"name": f"Mechanic {number}", "email": f"mechanic{number}@example.net", **values})
    keep(mechanic)
    return mechanic


@transaction()
def make_part(*, on_hand: int = 5, **values: Any) -> Part:
    number = _next()
    part = Part(
        **{"name": f"Part {number}", "sku": f"SKU-{number:04}", "price_cents": 1499, "cost_cents": 900, **values}
    )
    part.on_hand = on_hand
    keep(part)
    if on_hand:
        keep(
            StockMove(
                part_id=part.id, kind=MoveKind.RECEIVED, quantity=on_hand, balance=on_hand, reason="Opening stock"
            )
        )
    return part


@transaction()
def make_ticket(
    *,
    status: Status = Status.DRAFT,
    customer: Customer | None = None,
    vehicle: Vehicle | None = None,
    mechanics: list[Mechanic] | None = None,
    completed_at: datetime | None = None,
    **values: Any,
) -> Ticket:
    """A ticket in any status, without the history that led there."""
    if status in (Status.READY, Status.INVOICED, Status.PICKED_UP):
        completed_at = completed_at or now()
    if status is Status.CANCELLED:
        values.setdefault("cancel_reason", "Changed their mind")
    if customer is None:
        customer = vehicle.customer if vehicle else make_customer()
    ticket = Ticket(
        number=_take_number(),
        customer_id=customer.id,
        vehicle_id=vehicle.id if vehicle else None,
        status=status,
        completed_at=completed_at,
        **{"complaint": "Grinding from the front left when braking.", **values},
    )
    is_approved = status in ROAD and ROAD.index(status) >= ROAD.index(Status.APPROVED)
    approval = Approval.APPROVED if is_approved else Approval.PENDING
    is_done = is_approved and ROAD.index(status) >= ROAD.index(Status.QUALITY_CHECK)
    db.session.add(ticket)
    db.session.flush()
    assignments = (Assignment(ticket_id=ticket.id, mechanic_id=mechanic.id) for mechanic in mechanics or [])
    done_at = now() if is_done else None
    keep(ticket, _job(ticket, approval=approval, complaint=ticket.first_line, done_at=done_at), *assignments)
    db.session.expire(ticket, ["every_job"])
    return ticket


def make_job(ticket: Ticket, *, approval: Approval = Approval.PENDING, **values: Any) -> Job:
    """One more job on a ticket."""
    job = _job(ticket, approval=approval, **values)
    keep(job)
    db.session.expire(ticket, ["every_job"])
    return job


def _job(ticket: Ticket, *, approval: Approval, **values: Any) -> Job:
    return Job(
        ticket_id=ticket.id,
        position=len(ticket.every_job) + 1,
        approval=approval,
        approved_cents=0 if approval is Approval.APPROVED else None,
        **{"complaint": "Front brakes grind", **values},
    )


def make_canned_job(part: Part, **values: Any) -> CannedJob:
    """An hour of labour, one of the part from the shelf with a deposit on the old one, and a fee."""
    labour = CannedLine(kind=LineKind.LABOUR, description="Replace them", minutes=60, price_cents=11_000)
    costs = {"price_cents": 1, "cost_cents": part.cost_cents, "core_cents": 1_000}
    taken = CannedLine(kind=LineKind.PART, description="Some part", part=part, **costs)
    fee = CannedLine(kind=LineKind.FEE, description="Disposal", quantity=2, price_cents=450)
    canned = CannedJob(**{"name": f"Canned job {_next()}", "lines": [labour, taken, fee], **values})
    keep(canned)
    return canned


def make_version(ticket: Ticket) -> EstimateVersion:
    """What is on the ticket, written down as the next version of its estimate and sent to nobody."""
    db.session.expire(ticket)
    number = len(ticket.versions) + 1
    version = EstimateVersion(
        ticket_id=ticket.id, number=number, total_cents=ticket.total_cents, content=written_down(ticket)
    )
    keep(version)
    return version


@transaction()
def make_part_line(
    ticket: Ticket, part: Part, *, quantity: int = 1, supply: Supply = Supply.FITTED, job: Job | None = None
) -> Line:
    """A line on a ticket's first job; what is fitted left the shelf by a move."""
    line = Line(
        ticket_id=ticket.id,
        job_id=(job or ticket.every_job[0]).id,
        kind=LineKind.PART,
        part_id=part.id,
        description=part.name,
        quantity=quantity,
        price_cents=part.price_cents,
        cost_cents=part.cost_cents,
        supply=supply,
    )
    keep(line)
    if supply is Supply.RESERVED:
        part.reserved += quantity
        keep(part)
    if supply is Supply.FITTED:
        part.on_hand -= quantity
        move = StockMove(
            part_id=part.id, kind=MoveKind.USED, quantity=-quantity, balance=part.on_hand, ticket_id=ticket.id
        )
        keep(part, move)
    settled(ticket)
    return line


def settled(ticket: Ticket) -> None:
    """Keep what the ticket comes to, with all approved jobs approved as they are."""
    with transaction():
        db.session.expire_all()
        settle(ticket)
        for job in ticket.jobs:
            job.approved_cents = job.charge_cents if job.is_approved else None
        ticket.approved_cents = ticket.approved_bill.total
        settle(ticket)


def _take_number() -> int:
    with transaction():
        row = db.session.get(TicketNumber, 1)
        if row is None:
            row = TicketNumber(id=1, next=FIRST_NUMBER)
            db.session.add(row)
        number = row.next
        row.next += 1
    return number
