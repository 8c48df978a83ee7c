"""Finding what an address names, among what the one who asks may see."""

from __future__ import annotations

from shop.extensions import db
from shop.tickets.models import Job, Line, Ticket
from shop.tickets.queries import known_to, visible_to, whole_for_staff, workable_by
from shop.web.actor import actor
from shop.web.guards import found


def find_ticket(ticket_id: int) -> Ticket:
    return found(db.session.scalar(visible_to(actor).where(Ticket.id == ticket_id)))


def find_whole_ticket(ticket_id: int) -> Ticket:
    """The ticket with all that its page shows; for the desk an archived one as well."""
    return found(whole_for_staff(known_to(actor).where(Ticket.id == ticket_id)))


def find_workable(ticket_id: int) -> Ticket:
    """A ticket whose parts the one who asks may take and give back."""
    return found(db.session.scalar(workable_by(actor).where(Ticket.id == ticket_id)))


def find_job(ticket_id: int, job_id: int) -> Job:
    """A job of a ticket, on it or taken off."""
    job = db.session.get(Job, job_id)
    return found(job if job and job.ticket is find_workable(ticket_id) else None)


def find_line(ticket_id: int, line_id: int) -> Line:
    """A line of a ticket, on it or taken off."""
    line = db.session.get(Line, line_id)
    return found(line if line and line.ticket is find_workable(ticket_id) else None)


def find_part_line(ticket_id: int, line_id: int) -> Line:
    """A line of a ticket with a part from stock."""
    line = find_line(ticket_id, line_id)
    return found(line if line.part_id is not None else None)
