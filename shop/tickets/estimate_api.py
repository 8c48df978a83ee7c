"""Estimates and what customers say to them, for programs: the shop's, and those of the customer who asks."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for

from shop.accounts.models import Account
from shop.common.errors import RuleBroken
from shop.common.roles import DESK, EVERYONE, STAFF
from shop.extensions import db
from shop.tickets import commands, estimate, queries
from shop.tickets.api_finding import find_version, known
from shop.tickets.estimate_schemas import CustomerAnswers, EstimateInListSchema, EstimateSchema, NotedAnswers
from shop.tickets.finding import find_ticket
from shop.tickets.models import Channel, EstimateVersion, Ticket
from shop.web.actor import actor
from shop.web.api import ApiBlueprint
from shop.web.api_answers import Json, created, shown, shown_whole
from shop.web.guards import allow, found

estimates = ApiBlueprint("estimates", noun="service_tickets", about="What was offered, and what the customer said.")
my_estimates = ApiBlueprint("my_estimates", noun="customers", about="What customers are offered, and their answer.")


@estimates.get("/<id:ticket_id>/estimates")
@allow(STAFF)
@estimates.gives_all(EstimateInListSchema)
def index(ticket_id: int) -> Response:
    """Every version of the ticket's estimate, the newest first."""
    return shown_whole([EstimateInListSchema.of(each) for each in queries.versions_of(find_ticket(ticket_id))])


@estimates.post("/<id:ticket_id>/estimates")
@allow(DESK)
@estimates.gives(201, EstimateSchema)
def write(ticket_id: int) -> Response:
    """Offer what is on the ticket to the customer: write it down for good, as the next version."""
    ticket = find_ticket(ticket_id)
    return made(commands.write_estimate(ticket, by=actor))


@estimates.get("/<id:ticket_id>/estimates/<id:number>")
@allow(STAFF)
@estimates.gives(200, EstimateSchema)
def show(ticket_id: int, number: int) -> Response:
    """One version as it was offered, with what the customer said to it."""
    return shown(row_of(found(find_version(find_ticket(ticket_id), number))))


@estimates.post("/<id:ticket_id>/consents")
@allow(DESK)
@estimates.reads(NotedAnswers)
@estimates.gives(201, EstimateSchema)
def note(values: dict[str, Any], ticket_id: int) -> Response:
    """Write down what the customer said to the newest estimate; answers the estimate with it."""
    ticket = find_ticket(ticket_id)
    return made(answered(ticket, **values, by=actor))


@my_estimates.get("/my-tickets/<id:ticket_id>/estimate")
@allow(EVERYONE)
@my_estimates.gives(200, EstimateSchema)
def mine(ticket_id: int) -> Response:
    """The newest estimate of one's own ticket; 404 before there is one."""
    return shown(row_of(found(find_my_ticket(ticket_id).latest_version)))


@my_estimates.post("/my-tickets/<id:ticket_id>/consents")
@allow(EVERYONE)
@my_estimates.reads(CustomerAnswers)
@my_estimates.gives(201, EstimateSchema)
def answer(values: dict[str, Any], ticket_id: int) -> Response:
    """Say to the newest estimate of one's own ticket what is to be done; answers the estimate with it."""
    version = answered(
        find_my_ticket(ticket_id),
        **values,
        channel=Channel.ACCOUNT,
        address=request.remote_addr or "",
        agent=request.user_agent.string,
        by=actor,
    )
    return created(row_of(version), at=url_for("my_estimates.mine", ticket_id=ticket_id))


def find_my_ticket(ticket_id: int) -> Ticket:
    return found(db.session.scalar(queries.owned_by(actor).where(Ticket.id == ticket_id)))


def answered(
    ticket: Ticket, *, number: int, answers: list[dict[str, Any]], by: Account, **more: Any
) -> EstimateVersion:
    """The version with this number after the answers were given to it.

    Raises RuleBroken on ``number`` and ``answers``, and as ``commands.answer`` does.
    """
    offered = known(find_version(ticket, number), "There is no estimate with this number.", field="number")
    asked = {job.id for job in estimate.read(offered.content).asked}
    said = {each["job_id"]: each["answer"] for each in answers}
    if others := said.keys() - asked:
        raise RuleBroken(f"This estimate does not ask about job {min(others)}.", field="answers")
    try:
        commands.answer(offered, answers=said, by=by, **more)
    except RuleBroken as broken:
        if broken.field and broken.field.startswith("job-"):  # a field of its own in a form, an item of a list here
            broken.field = "answers"
        raise
    return offered


def made(version: EstimateVersion) -> Response:
    return created(row_of(version), at=url_for("estimates.show", ticket_id=version.ticket_id, number=version.number))


def row_of(version: EstimateVersion) -> Json:
    offer = estimate.read(version.content)
    bill = offer.bill
    return EstimateSchema.of(
        {
            "number": version.number,
            "at": version.at,
            "total_cents": version.total_cents,
            "is_answered": bool(version.consents),
            "tax_cents": bill.tax,
            "supplies_cents": bill.supplies,
            "jobs": offer.jobs,
            "consents": version.consents,
        }
    )
