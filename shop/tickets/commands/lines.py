"""What people do with the lines of a job."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.money import MAX_CENTS
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import stock
from shop.inventory.models import MAX_QUANTITY, Part
from shop.mechanics.models import Mechanic
from shop.settings.queries import rates_or_standard
from shop.tickets.commands import shelf
from shop.tickets.commands.shared import (
    check_consent_to,
    check_takes_work,
    fit_what_is_finished,
    lock_job,
    lock_line,
    lock_ticket,
    named,
    settle,
    shortened,
)
from shop.tickets.models import MAX_DESCRIPTION, MAX_JOB, MAX_MINUTES, Job, Line, LineKind, Supply, Ticket

MAX_LINES = 200


class LineValues(TypedDict, total=False):
    """What an edit may replace: labour has minutes and a mechanic, all else a quantity."""

    description: str
    quantity: int
    minutes: int | None
    price_cents: int
    cost_cents: int
    core_cents: int
    mechanic: Mechanic | None


def add_labour(
    job: Job,
    *,
    description: str,
    minutes: int,
    price_cents: int | None = None,
    mechanic: Mechanic | None = None,
    by: Account,
) -> Line:
    """Charge book time at a rate by the hour, the shop's own where none is given; nothing on a comeback.

    Raises RuleBroken at the field that will not do, Conflict when the work is closed.
    """
    with transaction():
        ticket = lock_job(job)
        if price_cents is None:
            price_cents = 0 if ticket.comeback_of_id else rates_or_standard(ticket.rates).labour_cents
        line = Line(
            kind=LineKind.LABOUR, description=description, minutes=minutes, price_cents=price_cents, mechanic=mechanic
        )
        return _put_on(job, line, by=by)


def add_item(
    job: Job,
    *,
    kind: LineKind,
    description: str,
    quantity: int = 1,
    price_cents: int,
    cost_cents: int = 0,
    core_cents: int = 0,
    by: Account,
) -> Line:
    """Charge a fee, bought-in work, or a part that is not from the shelf.

    Raises RuleBroken on ``description``, ``quantity`` or a price, Conflict when the work is closed.
    """
    with transaction():
        lock_job(job)
        if kind is LineKind.LABOUR:
            raise RuleBroken("Labour is charged by time.", field="kind")
        line = Line(
            kind=kind,
            description=description,
            quantity=quantity,
            price_cents=price_cents,
            cost_cents=cost_cents,
            core_cents=core_cents,
        )
        return _put_on(job, line, by=by)


def use_part(
    ticket: Ticket, *, part: Part, quantity: int, job: Job | None = None, core_cents: int = 0, by: Account
) -> Line:
    """Keep parts on the shelf for the ticket and charge them at today's price, on a line of their own.

    Without ``job`` they go to the ticket's first one. Raises Conflict when the work is closed, RuleBroken on
    ``quantity`` when fewer are available than asked for, and on ``part`` when the shop no longer keeps it.
    """
    with transaction():
        line = _line_of(ticket, part, quantity, core_cents)
        shelf.reserve(line)
        put_on(_job_for_parts(ticket, job, by=by), line)
        settle(ticket)
        shelf.record_part(Action.PART_USED, line, by=by)
        return line


def want_part(
    ticket: Ticket, *, part: Part, quantity: int, job: Job | None = None, core_cents: int = 0, by: Account
) -> Line:
    """List parts that the ticket needs and the shelf lacks; nothing is kept yet. Raises as ``use_part`` does."""
    with transaction():
        line = _line_of(ticket, part, quantity, core_cents)
        put_on(_job_for_parts(ticket, job, by=by), line)
        settle(ticket)
        shelf.record_part(Action.PART_WANTED, line, by=by)
        return line


def take_wanted(line: Line, *, by: Account) -> Line:
    """Keep a listed part for the ticket, now that it is there; its price stays the one it was listed at.

    Raises Conflict when the line is gone, already taken, its job declined or the work closed, RuleBroken on
    ``quantity`` when there are still too few.
    """
    with transaction():
        ticket = lock_line(line)
        if not line.is_wanted or line.part is None:
            raise Conflict(f"{line.label} has already been taken from the shelf.")
        _check_is_charged(line.job)
        shelf.reserve(line)
        line.cost_cents = line.part.cost_cents
        settle(ticket)
        shelf.record_part(Action.PART_USED, line, by=by)
        return line


def fit_part(line: Line, *, by: Account) -> Line:
    """Put a part that is kept for the ticket into the vehicle: it has left the shelf now.

    Raises Conflict when it is not kept, or the customer has not approved the job as it is.
    """
    with transaction():
        ticket = lock_line(line)
        if line.supply is not Supply.RESERVED:
            raise Conflict(f"{line.label} is not waiting to be fitted.")
        check_consent_to(line.job)
        shelf.fit(line, by=by)
        settle(ticket)
        return line


def take_part_out(line: Line, *, by: Account) -> Line:
    """Undo ``fit_part``: the part lies on the shelf again, kept for the ticket.

    Raises Conflict when it is not in the vehicle, its job is done, or the shop no longer lists the part.
    """
    with transaction():
        ticket = lock_line(line)
        if line.supply is not Supply.FITTED:
            raise Conflict(f"{line.label} is not in the vehicle.")
        if line.job.is_done:
            raise Conflict("This job is done. Reopen it to take a part of it out again.")
        stock.lock(line.stocked)
        if line.stocked.is_archived:
            raise Conflict(f"{line.stocked.name} is no longer on the shop's list. Give it back instead.")
        shelf.take_out(line, by=by)
        settle(ticket)
        return line


def edit_line(line: Line, *, by: Account, version: int | None = None, **values: Unpack[LineValues]) -> Line:
    """Replace the values given; what a part from the shelf needs more is kept for it, what it needs less is let go.

    Raises StaleEdit, Conflict when the line is gone or its parts are in the vehicle, RuleBroken as adding it does.
    """
    with transaction():
        ticket = lock_line(line)
        if version is not None and version != line.version:
            raise StaleEdit(f"Somebody else has changed {line.label} meanwhile.")
        was = line.quantity
        changes = apply_changes(line, values)
        check_line(line)
        if "mechanic" in changes:
            _check_mechanic(line)
        if "quantity" in changes and line.part is not None:
            _change_reservation(line, line.quantity - was)
        if changes:
            if "mechanic" in changes:
                changes["mechanic"] = tuple(mechanic and mechanic.name for mechanic in changes["mechanic"])
            line.version += 1
            settle(ticket)
            record(Action.LINE_CHANGED, ticket, by=by, changes={**named(line), **changes})
        return line


def remove_line(line: Line, *, by: Account) -> Line:
    """Take a line off the ticket; its parts go back to the shelf. It can be put back with ``restore_line``.

    Raises Conflict when the line is gone or the work is closed, RuleBroken when a mechanic takes off anything but a
    part from stock.
    """
    with transaction():
        ticket = lock_line(line)
        if line.part is None and not by.works_the_desk:
            raise RuleBroken("Only the front desk can take this off.")
        shelf.give_line_back(line, by=by)
        line.removed_at = now()
        settle(ticket)
        record(Action.LINE_REMOVED, ticket, by=by, changes=named(line))
        return line


def restore_line(line: Line, *, by: Account) -> Line:
    """Put a line back that was taken off, with its parts as far as the shelf has them; fitted, on finished work."""
    with transaction():
        ticket = lock_job(line.job)
        if line.removed_at is not None:
            check_room_for_lines(ticket, 1)
            line.removed_at = None
            if line.job.is_charged:
                shelf.lock_parts([line.job])
                shelf.reserve_if_there(line, by=by)
            settle(ticket)
            fit_what_is_finished(line.job, by=by)
            record(Action.LINE_RESTORED, ticket, by=by, changes=named(line))
        return line


def put_on(job: Job, line: Line) -> None:
    """Hang a checked line on a job, inside the caller's transaction."""
    ticket = job.ticket
    check_room_for_lines(ticket, 1)
    check_line(line)
    _check_mechanic(line)
    line.ticket = ticket
    job.every_line.append(line)


