"""Time as the demo shop counts it: it works from 8 to 6, and not on Sundays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from shop.common.clock import local, zone

_OPENS, _CLOSES = time(8), time(18)
_SUNDAY = 6


def later(moment: datetime, hours: float) -> datetime:
    """So many working hours after a moment."""
    left = timedelta(hours=hours)
    day = local(moment).date()
    while True:
        opens, closes = _working_day(day)
        begin = max(moment, opens)
        if begin + left <= closes:
            return begin + left
        left -= max(closes - begin, timedelta(0))
        day += timedelta(days=1)


def earlier(moment: datetime, hours: float) -> datetime:
    """So many working hours before a moment."""
    left = timedelta(hours=hours)
    day = local(moment).date()
    while True:
        opens, closes = _working_day(day)
        end = min(moment, closes)
        if end - left >= opens:
            return end - left
        left -= max(end - opens, timedelta(0))
        day -= timedelta(days=1)


def _working_day(day: date) -> tuple[datetime, datetime]:
    """When the shop opens and closes on a day; on Sundays both are the same moment."""
    opens = datetime.combine(day, _OPENS, tzinfo=zone()).astimezone(UTC)
    if day.weekday() == _SUNDAY:
        return opens, opens
    return opens, datetime.combine(day, _CLOSES, tzinfo=zone()).astimezone(UTC)
