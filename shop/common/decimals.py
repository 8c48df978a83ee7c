"""Exact numbers of few decimals, kept as whole units of the last one: 14.99 as 1,499 hundredths."""

from __future__ import annotations

from decimal import Decimal

_DIGITS = 28  # that Decimal multiplies without rounding
_WORDS = {2: "two", 4: "four"}


def units_from(number: Decimal, decimals: int) -> int:
    """How many units of its last decimal a finite number is; raises ValueError when it has more decimals."""
    units = number * 10**decimals
    if len(number.as_tuple().digits) > _DIGITS or units != units.to_integral_value():
        raise ValueError(f"Use at most {_WORDS[decimals]} decimals.")
    return int(units)


def number_of(units: int, decimals: int) -> Decimal:
    """The number with exactly so many decimals."""
    return Decimal(units).scaleb(-decimals)
