"""Amounts as people type them."""

from __future__ import annotations

import pytest

from shop.common.money import in_currency, parse_cents

pytestmark = pytest.mark.single


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("14.99", 1499),
        ("14,99", 1499),
        ("1,234.50", 123450),
        ("1,234", 123400),
        ("1.234,50", 123450),
        ("-1,234,567.8", -123456780),
        (".5", 50),
        ("5.", 500),
        ("$14", 1400),
        ("14.99 €", 1499),
        ("1 234,50", 123450),
        (" 0 ", 0),
        ("-5", -500),
        ("\N{MINUS SIGN}$59.28", -5928),
    ],
)
def test_reads(typed: str, cents: int) -> None:
    assert parse_cents(typed) == cents


@pytest.mark.parametrize(
    "typed",
    [
        "५5",
        "٣",
        "５",
        "5²",
        "½",
        "--5",
        "5-",
        "1e3",
        "5*",
        "5%",
        "five",
        "",
        "$",
        ".",
        ",",
        "-",
        "1,2345",
        "12,34,5",
        "1,23.4",
        "1.2345,6",
        "1,234,5",
        "1.500",  # one and a half, or fifteen hundred
        "12.500",
        "0,500",
        "012,345.00",
    ],
)
def test_refuses_what_is_no_plain_amount(typed: str) -> None:
    with pytest.raises(ValueError, match="Enter an amount"):
        parse_cents(typed)


def test_writes_what_is_below_zero_with_a_minus_sign() -> None:
    assert in_currency(-5928) == "\N{MINUS SIGN}$59.28"
    assert in_currency(5928) == "$59.28"
