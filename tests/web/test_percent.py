"""Percentages as people type them."""

from __future__ import annotations

import pytest

from shop.common.percent import parse_percent, percent_text

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    ("typed", "ppm"),
    [
        ("7.25", 72_500),
        ("8.875", 88_750),
        ("9,975 %", 99_750),
        ("7,25\u00a0%", 72_500),
        ("19%", 190_000),
        (" 0 ", 0),
        ("7.50", 75_000),
        ("7.250000", 72_500),
        ("0.0001", 1),
    ],
)
def test_is_read(typed: str, ppm: int) -> None:
    assert parse_percent(typed) == ppm


@pytest.mark.parametrize("typed", ["", "%", "seven", "1e2", "7.", "7.2.5", "1,000.5", "٧", "NaN", "9" * 7])
def test_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"Enter a percentage such as 7\.25\."):
        parse_percent(typed)


@pytest.mark.parametrize("typed", ["8.87501", "0.00001", "7." + "0" * 19 + "1"])
def test_has_four_decimals_at_most(typed: str) -> None:
    with pytest.raises(ValueError, match=r"Use at most four decimals\."):
        parse_percent(typed)


@pytest.mark.parametrize(
    ("ppm", "text"),
    [
        (72_500, "7.25"),
        (88_750, "8.875"),
        (99_750, "9.975"),
        (75_000, "7.5"),
        (190_000, "19"),
        (1_000_000, "100"),
        (1, "0.0001"),
        (0, "0"),
    ],
)
def test_is_shown_as_short_as_it_is_exact(ppm: int, text: str) -> None:
    assert percent_text(ppm) == text
