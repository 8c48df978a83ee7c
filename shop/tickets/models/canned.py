"""Jobs that the shop does again and again, ready to be put on a ticket."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from shop.common.base import Archivable, Base, Cents, Dated, Versioned, choice, not_negative, table_args
from shop.common.text import folded
from shop.inventory.models import Part
from shop.tickets.models.job import MAX_DESCRIPTION, MAX_JOB, LineKind


class CannedJob(Base, Versioned, Dated, Archivable):
    """A job saved to be used again; its labour is charged at the rate of the day it is used."""

    __tablename__ = "canned_job"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_JOB))
    name_key: Mapped[str | None] = mapped_column(String(MAX_JOB * 2), unique=True)  # NULL once archived

    lines: Mapped[list[CannedLine]] = relationship(back_populates="canned_job", order_by="CannedLine.id")

    @validates("name")
    def _keep_key(self, field: str, value: str) -> str:
        self.name_key = folded(value)[: MAX_JOB * 2]
        return value

    @property
    def label(self) -> str:
        return self.name


class CannedLine(Base, Versioned):
    """A line of one. Parts from stock come at the price of the day they are used, so theirs is not kept here."""

    __tablename__ = "canned_line"
    __table_args__ = table_args(not_negative("price_cents"), not_negative("cost_cents"), not_negative("core_cents"))

    id: Mapped[int] = mapped_column(primary_key=True)
    canned_job_id: Mapped[int] = mapped_column(ForeignKey("canned_job.id"), index=True)
    kind: Mapped[LineKind] = mapped_column(choice(LineKind, "kind"))
    description: Mapped[str] = mapped_column(String(MAX_DESCRIPTION))
    quantity: Mapped[int] = mapped_column(default=1)
    minutes: Mapped[int | None]
    price_cents: Mapped[Cents]
    cost_cents: Mapped[Cents] = mapped_column(default=0)
    core_cents: Mapped[Cents] = mapped_column(default=0)  # deposit on the old part, each
    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"), index=True)

    canned_job: Mapped[CannedJob] = relationship(back_populates="lines")
    part: Mapped[Part | None] = relationship()

    @property
    def label(self) -> str:
        return self.stocked.name if self.stocked else self.description

    @property
    def stocked(self) -> Part | None:
        """The part that it takes from the shelf, as long as the shop has it."""
        return self.part if self.part is not None and not self.part.is_archived else None

    @property
    def fixed_price_cents(self) -> int | None:
        """Its price, where that is not the one of the day."""
        return None if self.kind is LineKind.LABOUR or self.stocked else self.price_cents
