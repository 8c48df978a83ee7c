"""Jobs, the unit that a customer approves, and the lines that each is made of."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.common import pricing
from shop.common.base import Base, Cents, Dated, Moment, Versioned, choice, not_negative, table_args
from shop.common.pricing import WHOLE, Charge, Charges
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import Approval

if TYPE_CHECKING:
    from shop.tickets.models.ticket import Ticket

MAX_JOB = 200
MAX_CAUSE = 2000
MAX_DESCRIPTION = 200
MAX_MINUTES = 60 * 1000


class Job(Base, Versioned, Dated):
    """Labour, parts and fees that are sold together: complaint, cause, correction."""

    __tablename__ = "job"
    __table_args__ = table_args(
        Index(None, "ticket_id", "position"),
        not_negative("approved_cents"),
        not_negative("discount_cents"),
        CheckConstraint(f"discount_ppm >= 0 AND discount_ppm <= {WHOLE}", name="discount_ppm_possible"),
        CheckConstraint("discount_ppm = 0 OR discount_cents = 0", name="one_discount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    position: Mapped[int]
    complaint: Mapped[str] = mapped_column(String(MAX_JOB))
    cause: Mapped[str] = mapped_column(Text, default="")
    correction: Mapped[str] = mapped_column(Text, default="")
    approval: Mapped[Approval] = mapped_column(choice(Approval, "approval"), default=Approval.PENDING)
    approved_cents: Mapped[int | None] = mapped_column(BigInteger)  # what was consented to
    discount_ppm: Mapped[int] = mapped_column(default=0)
    discount_cents: Mapped[Cents] = mapped_column(default=0)
    charge_cents: Mapped[Cents] = mapped_column(default=0)  # kept: its lines less its discount
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    first_offered_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"), index=True)  # on a ticket before

    ticket: Mapped[Ticket] = relationship("Ticket", back_populates="every_job")
    every_line: Mapped[list[Line]] = relationship(back_populates="job", order_by="Line.id")

    @property
    def label(self) -> str:
        return self.complaint

    @property
    def lines(self) -> list[Line]:
        """Without those that were taken off."""
        return [line for line in self.every_line if line.removed_at is None]

    @property
    def is_charged(self) -> bool:
        """Counted in what the ticket comes to: neither declined nor put off."""
        return self.approval in (Approval.PENDING, Approval.APPROVED)

    @property
    def is_approved(self) -> bool:
        return self.approval is Approval.APPROVED

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    @property
    def keeps_parts(self) -> bool:
        """Some of its parts are kept on the shelf for it, and not in the vehicle yet."""
        return any(line.supply is Supply.RESERVED for line in self.lines)

    @property
    def is_to_finish(self) -> bool:
        """Approved, and either not marked as done or with parts that are still kept on the shelf."""
        return self.is_approved and (not self.is_done or self.keeps_parts)

    @property
    def is_begun(self) -> bool:
        """It is done, or some of its parts are in the vehicle."""
        return self.is_done or any(line.supply is Supply.FITTED for line in self.lines)

    @property
    def asks_for_consent(self) -> bool:
        """Not decided yet, or grown beyond what was approved."""
        return self.approval is Approval.PENDING or self.over_cents > 0

    @property
    def over_cents(self) -> int:
        """How far an approved job has grown beyond what the customer consented to."""
        return max(0, self.charge_cents - (self.approved_cents or 0)) if self.is_approved else 0

    @property
    def charges(self) -> Charges:
        items = [item for line in self.lines for item in line.charges]
        return Charges(items, self.discount_ppm, self.discount_cents)

    @property
    def taken_off_cents(self) -> int:
        """What the discount takes off the lines."""
        return self.charges.discount

    @property
    def cost_cents(self) -> int:
        """What its lines cost the shop; the wages are not among it."""
        return sum(line.total_cost_cents for line in self.lines)

    @property
    def minutes(self) -> int:
        """Billed time."""
        return sum(line.minutes or 0 for line in self.lines)

    @property
    def missing_parts(self) -> list[Line]:
        return [line for line in self.lines if line.is_missing]


class LineKind(Enum):
    LABOUR = "labour"
    PART = "part"
    FEE = "fee"
    SUBLET = "sublet"

    @property
    def title(self) -> str:
        return self.value.capitalize()

    @property
    def icon(self) -> str:
        return {"labour": "clock", "part": "package", "fee": "receipt", "sublet": "truck"}[self.value]


class Supply(Enum):
    """Where the parts of a line are: to come, kept on the shelf for the ticket, or in the vehicle."""

    WANTED = "wanted"
    RESERVED = "reserved"
    FITTED = "fitted"


class Line(Base, Versioned, Dated):
    """One thing charged for, at the price and cost of the day it was put there.

    ``price_cents`` and ``cost_cents`` are for each; for labour they are for an hour, and ``minutes`` is book time.
    """

    __tablename__ = "line"
    __table_args__ = table_args(
        CheckConstraint("quantity > 0", name="quantity_positive"),
        not_negative("price_cents"),
        not_negative("cost_cents"),
        not_negative("core_cents"),
        not_negative("minutes"),
        CheckConstraint("(kind = 'labour') = (minutes IS NOT NULL)", name="labour_has_minutes"),
        CheckConstraint("(part_id IS NULL) = (supply IS NULL)", name="stock_has_supply"),
        CheckConstraint("part_id IS NULL OR kind = 'part'", name="stock_is_part"),
        Index(None, "ticket_id", "id"),
        Index(None, "job_id", "id"),
        Index(None, "part_id", "ticket_id"),
        Index(None, "mechanic_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"))
    kind: Mapped[LineKind] = mapped_column(choice(LineKind, "kind"))
    description: Mapped[str] = mapped_column(String(MAX_DESCRIPTION))
    quantity: Mapped[int] = mapped_column(default=1)
    minutes: Mapped[int | None]
    price_cents: Mapped[Cents]
    cost_cents: Mapped[Cents] = mapped_column(default=0)
    core_cents: Mapped[Cents] = mapped_column(default=0)  # deposit on the old part, each
    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"))
    mechanic_id: Mapped[int | None] = mapped_column(ForeignKey("mechanic.id"))
    supply: Mapped[Supply | None] = mapped_column(choice(Supply, "supply"))
    removed_at: Mapped[datetime | None] = mapped_column(Moment)

    ticket: Mapped[Ticket] = relationship("Ticket")
    job: Mapped[Job] = relationship(back_populates="every_line")
    part: Mapped[Part | None] = relationship()
    mechanic: Mapped[Mechanic | None] = relationship()

    @property
    def label(self) -> str:
        return self.description

    @property
    def stocked(self) -> Part:
        """The part from stock; a line without one has no business with the shelf."""
        if self.part is None:
            raise TypeError(f"Line {self.id} is not from stock.")
        return self.part

    @property
    def is_wanted(self) -> bool:
        return self.supply is Supply.WANTED

    @property
    def is_missing(self) -> bool:
        """Still to come, and the shelf has too few."""
        return self.is_wanted and self.part is not None and self.part.available < self.quantity

    @property
    def charges(self) -> list[tuple[Charge, int]]:
        """What it comes to, rounded; a core is charged apart."""
        match self.kind:
            case LineKind.LABOUR:
                return [(Charge.LABOUR, pricing.labour(self.minutes or 0, self.price_cents))]
            case LineKind.PART:
                core = [(Charge.CORE, self.quantity * self.core_cents)] if self.core_cents else []
                return [(Charge.PART, self.quantity * self.price_cents), *core]
            case LineKind.FEE:
                return [(Charge.FEE, self.quantity * self.price_cents)]
            case LineKind.SUBLET:
                return [(Charge.SUBLET, self.quantity * self.price_cents)]

    @property
    def total_cents(self) -> int:
        return sum(cents for _, cents in self.charges)

    @property
    def total_cost_cents(self) -> int:
        return 0 if self.kind is LineKind.LABOUR else self.quantity * (self.cost_cents + self.core_cents)
