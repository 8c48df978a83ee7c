"""Book time is a whole number of minutes, and told in hours."""

from __future__ import annotations

from decimal import Decimal


def hours_of(minutes: int) -> str:
    """``1.2`` where that is exact, else ``1:10``."""
    return (
        f"{minutes // 60}:{minutes % 60:02}" if minutes % 3 else f"{Decimal(minutes) / 60:.2f}".rstrip("0").rstrip(".")
    )
