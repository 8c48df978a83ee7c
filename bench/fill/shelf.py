"""The shelf while the tickets come: deliveries before it runs out, what the tickets take, and what is short today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import itemgetter

from bench.fill.patterns import Pattern
from shop.inventory.models import MoveKind, Part
from shop.ops.demo.parts import SHORT
from shop.ops.demo.people import DESK, OWNER
from shop.tickets.models import FIRST_NUMBER

MoveRow = Sequence[object]

_RECEIVED, _COUNTED = MoveKind.RECEIVED.value, MoveKind.COUNTED.value
_BEFORE_FIRST = FIRST_NUMBER - 1
_MIDNIGHT = "00:00:00.000000"


class Shelf:
    """``parts`` are the demo's; each of ``makes`` has one of every kind, and their ids follow each other."""

    def __init__(self, parts: list[Part], makes: int, dates: Sequence[str]) -> None:
        self.parts = parts
        self._dates = dates
        self._minimum = [0, *(part.minimum for part in parts)]
        self._pending: dict[int, list[tuple[str, int, str, int, int, int | None]]] = defaultdict(list)
        self._last_move = 0
        self.on_hand = [0] * (len(parts) * makes + 1)
        self.reserved = [0] * (len(parts) * makes + 1)

    def expect(self, pattern: Pattern, make: int, *, ticket: int, day: int) -> int:
        """Note what a ticket is going to take; answers what is added to the ids of the parts of its pattern."""
        shift = make * len(self.parts)
        for move in pattern.moves:
            waiting = self._pending[day + move.days]
            waiting.append((move.time, move.part + shift, move.kind, move.quantity, ticket, move.by))
        for part, quantity in pattern.reserved:
            self.reserved[part + shift] += quantity
        return shift

    def first_moves(self) -> list[MoveRow]:
        """What there is when the books are opened."""
        return [
            self._moved(
                part,
                _COUNTED,
                2 * self._minimum_of(part) + 4,
                "Opening stock",
                None,
                OWNER,
                f"{self._dates[0]} {_MIDNIGHT}",
            )
            for part in range(1, len(self.on_hand))
        ]

    def last_moves(self, today: int) -> list[MoveRow]:
        """Today the shelf has what is kept for tickets; of some parts no more than that."""
        return list(self._last_moves(today))

    def moves_of(self, day: int) -> list[MoveRow]:
        """What the tickets take on a day and bring back, and the deliveries without which it would run out."""
        on_hand, date = self.on_hand, self._dates[day]
        moves: list[MoveRow] = []
        last = self._last_move
        for time, part, kind, quantity, ticket, by in sorted(self._pending.pop(day, ()), key=itemgetter(0)):
            at = f"{date} {time}"
            left = on_hand[part] + quantity
            if left < 0:
                lot = 8 + 4 * self._minimum_of(part)
                last, left = last + 1, left + lot
                moves.append((last, part, _RECEIVED, lot, left - quantity, f"Delivery {date}", None, DESK, at))
            last += 1
            on_hand[part] = left
            moves.append((last, part, kind, quantity, left, f"#{ticket + _BEFORE_FIRST}", ticket, by, at))
        self._last_move = last
        return moves

    def _last_moves(self, today: int) -> Iterator[MoveRow]:
        at = f"{self._dates[today]} {_MIDNIGHT}"
        for part in range(1, len(self.on_hand)):
            kept, sku = self.reserved[part], self._like(part).sku or ""
            if sku in SHORT and self.on_hand[part] != kept + SHORT[sku]:
                missing = kept + SHORT[sku] - self.on_hand[part]
                yield self._moved(part, _COUNTED, missing, "Shelf check", None, DESK, at)
            elif self.on_hand[part] < kept + self._minimum_of(part):
                lot = kept + 2 * self._minimum_of(part) - self.on_hand[part]
                yield self._moved(part, _RECEIVED, lot, "Delivery", None, DESK, at)

    def _moved(
        self, part: int, kind: str, quantity: int, reason: str, ticket: int | None, by: int | None, at: str
    ) -> MoveRow:
        self._last_move += 1
        self.on_hand[part] += quantity
        return (self._last_move, part, kind, quantity, self.on_hand[part], reason, ticket, by, at)

    def _like(self, part: int) -> Part:
        return self.parts[(part - 1) % len(self.parts)]

    def _minimum_of(self, part: int) -> int:
        return self._like(part).minimum
