"""One clock. Moments are aware UTC datetimes; days are those of the shop's own zone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

_zone = ZoneInfo("UTC")
_pretended: ContextVar[datetime | None] = ContextVar("pretended_now", default=None)


def use_zone(name: str) -> None:
    """Set the shop's zone for the whole process; raises ZoneInfoNotFoundError for an unknown name."""
    global _zone  # noqa: PLW0603 - one shop, one wall clock
    _zone = ZoneInfo(name)


def zone() -> ZoneInfo:
    return _zone


def now() -> datetime:
    """The present moment in UTC, or the pretended one inside ``at_moment``."""
    return _pretended.get() or datetime.now(UTC)


def this_minute() -> datetime:
    """The beginning of the present minute: what is said about time in a row holds for so long."""
    return now().replace(second=0, microsecond=0)


@contextmanager
def at_moment(moment: datetime) -> Iterator[None]:
    """Pretend that it is ``moment``: how the demo shop gets a past, and tests a fixed day."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)


def local(moment: datetime) -> datetime:
    """The same moment on the shop's wall clock."""
    return moment.astimezone(_zone)


def time_of_day(moment: datetime) -> str:
    """``3:10 pm`` on the shop's wall clock."""
    there = local(moment)
    return f"{there.hour % 12 or 12}:{there.minute:02} {'am' if there.hour < 12 else 'pm'}"


def today() -> date:
    return local(now()).date()


def start_of_day(day: date) -> datetime:
    """Midnight at the start of the shop's day, as a moment in UTC."""
    return datetime.combine(day, time(), tzinfo=_zone).astimezone(UTC)


class Period(Enum):
    """The calendar spans that the ranking can be asked for; each one contains today."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"

    @property
    def title(self) -> str:
        return "All time" if self is Period.ALL else f"This {self.value}"

    def first_day(self, day: date) -> date | None:
        """The first day of the span around ``day`` (weeks begin on Monday); None means without beginning."""
        match self:
            case Period.WEEK:
                return day - timedelta(days=day.weekday())
            case Period.MONTH:
                return day.replace(day=1)
            case Period.QUARTER:
                return day.replace(month=day.month - (day.month - 1) % 3, day=1)
            case Period.YEAR:
                return day.replace(month=1, day=1)
            case Period.ALL:
                return None
