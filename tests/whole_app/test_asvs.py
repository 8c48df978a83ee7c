"""docs/asvs.csv: for each requirement of OWASP ASVS 5.0.0, level 1, the tests that show it, or why it does not apply.

The standard is © The OWASP Foundation, CC BY-SA 4.0, https://github.com/OWASP/ASVS; the words in the table are our own.
"""

from __future__ import annotations

import ast
import csv
import re
from functools import cache

import pytest

from shop.config import ROOT

pytestmark = pytest.mark.single

#: How many requirements of level 1 each section has; they come first in it.
# fmt: off
SECTIONS = {
    "1.2": 5, "1.3": 2, "1.5": 1, "2.1": 1, "2.2": 2, "2.3": 1, "3.2": 2, "3.3": 1, "3.4": 2, "3.5": 3, "4.1": 1,
    "4.4": 1, "5.2": 2, "5.3": 2, "6.1": 1, "6.2": 8, "6.3": 2, "6.4": 2, "7.2": 4, "7.4": 2, "8.1": 1, "8.2": 2,
    "8.3": 1, "9.1": 3, "9.2": 1, "10.4": 5, "11.3": 2, "11.4": 1, "12.1": 1, "12.2": 2, "13.4": 1, "14.2": 1,
    "14.3": 1, "15.1": 1, "15.2": 1, "15.3": 1,
}
# fmt: on

TEST = re.compile(r"tests/\w+/\w+\.py(?:::\w+)+")


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert (head[0], head[2:]) == ("id", ["holds", "by"])
    return rows


def test_every_requirement_stands_there_once(rows: list[list[str]]) -> None:
    wanted = [f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]
    assert len(wanted) == 70
    assert [row[0] for row in rows] == wanted


def test_each_is_shown_by_tests_or_says_why_not(rows: list[list[str]]) -> None:
    for number, asked, holds, by in rows:
        assert asked, number
        if holds == "not applicable":
            assert by.startswith("because "), number
        else:
            assert holds == "test", number
            assert by, number
            assert all(TEST.fullmatch(name) for name in by.split(" ")), number


def test_every_test_that_is_named_exists(rows: list[list[str]]) -> None:
    named = {name for *_, by in rows for name in TEST.findall(by)}
    assert len(named) > 80
    assert sorted(name for name in named if name not in defined_in(name.partition("::")[0])) == []


@pytest.mark.parametrize(
    "name",
    [
        "tests/whole_app/test_asvs.py::test_that_was_renamed",
        "tests/whole_app/test_asvs.py::TestNothing::test_every_test_that_is_named_exists",
        "tests/whole_app/test_asvs.py::defined_in",
        "tests/whole_app/test_that_moved.py::test_every_test_that_is_named_exists",
    ],
)
def test_one_that_does_not_is_found_out(name: str) -> None:
    assert "tests/whole_app/test_asvs.py::test_one_that_does_not_is_found_out" in defined_in(
        "tests/whole_app/test_asvs.py"
    )
    assert name not in defined_in(name.partition("::")[0])


@cache
def defined_in(module: str) -> set[str]:
    """The tests that a file defines, by reading it alone; none where there is no such file."""
    path = ROOT / module
    if not path.is_file():
        return set()
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inner = node.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test") else [node]
        prefix = f"{module}::{node.name}" if isinstance(node, ast.ClassDef) else module
        names = (each.name for each in inner if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"))
        found |= {f"{prefix}::{name}" for name in names}
    return found
