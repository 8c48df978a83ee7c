"""The desk's ticket page: its fragments, what they want, and the two ways of answering."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for

from shop.audit.queries import timeline
from shop.common.stamps import Topic, remembered
from shop.extensions import db
from shop.inventory.queries import search as search_parts
from shop.mechanics.models import Mechanic
from shop.mechanics.queries import roster
from shop.mechanics.queries import visible_to as mechanics_visible_to
from shop.settings.queries import rates_or_standard, shop_rules
from shop.tickets import estimate
from shop.tickets.beside import beside
from shop.tickets.finding import find_whole_ticket
from shop.tickets.forms import MechanicForm, TicketForm
from shop.tickets.job_forms import CannedJobForm, ConsentForm, NewJobForm, NewLineForm, SaveCannedForm
from shop.tickets.lifecycle import Status
from shop.tickets.models import CannedJob, Job, Line, Supply, Ticket
from shop.tickets.progress import steps
from shop.tickets.queries import canned_by_name, canned_rows
from shop.web.actor import actor
from shop.web.filters import plural
from shop.web.respond import Answer, refused, saved

MOST_PICKS = 8
MOST_CANNED = 200

HEAD, DETAILS, JOBS = "tickets/_head.html", "tickets/_details.html", "tickets/_jobs.html"
MONEY, ESTIMATE = "tickets/_money.html", "tickets/_estimate.html"
MECHANICS, ABOUT, TIMELINE = "tickets/_mechanics.html", "tickets/_about.html", "audit/_timeline.html"


def changed(
    ticket_id: int, fragment: str, *, also: Sequence[str], back: dict[str, Any] | None = None, **context: Any
) -> Answer:
    """Done: the part of the page that was worked in, and those that show it as well.

    ``back`` is what the way back says to the page, where the browser asked without script.
    """
    address = url_for("desk.ticket", ticket_id=ticket_id, **(back or {}))
    return saved(fragment, also=also, back=address, **show_context(ticket_id, **context))


def turned_down(ticket_id: int, fragment: str, form: TicketForm, *, now: Any = None, **context: Any) -> Answer:
    """Not done: the same part of the page with what was typed; after a conflict as things are now, and 409."""
    context = show_context(ticket_id, refusals={fragment: form.first_error}, **context)
    answer = refused(fragment, page="tickets/show.html", form=form, now=now, **context)
    answer.status_code = form.refused_status
    return answer


def show_context(ticket_id: int, **more: Any) -> dict[str, Any]:
    """What the ticket page and its fragments want; ``more`` are forms that are open or were refused, and ``q``."""
    ticket = find_whole_ticket(ticket_id)
    around = beside(ticket)
    mechanics = remembered(Topic.MECHANICS, "on duty", build=roster)
    context: dict[str, Any] = {
        "ticket": ticket,
        "moves": ticket.moves(actor.role),
        "archiving": archiving(ticket),
        "is_to_send": is_to_send(ticket),
        "steps": steps(ticket),
        "timeline": timeline(ticket),
        "others": around.others,
        "comebacks": around.comebacks,
        "declined": around.declined,
        "tolerance_cents": remembered(Topic.SETTINGS, "tolerance", build=lambda: shop_rules().tolerance_cents),
        "labour_cents": rates_or_standard(ticket.rates).labour_cents,
        "details_form": None,
        "move_form": None,
        "job_form": None,
        "line_form": None,
        "part_form": None,
        "open_job": None,  # the id of the job that is worked in
        "open_line": None,  # the id of the line that is being changed
        "just_removed": None,  # a line or job that can be put back
        "new_job_form": NewJobForm.blank(),
        "save_canned_form": SaveCannedForm.blank(),
        "link": None,  # one that was made just now
        "sent_to": None,
        "q": "",
        "refusals": {},
        **more,
    }
    spare = [each for each in mechanics if each.id not in {on_it.id for on_it in ticket.mechanics}]
    context.setdefault("mechanic_form", MechanicForm.among(spare, formdata=None))
    context.setdefault("new_line_form", NewLineForm.among(mechanics, formdata=None))
    context.setdefault("canned_form", CannedJobForm.among(canned_rows(limit=MOST_CANNED), formdata=None))
    context.setdefault(
        "consent_form", ConsentForm.about(ticket.undecided_jobs, formdata=None, data={"name": ticket.customer.name})
    )
    context["picks"] = search_parts(context["q"], limit=MOST_PICKS) if context["q"].strip() else []
    latest = ticket.latest_version
    context["offer"] = estimate.read(latest.content) if latest else None
    if context["just_removed"] is None and (undo := request.args.get("undo")):
        context["just_removed"] = _removed(ticket, undo)
    return context


def mechanics_on_duty() -> list[Mechanic]:
    return list(db.session.scalars(mechanics_visible_to(actor).order_by(Mechanic.name_key)))


def canned_jobs() -> list[CannedJob]:
    return list(db.session.scalars(canned_by_name().limit(MOST_CANNED)))


def is_to_send(ticket: Ticket) -> bool:
    """Whether an estimate that nobody has got yet is the next thing, before any step of the ticket itself."""
    is_written = ticket.status is Status.ESTIMATE and ticket.can_take_work
    return is_written and not ticket.versions and bool(ticket.undecided_jobs)


def archiving(ticket: Ticket) -> str:
    """What is asked before a ticket is archived: whether to, with what becomes of its parts."""
    lines = [line for job in ticket.jobs for line in job.lines if line.part_id is not None and not line.is_wanted]
    parts = sum(line.quantity for line in lines)
    fitted = sum(line.quantity for line in lines if line.supply is Supply.FITTED)
    words = f"Archive {ticket.label}? It leaves every list, and links to it end."
    if not parts:
        return words
    its = f"Its {plural(parts, 'part')}"
    if not ticket.status.takes_work:
        return f"{words} {its} {'stays' if parts == 1 else 'stay'} used."
    words = f"{words} {its} {'goes' if parts == 1 else 'go'} back to the shelf"
    return f"{words}, though {fitted} {'is' if fitted == 1 else 'are'} fitted already." if fitted else f"{words}."


def _removed(ticket: Ticket, undo: str) -> Job | Line | None:
    """What ``undo`` in the address names, as long as it is off the ticket: ``job-12`` or ``line-34``."""
    kind, _, number = undo.partition("-")
    everything: dict[str, list[Any]] = {
        "job": ticket.every_job,
        "line": [line for job in ticket.every_job for line in job.every_line],
    }
    found = (each for each in everything.get(kind, []) if str(each.id) == number and each.removed_at is not None)
    return next(found, None)
