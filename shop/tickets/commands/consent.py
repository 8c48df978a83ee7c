"""Offering a ticket's work to the customer, and keeping what they say to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import update

from shop.accounts.models import Account, Letter
from shop.audit.actions import Action
from shop.audit.record import record
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.extensions import db
from shop.settings.queries import present_rates
from shop.tickets import estimate
from shop.tickets.commands import shelf
from shop.tickets.commands.shared import (
    ask_anew,
    changed_meanwhile,
    check_takes_work,
    lock_ticket,
    set_status,
    settle,
)
from shop.tickets.letters import write_estimate_letter
from shop.tickets.lifecycle import ANSWERS, Approval, Status
from shop.tickets.links import make_link
from shop.tickets.models import Channel, Consent, Decision, EstimateVersion, Job, RepairLink, Ticket
from shop.tickets.models.consent import MAX_AGENT, MAX_NAME, MAX_WORDS

Answers = Mapping[int, Approval]


@dataclass(frozen=True, slots=True)
class Sent:
    """An estimate that went out. ``link`` may be handed over as well; ``letter`` is None where no address is known."""

    version: EstimateVersion
    link: str
    letter: Letter | None


def send_estimate(ticket: Ticket, *, by: Account) -> Sent:
    """Offer what is on the ticket, make a link to it, and write the customer a letter if there is an address.

    Raises as ``write_estimate`` does.
    """
    with transaction():
        version = write_estimate(ticket, by=by)
        link = give_link(ticket, by=by)
        return Sent(version, link, write_estimate_letter(version, link=link))


def give_link(ticket: Ticket, *, by: Account) -> str:
    """A link by which the customer follows the repair and answers its estimates; earlier ones go on working."""
    with transaction():
        lock_ticket(ticket)
        link = make_link(ticket)
        record(Action.LINK_MADE, ticket, by=by)
        return link


def take_links_back(ticket: Ticket, *, by: Account) -> int:
    """End every link to the repair at once; answers how many."""
    with transaction():
        lock_ticket(ticket)
        if ended := end_links(ticket):
            record(Action.LINKS_ENDED, ticket, by=by)
        return ended


def write_estimate(ticket: Ticket, *, by: Account) -> EstimateVersion:
    """Offer what is on the ticket as the next version, at the shop's rates of today while nothing has been approved.

    Raises Conflict when the work is closed, RuleBroken when there is nothing to decide.
    """
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        if not any(job.is_approved for job in ticket.jobs):
            ticket.rates = present_rates()
            settle(ticket)
        version = _next_version(ticket, by=by)
        if ticket.status is Status.DRAFT:
            set_status(ticket, Status.ESTIMATE, by=by)
        return version


def answer(
    version: EstimateVersion,
    *,
    answers: Answers,
    name: str,
    words: str = "",
    channel: Channel,
    address: str = "",
    agent: str = "",
    by: Account | None,
) -> Consent:
    """Keep what the customer says to each job that was put to them, and let it take effect.

    ``answers`` are by job; ``name`` is what the customer typed or told, ``by`` whoever is signed in, if anybody.
    Declined and deferred jobs give their parts back; approved ones get what the shelf has. Work that is approved and
    begun can't be undone by an answer: who declines it turns down what it has grown by, and it stays approved at its
    former sum. The first approval makes the ticket approved.

    Raises Conflict when there is a newer version, it has been answered or the work is closed; RuleBroken on ``name``,
    ``words``, and on ``job-ID`` for a job without an answer.
    """
    with transaction():
        ticket = version.ticket
        lock_ticket(ticket)
        if not ticket.can_take_work:  # in words for the customer
            raise Conflict("This repair is closed: nothing can be decided about it any more.")
        db.session.expire(ticket, ["versions"])
        db.session.expire(version, ["consents"])
        if ticket.latest_version is not version:
            raise Conflict("The shop has changed this estimate meanwhile. Please look at the new one.")
        if not name.strip():
            raise RuleBroken("Type your name: it stands for your signature.", field="name")
        if len(name) > MAX_NAME:
            raise RuleBroken(f"Use at most {MAX_NAME} characters.", field="name")
        if len(words) > MAX_WORDS:
            raise RuleBroken(f"Use at most {MAX_WORDS:,} characters.", field="words")
        decided = _decided(version, answers)
        consent = Consent(
            version=version,
            channel=channel,
            name=name.strip(),
            words=words.strip(),
            address=address[:45],
            agent=agent[:MAX_AGENT],
            by=by,
        )
        db.session.add(consent)
        shelf.lock_parts([job for job, _, _ in decided])
        offer = estimate.read(version.content)
        for job, approval, amount in decided:
            if job.is_approved and job.is_begun and approval is not Approval.APPROVED:
                offer = offer.with_job(_as_approved(version, job))
            else:
                _take_effect(job, approval, amount, by=by)
            consent.decisions.append(Decision(job_id=job.id, approval=approval, amount_cents=amount))
        approved = [job.id for job in ticket.jobs if job.is_approved]
        if any(job.approval is approval for job, approval, _ in decided):  # else all stays as it was
            ticket.approved_cents = offer.total_of(approved)
        said = {"name": (None, consent.name), **({"words": (None, consent.words)} if consent.words else {})}
        record(
            Action.CONSENT_GIVEN,
            ticket,
            by=by,
            changes=said,
            version=version.number,
            channel=channel.words,
            verb=channel.verb,
            answer=consent.in_short,
        )
        if approved and ticket.status in (Status.DRAFT, Status.ESTIMATE):
            set_status(ticket, Status.APPROVED, by=by)
        settle(ticket)
        return consent


def note_consent(
    ticket: Ticket,
    *,
    answers: Answers,
    name: str,
    words: str = "",
    channel: Channel,
    asked: Mapping[int, int] | None = None,
    by: Account,
) -> Consent:
    """Write down what the customer said to what is on the ticket now.

    It answers the estimate that they have, if it says the same, else a version of its own, at the rates that the
    ticket has. ``asked`` are the sums in cents, by job, that they were told. Raises as ``write_estimate`` and
    ``answer`` do, and Conflict when something else would be asked by now.
    """
    with transaction():
        lock_ticket(ticket)
        check_takes_work(ticket)
        version = _in_their_hands(ticket) or _next_version(ticket, by=by)
        if asked is not None and asked != {job.id: job.net_cents for job in estimate.still_asked(version)}:
            raise changed_meanwhile(ticket)
        return answer(version, answers=answers, name=name, words=words, channel=channel, by=by)


def consent_at_the_counter(ticket: Ticket, *, by: Account) -> None:
    """Write down that the customer agreed to all that is not decided yet, if anything; in the caller's transaction."""
    asked = ticket.undecided_jobs
    if asked:
        answers = {job.id: Approval.APPROVED for job in asked}
        note_consent(ticket, answers=answers, name=ticket.customer.name, channel=Channel.COUNTER, by=by)