def _put_on(job: Job, line: Line, *, by: Account) -> Line:
    put_on(job, line)
    settle(job.ticket)
    record(Action.LINE_ADDED, job.ticket, by=by, changes=named(line), kind=line.kind.value)
    return line


def _line_of(ticket: Ticket, part: Part, quantity: int, core_cents: int) -> Line:
    """A line for parts that the locked ticket wants, before it is on a job."""
    lock_ticket(ticket)
    check_takes_work(ticket)
    stock.lock(part)
    if part.is_archived:
        raise RuleBroken(f"The shop no longer keeps {part.name}.", field="part")
    return Line(
        kind=LineKind.PART,
        part=part,
        description=part.name,
        quantity=quantity,
        price_cents=part.price_cents,
        cost_cents=part.cost_cents,
        core_cents=core_cents,
        supply=Supply.WANTED,
    )


def _job_for_parts(ticket: Ticket, job: Job | None, *, by: Account) -> Job:
    """The one that was asked for; without one the first of ``jobs_for_parts``."""
    if job is None:
        return _first_job(ticket, by=by)
    if job.ticket is not ticket or job.removed_at is not None:
        raise Conflict("This job has been taken off the ticket.")
    _check_is_charged(job)
    return job


def _check_is_charged(job: Job) -> None:
    if not job.is_charged:
        raise Conflict("This job was declined. Ask about it again before you put parts on it.")


