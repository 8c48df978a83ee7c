"""What the odometers of the demo shop's vehicles say."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.customers.models import Vehicle

_LEAST_A_DAY = 14  # miles
_MOST_A_DAY = 47


class Dashboards:
    """Each vehicle goes on from what was read first, at a pace of its own, and never backwards."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}

    def read(self, vehicle: Vehicle, *, at: datetime) -> int:
        """The miles at this moment; no fewer than were read last."""
        last = vehicle.odometer or 0
        first = self._first.setdefault(vehicle.id, last)
        a_day = _LEAST_A_DAY + vehicle.id * 7 % (_MOST_A_DAY - _LEAST_A_DAY)
        return max(last, first + a_day * (at - vehicle.created_at) // timedelta(days=1))
