"""The demo shop's books about tickets, their jobs and lines, and what customers consented to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shop.audit.actions import Action
from shop.audit.record import apply_changes
from shop.customers.models import Customer, Vehicle
from shop.inventory.models import MoveKind, Part
from shop.mechanics.models import Mechanic
from shop.ops.demo.shelf_books import ShelfBooks
from shop.settings.models import Rates, ShopRules
from shop.settings.queries import standard_rules
from shop.tickets import estimate
from shop.tickets.commands.shared import named, settle, shortened
from shop.tickets.lifecycle import Approval, Status, in_short
from shop.tickets.models import (
    FIRST_NUMBER,
    MAX_JOB,
    Assignment,
    CannedJob,
    CannedLine,
    Channel,
    Consent,
    Decision,
    EstimateVersion,
    Job,
    Line,
    LineKind,
    RepairLink,
    Supply,
    Ticket,
)


class TicketBooks(ShelfBooks):
    """The commands settle a ticket's sums after every change; here, for the sake of speed, only before they are asked
    for: when the work is offered and answered, when approved work grows, and when the books are closed."""

    def close(self) -> None:
        for ticket in self.things[Ticket]:
            touched_at = ticket.touched_at
            settle(ticket)
            ticket.touched_at = touched_at

    def set_rates(self, *, at: datetime, by: int, **values: Any) -> None:
        self._add(Rates, since=at, by_id=by, **values)

    def set_rules(self) -> None:
        """The shop's rules are the standard ones."""
        self.things[ShopRules].append(standard_rules())

    def save_canned(self, name: str, lines: Iterable[Mapping[str, Any]], *, at: datetime, by: int) -> CannedJob:
        canned = self._add(CannedJob, name=name, version=1, created_at=at)
        kept = [self._add(CannedLine, canned_job_id=canned.id, version=1, **values) for values in lines]
        self._record(Action.CANNED_JOB_SAVED, canned, at=at, by=by, lines=len(kept))
        return canned

    def open_ticket(
        self,
        vehicle: Vehicle,
        *,
        complaint: str,
        promised_at: datetime | None,
        comeback_of: Ticket | None = None,
        at: datetime,
        by: int,
    ) -> Ticket:
        ticket = self._add(
            Ticket,
            number=FIRST_NUMBER + len(self.things[Ticket]),
            customer=self.thing(Customer, vehicle.customer_id),
            customer_id=vehicle.customer_id,
            vehicle=vehicle,
            vehicle_id=vehicle.id,
            complaint=complaint,
            status=Status.DRAFT,
            promised_at=promised_at,
            comeback_of_id=comeback_of.id if comeback_of else None,
            cancel_reason="",
            total_cents=0,
            tax_cents=0,
            minutes=0,
            approved_cents=0,
            over_cents=0,
            comebacks=0,
            version=1,
            created_at=at,
        )
        self._price_as_today(ticket)
        self._new_job(ticket, shortened(ticket.first_line, MAX_JOB), at=at)
        if comeback_of:
            comeback_of.comebacks += 1
        of = {"comeback_of": comeback_of.number} if comeback_of else {}
        self._record_ticket(Action.TICKET_OPENED, ticket, at=at, by=by, number=ticket.number, **of)
        return ticket

    def open_comeback(self, ticket: Ticket, *, at: datetime, by: int) -> Ticket:
        complaint = ticket.complaint_of_a_comeback
        vehicle = self.thing(Vehicle, ticket.vehicle_id or 0)
        return self.open_ticket(vehicle, complaint=complaint, promised_at=None, comeback_of=ticket, at=at, by=by)

    def edit_ticket(self, ticket: Ticket, *, at: datetime, by: int, **values: Any) -> None:
        changes = apply_changes(ticket, values)
        if ticket.vehicle and {"odometer_in", "odometer_out"} & set(changes):
            self._read_odometer(ticket.vehicle, ticket.odometer_out or ticket.odometer_in, at=at, by=by)
        ticket.version += 1
        self._record_ticket(Action.TICKET_CHANGED, ticket, at=at, by=by, changes=changes)

    def assign(self, ticket: Ticket, mechanic: Mechanic, *, at: datetime, by: int) -> None:
        self._row(Assignment, ticket_id=ticket.id, mechanic_id=mechanic.id, created_at=at)
        facts = {"mechanic": mechanic.name, "mechanic_id": mechanic.id}
        self._record_ticket(Action.MECHANIC_ASSIGNED, ticket, at=at, by=by, **facts)

    def move(self, ticket: Ticket, to: Status, *, reason: str = "", at: datetime, by: int) -> None:
        if to is Status.APPROVED and ticket.status in (Status.DRAFT, Status.ESTIMATE):
            self._consent_at_the_counter(ticket, at=at, by=by)
        if to in (Status.QUALITY_CHECK, Status.READY, Status.INVOICED):
            for job in ticket.jobs:
                if job.is_to_finish:
                    self._finish(job, at=at, by=by)
        elif to is Status.CANCELLED:
            self._give_back(ticket.jobs, at=at, by=by)
        if ticket.status is not to:
            self._set_status(ticket, to, reason=reason, at=at, by=by)

    def add_job(self, ticket: Ticket, complaint: str, *, at: datetime, by: int) -> Job:
        job = self._new_job(ticket, complaint, at=at)
        changes = {"complaint": (None, complaint)}
        self._record_ticket(Action.JOB_ADDED, ticket, at=at, by=by, changes=changes, position=job.position)
        return job

    def edit_job(self, job: Job, *, at: datetime, by: int, **values: Any) -> None:
        changes = apply_changes(job, values)
        job.version += 1
        self._record_ticket(Action.JOB_CHANGED, job.ticket, at=at, by=by, changes=changes, position=job.position)

    def finish_job(self, job: Job, *, at: datetime, by: int) -> None:
        self._finish(job, at=at, by=by)
        if job.ticket.is_every_job_done:
            self._set_status(job.ticket, Status.QUALITY_CHECK, at=at, by=by)

    def add_labour(
        self, job: Job, *, description: str, minutes: int, mechanic: Mechanic | None = None, at: datetime, by: int
    ) -> Line:
        rate: int = 0 if job.ticket.comeback_of_id else self.things[Rates][-1].labour_cents
        line = self._new_line(
            job,
            LineKind.LABOUR,
            description=description,
            minutes=minutes,
            price_cents=rate,
            mechanic_id=mechanic.id if mechanic else None,
            at=at,
        )
        return self._line_added(line, at=at, by=by)

    def add_item(self, job: Job, *, kind: LineKind, at: datetime, by: int, **values: Any) -> Line:
        """``values`` are description, quantity, price and cost."""
        return self._line_added(self._new_line(job, kind, **values, at=at), at=at, by=by)

    def use_part(self, job: Job, part: Part, quantity: int, *, core_cents: int = 0, at: datetime, by: int) -> Line:
        line = self._new_part_line(job, part, quantity, core_cents, at=at)
        self._reserve(line)
        self._record_part(Action.PART_USED, line, at=at, by=by)
        return line

    def want_part(self, job: Job, part: Part, quantity: int, *, core_cents: int = 0, at: datetime, by: int) -> Line:
        line = self._new_part_line(job, part, quantity, core_cents, at=at)
        self._record_part(Action.PART_WANTED, line, at=at, by=by)
        return line

    def take_wanted(self, line: Line, *, at: datetime, by: int) -> None:
        self._reserve(line)
        line.cost_cents = line.stocked.cost_cents
        self._record_part(Action.PART_USED, line, at=at, by=by)

    def fit_part(self, line: Line, *, at: datetime, by: int) -> None:
        line.stocked.reserved -= line.quantity
        self._shift(line.stocked, MoveKind.USED, -line.quantity, ticket=line.job.ticket, at=at, by=by)
        line.supply = Supply.FITTED
        self._record_part(Action.PART_FITTED, line, at=at, by=by)

    def remove_line(self, line: Line, *, at: datetime, by: int) -> None:
        self._give_line_back(line, at=at, by=by)
        line.removed_at = at
        self._settle_approved(line.job)
        self._record_ticket(Action.LINE_REMOVED, line.job.ticket, at=at, by=by, changes=named(line))

    def write_estimate(self, ticket: Ticket, *, at: datetime, by: int) -> EstimateVersion:
        if not any(job.is_approved for job in ticket.jobs):
            self._price_as_today(ticket)
        version = self._next_version(ticket, at=at, by=by)
        if ticket.status is Status.DRAFT:
            self._set_status(ticket, Status.ESTIMATE, at=at, by=by)
        return version

    def give_link(self, ticket: Ticket, *, at: datetime, by: int) -> None:
        (rules,) = self.things[ShopRules]
        token_id = f"demo-{len(self.things[RepairLink]) + 1}"  # the same each time; the token itself was kept by nobody
        expires_at = at + timedelta(days=rules.link_days)
        self._add(RepairLink, ticket_id=ticket.id, token_id=token_id, created_at=at, expires_at=expires_at)
        self._record_ticket(Action.LINK_MADE, ticket, at=at, by=by)

    def answer(
        self,
        version: EstimateVersion,
        *,
        answers: Mapping[int, Approval],
        name: str,
        words: str = "",
        channel: Channel,
        address: str = "",
        agent: str = "",
        at: datetime,
        by: int | None,
    ) -> Consent:
        ticket, offer = version.ticket, estimate.read(version.content)
        told = {"channel": channel, "name": name, "words": words, "address": address, "agent": agent}
        consent = self._add(Consent, version_id=version.id, **told, at=at, by_id=by)
        for offered in offer.asked:  # in this story nobody turns down what work that is begun has grown by
            approval = answers[offered.id]
            self._take_effect(self.thing(Job, offered.id), approval, offered.net_cents, at=at, by=by)
            values = {"job_id": offered.id, "approval": approval, "amount_cents": offered.net_cents}
            self._add(Decision, consent_id=consent.id, **values)
        approved = [job.id for job in ticket.jobs if job.is_approved]
        ticket.approved_cents = offer.total_of(approved)
        settle(ticket)
        self._record_ticket(
            Action.CONSENT_GIVEN,
            ticket,
            at=at,
            by=by,
            changes={"name": (None, name), **({"words": (None, words)} if words else {})},
            version=version.number,
            channel=channel.words,
            verb=channel.verb,
            answer=in_short([answers[offered.id] for offered in offer.asked]),
        )
        if approved and ticket.status in (Status.DRAFT, Status.ESTIMATE):
            self._set_status(ticket, Status.APPROVED, at=at, by=by)
        return consent

    def _read_odometer(self, vehicle: Vehicle, odometer: int | None, *, at: datetime, by: int) -> None:
        changes = apply_changes(vehicle, {"odometer": odometer})
        if changes:
            vehicle.version += 1
            self._record(Action.VEHICLE_CHANGED, vehicle, at=at, by=by, changes=changes, vehicle=vehicle.label)

    def _price_as_today(self, ticket: Ticket) -> None:
        ticket.rates = self.things[Rates][-1] if self.things[Rates] else None
        ticket.rates_id = ticket.rates and ticket.rates.id

    def _set_status(self, ticket: Ticket, to: Status, *, reason: str = "", at: datetime, by: int | None) -> None:
        ticket.cancel_reason = reason if to is Status.CANCELLED else ""
        was, ticket.status = ticket.status, to
        if to is Status.READY and ticket.completed_at is None:
            ticket.completed_at = at
        changes = {"reason": ("", reason)} if reason else None
        self._record_ticket(Action.TICKET_MOVED, ticket, at=at, by=by, changes=changes, was=was.value, to=to.value)

    def _new_job(self, ticket: Ticket, complaint: str, *, at: datetime) -> Job:
        job = self._add(
            Job,
            ticket_id=ticket.id,
            position=len(ticket.every_job) + 1,
            complaint=complaint,
            cause="",
            correction="",
            approval=Approval.PENDING,
            discount_ppm=0,
            discount_cents=0,
            charge_cents=0,
            version=1,
            created_at=at,
        )
        ticket.every_job.append(job)
        return job

    def _finish(self, job: Job, *, at: datetime, by: int) -> None:
        for line in _by_part([job]):
            if line.supply is Supply.RESERVED:
                self.fit_part(line, at=at, by=by)
        if not job.is_done:
            job.done_at = at
            self._record_ticket(Action.JOB_FINISHED, job.ticket, at=at, by=by, position=job.position)

    def _new_line(
        self,
        job: Job,
        kind: LineKind,
        *,
        quantity: int = 1,
        cost_cents: int = 0,
        core_cents: int = 0,
        at: datetime,
        **values: Any,
    ) -> Line:
        belongs = {"ticket_id": job.ticket_id, "job_id": job.id, "version": 1, "created_at": at}
        line = self._add(
            Line, kind=kind, quantity=quantity, cost_cents=cost_cents, core_cents=core_cents, **belongs, **values
        )
        job.every_line.append(line)
        self._settle_approved(job)
        return line

    def _new_part_line(self, job: Job, part: Part, quantity: int, core_cents: int, *, at: datetime) -> Line:
        return self._new_line(
            job,
            LineKind.PART,
            part=part,
            part_id=part.id,
            description=part.name,
            quantity=quantity,
            price_cents=part.price_cents,
            cost_cents=part.cost_cents,
            core_cents=core_cents,
            supply=Supply.WANTED,
            at=at,
        )

    def _line_added(self, line: Line, *, at: datetime, by: int) -> Line:
        kind = line.kind.value
        self._record_ticket(Action.LINE_ADDED, line.job.ticket, at=at, by=by, changes=named(line), kind=kind)
        return line

    def _reserve(self, line: Line) -> None:
        line.stocked.reserved += line.quantity
        line.supply = Supply.RESERVED

    def _give_back(self, jobs: Iterable[Job], *, at: datetime, by: int | None) -> None:
        for line in _by_part(jobs):
            self._give_line_back(line, at=at, by=by)

    def _give_line_back(self, line: Line, *, at: datetime, by: int | None) -> None:
        if line.part is None or line.is_wanted:
            return
        if line.supply is Supply.RESERVED:
            line.part.reserved -= line.quantity
        else:
            self._shift(line.part, MoveKind.RETURNED, line.quantity, ticket=line.job.ticket, at=at, by=by)
        line.supply = Supply.WANTED
        self._record_part(Action.PART_RETURNED, line, at=at, by=by)

    def _next_version(self, ticket: Ticket, *, at: datetime, by: int) -> EstimateVersion:
        settle(ticket)
        version = self._add(
            EstimateVersion,
            ticket=ticket,
            ticket_id=ticket.id,
            number=len(ticket.versions) + 1,
            at=at,
            by_id=by,
            total_cents=ticket.total_cents,
            content=estimate.written_down(ticket),
        )
        self._record_ticket(Action.ESTIMATE_SENT, ticket, at=at, by=by, version=version.number)
        return version

    def _consent_at_the_counter(self, ticket: Ticket, *, at: datetime, by: int) -> None:
        answers = {job.id: Approval.APPROVED for job in ticket.undecided_jobs}
        if answers:
            version = self._next_version(ticket, at=at, by=by)
            self.answer(version, answers=answers, name=ticket.customer.name, channel=Channel.COUNTER, at=at, by=by)

    def _take_effect(self, job: Job, approval: Approval, amount: int, *, at: datetime, by: int | None) -> None:
        job.approval = approval
        job.approved_cents = amount if approval is Approval.APPROVED else None
        if approval is not Approval.APPROVED:
            self._give_back([job], at=at, by=by)
            return
        for line in _by_part([job]):
            if line.is_wanted and not line.is_missing:
                self._reserve(line)
                self._record_part(Action.PART_USED, line, at=at, by=by)

    def _settle_approved(self, job: Job) -> None:
        if job.is_approved:
            settle(job.ticket)

    def _record_part(self, action: Action, line: Line, *, at: datetime, by: int | None) -> None:
        facts = {"part": line.stocked.name, "part_id": line.part_id, "quantity": line.quantity}
        self._record_ticket(action, line.job.ticket, at=at, by=by, **facts)

    def _record_ticket(self, action: Action, ticket: Ticket, /, *, at: datetime, by: int | None, **more: Any) -> None:
        ticket.touched_at = at
        self._record(action, ticket, at=at, by=by, **more)


def _by_part(jobs: Iterable[Job]) -> list[Line]:
    """The lines with parts from stock, in the order in which the commands take them."""
    lines = [line for job in jobs for line in job.lines if line.part is not None]
    return sorted(lines, key=lambda line: (line.part_id, line.id))
