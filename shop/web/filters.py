"""Display words: how dates, money and plurals read. Wording of this kind lives nowhere else."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from flask import Flask

from shop.common.clock import local, now, this_minute, time_of_day, today
from shop.common.hours import hours_of
from shop.common.money import in_currency
from shop.common.percent import percent_text
from shop.common.text import initials


def money(cents: int) -> str:
    """``$14.99``"""
    return in_currency(cents)


def hours(minutes: int) -> str:
    """``1.2 h``"""
    return f"{hours_of(minutes)} h"


def percent(ppm: int) -> str:
    """``8.875 %``"""
    return f"{percent_text(ppm)} %"


def day(moment: datetime | date) -> str:
    """``today``, ``tomorrow``, ``Tuesday``, ``12 Mar`` or ``12 Mar 2024``: as short as it is plain."""
    that = local(moment).date() if isinstance(moment, datetime) else moment
    this = local(now()).date()
    match (that - this).days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case -1:
            return "yesterday"
        case distance if 1 < distance < 7:
            return f"{that:%A}"
    return f"{that.day} {that:%b}" + ("" if that.year == this.year else f" {that.year}")


def when(moment: datetime) -> str:
    """``today 3:10 pm``"""
    return f"{day(moment)} {time_of_day(moment)}"


def exact_time(moment: datetime) -> str:
    """``Thursday, 12 March 2026, 3:10 pm``"""
    there = local(moment)
    return f"{there:%A}, {there.day} {there:%B %Y}, {time_of_day(moment)}"


def iso(moment: datetime | date) -> str:
    """For ``datetime`` attributes."""
    return local(moment).isoformat(timespec="seconds") if isinstance(moment, datetime) else moment.isoformat()


def ago(moment: datetime) -> str:
    """``just now``, ``5 min ago``, ``3 h ago``, then the day."""
    minutes = int((now() - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 12 * 60:
        return f"{minutes // 60} h ago"
    return when(moment)


def since(moment: datetime) -> str:
    """``for 5 h``, ``for 3 days``: how long ago, in whole units that stay on the line of their figure."""
    hours_ago = int((now() - moment).total_seconds() // 3600)
    return f"for {hours_ago}\N{NO-BREAK SPACE}h" if hours_ago < 48 else f"for {hours_ago // 24}\N{NO-BREAK SPACE}days"


SOON = timedelta(hours=2)


def due_state(moment: datetime, present: datetime | None = None) -> str:
    """``calm``, ``soon`` (within two hours) or ``late``, measured to the promised time."""
    left = moment - (present or now())
    return "late" if left < timedelta(0) else "soon" if left <= SOON else "calm"


def due(moment: datetime, present: datetime | None = None) -> str:
    """``in 40 min``, ``now``, ``today 3:10 pm``, ``20 min late``, ``2 days late``."""
    left = moment - (present or now())
    minutes = int(abs(left).total_seconds() // 60)
    if left < timedelta(0):
        if minutes < 60:
            return f"{max(minutes, 1)} min late"
        if minutes < 24 * 60:
            return f"{minutes // 60} h late"
        return f"{plural(minutes // (24 * 60), 'day')} late"
    return "now" if minutes == 0 else f"in {minutes} min" if minutes < 60 else when(moment)


class Promised(Protocol):
    """A ticket, as far as its promise goes."""

    @property
    def promised_at(self) -> Any: ...

    @property
    def is_promise_open(self) -> bool: ...


def promise(ticket: Promised, present: datetime | None = None, *, exactly: bool = False) -> tuple[str, str] | None:
    """The text and state of a ticket's promise; the day alone (unless ``exactly``) once it was kept or dropped."""
    moment = ticket.promised_at
    if moment is None:
        return None
    if ticket.is_promise_open:
        return due(moment, present), due_state(moment, present)
    return (when if exactly else day)(moment), "done"


def plural(count: int, noun: str, several: str | None = None) -> str:
    """``1 part``, ``2 parts``; ``several`` for words that do more than take an s."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def file_size(count: int) -> str:
    """``0.4 MB``, ``12 MB``, ``1.3 GB``: as much as tells files apart."""
    size, unit = (count / 1e9, "GB") if count >= 1e9 else (count / 1e6, "MB")
    return f"{max(size, 0.1):,.{0 if size >= 10 else 1}f} {unit}"


def phone_link(text: str) -> str:
    """``+15550100``: what a ``tel:`` link takes."""
    return ("+" if text.strip().startswith("+") else "") + "".join(c for c in text if c.isascii() and c.isdigit())


FILTERS = (
    money,
    hours,
    percent,
    time_of_day,
    day,
    when,
    exact_time,
    iso,
    ago,
    since,
    due_state,
    due,
    promise,
    plural,
    file_size,
    phone_link,
    initials,
)


def install_filters(app: Flask) -> None:
    app.jinja_env.globals.update(this_minute=this_minute, today=today)
    app.jinja_env.filters.update({function.__name__: function for function in FILTERS})
