"""What people do with jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import select

from shop.accounts.models import Account
from shop.audit.actions import Action
from shop.audit.record import apply_changes, record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.common.money import MAX_CENTS
from shop.common.pricing import WHOLE
from shop.common.transaction import transaction
from shop.extensions import db
from shop.inventory import stock
from shop.settings.queries import rates_or_standard, shop_rules
from shop.tickets.commands import shelf
from shop.tickets.commands.canned import copied, kept
from shop.tickets.commands.lines import check_room_for_lines, put_on
from shop.tickets.commands.shared import (
    ask_anew,
    check_consent_to,
    check_takes_work,
    fit_what_is_finished,
    lock_job,
    lock_ticket,
    not_there,
    set_status,
    settle,
)
from shop.tickets.lifecycle import Status
from shop.tickets.models import (
    MAX_CAUSE,
    MAX_JOB,
    CannedJob,
    CannedLine,
    Consent,
    EstimateVersion,
    Job,
    Line,
    LineKind,
    Supply,
    Ticket,
)

MAX_JOBS = 50

#: What mechanics write on a job; the rest is for the front desk.
FINDINGS = frozenset({"cause", "correction"})


class JobValues(TypedDict, total=False):
    """What an edit may replace. A discount is ``discount_ppm`` (parts per million) or ``discount_cents``, not both."""

    complaint: str
    cause: str
    correction: str
    discount_ppm: int
    discount_cents: int


class WrittenDown(TypedDict, total=False):
    """What a mechanic writes on a job, and the version that it was read in."""

    cause: str
    correction: str
    version: int | None


def add_job(ticket: Ticket, *, complaint: str, by: Account) -> Job:
    """Put one more job on the ticket; raises RuleBroken on ``complaint``, Conflict when the work is closed."""
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        job = _new_job(ticket, complaint)
        settle(ticket)
        record(Action.JOB_ADDED, ticket, by=by, changes={"complaint": (None, complaint)}, position=job.position)
        return job


def edit_job(job: Job, *, by: Account, version: int | None = None, **values: Unpack[JobValues]) -> Job:
    """Replace the values given; a mechanic writes down cause and correction alone.

    Raises StaleEdit, Conflict when the job is gone or the work closed, RuleBroken on ``complaint`` or a discount, and
    on what is not for this person to change.
    """
    with transaction():
        ticket = lock_job(job)
        if version is not None and version != job.version:
            raise StaleEdit("Somebody else has changed this job meanwhile.")
        with db.session.no_autoflush:  # the database would refuse it with less kind words
            changes = apply_changes(job, values)
            _check(job)
        if not by.works_the_desk and (others := changes.keys() - FINDINGS):
            raise RuleBroken("Only the front desk can change this.", field=min(others))
        if changes:
            job.version += 1
            settle(ticket)
            record(Action.JOB_CHANGED, ticket, by=by, changes=changes, position=job.position)
        return job


def move_job(job: Job, *, up: bool, by: Account) -> Job:
    """Let a job change places with the one above or below it; at the end of the list nothing happens."""
    with transaction():
        ticket = lock_job(job)
        jobs = ticket.jobs
        here = jobs.index(job)
        there = here - 1 if up else here + 1
        if 0 <= there < len(jobs):
            jobs[here], jobs[there] = jobs[there], jobs[here]
            for position, each in enumerate(jobs, start=1):
                each.position = position
            settle(ticket)
            record(Action.JOB_MOVED, ticket, by=by)
        db.session.expire(ticket, ["every_job"])
        return job


def remove_job(job: Job, *, by: Account) -> Job:
    """Take a job off the ticket; its parts go back to the shelf. It can be put back with ``restore_job``."""
    with transaction():
        ticket = lock_job(job)
        shelf.give_back([job], by=by)
        job.removed_at = now()
        settle(ticket)
        record(Action.JOB_REMOVED, ticket, by=by, position=job.position)
        return job


def restore_job(job: Job, *, by: Account) -> Job:
    """Put a job back that was taken off, with its parts as far as the shelf has them; fitted, when it was finished.

    One that was approved is to be asked about again when the customer has agreed to a sum without it since. Raises
    RuleBroken when there is no room for it.
    """
    with transaction():
        ticket = job.ticket
        lock_ticket(ticket)
        check_takes_work(ticket)
        if job.removed_at is not None:
            _check_room(ticket, lines=len(job.lines))
            if job.is_approved and _was_answered_since(ticket, job.removed_at):
                ask_anew(job)
            job.removed_at = None
            if job.is_charged:
                shelf.lock_parts([job])
                shelf.reserve_what_is_there(job, by=by)
            settle(ticket)
            fit_what_is_finished(job, by=by)
            record(Action.JOB_RESTORED, ticket, by=by, position=job.position)
        return job


def ask_again(job: Job, *, by: Account) -> Job:
    """Put a declined or deferred job to the customer once more; raises Conflict for any other."""
    with transaction():
        ticket = lock_job(job)
        if job.is_charged:
            raise Conflict("This job is waiting for the customer’s answer, or approved.")
        ask_anew(job)
        shelf.lock_parts([job])
        shelf.reserve_what_is_there(job, by=by)
        settle(ticket)
        record(Action.JOB_ASKED_AGAIN, ticket, by=by, position=job.position)
        return job


def finish_job(job: Job, *, by: Account, **written: Unpack[WrittenDown]) -> Job:
    """The work is done: its parts are fitted; with the last job the ticket goes to the quality check.

    What was ``written`` down in the same breath is kept with it, as ``edit_job`` does. Raises Conflict when the
    customer has not approved the job as it is, a part is still to come or work has not started, RuleBroken on
    ``correction`` where the shop wants it written down.
    """
    with transaction():
        if written:
            edit_job(job, by=by, **written)
        ticket = lock_job(job)
        if ticket.status is not Status.IN_PROGRESS:
            raise Conflict(f"{ticket.label} is not in progress. Start the work first.")
        check_consent_to(job)
        for line in job.lines:
            if line.is_wanted:
                raise Conflict(not_there(line))
        if shop_rules().needs_correction and not job.correction.strip():
            raise RuleBroken("Write down what was done first.", field="correction")
        _finish(job, by=by)
        if ticket.is_every_job_done:
            set_status(ticket, Status.QUALITY_CHECK, by=by)
        settle(ticket)
        return job


def reopen_job(job: Job, *, by: Account) -> Job:
    """There is more to do after all; its parts stay where they are."""
    with transaction():
        ticket = lock_job(job)
        if job.done_at is not None:
            job.done_at = None
            settle(ticket)
            record(Action.JOB_REOPENED, ticket, by=by, position=job.position)
        return job


def finish_jobs(ticket: Ticket, *, by: Account) -> None:
    """Finish what is approved and not done yet, and fit what was kept for finished work since; inside the caller's
    transaction.

    Raises Conflict when the customer has not approved a job as it is.
    """
    for job in ticket.jobs:
        if job.is_to_finish:
            check_consent_to(job)
            _finish(job, by=by)


def add_canned(ticket: Ticket, *, canned: CannedJob, by: Account) -> Job:
    """Put a canned job on the ticket: labour at the ticket's rate, parts at today's price as far as the shelf has them.

    Raises Conflict when the work is closed or the canned job is gone.
    """
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        if canned.is_archived:
            raise Conflict("This canned job is no longer on the list.")
        job = _new_job(ticket, canned.name)
        _fill(job, canned.lines, by=by)
        settle(ticket)
        record(Action.JOB_ADDED, ticket, by=by, changes={"complaint": (None, job.complaint)}, position=job.position)
        return job


def offer_again(ticket: Ticket, *, job: Job, by: Account) -> Job:
    """Put a job that was declined on an earlier ticket of the vehicle on this one, at today's prices.

    Raises Conflict when the work is closed, or the job is of another vehicle, was not declined, or is offered already.
    """
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        is_of_before = job.ticket_id < ticket.id and job.removed_at is None and not job.ticket.is_archived
        is_theirs = ticket.vehicle_id is not None and job.ticket.vehicle_id == ticket.vehicle_id
        if not (is_of_before and is_theirs) or job.is_charged:
            raise Conflict("This job was not declined for this vehicle.")
        if any(each.first_offered_id == job.id for each in ticket.jobs):
            raise Conflict("This job is on the ticket already.")
        again = _new_job(ticket, job.complaint)
        again.cause, again.first_offered_id = job.cause, job.id
        _fill(again, [kept(line) for line in job.lines], by=by)
        settle(ticket)
        record(Action.JOB_ADDED, ticket, by=by, changes={"complaint": (None, again.complaint)}, position=again.position)
        return again


def _new_job(ticket: Ticket, complaint: str) -> Job:
    _check_room(ticket)
    position = max((job.position for job in ticket.every_job), default=0) + 1
    job = Job(position=position, complaint=complaint, discount_ppm=0, discount_cents=0)
    _check(job)
    ticket.every_job.append(job)
    return job


def _check_room(ticket: Ticket, *, lines: int = 0) -> None:
    """Raises RuleBroken when there is none for one more job, with so many lines."""
    if len(ticket.jobs) >= MAX_JOBS:
        raise RuleBroken(f"A ticket has at most {MAX_JOBS} jobs.", field="complaint")
    check_room_for_lines(ticket, lines)


def _was_answered_since(ticket: Ticket, moment: datetime) -> bool:
    answers = select(Consent.id).join(Consent.version).where(EstimateVersion.ticket_id == ticket.id)
    return db.session.scalar(answers.where(Consent.at >= moment).limit(1)) is not None


def _fill(job: Job, lines: Sequence[CannedLine], *, by: Account) -> None:
    stock.lock(*{line.part for line in lines if line.part is not None})
    for line in lines:
        put_on(job, _from_canned(line, job.ticket))
    db.session.flush()
    shelf.reserve_what_is_there(job, by=by)


def _check(job: Job) -> None:
    if not job.complaint.strip():
        raise RuleBroken("Say what the job is.", field="complaint")
    if len(job.complaint) > MAX_JOB:
        raise RuleBroken(f"Use at most {MAX_JOB} characters.", field="complaint")
    for field in ("cause", "correction"):
        if len(getattr(job, field) or "") > MAX_CAUSE:
            raise RuleBroken(f"Use at most {MAX_CAUSE:,} characters.", field=field)
    if not 0 <= job.discount_ppm <= WHOLE:
        raise RuleBroken("A discount is at most 100 %.", field="discount_ppm")
    if not 0 <= job.discount_cents <= MAX_CENTS:
        raise RuleBroken("This discount is out of range.", field="discount_cents")
    if job.discount_ppm and job.discount_cents:
        raise RuleBroken("Give a discount in percent or as an amount, not both.", field="discount_cents")


def _finish(job: Job, *, by: Account) -> None:
    shelf.fit_all(job, by=by)
    if not job.is_done:
        job.done_at = now()
        record(Action.JOB_FINISHED, job.ticket, by=by, position=job.position)


def _from_canned(canned: CannedLine, ticket: Ticket) -> Line:
    line = copied(canned)
    if canned.kind is LineKind.LABOUR:
        line.price_cents = 0 if ticket.comeback_of_id else rates_or_standard(ticket.rates).labour_cents
    elif part := canned.stocked:
        line.part, line.supply = part, Supply.WANTED
        line.description, line.price_cents, line.cost_cents = part.name, part.price_cents, part.cost_cents
    return line
