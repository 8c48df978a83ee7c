"""What is still going on for a customer, a vehicle, a mechanic or a part, asked by features before the tickets.

They can't import those, so the tickets leave their finder here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class OpenTicket:
    id: int
    number: int
    customer: str
    awaited: int = 0  # of a part: how many its approved jobs want that were not taken from the shelf yet

    @property
    def label(self) -> str:
        return f"#{self.number}"


finders: list[Callable[[Any], list[OpenTicket]]] = []


def open_work_of(thing: Any) -> list[OpenTicket]:
    """The open tickets of a customer, of a vehicle, that a mechanic is on, or that want a part; the oldest first."""
    return [ticket for find in finders for ticket in find(thing)]
