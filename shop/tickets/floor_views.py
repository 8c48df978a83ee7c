"""The mechanics' view of the work: large, few words, no prices and no customer's telephone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for

from shop.extensions import db
from shop.inventory.models import Part
from shop.inventory.queries import search as search_parts
from shop.inventory.queries import visible_to as parts_visible_to
from shop.tickets import commands
from shop.tickets.board import jobs_by_mechanic, jobs_of
from shop.tickets.finding import find_job, find_part_line, find_whole_ticket, find_workable
from shop.tickets.forms import MoveForm, PartOfTicketForm, TicketForm
from shop.tickets.job_forms import FindingsForm
from shop.web.actor import actor
from shop.web.doors import floor
from shop.web.forms import SearchForm
from shop.web.guards import found
from shop.web.respond import Answer, page, page_or_fragment, refused, saved

MOST_PICKS = 6

JOB, LIST, PARTS = "floor/_job.html", "floor/_job_list.html", "floor/_job_parts.html"


@floor.get("/")
def jobs() -> Answer:
    return page_or_fragment("floor/jobs.html", "floor/_jobs.html", **jobs_context())


@floor.post("/jobs/<id:ticket_id>/moves")
def jobs_moves(ticket_id: int) -> Answer:
    """Take one of the jobs a step further, from the list."""
    form = MoveForm()
    if form.attempt(commands.move, find_workable(ticket_id), by=actor):
        return saved("floor/_jobs.html", back=url_for("floor.jobs"), **jobs_context())
    status, context = form.refused_status, jobs_context(said=form.first_error)
    return page_or_fragment("floor/jobs.html", "floor/_jobs.html", status=status, **context)


@floor.get("/tickets/<id:ticket_id>")
def job(ticket_id: int) -> Answer:
    return page("floor/job.html", **job_context(ticket_id))


@floor.post("/tickets/<id:ticket_id>/moves")
def job_moves(ticket_id: int) -> Answer:
    form = MoveForm()
    if form.attempt(commands.move, find_workable(ticket_id), by=actor):
        return changed(ticket_id, JOB, also=[LIST, PARTS])
    return turned_down(ticket_id, JOB, form)


@floor.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/findings")
def job_findings(ticket_id: int, job_id: int) -> Answer:
    job = find_job(ticket_id, job_id)
    form = FindingsForm()
    if form.attempt(commands.finish_job if form.is_done else commands.edit_job, job, by=actor):
        return changed(ticket_id, LIST, also=[JOB, PARTS] if form.is_done else [])
    return turned_down(ticket_id, LIST, form, now=FindingsForm.showing(job), findings_form=form, open_job=job_id)


@floor.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/reopen")
def job_reopen(ticket_id: int, job_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.reopen_job, find_job(ticket_id, job_id), by=actor):
        return changed(ticket_id, LIST, also=[JOB, PARTS])
    return turned_down(ticket_id, LIST, form)


@floor.get("/tickets/<id:ticket_id>/parts")
def job_part_search(ticket_id: int) -> Answer:
    find_workable(ticket_id)
    q = SearchForm.read(request.args).text
    return page_or_fragment("floor/job.html", "floor/_job_picks.html", **job_context(ticket_id, q=q))


@floor.post("/tickets/<id:ticket_id>/parts")
def job_parts(ticket_id: int) -> Answer:
    form = PartOfTicketForm()
    part = found(db.session.scalar(parts_visible_to(actor).where(Part.id == form.part_id.data)))
    job = find_job(ticket_id, form.job_id.data) if form.job_id.data else None
    command = commands.want_part if form.is_wanted else commands.use_part
    if form.attempt(command, find_workable(ticket_id), part=part, job=job, by=actor):
        return changed(ticket_id, PARTS, also=[JOB])
    return turned_down(ticket_id, PARTS, form, part_form=form, q=form.searched)


@floor.post("/tickets/<id:ticket_id>/parts/<id:line_id>/take")
def job_part_take(ticket_id: int, line_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.take_wanted, find_part_line(ticket_id, line_id), by=actor):
        return changed(ticket_id, PARTS, also=[JOB])
    return turned_down(ticket_id, PARTS, form)


@floor.post("/tickets/<id:ticket_id>/parts/<id:line_id>/fit")
def job_part_fit(ticket_id: int, line_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.fit_part, find_part_line(ticket_id, line_id), by=actor):
        return changed(ticket_id, PARTS, also=[JOB])
    return turned_down(ticket_id, PARTS, form)


@floor.post("/tickets/<id:ticket_id>/parts/<id:line_id>/take-out")
def job_part_take_out(ticket_id: int, line_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.take_part_out, find_part_line(ticket_id, line_id), by=actor):
        return changed(ticket_id, PARTS, also=[JOB])
    return turned_down(ticket_id, PARTS, form)


@floor.post("/tickets/<id:ticket_id>/parts/<id:line_id>/remove")
def job_part_remove(ticket_id: int, line_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.remove_line, find_part_line(ticket_id, line_id), by=actor):
        return changed(ticket_id, PARTS, also=[JOB])
    return turned_down(ticket_id, PARTS, form)


def jobs_context(*, said: str | None = None) -> dict[str, Any]:
    """The jobs of the mechanic who asks; for anybody else all work in hand, mechanic by mechanic."""
    work = jobs_of(actor.mechanic) if actor.mechanic else jobs_by_mechanic()
    return {"groups": work.groups, "hidden": work.hidden, "is_own": actor.mechanic is not None, "said": said}


def changed(ticket_id: int, fragment: str, *, also: Sequence[str]) -> Answer:
    return saved(fragment, also=also, back=url_for("floor.job", ticket_id=ticket_id), **job_context(ticket_id))


def turned_down(ticket_id: int, fragment: str, form: TicketForm, *, now: Any = None, **context: Any) -> Answer:
    context = job_context(ticket_id, refusals={fragment: form.first_error}, **context)
    answer = refused(fragment, page="floor/job.html", form=form, now=now, **context)
    answer.status_code = form.refused_status
    return answer


def job_context(ticket_id: int, **more: Any) -> dict[str, Any]:
    """What the mechanic's page of a ticket and its fragments want."""
    ticket = find_whole_ticket(ticket_id)
    is_theirs = ticket.can_take_parts_from(actor)
    context = {
        "ticket": ticket,
        "moves": ticket.moves(actor.role) if is_theirs else [],
        "jobs_for_parts": [(job.id, job.complaint) for job in ticket.jobs_for_parts],
        "may_take_parts": ticket.can_take_work and is_theirs,
        "findings_forms": {job.id: FindingsForm.showing(job) for job in ticket.jobs},
        "findings_form": None,
        "open_job": None,
        "part_form": None,
        "q": "",
        "refusals": {},
        **more,
    }
    context["picks"] = search_parts(context["q"], limit=MOST_PICKS) if context["q"].strip() else []
    return context
