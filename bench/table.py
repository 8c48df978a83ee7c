"""The table: a row for everything that was measured, with its goals and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.figures import Measured
from bench.goals import Goal, Goals, Verdict

_NOTHING = "-"
_HEAD = ("", "req/s", "of K", "p50 ms", "p99 ms", "CPU us", "SQL", "bytes", "sent", "more", "goals")


@dataclass(frozen=True, slots=True)
class Row:
    """What was seen of one thing. ``figures`` are those that goals can be set for, by their name in goals.toml."""

    title: str
    measured: Measured | None = None
    statements: int | None = None
    raw: int | None = None
    sent: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)  # "of K" among them
    words: str = ""  # further figures, as they are read


@dataclass(frozen=True, slots=True)
class Judged:
    row: Row
    goals: Sequence[tuple[Goal, Verdict]]

    @property
    def is_missed(self) -> bool:
        return any(verdict is Verdict.MISSED for _, verdict in self.goals)


def judged(rows: Iterable[Row], goals: Goals, *present: str) -> list[Judged]:
    """Each row with its goals under this server and on this database."""
    return [Judged(row, _verdicts(row, goals.of(row.title, *present))) for row in rows]


def drawn(rows: Sequence[Judged]) -> str:
    """The table as text."""
    lines = [_HEAD, *(_cells(each) for each in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "\n".join(_aligned(line, widths) for line in lines)


def summary(rows: Sequence[Judged]) -> str:
    """How many goals were reached, and which were not."""
    verdicts = [(each.row.title, goal, verdict) for each in rows for goal, verdict in each.goals]
    said = [f"{len(verdicts)} goals: " + ", ".join(f"{_count(verdicts, each)} {each.value}" for each in Verdict)]
    short = [each for each in verdicts if each[-1] is not Verdict.REACHED]
    said += [f"  {title}: {goal} is {verdict.value}" for title, goal, verdict in short]
    return "\n".join(said)


def _verdicts(row: Row, goals: Sequence[Goal]) -> list[tuple[Goal, Verdict]]:
    known = figures_of(row)
    return [(goal, goal.verdict(known[goal.figure])) for goal in goals if goal.figure in known]


def figures_of(row: Row) -> dict[str, float]:
    """Everything about a row that a goal can be set for. Times in milliseconds."""
    found = dict(row.figures)
    if row.statements is not None:
        found["statements"] = row.statements
    if row.measured is not None:
        found |= {"per_second": row.measured.per_second, "p50": row.measured.p50 / 1000, "p99": row.measured.p99 / 1000}
    return found


def _cells(each: Judged) -> tuple[str, ...]:
    row, measured = each.row, each.row.measured
    speed = (
        (_NOTHING,) * 5
        if measured is None
        else (
            f"{measured.per_second:,.0f}",
            f"{row.figures['of K']:.2f}" if "of K" in row.figures else _NOTHING,
            f"{measured.p50 / 1000:.2f}",
            f"{measured.p99 / 1000:.2f}",
            f"{measured.cpu:,.0f}" if measured.cpu is not None else _NOTHING,
        )
    )
    counts = (_NOTHING if number is None else f"{number:,}" for number in (row.statements, row.raw, row.sent))
    goals = "; ".join(f"{goal} {verdict.value}" for goal, verdict in each.goals)
    return (row.title, *speed, *counts, row.words, goals)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    words = {0, len(widths) - 2, len(widths) - 1}
    cells = (
        cell.ljust(width) if column in words else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _count(verdicts: Iterable[tuple[str, Goal, Verdict]], wanted: Verdict) -> int:
    return sum(1 for *_, verdict in verdicts if verdict is wanted)
