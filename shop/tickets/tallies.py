"""Keeping the sums of the ranking: what each change of a ticket adds to them and takes away.

A ticket counts for each mechanic on it: as completed in the spans of the day on which it first became ready, in the
shop's zone, and until then as unfinished in those of the day on which it was opened. Cancelled and archived tickets
count for nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Integer, bindparam, insert, update
from sqlalchemy.orm import Session

from shop.common.base import Base
from shop.common.clock import Period, local
from shop.common.transaction import at_the_end, lock, notes
from shop.tickets.lifecycle import Status
from shop.tickets.models import EVER, Tally, Ticket

Key = tuple[Period, date, int]  # with the mechanic's id
COLUMNS = ("completed", "unfinished", "came_back")


@dataclass(frozen=True, slots=True)
class Worth:
    """What one ticket adds to the sums of each mechanic on it."""

    day: date
    completed: int = 0
    unfinished: int = 0
    came_back: int = 0

    @property
    def spans(self) -> Iterable[tuple[Period, date]]:
        return spans_of(self.day)


@dataclass(slots=True)
class _Watched:
    ticket: Ticket
    worth: Worth | None
    counts: bool
    mechanics: frozenset[int] | None = None  # None: nobody has touched them


def worth_of(
    status: Status, *, archived_at: datetime | None, created_at: datetime, completed_at: datetime | None, comebacks: int
) -> Worth | None:
    """None for a ticket that does not count."""
    if status is Status.CANCELLED or archived_at is not None:
        return None
    if completed_at is None:
        return Worth(local(created_at).date(), unfinished=1)
    return Worth(local(completed_at).date(), completed=1, came_back=int(comebacks > 0))


@lru_cache(4000)
def spans_of(day: date) -> tuple[tuple[Period, date], ...]:
    """All spans that a day is in, each with its first day."""
    return tuple((period, period.first_day(day) or EVER) for period in Period)


def watch(ticket: Ticket, *, is_new: bool = False) -> None:
    """Note what the ticket is worth before it is changed; call it as soon as it is locked.

    A comeback's first repair is locked and noted as well, because it is that one which came back.
    """
    watched = notes().setdefault("watched", {})
    if id(ticket) in watched:
        return
    if not watched:
        at_the_end(_settle)
    worth = None if is_new else _worth(ticket)
    watched[id(ticket)] = _Watched(ticket, worth, worth is not None, frozenset() if is_new else None)
    first = ticket.comeback_of
    if first is not None and id(first) not in watched:
        lock(first)
        watch(first)


def watch_mechanics(ticket: Ticket) -> None:
    """Note who is on the ticket before somebody is put on it or taken off."""
    watched = notes()["watched"][id(ticket)]
    if watched.mechanics is None:
        watched.mechanics = _mechanics(ticket)


def _settle(session: Session) -> None:
    """Change the sums by what has changed: the last thing but the stamps, each sum once and in one order."""
    watched = notes().pop("watched", {})
    session.flush()
    for each in watched.values():
        first, more = each.ticket.comeback_of, (_worth(each.ticket) is not None) - each.counts
        if first is not None and more:
            first.comebacks += more
    session.flush()
    changes: Counter[tuple[Key, str]] = Counter()
    for each in watched.values():
        now = _worth(each.ticket)
        if now == each.worth and each.mechanics is None:
            continue
        mechanics = _mechanics(each.ticket)
        _add(changes, each.worth, mechanics if each.mechanics is None else each.mechanics, -1)
        _add(changes, now, mechanics, +1)
    _write(session, changes)


def _add(changes: Counter[tuple[Key, str]], worth: Worth | None, mechanics: Iterable[int], sign: int) -> None:
    if worth is None:
        return
    for period, starts_on in worth.spans:
        for mechanic_id in mechanics:
            for column in COLUMNS:
                changes[(period, starts_on, mechanic_id), column] += sign * getattr(worth, column)


def _write(session: Session, changes: Counter[tuple[Key, str]]) -> None:
    connection = session.connection()
    changed = {key for (key, _), more in changes.items() if more}
    for period, starts_on, mechanic_id in sorted(changed, key=lambda key: (key[2], key[0].value, key[1])):
        whose = {"of_period": period, "from_day": starts_on, "of_mechanic": mechanic_id}
        more = {f"more_{column}": changes[(period, starts_on, mechanic_id), column] for column in COLUMNS}
        if not connection.execute(_ADD, {**whose, **more}).rowcount:
            connection.execute(_FIRST, {**whose, **more})


_TALLIES = Base.metadata.tables[Tally.__tablename__]
_MORE = {column: bindparam(f"more_{column}", type_=Integer) for column in COLUMNS}
#: Made once, for a ticket that counts changes a dozen of them.
_ADD = (
    update(_TALLIES)
    .where(_TALLIES.c.period == bindparam("of_period"))
    .where(_TALLIES.c.starts_on == bindparam("from_day"))
    .where(_TALLIES.c.mechanic_id == bindparam("of_mechanic"))
    .values({column: _TALLIES.c[column] + more for column, more in _MORE.items()})
)
_FIRST = insert(_TALLIES).values(
    period=bindparam("of_period"), starts_on=bindparam("from_day"), mechanic_id=bindparam("of_mechanic"), **_MORE
)


def _worth(ticket: Ticket) -> Worth | None:
    return worth_of(
        ticket.status,
        archived_at=ticket.archived_at,
        created_at=ticket.created_at,
        completed_at=ticket.completed_at,
        comebacks=ticket.comebacks,
    )


def _mechanics(ticket: Ticket) -> frozenset[int]:
    return frozenset(assignment.mechanic_id for assignment in ticket.assignments)
