"""An estimate as it is kept for good: written down from the ticket once, and drawn from what was written down alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from shop.common import pricing
from shop.common.pricing import Bill, Charge, Charges, Rules
from shop.settings.queries import rates_or_standard
from shop.tickets.lifecycle import Approval
from shop.tickets.models import Consent, EstimateVersion, Job, Line, LineKind, Ticket

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OfferedLine:
    kind: LineKind
    description: str
    quantity: int
    minutes: int | None
    price_cents: int
    core_cents: int
    total_cents: int


@dataclass(frozen=True, slots=True)
class OfferedJob:
    """A job as it was offered. ``approval`` is what had been said to it before; ``is_asked`` says that it was put to
    the customer, or once more because it or the sum of all had grown."""

    id: int
    complaint: str
    cause: str
    approval: Approval
    is_asked: bool
    discount_cents: int
    net_cents: int
    charges: Charges
    lines: tuple[OfferedLine, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of an estimate, read back. ``vehicle`` and ``plate`` are empty where they were not known."""

    complaint: str
    vehicle: str
    plate: str
    rules: Rules
    jobs: tuple[OfferedJob, ...]

    @property
    def bill(self) -> Bill:
        """What all of it comes to."""
        return self.bill_of(job.id for job in self.jobs)

    @property
    def asked(self) -> list[OfferedJob]:
        return [job for job in self.jobs if job.is_asked]

    def bill_of(self, job_ids: Iterable[int]) -> Bill:
        """What these of its jobs come to."""
        wanted = set(job_ids)
        return pricing.bill([job.charges for job in self.jobs if job.id in wanted], self.rules)

    def total_of(self, job_ids: Collection[int]) -> int:
        return self.bill_of(job_ids).total

    def with_job(self, job: OfferedJob | None) -> Offer:
        """The same with this job as it is here."""
        return replace(self, jobs=tuple(job if job and each.id == job.id else each for each in self.jobs))

    def job(self, job_id: int) -> OfferedJob | None:
        return next((job for job in self.jobs if job.id == job_id), None)


def written_down(ticket: Ticket) -> Content:
    """The jobs that count, with every line, price, discount and rule: plain values that nothing changes later."""
    vehicle, asked = ticket.vehicle, ticket.undecided_jobs
    return {
        "complaint": ticket.complaint,
        "vehicle": vehicle.label if vehicle else "",
        "plate": vehicle.plate or "" if vehicle else "",
        "rules": asdict(rates_or_standard(ticket.rates).rules),
        "jobs": [_job(job, is_asked=job in asked) for job in ticket.jobs if job.is_charged],
    }


def read(content: Content) -> Offer:
    """What ``written_down`` wrote."""
    return Offer(
        complaint=content["complaint"],
        vehicle=content["vehicle"],
        plate=content["plate"],
        rules=Rules(**content["rules"]),
        jobs=tuple(_offered(job) for job in content["jobs"]),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What was said to one job of an offer, the sum it was said to, and the answer that it was part of."""

    job: OfferedJob
    approval: Approval
    amount_cents: int
    consent: Consent

    @property
    def turns_growth_down(self) -> bool:
        """The job had been approved before, and the customer does not want what it has grown by."""
        return self.job.approval is Approval.APPROVED and self.approval is not Approval.APPROVED


def still_asked(version: EstimateVersion | None) -> list[OfferedJob]:
    """The jobs of a version that the customer can decide about: put to them, not answered yet, and still open."""
    if version is None or not version.ticket.can_take_work:
        return []
    answered = {decision.job_id for consent in version.consents for decision in consent.decisions}
    open_ids = {job.id for job in version.ticket.undecided_jobs} - answered
    return [job for job in read(version.content).asked if job.id in open_ids]


def answers_to(version: EstimateVersion) -> list[Said]:
    """All that was said to one version, in the order in which it was said."""
    offer = read(version.content)
    return [
        Said(job, decision.approval, decision.amount_cents, consent)
        for consent in version.consents
        for decision in consent.decisions
        if (job := offer.job(decision.job_id))
    ]


def standing_answers(ticket: Ticket) -> dict[int, Said]:
    """By job, the last thing that was said to each job of a ticket, as far as it still stands."""
    last = {said.job.id: said for version in ticket.versions if version.consents for said in answers_to(version)}
    return {job.id: last[job.id] for job in ticket.jobs if job.id in last and _stands(last[job.id], job)}


def _stands(said: Said, job: Job) -> bool:
    """Whether it is so that the job is as was said; what is begun stays approved when its growth is turned down."""
    return said.approval is job.approval or (said.turns_growth_down and job.is_approved)


def _job(job: Job, *, is_asked: bool) -> Content:
    return {
        "id": job.id,
        "complaint": job.complaint,
        "cause": job.cause,
        "approval": job.approval.value,
        "is_asked": is_asked,
        "discount_ppm": job.discount_ppm,
        "discount_cents": job.discount_cents,
        "lines": [_line(line) for line in job.lines],
    }


def _line(line: Line) -> Content:
    return {
        "kind": line.kind.value,
        "description": line.description,
        "quantity": line.quantity,
        "minutes": line.minutes,
        "price_cents": line.price_cents,
        "core_cents": line.core_cents,
        "charges": [[charge.value, cents] for charge, cents in line.charges],
    }


def _offered(job: Content) -> OfferedJob:
    items = [(Charge(charge), cents) for line in job["lines"] for charge, cents in line["charges"]]
    charges = Charges(items, job["discount_ppm"], job["discount_cents"])
    return OfferedJob(
        id=job["id"],
        complaint=job["complaint"],
        cause=job["cause"],
        approval=Approval(job["approval"]),
        is_asked=job["is_asked"],
        discount_cents=charges.discount,
        net_cents=charges.net,
        charges=charges,
        lines=tuple(_offered_line(line) for line in job["lines"]),
    )


def _offered_line(line: Content) -> OfferedLine:
    return OfferedLine(
        kind=LineKind(line["kind"]),
        description=line["description"],
        quantity=line["quantity"],
        minutes=line["minutes"],
        price_cents=line["price_cents"],
        core_cents=line["core_cents"],
        total_cents=sum(cents for _, cents in line["charges"]),
    )
