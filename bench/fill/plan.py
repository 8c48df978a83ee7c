"""Who comes when: one row of the plan for each ticket, and what happens on the shelf meanwhile, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from operator import add
from random import Random
from typing import NamedTuple

from bench.fill.patterns import MOST_MECHANICS, PARTS_OF_A_TICKET, Pattern, Patterns
from bench.fill.people import Sizes, known_share
from bench.fill.shelf import Shelf
from shop.ops.demo import visits

PlanRow = tuple[int | None, ...]

_A_DAY = 25  # tickets, as long as that comes to neither less nor more than
_FEWEST_DAYS, _MOST_DAYS = 60, 3650
_OFTEN = 1.3  # how much more often than others the first vehicles and mechanics are there


class Day(NamedTuple):
    """What is written about one day."""

    plan: list[PlanRow]
    moves: list[Sequence[object]]


def days_for(tickets: int) -> int:
    return min(max(tickets // _A_DAY, _FEWEST_DAYS), _MOST_DAYS)


@dataclass(slots=True)
class Planner:
    """``owners`` are the customers to whom the vehicles belong, by the vehicle's id; the first one stands for nobody.

    Days count from ``first_day``, so that ``days`` is the number of today, on which nothing happens yet.
    """

    patterns: Patterns
    sizes: Sizes
    owners: list[int]
    shelf: Shelf
    chance: Random
    first_day: date
    days: int

    def plan(self) -> Iterator[Day]:
        firsts = [1] * len(PARTS_OF_A_TICKET)
        sizes = {pattern.number: pattern.sizes for pattern in self.patterns}
        ticket, in_the_shop = 0, self._in_the_shop()
        for day, opened in self._opened():
            rows: list[PlanRow] = []
            for pattern in opened:
                ticket += 1
                vehicle = pattern.vehicle or (next(in_the_shop) if pattern.is_open else self._vehicle(day))
                make = 0 if pattern.is_told else self._often(self.sizes.makes)
                crew = pattern.crew or self._crew(pattern.mechanics)
                nobody = (None,) * (MOST_MECHANICS - len(crew))
                shift = self.shelf.expect(pattern, make, ticket=ticket, day=day)
                rows.append(
                    (ticket, pattern.number, day, self.owners[vehicle], vehicle, shift, *crew, *nobody, *firsts)
                )
                firsts = list(map(add, firsts, sizes[pattern.number]))
            yield Day(rows, self.shelf.moves_of(day))
        yield Day([], self.shelf.last_moves(self.days))

    def _opened(self) -> Iterator[tuple[int, list[Pattern]]]:
        """By day, the tickets that are opened on it in their order."""
        number = self.sizes.tickets - len(self.patterns.open)
        by_length = self._by_length()
        deck: list[Pattern] = []
        for day in range(self.days + 1):
            wanted = number * (day + 1) // self.days - number * day // self.days if day < self.days else 0
            quick = by_length.get(self.days - 1 - day)
            opened = self._opened_on(day)
            for _ in range(wanted):
                if not deck and not quick:
                    deck = self.chance.sample(self.patterns.closed, len(self.patterns.closed))
                opened.append(self.chance.choice(quick) if quick else deck.pop())
            opened.sort(key=_opened_at)
            yield day, opened

    def _by_length(self) -> dict[int, list[Pattern]]:
        """By days that are left until yesterday, the patterns that are done by then; none where all of them are."""
        closed = self.patterns.closed
        longest = max(pattern.days for pattern in closed)
        return {left: [pattern for pattern in closed if pattern.days <= left] for left in range(longest)}

    def _opened_on(self, day: int) -> list[Pattern]:
        return [pattern for pattern in self.patterns.open if (pattern.opened.date() - self.first_day).days == day]

    def _vehicle(self, day: int) -> int:
        there = int((len(self.owners) - 1) * known_share(day, self.days))
        return int(there * self.chance.random() ** _OFTEN) + 1

    def _in_the_shop(self) -> Iterator[int]:
        """Vehicles for the open tickets: a different one each, as long as there are enough."""
        others = len(self.owners) - visits.TOMAS_CARS[-1] - 1
        for number in count():
            yield visits.TOMAS_CARS[-1] + 1 + number * others // len(self.patterns.open) % others

    def _crew(self, size: int) -> tuple[int, ...]:
        crew: dict[int, None] = {}
        while len(crew) < size:
            crew[self._often(self.sizes.mechanics) + 1] = None
        return tuple(crew)

    def _often(self, number: int) -> int:
        """A number from 0 on, the lower ones more often."""
        return int(number * self.chance.random() ** _OFTEN)


def _opened_at(pattern: Pattern) -> str:
    return pattern.opened_at
