"""Service tickets, and who works on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.accounts.models import Account
from shop.common import pricing
from shop.common.base import Archivable, Base, Cents, Dated, Moment, Versioned, choice, not_negative, table_args
from shop.common.clock import now
from shop.common.pricing import Bill
from shop.common.roles import Role
from shop.customers.models import Customer, Vehicle
from shop.mechanics.models import Mechanic
from shop.settings.models import Rates
from shop.settings.queries import rates_or_standard
from shop.tickets.lifecycle import PROMISE_KEPT, Move, Status, moves_for

if TYPE_CHECKING:
    from shop.tickets.models.consent import EstimateVersion
    from shop.tickets.models.job import Job, Line

MAX_COMPLAINT = 2000
CAME_BACK = "Came back: "
_FINISHED = PROMISE_KEPT - {Status.CANCELLED}
MAX_REASON = 200
FIRST_NUMBER = 1001


class Ticket(Base, Versioned, Dated, Archivable):
    """One visit of one vehicle, from the complaint to the keys handed back."""

    __tablename__ = "ticket"
    __table_args__ = table_args(
        CheckConstraint("status <> 'cancelled' OR cancel_reason <> ''", name="cancelled_with_reason"),
        Index(None, "customer_id", "id"),
        Index(None, "vehicle_id", "id"),
        Index(None, "status", "id"),
        Index(None, "is_open", "id"),
        Index(None, "is_open", "promised_at", "id"),
        Index(None, "promised_at", "id"),
        Index(None, "completed_at", "id"),
        not_negative("odometer_in"),
        not_negative("odometer_out"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)  # gapless, from ``TicketNumber``; never reused
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicle.id"))
    complaint: Mapped[str] = mapped_column(Text)
    status: Mapped[Status] = mapped_column(choice(Status, "status"), default=Status.DRAFT)
    # The database's own reading of ``Status.is_open``: what is open is a handful, however old the shop is.
    is_open: Mapped[bool | None] = mapped_column(
        Computed("status NOT IN ('picked_up', 'cancelled')", persisted=True), deferred=True
    )
    promised_at: Mapped[datetime | None] = mapped_column(Moment)
    completed_at: Mapped[datetime | None] = mapped_column(Moment)  # first reached ``ready``
    cancel_reason: Mapped[str] = mapped_column(String(MAX_REASON), default="")
    touched_at: Mapped[datetime] = mapped_column(Moment, default=now)  # last change of any kind
    odometer_in: Mapped[int | None]
    odometer_out: Mapped[int | None]
    comeback_of_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    rates_id: Mapped[int | None] = mapped_column(ForeignKey("rates.id"), index=True)  # None: the standard ones
    # Kept, so that lists need not add up: what the jobs that count come to, and their billed time.
    total_cents: Mapped[Cents] = mapped_column(default=0)
    tax_cents: Mapped[Cents] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=0)
    approved_cents: Mapped[Cents] = mapped_column(default=0)  # the whole sum that was last consented to
    comebacks: Mapped[int] = mapped_column(default=0)  # that were neither cancelled nor archived
    over_cents: Mapped[Cents] = mapped_column(default=0)  # kept as well: how far the approved jobs go beyond it

    customer: Mapped[Customer] = relationship()
    vehicle: Mapped[Vehicle | None] = relationship()
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="ticket", order_by="Assignment.id", cascade="all, delete-orphan"
    )
    every_job: Mapped[list[Job]] = relationship("Job", back_populates="ticket", order_by="Job.position, Job.id")
    versions: Mapped[list[EstimateVersion]] = relationship(
        "EstimateVersion", back_populates="ticket", order_by="EstimateVersion.number"
    )
    rates: Mapped[Rates | None] = relationship()
    comeback_of: Mapped[Ticket | None] = relationship(remote_side="Ticket.id")

    @property
    def label(self) -> str:
        return f"#{self.number}"

    @property
    def first_line(self) -> str:
        return self.complaint.partition("\n")[0]

    @property
    def mechanics(self) -> list[Mechanic]:
        return [assignment.mechanic for assignment in self.assignments]

    @property
    def jobs(self) -> list[Job]:
        """In their order, without those that were taken off."""
        return [job for job in self.every_job if job.removed_at is None]

    @property
    def part_lines(self) -> list[Line]:
        """The parts from stock on jobs that were not taken off."""
        return [line for job in self.jobs for line in job.lines if line.part_id is not None]

    @property
    def jobs_for_parts(self) -> list[Job]:
        """The jobs that a part can be put on, the most likely first: approved and not done."""
        return sorted((job for job in self.jobs if job.is_charged), key=lambda job: (job.is_done, not job.is_approved))

    @property
    def can_take_work(self) -> bool:
        """Mechanics and parts may still be added and removed."""
        return self.status.takes_work and not self.is_archived

    @property
    def is_waiting_for_parts(self) -> bool:
        """The work is approved, and some part for it is not on the shelf."""
        return self.status.is_work and bool(self.missing_parts)

    @property
    def missing_parts(self) -> list[Line]:
        """Parts of approved jobs that the shelf lacks."""
        return [line for job in self.jobs if job.is_approved for line in job.missing_parts]

    @property
    def is_promise_open(self) -> bool:
        """Whether time still runs against the promise."""
        return self.promised_at is not None and self.status not in PROMISE_KEPT

    @property
    def bill(self) -> Bill:
        """What the jobs that count come to: neither declined nor put off."""
        return self.bill_of([job for job in self.jobs if job.is_charged])

    @property
    def approved_bill(self) -> Bill:
        """What the approved jobs come to now: what an invoice would ask for."""
        return self.bill_of([job for job in self.jobs if job.is_approved])

    def bill_of(self, jobs: Sequence[Job]) -> Bill:
        return pricing.bill([job.charges for job in jobs], rates_or_standard(self.rates).rules)

    @property
    def growth_cents(self) -> int:
        """How far the approved jobs go beyond the customer's consent: one by one, or the sum of it all.

        ``over_cents`` is what it was at the end of the last change.
        """
        grown = sum(job.over_cents for job in self.jobs)
        return max(grown, self.approved_bill.total - self.approved_cents)

    @property
    def is_over_in_sum_alone(self) -> bool:
        """No job has grown, but all of them together have: tax or shop supplies do that."""
        return self.over_cents > 0 and not any(job.over_cents for job in self.jobs)

    @property
    def cost_cents(self) -> int:
        return sum(job.cost_cents for job in self.jobs if job.is_charged)

    @property
    def margin_cents(self) -> int:
        """What is left of the net price when parts and sublets are paid."""
        bill = self.bill
        return bill.total - bill.tax - self.cost_cents

    @property
    def undecided_jobs(self) -> list[Job]:
        """Those that the customer is to be asked about; every approved one once more when the sum alone has grown."""
        return [job for job in self.jobs if job.asks_for_consent or (job.is_approved and self.is_over_in_sum_alone)]

    @property
    def is_turned_down(self) -> bool:
        """The customer was asked about every job, and wants none of them done, at least not now."""
        return bool(self.jobs) and not any(job.is_charged for job in self.jobs)

    @property
    def can_come_back(self) -> bool:
        """The repair was finished, so that it can turn out not to have held."""
        return self.completed_at is not None and self.status in _FINISHED

    @property
    def complaint_of_a_comeback(self) -> str:
        """The customer's own words, or where they declined what they came for, what was done instead."""
        done = [job.complaint for job in self.jobs if job.is_approved]
        is_about_it = not done or self.jobs[0].is_approved
        words = self.complaint if is_about_it else "\n".join(done)
        return (CAME_BACK + words.removeprefix(CAME_BACK))[:MAX_COMPLAINT]

    @property
    def unfinished_jobs(self) -> list[Job]:
        """Approved, and not marked as done."""
        return [job for job in self.jobs if job.is_approved and not job.is_done]

    @property
    def is_every_job_done(self) -> bool:
        """There is approved work, and all of it is done."""
        approved = [job for job in self.jobs if job.is_approved]
        return bool(approved) and all(job.is_done for job in approved)

    @property
    def odometer_readings(self) -> set[int]:
        """What the odometer was read as, on arrival and at the end."""
        return {reading for reading in (self.odometer_in, self.odometer_out) if reading is not None}

    @property
    def latest_version(self) -> EstimateVersion | None:
        return self.versions[-1] if self.versions else None

    def moves(self, role: Role) -> list[Move]:
        return (
            [] if self.is_archived else moves_for(self.status, role, has_work=any(job.is_charged for job in self.jobs))
        )

    def is_worked_by(self, account: Account) -> bool:
        return account.mechanic_id is not None and account.mechanic_id in {a.mechanic_id for a in self.assignments}

    def can_take_parts_from(self, account: Account) -> bool:
        """Desk and owner, and the mechanics who are on the ticket."""
        return account.works_the_desk or self.is_worked_by(account)


class Assignment(Base, Dated):
    """A mechanic on a ticket."""

    __tablename__ = "assignment"
    __table_args__ = table_args(UniqueConstraint("ticket_id", "mechanic_id"), Index(None, "mechanic_id", "ticket_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    mechanic_id: Mapped[int] = mapped_column(ForeignKey("mechanic.id"))

    ticket: Mapped[Ticket] = relationship(back_populates="assignments")
    mechanic: Mapped[Mechanic] = relationship()


class TicketNumber(Base):
    """The one row that says which number the next ticket gets; taken in the transaction that opens it."""

    __tablename__ = "ticket_number"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    next: Mapped[int]
