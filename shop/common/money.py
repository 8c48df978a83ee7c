"""Money is a whole number of cents of the shop's one currency. Nothing here or elsewhere is a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from unicodedata import category

from babel.numbers import format_currency

from shop.common.decimals import number_of, units_from

DECIMALS = 2
MINUS = "\N{MINUS SIGN}"
MAX_CENTS = 99_999_999_99  # fits every database's BIGINT with room for sums of a million lines

_WITH_A_POINT = re.compile(r"(?P<whole>-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]*))(?:\.(?P<part>[0-9]{0,2}))?")
_WITH_A_COMMA = re.compile(r"(?P<whole>-?(?:[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?=,)|[0-9]*))(?:,(?P<part>[0-9]{1,2}))?")
_currency = "USD"


def use_currency(code: str) -> None:
    """Set the shop's currency for the whole process, by its three letters."""
    global _currency  # noqa: PLW0603 - one shop, one currency
    _currency = code


def in_currency(cents: int) -> str:
    """As people read it: ``$14.99``, below zero with a minus sign (which is read out) and no hyphen."""
    return _written(cents, _currency)


@lru_cache(5000)
def _written(cents: int, currency: str) -> str:
    return format_currency(decimal_of(cents), currency, locale="en_US").replace("-", MINUS)


def round_half_up(amount: Decimal) -> int:
    """Round to a whole number, halves away from zero: the way a customer would by hand."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cents_from(amount: Decimal) -> int:
    """Exact cents of an amount such as ``Decimal("14.99")``.

    Raises ValueError when it is not finite, has more than two decimals, or is out of range.
    """
    if not amount.is_finite() or abs(amount) * 100 > MAX_CENTS:
        raise ValueError("This amount is out of range.")
    return units_from(amount, DECIMALS)


def parse_cents(text: str) -> int:
    """Read what a person types: ``14.99``, ``14,99``, ``1,234.50``, ``1.234,50`` or ``$14``; raises ValueError."""
    text = text.replace(MINUS, "-")
    plain = "".join(character for character in text if not (character.isspace() or category(character) == "Sc"))
    found = _WITH_A_POINT.fullmatch(plain) or _WITH_A_COMMA.fullmatch(plain)
    whole, part = (found["whole"], found["part"] or "") if found else ("", "")
    if not set(whole + part) & set("0123456789"):
        raise ValueError("Enter an amount such as 14.99.")
    return cents_from(Decimal(f"{whole.replace(',', '').replace('.', '')}.{part}"))


def decimal_of(cents: int) -> Decimal:
    """The amount with exactly two decimals, for display and for the wire."""
    return number_of(cents, DECIMALS)
