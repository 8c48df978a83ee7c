"""Parts and stock moves."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String, event, select
from sqlalchemy.orm import Mapped, mapped_column, validates

from shop.common.base import Archivable, Base, Cents, Dated, Moment, Versioned, choice, not_negative, table_args
from shop.common.clock import now
from shop.common.money import round_half_up
from shop.common.text import folded, squeezed
from shop.common.words import Words, keep, source, spelt, spelt_code, words_of

MAX_NAME = 120
MAX_SKU = 40
MAX_LOCATION = 40
MAX_REASON = 200
MAX_QUANTITY = 1_000_000


class Part(Base, Versioned, Dated, Archivable):
    """A kind of part on the shelf. ``on_hand`` and ``reserved`` change in ``inventory.stock`` and nowhere else."""

    __tablename__ = "part"
    __table_args__ = table_args(
        not_negative("on_hand"),
        not_negative("price_cents"),
        not_negative("cost_cents"),
        not_negative("minimum"),
        not_negative("reserved"),
        CheckConstraint("reserved <= on_hand", name="reserved_is_there"),
        Index(None, "archived_at", "id"),
        Index(None, "price_cents", "id"),
        Index(None, "on_hand", "id"),
        Index(None, "is_short", "name_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    name_key: Mapped[str | None] = mapped_column(String(MAX_NAME * 2), unique=True)  # NULL once archived
    sku: Mapped[str | None] = mapped_column(String(MAX_SKU))
    sku_key: Mapped[str | None] = mapped_column(String(MAX_SKU), unique=True)  # NULL once archived
    price_cents: Mapped[Cents]
    cost_cents: Mapped[Cents] = mapped_column(default=0)
    minimum: Mapped[int] = mapped_column(default=0)
    location: Mapped[str] = mapped_column(String(MAX_LOCATION), default="")
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)  # of those on hand, kept for tickets
    # The database's own reading of ``is_low``: in a well kept shop these are few, however many parts it has.
    is_short: Mapped[bool | None] = mapped_column(
        Computed("on_hand - reserved < minimum", persisted=True), deferred=True
    )

    @validates("name", "sku")
    def _keep_keys(self, field: str, value: str | None) -> str | None:
        if field == "name":
            self.name_key = folded(value or "")
        else:
            self.sku_key = squeezed(value) or None if value else None
        return value or None

    @property
    def available(self) -> int:
        """How many a ticket can still take."""
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        return self.available < self.minimum

    @property
    def is_missed(self) -> bool:
        """Low, and on the shop's list."""
        return self.is_low and not self.is_archived

    @property
    def margin_cents(self) -> int:
        """What one sold part leaves."""
        return self.price_cents - self.cost_cents

    @property
    def margin_percent(self) -> int | None:
        """The margin as whole percent of the price; None for a part that is given away."""
        return round_half_up(Decimal(self.margin_cents * 100) / self.price_cents) if self.price_cents else None

    @property
    def label(self) -> str:
        return self.name


class PartWords(Words, Base):
    """What a part is found by: name, SKU and where it lies."""

    __tablename__ = "part_words"
    __table_args__ = table_args()

    id: Mapped[int] = mapped_column(ForeignKey("part.id"), primary_key=True)


def _words_of_part(rows: list[Any]) -> str:
    (part,) = rows
    return words_of(names=[*spelt(part.name), *spelt_code(part.sku), *spelt_code(part.location)])


keep(
    PartWords,
    source(Part, "name sku location", column=Part.id),
    of=Part.id,
    rows=select(Part.id, Part.name, Part.sku, Part.location),
    spell=_words_of_part,
)


class MoveKind(Enum):
    """Why a quantity changed; the sign says which way a move of this kind goes (0: either)."""

    RECEIVED = "received"
    USED = "used"
    RETURNED = "returned"
    COUNTED = "counted"
    SCRAPPED = "scrapped"

    @property
    def title(self) -> str:
        return self.value.capitalize()

    @property
    def icon(self) -> str:
        return {
            "received": "package-plus",
            "used": "wrench",
            "returned": "undo-2",
            "counted": "clipboard-check",
            "scrapped": "package-x",
        }[self.value]

    @property
    def sign(self) -> int:
        return {"received": 1, "used": -1, "returned": 1, "counted": 0, "scrapped": -1}[self.value]


class StockMove(Base):
    """One change of one part's quantity. Never altered: a mistake is put right by another move."""

    __tablename__ = "stock_move"
    __table_args__ = table_args(
        Index(None, "part_id", "id"),
        not_negative("balance"),
        CheckConstraint("quantity <> 0 OR kind = 'counted'", name="quantity_moves_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("part.id"))
    kind: Mapped[MoveKind] = mapped_column(choice(MoveKind, "kind"))
    quantity: Mapped[int]  # signed: what this move added to the shelf
    balance: Mapped[int]  # on the shelf right after it
    reason: Mapped[str] = mapped_column(String(MAX_REASON), default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)


@event.listens_for(StockMove, "before_update")
@event.listens_for(StockMove, "before_delete")
def _refuse(mapper: Any, connection: Any, move: StockMove) -> None:
    raise RuntimeError("A stock move is never altered; put a mistake right with another move.")
