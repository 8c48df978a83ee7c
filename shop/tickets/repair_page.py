"""A repair as its customer sees it, by whichever way they came: what the pages want, and the answers to estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request

from shop.accounts.models import Account
from shop.tickets import commands, estimate
from shop.tickets.answer_forms import AnswerForm
from shop.tickets.estimate import Offer, Said
from shop.tickets.lifecycle import Approval
from shop.tickets.models import Channel, Consent, EstimateVersion, Ticket
from shop.tickets.progress import tracked
from shop.web.guards import found
from shop.web.respond import Answer, page, page_or_fragment, refused, saved, wants_fragment

PAGE, APPROVAL, SUM = "my/repair.html", "my/_approval.html", "my/_sum.html"
ALSO = ("my/_where.html", "my/_road.html", "my/_news.html")


@dataclass(frozen=True, slots=True)
class Way:
    """How a customer came to their repair, signed in or by a link, and the addresses along that way."""

    channel: Channel
    home: str

    @property
    def answers(self) -> str:
        return f"{self.home}/answers"

    def estimate(self, number: int) -> str:
        return f"{self.home}/estimates/{number}"


def repair_page(ticket: Ticket, way: Way) -> Answer:
    """The page, or for htmx what the answers come to that are chosen in its form by now."""
    return page_or_fragment(PAGE, SUM, **repair_context(ticket, way))


def keep_answer(find: Callable[[], Ticket], way: Way, *, by: Account | None) -> Answer:
    """Read the answer to the latest estimate and keep it, with where it came from."""
    version = found(find().latest_version)
    form = AnswerForm.to(version)
    if form.attempt(commands.answer, version, channel=way.channel, by=by, **_whereabouts()):
        message = "Thank you. We have your answer."
        return saved(APPROVAL, also=ALSO, back=way.home, message=message, **repair_context(find(), way))
    answer = refused(APPROVAL, page=PAGE, form=form, **repair_context(find(), way, refused_form=form))
    answer.status_code = form.refused_status
    return answer


def estimate_page(ticket: Ticket, number: int, way: Way) -> Answer:
    """One version of the estimate, drawn from what was written down alone."""
    return page("my/estimate.html", way=way, **estimate_context(ticket, number))


def estimate_context(ticket: Ticket, number: int) -> dict[str, Any]:
    """What the page of one version wants, the customer's and the desk's."""
    version = found(next((each for each in ticket.versions if each.number == number), None))
    offer, answers = estimate.read(version.content), estimate.answers_to(version)
    return {
        "ticket": ticket,
        "version": version,
        "offer": offer,
        "answers": _by_consent(answers),
        "approved_cents": _approved_cents(offer, answers),
    }


def repair_context(ticket: Ticket, way: Way, *, refused_form: AnswerForm | None = None) -> dict[str, Any]:
    """What the page of a repair and its fragments want."""
    track = tracked([ticket])[ticket.id]
    asked_ids = {job.id for job in track.asked}
    standing = estimate.standing_answers(ticket)
    context = {
        "ticket": ticket,
        "way": way,
        "track": track,
        "version": ticket.latest_version,
        "before": {job_id: said for job_id, said in standing.items() if job_id in asked_ids},
        "answers": _by_consent([said for job_id, said in standing.items() if job_id not in asked_ids]),
        "offered_cents": {job.id: job.net_cents for job in estimate.read(ticket.latest_version.content).jobs}
        if ticket.latest_version
        else {},
        "conflict": refused_form.refusal if refused_form else None,
        "answer_form": None,
        "bill": None,
        "is_older": False,
    }
    if ticket.latest_version and asked_ids:
        before_ids = {job.id for job in ticket.jobs if job.is_approved} - asked_ids
        said = {} if context["conflict"] else request.args if _asks_for_sum() else request.form
        context |= _chosen(ticket.latest_version, asked_ids, before_ids, said)
        context["answer_form"] = _answer_form(ticket.latest_version, refused_form)
    return context


def _asks_for_sum() -> bool:
    """The page as htmx asks for it: with the answers that are chosen in its form by now."""
    return request.method == "GET" and wants_fragment()


def _chosen(
    version: EstimateVersion, asked_ids: set[int], before_ids: set[int], said: Mapping[str, str]
) -> dict[str, Any]:
    """What the answers that are ``said`` come to, with what was approved before; all of it while nothing is chosen."""
    offer, answers = estimate.read(version.content), {job_id: said.get(f"job-{job_id}") for job_id in asked_ids}
    chosen = sum(map(bool, answers.values()))
    approved_ids = {job_id for job_id, answer in answers.items() if answer == Approval.APPROVED.value or not chosen}
    return {
        "bill": offer.bill_of(approved_ids | before_ids),
        "whole_bill": offer.bill_of(asked_ids | before_ids),
        "has_approved_before": bool(before_ids),
        "chosen": chosen,
        "is_older": _asks_for_sum() and said.get("version", str(version.number)) != str(version.number),
    }


def _answer_form(version: EstimateVersion, refused_form: AnswerForm | None) -> AnswerForm:
    """The form that was refused, or, after a conflict, a new one that knows the name already."""
    if refused_form is None or refused_form.refusal:
        return AnswerForm.unanswered(version, refused_form)
    return refused_form


def _approved_cents(offer: Offer, answers: Sequence[Said]) -> int | None:
    """What was approved when the estimate had been answered: by that answer, or before.

    None without an answer, and where somebody turned growth down: then it is another estimate's sum that counts.
    """
    if not answers or any(said.turns_growth_down for said in answers):
        return None
    before = [job.id for job in offer.jobs if not job.is_asked and job.approval is Approval.APPROVED]
    return offer.total_of(before + [said.job.id for said in answers if said.approval is Approval.APPROVED])


def _by_consent(answers: Sequence[Said]) -> list[tuple[Consent, list[Said]]]:
    """The newest consent first, each with the jobs that it was about."""
    by_consent: dict[int, list[Said]] = defaultdict(list)
    for said in answers:
        by_consent[said.consent.id].append(said)
    return [(said[0].consent, said) for _, said in sorted(by_consent.items(), reverse=True)]


def _whereabouts() -> dict[str, str]:
    return {"address": request.remote_addr or "", "agent": request.user_agent.string}
