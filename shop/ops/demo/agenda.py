"""What is going to happen in the demo shop, in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any

from shop.ops.demo.opening_hours import later

Step = Callable[[], object]


class Agenda:
    """Steps wait for their time; doing one may plan others. Nothing happens after ``end``."""

    def __init__(self, end: datetime, chance: Random) -> None:
        self.end = end
        self._chance = chance
        self._steps: list[tuple[datetime, int, Step]] = []
        self._order = count()

    def plan(self, at: datetime, step: Callable[..., object], *args: Any, **more: Any) -> None:
        """Do ``step(*args, at=at, **more)`` when its time comes."""
        if at <= self.end:
            todo: Step = partial(step, *args, at=at, **more)
            heapq.heappush(self._steps, (at, next(self._order), todo))

    def days_ago(self, days: float) -> datetime:
        """A moment within opening hours, about so many days before the end."""
        return later(self.end - timedelta(days=days), self._chance.uniform(0, 1))

    def run(self) -> None:
        while self._steps:
            _, _, step = heapq.heappop(self._steps)
            step()
