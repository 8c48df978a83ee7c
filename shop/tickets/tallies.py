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
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

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
    by_key: dict[Key, dict[str, int]] = {}
    for (key, column), more in changes.items():
        if more:
            by_key.setdefault(key, {})[column] = more
    for key in sorted(by_key, key=lambda key: (key[2], key[0].value, key[1])):
        period, starts_on, mechanic_id = key
        values: dict[str, Any] = {column: getattr(Tally, column) + more for column, more in by_key[key].items()}
        same = (Tally.period == period, Tally.starts_on == starts_on, Tally.mechanic_id == mechanic_id)
        done = session.execute(update(Tally).where(*same).values(values).execution_options(synchronize_session=False))
        if not done.rowcount:  # type: ignore[attr-defined]
            whose = {"period": period, "starts_on": starts_on, "mechanic_id": mechanic_id}
            session.execute(insert(Tally).values({**dict.fromkeys(COLUMNS, 0), **by_key[key], **whose}))


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
