"""The jobs of a ticket and their lines, for programs."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for

from shop.common.roles import DESK, STAFF
from shop.common.transaction import transaction
from shop.tickets import commands, queries
from shop.tickets.api_finding import find_job, find_line, find_workable_ticket, with_things
from shop.tickets.commands.shared import lock_ticket
from shop.tickets.finding import find_ticket
from shop.tickets.job_schemas import (
    CannedJobSchema,
    CannedJobWanted,
    JobChanges,
    JobSchema,
    LineChanges,
    LineSchema,
    NewJob,
    NewLine,
)
from shop.tickets.models import Job, Line, LineKind
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, check_if_match, created, gone, shown, shown_whole
from shop.web.guards import allow

jobs = ApiBlueprint("jobs", noun="service_tickets", about="What a ticket is made of: jobs, and the lines of each.")


@jobs.get("/<id:ticket_id>/jobs")
@allow(STAFF)
@jobs.gives_all(JobSchema)
def index(ticket_id: int) -> Response:
    """The ticket's jobs in their order, each with its lines."""
    return shown_whole([row_of(job) for job in queries.jobs_on(find_ticket(ticket_id))])


@jobs.post("/<id:ticket_id>/jobs")
@allow(DESK)
@jobs.reads(NewJob)
@jobs.gives(201, JobSchema)
def add(values: dict[str, Any], ticket_id: int) -> Response:
    """Put one more job on the ticket; the customer has not decided about it."""
    job = commands.add_job(find_ticket(ticket_id), **values, by=actor)
    return created(row_of(job), at=url_for("jobs.show", ticket_id=ticket_id, job_id=job.id))


@jobs.get("/canned-jobs")
@allow(STAFF)
@jobs.gives_all(CannedJobSchema)
def canned() -> Response:
    """The jobs that the shop does again and again, by name, ready to be put on a ticket."""
    return shown_whole([CannedJobSchema.of(each) for each in queries.canned_with_lines()])


@jobs.post("/<id:ticket_id>/canned-jobs")
@allow(DESK)
@jobs.reads(CannedJobWanted)
@jobs.gives(201, JobSchema)
def add_canned(values: dict[str, Any], ticket_id: int) -> Response:
    """Put a canned job on the ticket with its lines.

    Labour comes at the ticket's rate, parts at today's price and as far as the shelf has them.
    """
    job = commands.add_canned(find_ticket(ticket_id), **with_things(values), by=actor)
    return created(row_of(job), at=url_for("jobs.show", ticket_id=ticket_id, job_id=job.id))


@jobs.get("/<id:ticket_id>/jobs/<id:job_id>")
@allow(STAFF)
@jobs.gives(200, JobSchema)
def show(ticket_id: int, job_id: int) -> Response:
    """One job."""
    return shown(row_of(find_job(find_ticket(ticket_id), job_id)))


@jobs.put("/<id:ticket_id>/jobs/<id:job_id>")
@allow(STAFF)
@jobs.reads(JobChanges)
@jobs.gives(200, JobSchema)
def change(values: dict[str, Any], ticket_id: int, job_id: int) -> Response:
    """Replace the values given, and only those.

    Mechanics may write `cause` and `correction` on the tickets they are on.
    """
    job = find_job(find_workable_ticket(ticket_id), job_id)
    with transaction():
        check_if_match(row_of, job, hold=hold)
        commands.edit_job(job, by=actor, **values)
    return shown(row_of(job))


