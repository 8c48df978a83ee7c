"""The canned jobs: what is kept to be used again, changing it in its place, and taking it off the list."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from shop.audit.queries import timeline
from shop.extensions import db
from shop.inventory.models import Part
from shop.inventory.queries import search as search_parts
from shop.inventory.queries import visible_to as parts_visible_to
from shop.settings.queries import present_rates, rates_or_standard
from shop.tickets import commands
from shop.tickets.forms import PartForm, TicketForm
from shop.tickets.job_forms import CannedLineForm, CannedNameForm, NewCannedLineForm
from shop.tickets.models import CannedJob, CannedLine
from shop.tickets.queries import canned_by_name, canned_with_lines
from shop.tickets.ticket_page import MOST_PICKS
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.forms import SearchForm
from shop.web.guards import found
from shop.web.respond import Answer, done, page, page_or_fragment, refused, saved

PAGE, NAME, LINES = "tickets/canned_job.html", "tickets/_canned_name.html", "tickets/_canned_lines.html"
TIMELINE = "audit/_timeline.html"


@desk.get("/canned-jobs")
def canned_jobs() -> Answer:
    return page("tickets/canned.html", canned_jobs=canned_with_lines())


@desk.post("/canned-jobs/<id:canned_id>/archive")
def canned_job_archive(canned_id: int) -> Answer:
    canned = found(db.session.scalar(canned_by_name().where(CannedJob.id == canned_id)))
    form = TicketForm()
    is_done = form.attempt(commands.archive_canned, canned, by=actor)
    sentence = f"“{canned.name}” is off the list." if is_done else form.first_error
    return done(url_for("desk.canned_jobs"), sentence, "done" if is_done else "error")


@desk.get("/canned-jobs/<id:canned_id>")
def canned_job(canned_id: int) -> Answer:
    return page(PAGE, **canned_context(find_canned(canned_id)))


@desk.post("/canned-jobs/<id:canned_id>")
def canned_job_name(canned_id: int) -> Answer:
    canned = find_canned(canned_id)
    form = CannedNameForm()
    if form.attempt(commands.rename_canned, canned, by=actor):
        return done(url_for("desk.canned_job", canned_id=canned_id))
    context = canned_context(canned, name_form=form, refusals={NAME: form.first_error})
    return refused(NAME, page=PAGE, form=form, now=CannedNameForm.showing(canned), **context)


@desk.post("/canned-jobs/<id:canned_id>/lines")
def canned_lines(canned_id: int) -> Answer:
    canned = find_canned(canned_id)
    form = NewCannedLineForm.drawn()
    if form.attempt(commands.add_canned_line, canned, by=actor):
        return changed(canned)
    return turned_down(canned, form, new_line_form=form)


@desk.get("/canned-jobs/<id:canned_id>/lines/<id:canned_line_id>")
def canned_line_edit(canned_id: int, canned_line_id: int) -> Answer:
    line = find_canned_line(canned_id, canned_line_id)
    context = canned_context(line.canned_job, open_line=line.id, line_form=CannedLineForm.of(line, formdata=None))
    return page_or_fragment(PAGE, LINES, **context)


@desk.post("/canned-jobs/<id:canned_id>/lines/<id:canned_line_id>")
def canned_line(canned_id: int, canned_line_id: int) -> Answer:
    line = find_canned_line(canned_id, canned_line_id)
    canned, form = line.canned_job, CannedLineForm.of(line)
    if form.attempt(commands.edit_canned_line, line, by=actor):
        return changed(canned)
    if line not in canned.lines:  # somebody has taken it off meanwhile
        return turned_down(canned, form)
    now = CannedLineForm.of(line, formdata=None)
    return turned_down(canned, form, now=now, open_line=canned_line_id, line_form=form)


@desk.post("/canned-jobs/<id:canned_id>/lines/<id:canned_line_id>/remove")
def canned_line_remove(canned_id: int, canned_line_id: int) -> Answer:
    line = find_canned_line(canned_id, canned_line_id)
    canned = line.canned_job
    form = TicketForm()
    if form.attempt(commands.remove_canned_line, line, by=actor):
        return changed(canned)
    return turned_down(canned, form)


@desk.get("/canned-jobs/<id:canned_id>/parts")
def canned_part_search(canned_id: int) -> Answer:
    context = canned_context(find_canned(canned_id), q=SearchForm.read(request.args).text)
    return page_or_fragment(PAGE, "tickets/_canned_picks.html", **context)


@desk.post("/canned-jobs/<id:canned_id>/parts")
def canned_parts(canned_id: int) -> Answer:
    canned = find_canned(canned_id)
    form = PartForm()
    part = found(db.session.scalar(parts_visible_to(actor).where(Part.id == form.part_id.data)))
    if form.attempt(commands.add_canned_part, canned, part=part, by=actor):
        return changed(canned)
    return turned_down(canned, form, part_form=form, q=form.searched)


def find_canned(canned_id: int) -> CannedJob:
    """A canned job, on the list or taken off it."""
    return found(db.session.get(CannedJob, canned_id))


def find_canned_line(canned_id: int, line_id: int) -> CannedLine:
    line = db.session.get(CannedLine, line_id)
    return found(line if line and line.canned_job_id == canned_id else None)


def canned_context(canned: CannedJob, **more: Any) -> dict[str, Any]:
    """What the page and its fragments want; ``more`` are forms that are open or were refused, and ``q``."""
    context: dict[str, Any] = {
        "canned": canned,
        "labour_cents": rates_or_standard(present_rates()).labour_cents,
        "name_form": CannedNameForm.showing(canned),
        "new_line_form": NewCannedLineForm.drawn(formdata=None),
        "line_form": None,
        "open_line": None,  # the id of the line that is being changed
        "part_form": None,
        "timeline": timeline(canned),
        "refusals": {},
        "q": "",
        **more,
    }
    context["picks"] = search_parts(context["q"], limit=MOST_PICKS) if context["q"].strip() else []
    return context


def changed(canned: CannedJob) -> Answer:
    back = url_for("desk.canned_job", canned_id=canned.id)
    return saved(LINES, also=[TIMELINE], back=back, **canned_context(canned))


def turned_down(canned: CannedJob, form: TicketForm, *, now: Any = None, **more: Any) -> Answer:
    context = canned_context(canned, refusals={LINES: form.first_error}, **more)
    return refused(LINES, page=PAGE, form=form, now=now, **context)
