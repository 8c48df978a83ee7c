"""Finding what a program names by id, in an address or in what it sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select

from shop.common.errors import RuleBroken
from shop.customers.models import Customer, Vehicle
from shop.customers.queries import vehicles_known_to
from shop.customers.queries import visible_to as customers_visible_to
from shop.extensions import db
from shop.inventory.models import Part
from shop.inventory.queries import visible_to as parts_visible_to
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import known_to as mechanics_known_to
from shop.tickets.models import CannedJob, EstimateVersion, Job, Line, Ticket
from shop.tickets.queries import canned_by_name, workable_by
from shop.web.actor import actor
from shop.web.guards import found

Thing = TypeVar("Thing")


def find_workable_ticket(ticket_id: int) -> Ticket:
    """A ticket that this account may work on: the desk all, a mechanic those they are on; the others are a 404."""
    return found(db.session.scalar(workable_by(actor).where(Ticket.id == ticket_id)))


def find_job(ticket: Ticket, job_id: int, *, even_removed: bool = False) -> Job:
    """A job of the ticket; one that was taken off is there only to be put back."""
    job = found(db.session.scalar(select(Job).where(Job.id == job_id, Job.ticket_id == ticket.id)))
    return found(job if even_removed or job.removed_at is None else None)


def find_line(job: Job, line_id: int, *, even_removed: bool = False) -> Line:
    """A line of the job; one that was taken off is there only to be put back."""
    line = found(db.session.scalar(select(Line).where(Line.id == line_id, Line.job_id == job.id)))
    return found(line if even_removed or line.removed_at is None else None)


def find_version(ticket: Ticket, number: int) -> EstimateVersion | None:
    """The version of the ticket's estimate that has this number."""
    wanted = select(EstimateVersion).where(EstimateVersion.ticket_id == ticket.id, EstimateVersion.number == number)
    return db.session.scalar(wanted)


def with_things(values: dict[str, Any]) -> dict[str, Any]:
    """The same values with the things that the ids among them name; raises RuleBroken for an unknown one."""
    return {
        name: _FINDERS[name](value) if name in _FINDERS and value is not None else value
        for name, value in values.items()
    }


def known(candidate: Thing | None, message: str, *, field: str) -> Thing:
    if candidate is None:
        raise RuleBroken(message, field=field)
    return candidate


def _customer(customer_id: int) -> Customer:
    customer = db.session.scalar(customers_visible_to(actor).where(Customer.id == customer_id))
    return known(customer, "There is no customer with this id.", field="customer")


def _vehicle(vehicle_id: int) -> Vehicle:
    vehicle = db.session.scalar(vehicles_known_to(actor).where(Vehicle.id == vehicle_id))
    return known(vehicle, "There is no vehicle with this id.", field="vehicle")


def _part(part_id: int) -> Part:
    part = db.session.scalar(parts_visible_to(actor).where(Part.id == part_id))
    return known(part, "There is no part with this id.", field="part")


def _mechanic(mechanic_id: int) -> Mechanic:
    mechanic = db.session.scalar(mechanics_known_to(actor).where(Mechanic.id == mechanic_id))
    return known(mechanic, "There is no mechanic with this id.", field="mechanic")


def _canned(canned_id: int) -> CannedJob:
    canned = db.session.scalar(canned_by_name().where(CannedJob.id == canned_id))
    return known(canned, "There is no canned job with this id.", field="canned")


def _mechanics(ids: Sequence[int], *, field: str) -> list[Mechanic]:
    asked_for = mechanics_known_to(actor).where(Mechanic.id.in_(ids))
    mechanics = {mechanic.id: mechanic for mechanic in db.session.scalars(asked_for)}
    return [known(mechanics.get(each), f"There is no mechanic with the id {each}.", field=field) for each in ids]


_FINDERS: dict[str, Callable[[Any], Any]] = {
    "customer": _customer,
    "vehicle": _vehicle,
    "part": _part,
    "canned": _canned,
    "mechanic": _mechanic,
    "mechanics": partial(_mechanics, field="mechanics"),
    "add": partial(_mechanics, field="add"),
    "remove": partial(_mechanics, field="remove"),
}
