"""What stands beside a ticket on its page: other tickets of the vehicle and of the repair."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, bindparam, cast, exists, literal, null, or_, select, true, union_all
from sqlalchemy.orm import aliased, contains_eager

from shop.extensions import db
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Job, Ticket

MOST_OTHERS = MOST_COMEBACKS = MOST_DECLINED = 10

_TICKET, _VEHICLE = bindparam("ticket", type_=Integer), bindparam("vehicle", type_=Integer)


@dataclass(frozen=True, slots=True)
class Beside:
    """What the page of a ticket says about others.

    ``others`` are further open tickets of the vehicle, the newest last, which is mostly a mistake; ``comebacks`` are
    the tickets by which the repair came back; ``declined`` was declined or put off on earlier tickets of the vehicle
    and not done since, the newest first.
    """

    others: list[Ticket]
    comebacks: list[Ticket]
    declined: list[Job]


def beside(ticket: Ticket) -> Beside:
    """What stands beside the ticket, in one statement; of its vehicle only while it is open."""
    found: dict[str, list[Any]] = defaultdict(list)
    vehicle_id = ticket.vehicle_id if ticket.status.is_open else None
    if vehicle_id or ticket.comebacks:
        for kind, other, job in db.session.execute(_beside(), {"ticket": ticket.id, "vehicle": vehicle_id}):
            found[kind].append(job or other)
    declined = found["declined"] if ticket.can_take_work else []
    return Beside(found["open"], found["comeback"], declined)


@cache
def _beside() -> Select[*tuple[Any, ...]]:
    kinds = {"open": _other_open_ones(), "comeback": _comebacks(), "declined": _declined_before()}
    found = union_all(*(select(literal(kind).label("kind"), ids.subquery()) for kind, ids in kinds.items())).subquery()
    return (
        select(found.c.kind, Ticket, Job)
        .join(Ticket, Ticket.id == found.c.ticket_id)
        .outerjoin(Job, Job.id == found.c.job_id)
        .options(contains_eager(Job.ticket))
        .order_by(Job.id.desc(), Ticket.id)
    )


def _other_open_ones() -> Select[*tuple[Any, ...]]:
    return (
        _ids_of_tickets()
        .where(Ticket.vehicle_id == _VEHICLE, Ticket.id != _TICKET)
        .where(Ticket.is_open == true(), Ticket.archived_at.is_(None))
        .order_by(Ticket.id.desc())
        .limit(MOST_OTHERS)
    )


def _comebacks() -> Select[*tuple[Any, ...]]:
    """Those that were cancelled left out."""
    return (
        _ids_of_tickets()
        .where(Ticket.comeback_of_id == _TICKET, Ticket.status != Status.CANCELLED, Ticket.archived_at.is_(None))
        .order_by(Ticket.id)
        .limit(MOST_COMEBACKS)
    )


def _ids_of_tickets() -> Select[*tuple[Any, ...]]:
    return select(Ticket.id.label("ticket_id"), cast(null(), Integer).label("job_id"))


def _declined_before() -> Select[*tuple[Any, ...]]:
    again = aliased(Job)
    taken_up = exists().where(
        again.first_offered_id == Job.id,
        again.removed_at.is_(None),
        or_(again.ticket_id == _TICKET, again.approval == Approval.APPROVED),
    )
    return (
        select(Job.ticket_id, Job.id.label("job_id"))
        .join(Ticket, Ticket.id == Job.ticket_id)
        .where(Ticket.vehicle_id == _VEHICLE, Ticket.id < _TICKET, Ticket.archived_at.is_(None))
        .where(Job.approval.in_((Approval.DECLINED, Approval.DEFERRED)), Job.removed_at.is_(None), ~taken_up)
        .order_by(Job.id.desc())
        .limit(MOST_DECLINED)
    )
