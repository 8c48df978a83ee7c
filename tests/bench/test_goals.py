"""Goals by row, server and database, and what becomes of them."""

from __future__ import annotations

import pytest

from bench.figures import Measured
from bench.goals import Goal, Goals, Verdict
from bench.table import Row, drawn, judged, summary

pytestmark = pytest.mark.single

GOALS = Goals(
    {
        "list: *": {"statements": "<= 3", "of K": ">= 0.1"},
        "list: quick": {"granian": {"of K": ">= 0.5"}, "gunicorn": {"of K": ">= 0.6"}},
        "flat: *": {"postgresql": {"flat": ">= 0.9"}},
    }
)


@pytest.mark.parametrize(
    ("goal", "measured", "verdict"),
    [
        (Goal("of K", ">=", 0.5), 0.5, Verdict.REACHED),
        (Goal("of K", ">=", 0.5), 0.46, Verdict.NEARLY),
        (Goal("of K", ">=", 0.5), 0.44, Verdict.MISSED),
        (Goal("p99", "<=", 40), 40, Verdict.REACHED),
        (Goal("p99", "<=", 40), 43, Verdict.NEARLY),
        (Goal("p99", "<=", 40), 45, Verdict.MISSED),
        (Goal("wrongly sold", "<=", 0), 0, Verdict.REACHED),
        (Goal("wrongly sold", "<=", 0), 1, Verdict.MISSED),
    ],
)
def test_less_than_a_tenth_is_nearly(goal: Goal, measured: float, verdict: Verdict) -> None:
    assert goal.verdict(measured) is verdict


@pytest.mark.parametrize(
    ("row", "present", "goals"),
    [
        ("list: slow", ("granian", "sqlite"), ["statements <= 3", "of K >= 0.1"]),
        ("list: quick", ("granian", "sqlite"), ["statements <= 3", "of K >= 0.5"]),
        ("list: quick", ("gunicorn", "sqlite"), ["statements <= 3", "of K >= 0.6"]),
        ("flat: list", ("granian", "sqlite"), []),
        ("flat: list", ("granian", "postgresql"), ["flat >= 0.9"]),
        ("other", ("granian", "sqlite"), []),
    ],
)
def test_goals_are_found_by_the_row_the_server_and_the_database(
    row: str, present: tuple[str, ...], goals: list[str]
) -> None:
    assert [str(goal) for goal in GOALS.of(row, *present)] == goals


def test_the_table_tells_figures_goals_and_verdicts() -> None:
    measured = Measured(per_second=1234.5, p50=1500, p99=9990, cpu=None)
    rows = [
        Row("list: quick", measured, statements=4, raw=19_800, sent=3_500, figures={"of K": 0.47}),
        Row("words alone", words="as read"),
    ]
    found = judged(rows, GOALS, "granian", "sqlite")
    head, first, second = drawn(found).splitlines()
    assert head.split()[:3] == ["req/s", "of", "K"]
    for cell in ("1,234", "0.47", "1.50", "9.99", "4", "19,800", "3,500"):
        assert cell in first.split()
    assert first.endswith("statements <= 3 MISSED; of K >= 0.5 nearly")
    assert second.split()[-2:] == ["as", "read"]
    assert [each.is_missed for each in found] == [True, False]
    assert summary(found).splitlines() == [
        "2 goals: 0 reached, 1 nearly, 1 MISSED",
        "  list: quick: statements <= 3 is MISSED",
        "  list: quick: of K >= 0.5 is nearly",
    ]


def test_the_goals_of_the_shop_can_be_read() -> None:
    goals = Goals.read()
    assert [str(goal) for goal in goals.of("tickets: in full", "gunicorn", "sqlite")] == [
        "statements <= 3",
        "of K >= 0.21",
    ]
    assert goals.of("flat: tickets: in full", "granian", "mariadb") == []
