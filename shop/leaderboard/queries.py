"""Who finished how much: the ranking, its last weeks, and the tickets behind every number.

A ticket counts for each mechanic on it. It is completed on the day it first became ready, in the shop's zone, however
often it was opened again; cancelled and archived tickets count for nobody. One that came back is still a completed
ticket of those who were on it, and its comeback is told beside, in the period of the first repair and once however
often it came back; a comeback that was cancelled or archived is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select, true

from shop.common.clock import Period, start_of_day, today
from shop.common.money import round_half_up
from shop.common.paging import DEFAULT_SIZE, Slice, SortKey, read_slice, rows_of
from shop.common.stamps import Topic, kept
from shop.customers.models import Vehicle, vehicle_label
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import Status
from shop.tickets.models import EVER, Assignment, Tally, Ticket

WEEKS = 8


class Count(Enum):
    """What a number in the ranking counts."""

    COMPLETED = "completed"
    WORKED = "worked"
    CAME_BACK = "came-back"

    @property
    def title(self) -> str:
        return {"completed": "Completed", "worked": "Worked on", "came-back": "Came back"}[self.value]


@dataclass(frozen=True, slots=True)
class Place:
    """A mechanic's place. Equal numbers share a rank, and the next one is as many places further down."""

    id: int
    name: str
    rank: int
    tickets_completed: int
    tickets_worked: int
    tickets_came_back: int
    has_left: bool

    @property
    def comeback_rate(self) -> int | None:
        """Of the tickets completed those that came back, in parts per million to a tenth of a percent."""
        if not self.tickets_completed:
            return None
        return round_half_up(Decimal(self.tickets_came_back * 1000) / self.tickets_completed) * 1000


@dataclass(frozen=True, slots=True)
class CountedTicket:
    """A ticket behind a number, without a word about the customer."""

    id: int
    number: int
    status: Status
    first_line: str
    vehicle: str
    created_at: datetime
    completed_at: datetime | None


def ranking(period: Period, *, limit: int | None = None, with_former: bool = False) -> list[Place]:
    """The mechanics by tickets completed in the period, those with none included; one statement.

    ``with_former`` adds those who left but completed something in the period.
    """
    first_day = period.first_day(today())
    places = kept(
        Topic.MECHANICS,
        "ranking",
        period,
        first_day,
        with_former,
        build=lambda: _ranking(period, first_day, with_former=with_former),
    )
    return places[:limit]


def last_weeks(mechanic_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Tickets completed in each of the last eight weeks, the present one last, by mechanic; one statement.

    Who completed none is not in it.
    """
    monday, whose = Period.WEEK.first_day(today()) or today(), tuple(mechanic_ids)
    return kept(Topic.MECHANICS, "last_weeks", monday, whose, build=lambda: _last_weeks(monday, whose))


def tickets_behind(
    mechanic: Mechanic, period: Period, count: Count, *, after: str | None = None, before: str | None = None
) -> Slice[CountedTicket]:
    """The tickets that one of a mechanic's numbers counts, newest first."""
    tickets = _counted(mechanic, _condition(count, period.first_day(today())))
    newest = Ticket.completed_at if count is Count.COMPLETED else Ticket.created_at
    order = [SortKey(newest.expression, descending=True), SortKey(Ticket.id.expression, descending=True)]
    return read_slice(tickets, order, _counted_ticket, size=DEFAULT_SIZE, after=after, before=before)


_COUNTS = (Ticket.status != Status.CANCELLED, Ticket.archived_at.is_(None))


def _condition(count: Count, first_day: date | None) -> ColumnElement[bool]:
    """Completed since that day; of those the ones that came back; or worked on, which is opened or completed since."""
    start = start_of_day(first_day) if first_day else None
    completed = Ticket.completed_at >= start if start else Ticket.completed_at.is_not(None)
    match count:
        case Count.COMPLETED:
            return completed
        case Count.CAME_BACK:
            return and_(completed, Ticket.comebacks > 0)
        case Count.WORKED:
            return or_(completed, Ticket.created_at >= start) if start else true()


def _ranking(period: Period, first_day: date | None, *, with_former: bool) -> list[Place]:
    return _with_ranks(rows_of(_everybody(with_former=with_former), period=period, first_day=first_day or EVER))


@cache
def _everybody(*, with_former: bool) -> Select[*tuple[Any, ...]]:
    completed = func.coalesce(Tally.completed, 0)
    worked = completed + func.coalesce(Tally.unfinished, 0)  # what was opened since and completed is in the first
    came_back = func.coalesce(Tally.came_back, 0)
    of_the_span = (Tally.period == bindparam("period"), Tally.starts_on == bindparam("first_day"))
    is_here = Mechanic.archived_at.is_(None)
    return (
        select(Mechanic.id, Mechanic.name, completed, worked, came_back, Mechanic.archived_at)
        .outerjoin(Tally, and_(Tally.mechanic_id == Mechanic.id, *of_the_span))
        .where(or_(is_here, completed > 0) if with_former else is_here)
        .order_by(completed.desc(), Mechanic.name_key, Mechanic.id)
    )


def _with_ranks(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Place]:
    places: list[Place] = []
    for position, (mechanic_id, name, completed, worked, came_back, left_at) in enumerate(rows, start=1):
        ties = bool(places) and places[-1].tickets_completed == completed
        rank = places[-1].rank if ties else position
        counts = int(completed), int(worked), int(came_back)
        places.append(Place(mechanic_id, name, rank, *counts, has_left=left_at is not None))
    return places


def _last_weeks(monday: date, mechanic_ids: tuple[int, ...]) -> dict[int, tuple[int, ...]]:
    mondays = [monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]
    weeks: defaultdict[int, dict[date, int]] = defaultdict(dict)
    found = rows_of(_completed_by_week(), first=mondays[0], last=monday, mechanics=mechanic_ids)
    for mechanic_id, starts_on, completed in found:
        weeks[mechanic_id][starts_on] = completed
    return {mechanic_id: tuple(counts.get(day, 0) for day in mondays) for mechanic_id, counts in weeks.items()}


@cache
def _completed_by_week() -> Select[*tuple[Any, ...]]:
    return select(Tally.mechanic_id, Tally.starts_on, Tally.completed).where(
        Tally.period == Period.WEEK,
        Tally.starts_on.between(bindparam("first"), bindparam("last")),
        Tally.mechanic_id.in_(bindparam("mechanics", expanding=True)),
        Tally.completed > 0,
    )


def _counted(mechanic: Mechanic, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    columns = (Ticket.id, Ticket.number, Ticket.status, Ticket.complaint, Ticket.created_at, Ticket.completed_at)
    return (
        select(*columns, Vehicle.year, Vehicle.make, Vehicle.model, Vehicle.vin)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .outerjoin(Vehicle, Vehicle.id == Ticket.vehicle_id)
        .where(Assignment.mechanic_id == mechanic.id, *_COUNTS, condition)
    )


def _counted_ticket(row: Row[*tuple[Any, ...]]) -> CountedTicket:
    return CountedTicket(
        id=row.id,
        number=row.number,
        status=row.status,
        first_line=row.complaint.partition("\n")[0],
        vehicle=vehicle_label(row.year, row.make, row.model, row.vin) if row.make is not None else "",
        created_at=row.created_at,
        completed_at=row.completed_at,
    )
