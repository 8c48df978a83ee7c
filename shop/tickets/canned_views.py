"""The canned jobs: what is kept to be used again, and taking it off the list."""

from __future__ import annotations

from flask import url_for

from shop.extensions import db
from shop.tickets import commands
from shop.tickets.forms import TicketForm
from shop.tickets.models import CannedJob
from shop.tickets.queries import canned_by_name, canned_with_lines
from shop.web.actor import actor
from shop.web.doors import desk
from shop.web.guards import found
from shop.web.respond import Answer, done, page


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
