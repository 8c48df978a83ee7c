"""The shop's prices and rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, event
from sqlalchemy.orm import Mapped, mapped_column

from shop.common.base import Base, Cents, Moment, Versioned, not_negative, table_args
from shop.common.clock import now
from shop.common.pricing import WHOLE, Rules

MAX_HOURS = 24 * 365
MAX_LINK_DAYS = 365


class Rates(Base):
    """The prices and taxes of a stretch of time. Never altered: a change is a new row, and old tickets keep theirs."""

    __tablename__ = "rates"
    __table_args__ = table_args(
        *(not_negative(column) for column in ("labour_cents", "supplies_cap_cents")),
        *(
            CheckConstraint(f"{column} >= 0 AND {column} <= {WHOLE}", name=f"{column}_possible")
            for column in ("labour_tax_ppm", "part_tax_ppm", "fee_tax_ppm", "sublet_tax_ppm", "supplies_ppm")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(Moment, default=now)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    labour_cents: Mapped[Cents] = mapped_column(default=12_000)  # an hour
    labour_tax_ppm: Mapped[int] = mapped_column(default=0)
    part_tax_ppm: Mapped[int] = mapped_column(default=0)
    fee_tax_ppm: Mapped[int] = mapped_column(default=0)
    sublet_tax_ppm: Mapped[int] = mapped_column(default=0)
    includes_tax: Mapped[bool] = mapped_column(default=False)
    supplies_ppm: Mapped[int] = mapped_column(default=0)
    supplies_on_labour: Mapped[bool] = mapped_column(default=True)
    supplies_on_parts: Mapped[bool] = mapped_column(default=True)
    supplies_cap_cents: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def version(self) -> int:
        """Which rates a form was filled from; 0 for the standard ones, which are not stored."""
        return self.id or 0

    @property
    def rules(self) -> Rules:
        return Rules(
            labour_tax_ppm=self.labour_tax_ppm,
            part_tax_ppm=self.part_tax_ppm,
            fee_tax_ppm=self.fee_tax_ppm,
            sublet_tax_ppm=self.sublet_tax_ppm,
            includes_tax=self.includes_tax,
            supplies_ppm=self.supplies_ppm,
            supplies_on_labour=self.supplies_on_labour,
            supplies_on_parts=self.supplies_on_parts,
            supplies_cap_cents=self.supplies_cap_cents,
        )


class ShopRules(Base, Versioned):
    """The one row of what the shop insists on."""

    __tablename__ = "shop_rules"
    __table_args__ = table_args(not_negative("tolerance_cents"))

    id: Mapped[int] = mapped_column(primary_key=True)
    tolerance_cents: Mapped[Cents] = mapped_column(default=0)  # how far a bill may go over what was approved
    needs_odometer_in: Mapped[bool] = mapped_column(default=False)  # before work starts
    needs_odometer_out: Mapped[bool] = mapped_column(default=False)  # before the invoice
    needs_mechanic: Mapped[bool] = mapped_column(default=False)  # before work starts
    needs_correction: Mapped[bool] = mapped_column(default=False)  # what was done, before the quality check
    untouched_hours: Mapped[int] = mapped_column(default=24)  # from when on the board says that nobody touched it
    link_days: Mapped[int] = mapped_column(default=30)  # how long a customer's link works


@event.listens_for(Rates, "before_update")
@event.listens_for(Rates, "before_delete")
def _refuse(mapper: Any, connection: Any, rates: Rates) -> None:
    raise RuntimeError("Rates are never altered; tickets of their time refer to them.")
