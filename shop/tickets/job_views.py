"""The jobs on the desk's ticket page, their lines, and what the customer says to them."""

from __future__ import annotations

from typing import Any

from flask import request

from shop.accounts.links import as_reached
from shop.accounts.models import Letter
from shop.extensions import db
from shop.inventory.models import Part
from shop.inventory.queries import visible_to as parts_visible_to
from shop.tickets import commands
from shop.tickets.finding import find_job, find_line, find_ticket, find_workable
from shop.tickets.forms import PartForm, TicketForm
from shop.tickets.job_forms import (
    CannedJobForm,
    ConsentForm,
    JobForm,
    LineForm,
    NewJobForm,
    NewLineForm,
    SaveCannedForm,
)
from shop.tickets.models import Job
from shop.tickets.repair_page import estimate_context
from shop.tickets.ticket_page import (
    ESTIMATE,
    HEAD,
    JOBS,
    MONEY,
    TIMELINE,
    canned_jobs,
    changed,
    mechanics_on_duty,
    show_context,
    turned_down,
)
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import SearchForm
from shop.web.guards import found
from shop.web.respond import Answer, page, page_or_fragment, saved, wants_fragment

#: What shows a job's work as well.
ALSO = (HEAD, MONEY, ESTIMATE, TIMELINE)


@desk.post("/tickets/<id:ticket_id>/jobs")
def ticket_jobs(ticket_id: int) -> Answer:
    form = NewJobForm()
    if form.attempt(commands.add_job, find_ticket(ticket_id), by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=form.result.id)
    return turned_down(ticket_id, JOBS, form, new_job_form=form)


@desk.post("/tickets/<id:ticket_id>/canned-jobs")
def ticket_canned_jobs(ticket_id: int) -> Answer:
    form = CannedJobForm.among(canned_jobs())
    if form.attempt(commands.add_canned, find_ticket(ticket_id), by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=form.result.id)
    return turned_down(ticket_id, JOBS, form, canned_form=form)


@desk.post("/tickets/<id:ticket_id>/declined-jobs/<id:job_id>")
def ticket_declined_job(ticket_id: int, job_id: int) -> Answer:
    """A job that was declined on an earlier visit is offered again."""
    form = TicketForm()
    job = found(db.session.get(Job, job_id))
    if form.attempt(commands.offer_again, find_ticket(ticket_id), job=job, by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=form.result.id)
    return turned_down(ticket_id, JOBS, form)


@desk.get("/tickets/<id:ticket_id>/jobs/<id:job_id>")
def ticket_job_edit(ticket_id: int, job_id: int) -> Answer:
    form = JobForm.of(find_job(ticket_id, job_id), formdata=None)
    return _drawn(ticket_id, open_job=job_id, job_form=form)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>")
def ticket_job(ticket_id: int, job_id: int) -> Answer:
    job = find_job(ticket_id, job_id)
    form = JobForm.of(job)
    if form.attempt(commands.edit_job, job, by=actor):
        return changed(ticket_id, JOBS, also=ALSO)
    now = JobForm.of(job, formdata=None)
    return turned_down(ticket_id, JOBS, form, now=now, job_form=form, open_job=job_id)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/<any(up, down):way>")
def ticket_job_place(ticket_id: int, job_id: int, way: str) -> Answer:
    return _done_to_job(ticket_id, job_id, commands.move_job, up=way == "up")


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/remove")
def ticket_job_remove(ticket_id: int, job_id: int) -> Answer:
    job = find_job(ticket_id, job_id)
    form = TicketForm()
    if form.attempt(commands.remove_job, job, by=actor):
        return changed(ticket_id, JOBS, also=ALSO, back={"undo": f"job-{job_id}"}, just_removed=job)
    return turned_down(ticket_id, JOBS, form)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/restore")
def ticket_job_restore(ticket_id: int, job_id: int) -> Answer:
    return _done_to_job(ticket_id, job_id, commands.restore_job)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/finish")
def ticket_job_finish(ticket_id: int, job_id: int) -> Answer:
    return _done_to_job(ticket_id, job_id, commands.finish_job)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/reopen")
def ticket_job_reopen(ticket_id: int, job_id: int) -> Answer:
    return _done_to_job(ticket_id, job_id, commands.reopen_job)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/ask-again")
def ticket_job_ask_again(ticket_id: int, job_id: int) -> Answer:
    return _done_to_job(ticket_id, job_id, commands.ask_again)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/canned")
def ticket_job_canned(ticket_id: int, job_id: int) -> Answer:
    form = SaveCannedForm()
    if form.attempt(commands.save_canned, find_job(ticket_id, job_id), by=actor):
        return changed(ticket_id, JOBS, also=[])
    return turned_down(ticket_id, JOBS, form, save_canned_form=form, open_job=job_id)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/lines")
def ticket_lines(ticket_id: int, job_id: int) -> Answer:
    form = NewLineForm.among(mechanics_on_duty())
    command = commands.add_labour if form.is_labour else commands.add_item
    if form.attempt(command, find_job(ticket_id, job_id), by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=job_id)
    return turned_down(ticket_id, JOBS, form, new_line_form=form, open_job=job_id)


@desk.get("/tickets/<id:ticket_id>/lines/<id:line_id>")
def ticket_line_edit(ticket_id: int, line_id: int) -> Answer:
    line = find_line(ticket_id, line_id)
    form = LineForm.of(line, mechanics_on_duty(), formdata=None)
    return _drawn(ticket_id, open_job=line.job_id, open_line=line_id, line_form=form)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>")
