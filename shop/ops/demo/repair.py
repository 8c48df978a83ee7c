"""One ticket of the demo shop and the people whose hands it goes through, from the look under the hood to the keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.ops.demo import people, prices
from shop.ops.demo.agenda import Agenda
from shop.ops.demo.books import Books
from shop.ops.demo.complaints import CANCEL_REASONS, SECOND_THOUGHTS, SURPRISES, WORDS, Work
from shop.ops.demo.dashboards import Dashboards
from shop.ops.demo.opening_hours import later
from shop.ops.demo.people import DESK, MECHANIC, OWNER
from shop.ops.demo.prices import Charge
from shop.ops.demo.stockroom import Stockroom
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Job, Line, Supply, Ticket

_APPROVED, _DECLINED, _DEFERRED = Approval.APPROVED, Approval.DECLINED, Approval.DEFERRED
_TEST_DRIVE = (1, 9)  # miles
_ON_THE_FLOOR = (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY)
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile Safari/604.1"
_ACCOUNTS = {person.customer: number for number, person in enumerate(people.ACCOUNTS, start=1) if person.customer}


@dataclass(frozen=True, slots=True)
class Shop:
    """Where a repair takes place."""

    books: Books
    agenda: Agenda
    chance: Random
    stockroom: Stockroom
    dashboards: Dashboards

    def clerk(self) -> int:
        return self.chance.choices((DESK, OWNER), (85, 15))[0]


@dataclass(slots=True)
class Repair:
    """``works`` are what the ticket's jobs are about, in their order. A step that a cancelled ticket comes to does
    nothing; each one takes place at the moment ``at``."""

    shop: Shop
    ticket: Ticket
    works: list[Work]
    crew: list[Mechanic]
    waits_for: str | None = None  # the SKU of a part that the shelf lacks
    extra: Work | None = None  # what comes to light in the middle of the work
    _hands: int = field(init=False)

    def __post_init__(self) -> None:
        """Who types it in for the crew: only the first mechanic has an account."""
        self._hands = MECHANIC if any(mechanic.id == 1 for mechanic in self.crew) else self.shop.clerk()

    def look(self, *, at: datetime) -> None:
        """The mechanic reads the odometer, finds the cause, and what else is wrong."""
        if self.ticket.vehicle:
            odometer = self.shop.dashboards.read(self.ticket.vehicle, at=at)
            self.shop.books.edit_ticket(self.ticket, odometer_in=odometer, at=at, by=self._hands)
        for number, work in enumerate(self.works):
            self._note(work, self.ticket.jobs[0] if number == 0 else None, at=at)

    def price(self, *, at: datetime) -> None:
        """The desk writes down what each job takes."""
        by = self.shop.clerk()
        for job, work in zip(self.ticket.jobs, self.works, strict=True):
            self._price(job, work, at=at, by=by)

    def charge(self, charge: Charge, *, at: datetime) -> None:
        """Put one more charge on the first job."""
        self._charge(self.ticket.jobs[0], charge, at=at, by=self.shop.clerk())

    def offer(self, *, at: datetime) -> None:
        """Write the estimate and send it, with the link by which it can be answered."""
        by = self.shop.clerk()
        self.shop.books.write_estimate(self.ticket, at=at, by=by)
        self.shop.books.give_link(self.ticket, at=at, by=by)

    def answer(self, *, at: datetime) -> None:
        """The customer wants what they came for, and thinks twice about the rest."""
        chance, jobs = self.shop.chance, self.ticket.jobs
        others = chance.choices((_APPROVED, _DECLINED, _DEFERRED), (58, 23, 19), k=len(jobs) - 1)
        answers = {job.id: answer for job, answer in zip(jobs, (_APPROVED, *others), strict=True)}
        channels = (Channel.COUNTER, Channel.PHONE, Channel.LINK, Channel.ACCOUNT)
        has_account = self.ticket.customer_id in _ACCOUNTS
        channel = chance.choices(channels, (5, 5, 0, 90) if has_account else (20, 35, 45, 0))[0]
        self._answer(answers, channel, words=self._words(answers), at=at)

    def agree(self, approvals: Sequence[Approval], *, at: datetime) -> None:
        """The customer, signed in, says this to what there is to decide, job by job."""
        asked = self.ticket.undecided_jobs
        answers = {job.id: approval for job, approval in zip(asked, approvals, strict=True)}
        self._answer(answers, Channel.ACCOUNT, at=at)

    def approve(self, *, at: datetime) -> None:
        """The customer stands at the counter and says yes to all of it."""
        self.shop.books.move(self.ticket, Status.APPROVED, at=at, by=self.shop.clerk())

    def assign(self, *, at: datetime) -> None:
        if self.ticket.can_take_work:
            for mechanic in self.crew:
                self.shop.books.assign(self.ticket, mechanic, at=at, by=DESK)

    def fetch(self, *, at: datetime) -> None:
        if self.ticket.can_take_work:
            self.shop.stockroom.fetch(self.ticket, at=at)

    def grow(self, *, at: datetime) -> None:
        """The first job takes longer than the customer has agreed to, and nobody has asked them yet."""
        words, tenths = self.shop.chance.choice(SURPRISES)
        job, who = self.ticket.jobs[0], self.crew[0]
        self.shop.books.add_labour(job, description=words, minutes=tenths * 6, mechanic=who, at=at, by=self._hands)

    def work(self, *, hours: float, at: datetime) -> None:
        """Plan the work on what was approved: one job after the other, for so many working hours."""
        shop, jobs = self.shop, [job for job in self.ticket.jobs if job.is_approved and not job.is_done]
        plan, chance = shop.agenda.plan, shop.chance
        if not jobs:  # sent back by the quality check
            return
        finishes_each = self.extra is None and chance.random() < 0.6
        if self.extra is not None:
            plan(later(at, hours * 0.2), self.find_more, self.extra)
            plan(later(at, hours * 0.5), self.answer_again)
        for number, job in enumerate(jobs):
            begin, length = hours * number / len(jobs), hours / len(jobs)
            for line in job.lines:
                if line.supply is Supply.RESERVED and chance.random() < 0.5:
                    plan(later(at, begin + length * chance.uniform(0.2, 0.7)), self.fit, line)
            if finishes_each:
                plan(later(at, begin + length), self.finish, job)
        if chance.random() < 0.08:
            plan(later(at, hours * 0.75 / len(jobs)), self.swap)

    def find_more(self, work: Work, *, at: datetime) -> None:
        """Something else comes to light: the estimate goes out once more."""
        job = self._note(work, None, at=at)
        self._price(job, work, at=at, by=self._hands)
        self.works.append(work)
        self.offer(at=at)

    def answer_again(self, *, at: datetime) -> None:
        answers = {job.id: self.shop.chance.choice((_APPROVED, _DEFERRED)) for job in self.ticket.undecided_jobs}
        self._answer(answers, Channel.PHONE, at=at)
        self.fetch(at=at)

    def fit(self, line: Line, *, at: datetime) -> None:
        is_ready = line.supply is Supply.RESERVED and not line.job.is_done and not line.job.over_cents
        if is_ready and line.removed_at is None:
            self.shop.books.fit_part(line, at=at, by=self._hands)

    def swap(self, *, at: datetime) -> None:
        """A part was faulty: back it goes, and another one comes."""
        for line in self.ticket.part_lines:
            if line.supply is Supply.FITTED and not line.job.is_done and line.price_cents == line.stocked.price_cents:
                self.shop.books.remove_line(line, at=at, by=self._hands)
                self.shop.stockroom.put_on(line.job, line.stocked, line.quantity, at=at, by=self._hands)
                return

    def finish(self, job: Job, *, at: datetime) -> None:
        if self.ticket.status is Status.IN_PROGRESS and not job.over_cents and not any(map(_is_wanted, job.lines)):
            self._correct(job, at=at)
            self.shop.books.finish_job(job, at=at, by=self._hands)

    def check(self, *, at: datetime) -> None:
        """Off to the quality check with it, unless the last job finished has led there."""
        if self.ticket.status is Status.IN_PROGRESS:
            self.fetch(at=at)
            for job in self.ticket.jobs:
                if job.is_approved and not job.is_done:
                    self._do_without(filter(_is_wanted, job.lines), at=at)
                    self._correct(job, at=at)
            self.shop.books.move(self.ticket, Status.QUALITY_CHECK, at=at, by=self._hands)

    def move(self, to: Status, *, at: datetime) -> None:
        is_back = to is Status.IN_PROGRESS and self.ticket.status is Status.QUALITY_CHECK
        reason = "Still noisy on the test drive" if is_back else ""
        if to is Status.CANCELLED:
            reason = self.shop.chance.choice(CANCEL_REASONS)
        by = self._hands if to in _ON_THE_FLOOR else self.shop.clerk()
        if to is Status.READY and self.ticket.odometer_in is not None:
            driven = self.ticket.odometer_in + self.shop.chance.randint(*_TEST_DRIVE)
            self.shop.books.edit_ticket(self.ticket, odometer_out=driven, at=at, by=by)
        self.shop.books.move(self.ticket, to, reason=reason, at=at, by=by)
        if is_back and self.ticket.promised_at:
            new_promise = later(self.ticket.promised_at, 4)
            promise = self.shop.books.edit_ticket
            self.shop.agenda.plan(at + timedelta(minutes=6), promise, self.ticket, promised_at=new_promise, by=DESK)

    def add_part(self, sku: str, quantity: int, *, at: datetime) -> None:
        """Put a part on the first job, with the owner's consent; it is fitted some weeks later."""
        part = self.shop.stockroom.part(sku)
        line = self.shop.stockroom.put_on(self.ticket.jobs[0], part, quantity, at=at, by=OWNER)
        self.shop.books.write_estimate(self.ticket, at=at, by=OWNER)
        self.agree([_APPROVED], at=at)
        self.fetch(at=at)
        self.shop.agenda.plan(later(at, 200), self.fit, line)

    def _note(self, work: Work, job: Job | None, *, at: datetime) -> Job:
        books = self.shop.books
        job = job or books.add_job(self.ticket, work.complaint, at=at, by=self._hands)
        books.edit_job(job, cause=work.cause, at=at, by=self._hands)
        return job

    def _do_without(self, lines: Iterable[Line], *, at: datetime) -> None:
        """What nobody can deliver is not fitted, and not charged."""
        for line in list(lines):
            self.shop.books.remove_line(line, at=at, by=self._hands)

    def _correct(self, job: Job, *, at: datetime) -> None:
        correction = self.works[job.position - 1].correction
        self.shop.books.edit_job(job, correction=correction, at=at, by=self._hands)

    def _price(self, job: Job, work: Work, *, at: datetime, by: int) -> None:
        books, chance = self.shop.books, self.shop.chance
        who = chance.choice(self.crew)
        books.add_labour(job, description=work.labour, minutes=work.minutes, mechanic=who, at=at, by=by)
        for sku, quantity in work.parts:
            part = self._part(sku, quantity)
            self.shop.stockroom.put_on(job, part, quantity, at=at, by=by)
            for charge in prices.charges_with(part.sku or ""):
                self._charge(job, charge, quantity if charge.is_each else 1, at=at, by=by)
        if self.ticket.comeback_of_id:
            return
        discounts, weights = zip(*prices.DISCOUNTS, strict=True)
        if discount := chance.choices(discounts, weights)[0]:
            books.edit_job(job, **discount, at=at, by=by)

    def _charge(self, job: Job, charge: Charge, quantity: int = 1, *, at: datetime, by: int) -> None:
        values = {"description": charge.description, "price_cents": charge.price_cents, "cost_cents": charge.cost_cents}
        self.shop.books.add_item(job, kind=charge.kind, quantity=quantity, **values, at=at, by=by)

    def _part(self, sku: str, quantity: int) -> Part:
        exactly = self.waits_for if self.waits_for and self.waits_for.startswith(sku) else sku
        return self.shop.stockroom.part(exactly, quantity)

    def _answer(self, answers: dict[int, Approval], channel: Channel, *, words: str = "", at: datetime) -> None:
        is_online = channel in (Channel.LINK, Channel.ACCOUNT)
        customer = self.ticket.customer
        by = None if channel is Channel.LINK else _ACCOUNTS[customer.id] if is_online else self.shop.clerk()
        self.shop.books.answer(
            self.ticket.versions[-1],
            answers=answers,
            name=customer.name,
            words=words,
            channel=channel,
            address=f"203.0.113.{self.shop.chance.randint(1, 254)}" if is_online else "",
            agent=_PHONE if is_online else "",
            at=at,
            by=by,
        )

    def _words(self, answers: dict[int, Approval]) -> str:
        """What some of them add to it."""
        chance = self.shop.chance
        is_all_of_it = all(answer is _APPROVED for answer in answers.values())
        return chance.choice(WORDS if is_all_of_it else SECOND_THOUGHTS) if chance.random() < 0.3 else ""


def _is_wanted(line: Line) -> bool:
    return line.is_wanted
