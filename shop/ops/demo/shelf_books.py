"""The demo shop's books about parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shop.audit.actions import Action
from shop.inventory.models import MoveKind, Part, StockMove
from shop.ops.demo.ledger import Ledger, first
from shop.tickets.models import Ticket


class ShelfBooks(Ledger):
    def add_part(self, *, on_hand: int, at: datetime, by: int, **values: Any) -> Part:
        part = self._add(Part, on_hand=0, reserved=0, version=1, created_at=at, **values)
        self._record(Action.PART_ADDED, part, at=at, by=by, changes=first(values))
        if on_hand:
            self.count(part, on_hand, reason="Opening stock", at=at, by=by)
        return part

    def change_price(self, part: Part, price_cents: int, *, at: datetime, by: int) -> None:
        changes = {"price_cents": (part.price_cents, price_cents)}
        part.price_cents = price_cents
        part.version += 1
        self._record(Action.PART_CHANGED, part, at=at, by=by, changes=changes)

    def receive(self, part: Part, quantity: int, *, reason: str, at: datetime, by: int) -> None:
        self._shift(part, MoveKind.RECEIVED, quantity, reason=reason, at=at, by=by)

    def count(self, part: Part, quantity: int, *, reason: str, at: datetime, by: int) -> None:
        self._shift(part, MoveKind.COUNTED, quantity - part.on_hand, reason=reason, at=at, by=by)

    def scrap(self, part: Part, quantity: int, *, reason: str, at: datetime, by: int) -> None:
        self._shift(part, MoveKind.SCRAPPED, -quantity, reason=reason, at=at, by=by)

    def _shift(
        self,
        part: Part,
        kind: MoveKind,
        delta: int,
        *,
        reason: str = "",
        ticket: Ticket | None = None,
        at: datetime,
        by: int | None,
    ) -> None:
        part.on_hand += delta
        values = {
            "kind": kind,
            "quantity": delta,
            "balance": part.on_hand,
            "reason": ticket.label if ticket else reason,
            "ticket_id": ticket.id if ticket else None,
        }
        self._row(StockMove, part_id=part.id, by_id=by, at=at, **values)
        said = part.on_hand if kind is MoveKind.COUNTED else abs(delta)
        facts: dict[str, Any] = {"kind": kind.value, "quantity": said, "balance": part.on_hand}
        self._record(Action.PART_MOVED, part, at=at, by=by, **facts)