def ticket_line(ticket_id: int, line_id: int) -> Answer:
    line = find_line(ticket_id, line_id)
    form = LineForm.of(line, mechanics_on_duty())
    if form.attempt(commands.edit_line, line, by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=line.job_id)
    now = LineForm.of(line, mechanics_on_duty(), formdata=None)
    return turned_down(ticket_id, JOBS, form, now=now, line_form=form, open_job=line.job_id, open_line=line_id)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>/remove")
def ticket_line_remove(ticket_id: int, line_id: int) -> Answer:
    line = find_line(ticket_id, line_id)
    form = TicketForm()
    if form.attempt(commands.remove_line, line, by=actor):
        return changed(ticket_id, JOBS, also=ALSO, back={"undo": f"line-{line_id}"}, just_removed=line)
    return turned_down(ticket_id, JOBS, form)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>/restore")
def ticket_line_restore(ticket_id: int, line_id: int) -> Answer:
    return _done_to_line(ticket_id, line_id, commands.restore_line)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>/take")
def ticket_line_take(ticket_id: int, line_id: int) -> Answer:
    return _done_to_line(ticket_id, line_id, commands.take_wanted)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>/fit")
def ticket_line_fit(ticket_id: int, line_id: int) -> Answer:
    return _done_to_line(ticket_id, line_id, commands.fit_part)


@desk.post("/tickets/<id:ticket_id>/lines/<id:line_id>/take-out")
def ticket_line_take_out(ticket_id: int, line_id: int) -> Answer:
    return _done_to_line(ticket_id, line_id, commands.take_part_out)


@desk.get("/tickets/<id:ticket_id>/jobs/<id:job_id>/parts")
def ticket_part_search(ticket_id: int, job_id: int) -> Answer:
    find_job(ticket_id, job_id)
    q = SearchForm.read(request.args).text
    context = show_context(ticket_id, q=q, open_job=job_id)
    job = next((job for job in context["ticket"].jobs if job.id == job_id), None)
    return page_or_fragment("tickets/show.html", "tickets/_picks.html", job=found(job), **context)


@desk.post("/tickets/<id:ticket_id>/jobs/<id:job_id>/parts")
def ticket_parts(ticket_id: int, job_id: int) -> Answer:
    form = PartForm()
    job = find_job(ticket_id, job_id)
    part = found(db.session.scalar(parts_visible_to(actor).where(Part.id == form.part_id.data)))
    command = commands.want_part if form.is_wanted else commands.use_part
    if form.attempt(command, find_workable(ticket_id), part=part, job=job, by=actor):
        return changed(ticket_id, JOBS, also=ALSO, open_job=job_id)
    return turned_down(ticket_id, JOBS, form, part_form=form, q=form.searched, open_job=job_id)


@desk.post("/tickets/<id:ticket_id>/estimates")
def ticket_estimates(ticket_id: int) -> Answer:
    """Write the estimate and send it: a letter where there is an address, and a link to hand over in any case."""
    form = TicketForm()
    if form.attempt(commands.send_estimate, find_ticket(ticket_id), by=actor):
        return _with_link(ticket_id, form.result.link, letter=form.result.letter)
    return turned_down(ticket_id, ESTIMATE, form)


@desk.post("/tickets/<id:ticket_id>/links")
def ticket_links(ticket_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.give_link, find_ticket(ticket_id), by=actor):
        return _with_link(ticket_id, form.result)
    return turned_down(ticket_id, ESTIMATE, form)


@desk.post("/tickets/<id:ticket_id>/links/end")
def ticket_links_end(ticket_id: int) -> Answer:
    form = TicketForm()
    if form.attempt(commands.take_links_back, find_ticket(ticket_id), by=actor):
        return changed(ticket_id, ESTIMATE, also=[TIMELINE])
    return turned_down(ticket_id, ESTIMATE, form)


@desk.get("/tickets/<id:ticket_id>/estimates/<id:number>")
def ticket_estimate(ticket_id: int, number: int) -> Answer:
    return page("tickets/estimate.html", **estimate_context(find_ticket(ticket_id), number))


@desk.post("/tickets/<id:ticket_id>/consents")
def ticket_consents(ticket_id: int) -> Answer:
    """What the customer said at the counter or by telephone, to what is on the ticket now."""
    ticket = find_ticket(ticket_id)
    form = ConsentForm.about(ticket.undecided_jobs)
    if form.attempt(commands.note_consent, ticket, by=actor):
        return changed(ticket_id, ESTIMATE, also=[HEAD, JOBS, MONEY, TIMELINE])
    return turned_down(ticket_id, ESTIMATE, form, consent_form=form)


def _with_link(ticket_id: int, link: str, *, letter: Letter | None = None) -> Answer:
    """The page itself, script or not: the link is shown this once and kept nowhere."""
    context = show_context(ticket_id, link=as_reached(link, request.host_url), sent_to=letter.to if letter else None)
    if not wants_fragment():
        return page("tickets/show.html", **context)
    return saved(ESTIMATE, also=[HEAD, JOBS, MONEY, TIMELINE], back="", **context)


def _drawn(ticket_id: int, **context: Any) -> Answer:
    return page_or_fragment("tickets/show.html", JOBS, **show_context(ticket_id, **context))


def _done_to_job(ticket_id: int, job_id: int, command: Any, **values: Any) -> Answer:
    form = TicketForm()
    if form.attempt(command, find_job(ticket_id, job_id), by=actor, **values):
        return changed(ticket_id, JOBS, also=ALSO)
    return turned_down(ticket_id, JOBS, form)


def _done_to_line(ticket_id: int, line_id: int, command: Any) -> Answer:
    form = TicketForm()
    if form.attempt(command, find_line(ticket_id, line_id), by=actor):
        return changed(ticket_id, JOBS, also=ALSO)
    return turned_down(ticket_id, JOBS, form)
