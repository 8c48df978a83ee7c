"""A percentage is a whole number of parts per million (ppm), four decimals of a percent: 88,750 is 8.875 %."""

from __future__ import annotations

import re
from decimal import Decimal

from shop.common.decimals import number_of, units_from

DECIMALS = 4

_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,20})?")


def parse_percent(text: str) -> int:
    """Read what a person types: ``8.875``, ``7,25 %`` or ``19``; raises ValueError."""
    plain = "".join(text.split()).removesuffix("%").replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise ValueError("Enter a percentage such as 7.25.")
    return units_from(Decimal(plain), DECIMALS)


def percent_text(ppm: int) -> str:
    """The number alone, as short as it is exact: ``8.875``, ``7.5``, ``19``."""
    return f"{number_of(ppm, DECIMALS).normalize():f}"