@jobs.delete("/<id:ticket_id>/jobs/<id:job_id>")
@allow(DESK)
@jobs.gives(204)
def remove(ticket_id: int, job_id: int) -> Response:
    """Take a job off the ticket; its parts go back to the shelf."""
    job = find_job(find_ticket(ticket_id), job_id)
    with transaction():
        check_if_match(row_of, job, hold=hold)
        commands.remove_job(job, by=actor)
    return gone()


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/restore")
@allow(DESK)
@jobs.gives(200, JobSchema)
def restore(ticket_id: int, job_id: int) -> Response:
    """Put a job back that was taken off, with its parts as far as the shelf has them."""
    job = find_job(find_ticket(ticket_id), job_id, even_removed=True)
    return shown(row_of(commands.restore_job(job, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/finish")
@allow(STAFF)
@jobs.gives(200, JobSchema)
def finish(ticket_id: int, job_id: int) -> Response:
    """The work is done and its parts are fitted; with the last job the ticket goes to the quality check.

    Mechanics may do it for the tickets they are on.
    """
    job = find_job(find_workable_ticket(ticket_id), job_id)
    return shown(row_of(commands.finish_job(job, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/reopen")
@allow(STAFF)
@jobs.gives(200, JobSchema)
def reopen(ticket_id: int, job_id: int) -> Response:
    """There is more to do after all. Mechanics may do it for the tickets they are on."""
    job = find_job(find_workable_ticket(ticket_id), job_id)
    return shown(row_of(commands.reopen_job(job, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/ask-again")
@allow(DESK)
@jobs.gives(200, JobSchema)
def ask_again(ticket_id: int, job_id: int) -> Response:
    """Let the customer decide once more about a job that was declined or put off."""
    job = find_job(find_ticket(ticket_id), job_id)
    return shown(row_of(commands.ask_again(job, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/lines")
@allow(DESK)
@jobs.reads(NewLine)
@jobs.gives(201, LineSchema)
def add_line(values: dict[str, Any], ticket_id: int, job_id: int) -> Response:
    """Charge labour, a part, a fee or bought-in work; a part with `inventory_id` is kept for the ticket."""
    job = find_job(find_ticket(ticket_id), job_id)
    line = _added(job, values.pop("kind"), with_things(values))
    return created(line_row_of(line), at=url_for("jobs.show_line", ticket_id=ticket_id, job_id=job_id, line_id=line.id))


@jobs.get("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>")
@allow(STAFF)
@jobs.gives(200, LineSchema)
def show_line(ticket_id: int, job_id: int, line_id: int) -> Response:
    """One line."""
    return shown(line_row_of(find_line(find_job(find_ticket(ticket_id), job_id), line_id)))


@jobs.put("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>")
@allow(DESK)
@jobs.reads(LineChanges)
@jobs.gives(200, LineSchema)
def change_line(values: dict[str, Any], ticket_id: int, job_id: int, line_id: int) -> Response:
    """Replace the values given, and only those; more of a part from the shelf is kept, less is let go."""
    line = find_line(find_job(find_ticket(ticket_id), job_id), line_id)
    with transaction():
        check_if_match(line_row_of, line, hold=hold)
        commands.edit_line(line, by=actor, **with_things(values))
    return shown(line_row_of(line))


@jobs.delete("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>")
@allow(DESK)
@jobs.gives(204)
def remove_line(ticket_id: int, job_id: int, line_id: int) -> Response:
    """Take a line off the ticket; its parts go back to the shelf."""
    line = find_line(find_job(find_ticket(ticket_id), job_id), line_id)
    with transaction():
        check_if_match(line_row_of, line, hold=hold)
        commands.remove_line(line, by=actor)
    return gone()


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>/restore")
@allow(DESK)
@jobs.gives(200, LineSchema)
def restore_line(ticket_id: int, job_id: int, line_id: int) -> Response:
    """Put a line back that was taken off, with its parts as far as the shelf has them."""
    line = find_line(find_job(find_ticket(ticket_id), job_id), line_id, even_removed=True)
    return shown(line_row_of(commands.restore_line(line, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>/fit")
@allow(STAFF)
@jobs.gives(200, LineSchema)
def fit(ticket_id: int, job_id: int, line_id: int) -> Response:
    """Put a part that is kept for the ticket into the vehicle: it has left the shelf now.

    Mechanics may do it for the tickets they are on.
    """
    line = find_line(find_job(find_workable_ticket(ticket_id), job_id), line_id)
    return shown(line_row_of(commands.fit_part(line, by=actor)))


@jobs.post("/<id:ticket_id>/jobs/<id:job_id>/lines/<id:line_id>/take-out")
@allow(STAFF)
@jobs.gives(200, LineSchema)
def take_out(ticket_id: int, job_id: int, line_id: int) -> Response:
    """Take a part that was fitted out of the vehicle again: it stays kept for the ticket.

    Mechanics may do it for the tickets they are on.
    """
    line = find_line(find_job(find_workable_ticket(ticket_id), job_id), line_id)
    return shown(line_row_of(commands.take_part_out(line, by=actor)))


def row_of(job: Job) -> Json:
    """A job as the one who asks may see it: what things cost the shop is for desk and owner."""
    row = JobSchema.of(job)
    if not actor.works_the_desk:
        row |= {"cost": None, "lines": [{**line, "cost": None} for line in row["lines"]]}
    return row


def line_row_of(line: Line) -> Json:
    """A line as the one who asks may see it."""
    row = LineSchema.of(line)
    return row if actor.works_the_desk else {**row, "cost": None}


def hold(thing: Job | Line) -> None:
    """Let nobody else change this thing: whoever does locks its ticket first."""
    lock_ticket(thing.ticket)


def _added(job: Job, kind: LineKind, values: dict[str, Any]) -> Line:
    if kind is LineKind.LABOUR:
        return commands.add_labour(job, **values, by=actor)
    if "part" in values:
        return commands.use_part(job.ticket, job=job, **{"quantity": 1, **values}, by=actor)
    return commands.add_item(job, kind=kind, **values, by=actor)
