"""What a trial is: a promise, and a way of trying to break it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.shop import fault_shop

DATABASES = ("SQLite", "PostgreSQL", "MariaDB")


class NotTried(Exception):
    """Something that the trial needs is not on this machine; the sentence says what and how to get it."""


@dataclass(frozen=True)
class Trial:
    """``attempt(shop, times)`` answers a sentence for each thing that was lost or wrong; none is the good news.

    It may raise NotTried, leave in ``shop.noted`` what it saw, and in ``shop.verdicts`` what must be the same on each
    database. ``is_single`` keeps its short form out of the suites of the servers. ``ground(server, name)`` is the shop
    that it is tried on.
    """

    name: str
    promise: str
    how: str
    attempt: Callable[[Any, int], list[str]]
    times: int
    times_if_long: int
    times_if_long_on_sqlite: int | None = None
    databases: tuple[str, ...] = DATABASES
    is_single: bool = False
    is_in_suite: bool = True
    ground: Callable[[str | None, str], AbstractContextManager[Any]] = fault_shop

    def how_often(self, database: str, *, is_long: bool) -> int:
        if not is_long:
            return self.times
        return (database == "SQLite" and self.times_if_long_on_sqlite) or self.times_if_long


@dataclass(frozen=True)
class Result:
    trial: Trial
    database: str
    times: int
    lost: list[str]
    noted: list[str] = field(default_factory=list)
    verdicts: dict[str, str] = field(default_factory=dict)

    def differences(self, others: Iterable[Result]) -> list[str]:
        """A sentence for each verdict that was another one where the same trial was made before."""
        first = next((it for it in others if it.trial is self.trial), None)
        if first is None:
            return []
        return [
            f"{what} was answered {self.verdicts.get(what, 'nothing')}, on {first.database} "
            f"{first.verdicts.get(what, 'nothing')}."
            for what in {**first.verdicts, **self.verdicts}
            if self.verdicts.get(what) != first.verdicts.get(what)
        ]


def drawn(results: list[Result]) -> str:
    """The table of what was promised, how it was tried, how often, and what was lost."""
    heads = ("promise", "how tried", "database", "times", "lost", "seen")
    rows = [
        (it.trial.promise, it.trial.how, it.database, str(it.times), str(len(it.lost)), "; ".join(it.noted))
        for it in results
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (heads, *rows)]
    return "\n".join(line.rstrip() for line in (lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]))
