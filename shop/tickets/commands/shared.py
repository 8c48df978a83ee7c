"""What every command on a ticket begins and ends with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from sqlalchemy.orm import object_session

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import Changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken
from shop.common.money import in_currency
from shop.common.stamps import Topic, touch
from shop.common.transaction import has_one_writer, lock
from shop.extensions import db
from shop.inventory.models import Part
from shop.settings.queries import shop_rules
from shop.tickets import tallies
from shop.tickets.commands import shelf
from shop.tickets.lifecycle import Approval, Move, Need, Status
from shop.tickets.models import Job, Line, Ticket


def lock_ticket(ticket: Ticket) -> None:
    """Wait for whoever is changing the ticket, and see it, its jobs and its parts as they left it."""
    db.session.flush()
    lock(ticket)
    if not has_one_writer():
        for thing in db.session.identity_map.values():
            if isinstance(thing, (Job, Line, Part)):
                db.session.expire(thing)
    if ticket.is_archived:
        raise Conflict(f"Ticket {ticket.label} has been archived.")
    tallies.watch(ticket)


def lock_job(job: Job) -> Ticket:
    """Lock the ticket of a job that can still be worked on; raises Conflict when there is none."""
    ticket = job.ticket
    lock_ticket(ticket)
    check_takes_work(ticket)
    if job.removed_at is not None:
        raise Conflict("This job has been taken off the ticket.")
    return ticket


def lock_line(line: Line) -> Ticket:
    """Lock the ticket of a line that is still on it; raises Conflict when it is not."""
    ticket = line.ticket
    lock_ticket(ticket)
    check_takes_work(ticket)
    if line.removed_at is not None or line.job.removed_at is not None:
        raise Conflict("This line has already been taken off the ticket.")
    return ticket


def check_takes_work(ticket: Ticket) -> None:
    if not ticket.can_take_work:
        raise Conflict(f"Ticket {ticket.label} is {words(ticket.status)}. Reopen it to change its work.")


def changed_meanwhile(ticket: Ticket) -> Conflict:
    """What to raise when the customer was asked about something else than what is on the ticket."""
    return Conflict(f"Somebody has changed the work on {ticket.label} meanwhile. Look at what it comes to now.")


def settle(ticket: Ticket) -> None:
    """Keep what the ticket comes to now, and that somebody was at it: the end of every change."""
    session = object_session(ticket)  # the demo's books are written without one
    with session.no_autoflush if session else nullcontext():  # all of it is written at once, with the event
        for job in ticket.jobs:
            job.charge_cents = job.charges.net
        bill = ticket.bill
        ticket.total_cents, ticket.tax_cents = bill.total, bill.tax
        ticket.over_cents = ticket.growth_cents
        ticket.minutes = sum(job.minutes for job in ticket.jobs if job.is_charged)
        ticket.touched_at = now()


def set_status(ticket: Ticket, to: Status, *, reason: str = "", by: Account | None) -> None:
    """Put the ticket where it goes and leave the event; what a move asks for has been checked."""
    ticket.cancel_reason = reason if to is Status.CANCELLED else ""
    was, ticket.status = ticket.status, to
    if to is Status.READY and ticket.completed_at is None:
        ticket.completed_at = now()
    settle(ticket)
    told = {"reason": ("", reason)} if reason else None
    record(Action.TICKET_MOVED, ticket, by=by, changes=told, was=was.value, to=to.value)
    count_open(to.is_open - was.is_open)


def refuse_archived(ticket: Ticket) -> None:
    """Raises Conflict when the customer or the vehicle of a ticket that opens again is archived."""
    lock(ticket.customer)
    if ticket.customer.is_archived:
        raise Conflict(ticket.customer.words_when_archived)
    if ticket.vehicle is not None:
        lock(ticket.vehicle)
        if ticket.vehicle.is_archived:
            raise Conflict(f"{ticket.vehicle.label} is archived. Bring the vehicle back first.")


def count_open(more: int) -> None:
    """Keep how many tickets are open and not archived."""
    if more:
        touch(Topic.OPEN_TICKETS, listed=more)


def check_needs(ticket: Ticket, move: Move) -> None:
    """Raises Conflict or, where a field can mend it, RuleBroken, when something that the move needs is missing."""
    rules = shop_rules()
    for need in move.needs:
        if need.setting is None or getattr(rules, need.setting):
            _CHECKS[need](ticket)


def check_consent(ticket: Ticket) -> None:
    """Raises Conflict when nothing is approved, or more is on the ticket than was approved."""
    if not any(job.is_approved for job in ticket.jobs):
        if ticket.is_turned_down:
            raise Conflict("The customer wants none of it done. Ask about a job again, or cancel the ticket.")
        raise Conflict("The customer has not approved anything yet. Send the estimate, or note their consent.")
    if (over := ticket.over_cents) > shop_rules().tolerance_cents:
        raise Conflict(
            f"{ticket.label} is {in_currency(over)} over what the customer approved. Send the estimate again, or note "
            "their consent to the new sum."
        )


def ask_anew(job: Job) -> None:
    """As if the customer had said nothing to it and nothing of it were done."""
    job.approval, job.approved_cents, job.done_at = Approval.PENDING, None, None


def fit_what_is_finished(job: Job, *, by: Account) -> None:
    """Finished work has its parts in the vehicle: fit what is kept for it, as far as the customer agreed to it."""
    if job.is_done and job.is_approved and job.over_cents <= shop_rules().tolerance_cents:
        shelf.fit_all(job, by=by)


def check_consent_to(job: Job) -> None:
    """Raises Conflict when the customer has not approved this job as it is now."""
    if not job.is_approved:
        raise Conflict(f"The customer has not approved “{job.label}”.")
    if job.over_cents > shop_rules().tolerance_cents:
        raise Conflict(f"“{job.label}” is {in_currency(job.over_cents)} over what the customer approved.")


def named(line: Line) -> Changes:
    """Which line an event is about, told as a change: somebody typed these words, so erasure must find them."""
    return {"line": (None, line.label)}


def words(status: Status) -> str:
    return status.title.lower()


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def not_there(line: Line) -> str:
    """Why work that needs this line's parts can't be done."""
    if line.is_missing:
        return f"{line.label} is still to come. Wait for it, or take it off the ticket."
    return f"{line.label} has not been taken from the shelf yet. Take it, or take it off the ticket."


def _check_decisions(ticket: Ticket) -> None:
    if undecided := [job for job in ticket.jobs if job.approval is Approval.PENDING]:
        raise Conflict(f"The customer has not decided about “{undecided[0].label}” yet.")


def _check_parts(ticket: Ticket) -> None:
    wanted = [line for job in ticket.jobs if job.is_approved for line in job.lines if line.is_wanted]
    if wanted:
        raise Conflict(not_there(wanted[0]))


def _check_done(ticket: Ticket) -> None:
    for job in ticket.unfinished_jobs:
        raise Conflict(f"“{job.label}” is not done yet. Reopen the work, or take the job off the ticket.")


def _check_odometer_in(ticket: Ticket) -> None:
    if ticket.vehicle is not None and ticket.odometer_in is None:
        raise RuleBroken("Write down the odometer first.", field="odometer_in")


def _check_odometer_out(ticket: Ticket) -> None:
    if ticket.vehicle is not None and ticket.odometer_out is None:
        raise RuleBroken("Write down the odometer at the end of the work first.", field="odometer_out")


def _check_mechanic(ticket: Ticket) -> None:
    if not ticket.assignments:
        raise RuleBroken("Put a mechanic on the ticket first.", field="mechanic")


def _check_correction(ticket: Ticket) -> None:
    for job in ticket.jobs:
        if job.is_approved and not job.correction.strip():
            raise RuleBroken(f"Write down what was done about “{job.label}” first.", field="correction")


_CHECKS: dict[Need, Callable[[Ticket], Any]] = {
    Need.REASON: lambda ticket: None,  # asked for before
    Need.CONSENT: check_consent,
    Need.DECISIONS: _check_decisions,
    Need.PARTS: _check_parts,
    Need.DONE: _check_done,
    Need.ODOMETER_IN: _check_odometer_in,
    Need.ODOMETER_OUT: _check_odometer_out,
    Need.MECHANIC: _check_mechanic,
    Need.CORRECTION: _check_correction,
}
