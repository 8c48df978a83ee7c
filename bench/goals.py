"""What the shop wants to reach, from goals.toml, and whether it did."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "goals.toml"

#: A goal missed by less than this part of it may stand, with the reason.
_NEAR = 0.1


class Verdict(Enum):
    REACHED = "reached"
    NEARLY = "nearly"
    MISSED = "MISSED"


@dataclass(frozen=True, slots=True)
class Goal:
    """At least or at most so much of a figure."""

    figure: str
    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.figure} {self.sign} {self.value:g}"

    def verdict(self, measured: float) -> Verdict:
        over = measured - self.value if self.sign == "<=" else self.value - measured
        if over <= 0:
            return Verdict.REACHED
        return Verdict.NEARLY if over < abs(self.value) * _NEAR else Verdict.MISSED


class Goals:
    """All goals. A table is named like the rows it is for; below it stand figures, or the server or database that
    further figures are for alone.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self._tables = tables

    @classmethod
    def read(cls, path: Path = FILE) -> Goals:
        return cls(tomllib.loads(path.read_text(encoding="utf-8")))

    def of(self, row: str, *present: str) -> list[Goal]:
        """The goals of a row under the server and on the database that are measured."""
        found: dict[str, Goal] = {}
        for pattern, table in self._tables.items():
            if fnmatchcase(row, pattern):
                found |= {goal.figure: goal for goal in _goals(table, present)}
        return list(found.values())


def _goals(table: Mapping[str, Any], present: tuple[str, ...]) -> Iterator[Goal]:
    for name, value in table.items():
        if isinstance(value, str):
            sign, number = value.split()
            yield Goal(name, sign, float(number))
        elif name in present:
            yield from _goals(value, present)