def ask_about_everything_again(ticket: Ticket) -> None:
    """A cancelled ticket that is reopened starts anew; inside the caller's transaction."""
    for job in ticket.every_job:
        ask_anew(job)
    ticket.approved_cents, ticket.completed_at = 0, None


def end_links(ticket: Ticket) -> int:
    """End the links by which the customer follows this repair, inside the caller's transaction; answers how many."""
    ending = update(RepairLink).where(RepairLink.ticket_id == ticket.id, RepairLink.ended_at.is_(None))
    return int(db.session.execute(ending.values(ended_at=now())).rowcount)  # type: ignore[attr-defined]


def _in_their_hands(ticket: Ticket) -> EstimateVersion | None:
    """The latest version, while nobody has answered it and it says what would be written down now."""
    db.session.expire(ticket, ["versions"])
    latest = ticket.latest_version
    is_new = latest is not None and not latest.consents and bool(estimate.still_asked(latest))
    return latest if latest and is_new and latest.content == estimate.written_down(ticket) else None


def _next_version(ticket: Ticket, *, by: Account) -> EstimateVersion:
    if not ticket.undecided_jobs:
        raise RuleBroken("Everything on this ticket has been decided. Add a job, or change one, before you ask again.")
    db.session.expire(ticket, ["versions"])
    number = len(ticket.versions) + 1
    version = EstimateVersion(
        ticket=ticket, number=number, by=by, total_cents=ticket.total_cents, content=estimate.written_down(ticket)
    )
    db.session.add(version)
    record(Action.ESTIMATE_SENT, ticket, by=by, version=number)
    return version


def _decided(version: EstimateVersion, answers: Answers) -> list[tuple[Job, Approval, int]]:
    """Each job that was put to the customer and is still there, what they say, and the sum they say it to."""
    by_id = {job.id: job for job in version.ticket.jobs}
    asked = estimate.still_asked(version)
    if not asked:
        raise Conflict("This estimate has been answered already.")
    for each in asked:
        if answers.get(each.id) not in ANSWERS:
            raise RuleBroken(f"Choose what to do about “{each.complaint}”.", field=f"job-{each.id}")
    return [(by_id[each.id], answers[each.id], each.net_cents) for each in asked]


def _as_approved(version: EstimateVersion, job: Job) -> estimate.OfferedJob | None:
    """The job as the customer last approved it, before this version."""
    for before in reversed(version.ticket.versions[: version.number - 1]):
        decisions = (decision for consent in before.consents for decision in consent.decisions)
        if any(said.job_id == job.id and said.approval is Approval.APPROVED for said in decisions):
            return estimate.read(before.content).job(job.id)
    return None


def _take_effect(job: Job, approval: Approval, amount: int, *, by: Account | None) -> None:
    job.approval = approval
    if approval is Approval.APPROVED:
        job.approved_cents = amount
        shelf.reserve_what_is_there(job, by=by)
    else:
        job.approved_cents = None
        shelf.give_back([job], by=by)
