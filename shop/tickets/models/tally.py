"""How much each mechanic did, summed up for every span that the ranking can be asked for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shop.common.base import Base, choice, not_negative, table_args
from shop.common.clock import Period

#: The first day of the span that has no beginning.
EVER = date(1970, 1, 1)


class Tally(Base):
    """A mechanic's tickets in one week, month, quarter or year, or in all of them.

    Kept by ``tickets.tallies`` in the transaction of each change, because adding up a million tickets is slow.
    """

    __tablename__ = "tally"
    __table_args__ = table_args(
        not_negative("completed"),
        not_negative("unfinished"),
        not_negative("came_back"),
    )

    period: Mapped[Period] = mapped_column(choice(Period, "period"), primary_key=True)
    starts_on: Mapped[date] = mapped_column(Date, primary_key=True)
    mechanic_id: Mapped[int] = mapped_column(ForeignKey("mechanic.id"), primary_key=True, index=True)
    completed: Mapped[int] = mapped_column(default=0)  # in the span
    unfinished: Mapped[int] = mapped_column(default=0)  # opened in the span, and never completed
    came_back: Mapped[int] = mapped_column(default=0)  # of those completed