def _first_job(ticket: Ticket, *, by: Account) -> Job:
    """The one that a part most likely is for; a ticket without jobs gets one."""
    if jobs := ticket.jobs_for_parts:
        return jobs[0]
    job = Job(position=len(ticket.every_job) + 1, complaint=shortened(ticket.first_line, MAX_JOB))
    ticket.every_job.append(job)
    db.session.flush()  # it gets its defaults, and counts
    record(Action.JOB_ADDED, ticket, by=by, changes={"complaint": (None, job.complaint)}, position=job.position)
    return job


def _change_reservation(line: Line, more: int) -> None:
    if line.supply is Supply.FITTED:
        raise Conflict(f"{line.label} is in the vehicle already. Take it out first.")
    if line.supply is Supply.RESERVED and more > 0:
        stock.reserve(line.stocked, more)
    elif line.supply is Supply.RESERVED:
        stock.release(line.stocked, -more)


def check_room_for_lines(ticket: Ticket, more: int) -> None:
    """Raises RuleBroken when the ticket would have too many lines."""
    if sum(len(job.lines) for job in ticket.jobs) + more > MAX_LINES:
        raise RuleBroken(f"A ticket has at most {MAX_LINES} lines.")


def check_line(line: Line) -> None:
    """Raises RuleBroken at the field that will not do."""
    if not 1 <= len(line.description.strip()) <= MAX_DESCRIPTION:
        raise RuleBroken(
            "Say what it is." if not line.description.strip() else "This is too long.", field="description"
        )
    quantity: int | None = line.quantity
    quantity = 1 if quantity is None else quantity  # a new line has its default when it is saved
    if not 1 <= quantity <= MAX_QUANTITY:
        raise RuleBroken(f"Enter a number from 1 to {MAX_QUANTITY:,}.", field="quantity")
    _check_kind(line, quantity)
    if line.kind is LineKind.LABOUR and not 0 <= (line.minutes or 0) <= MAX_MINUTES:
        raise RuleBroken(f"Enter at most {MAX_MINUTES // 60:,} hours.", field="minutes")
    for field in ("price_cents", "cost_cents", "core_cents"):
        cents: Any = getattr(line, field) or 0
        if cents < 0:
            raise RuleBroken("This can't be less than 0.", field=field)
        if cents * quantity > MAX_CENTS:
            what = field if cents > MAX_CENTS or line.part is None else "quantity"
            raise RuleBroken("This line comes to more than can be charged.", field=what)
    if line.kind is LineKind.LABOUR and line.total_cents > MAX_CENTS:
        raise RuleBroken("This line comes to more than can be charged.", field="minutes")


def _check_mechanic(line: Line) -> None:
    """Who has left gets no new work; what they did stays theirs."""
    if line.mechanic is not None and line.mechanic.is_archived:
        raise RuleBroken(f"{line.mechanic.name} no longer works here.", field="mechanic")


def _check_kind(line: Line, quantity: int) -> None:
    """Labour has minutes and a mechanic, all else a quantity; a deposit is taken on parts alone."""
    if line.kind is LineKind.LABOUR:
        if line.minutes is None:
            raise RuleBroken("Say how long it takes.", field="minutes")
        if quantity != 1:
            raise RuleBroken("Labour is charged by time.", field="quantity")
        if line.cost_cents:
            raise RuleBroken("Labour has no cost of its own.", field="cost_cents")
    else:
        if line.minutes is not None:
            raise RuleBroken("Only labour is charged by time.", field="minutes")
        if line.mechanic is not None:
            raise RuleBroken("Only labour is some mechanic’s.", field="mechanic")
    if line.core_cents and line.kind is not LineKind.PART:
        raise RuleBroken("A core is charged on parts alone.", field="core_cents")
