"""Sums that are kept because adding up a million rows is slow: made anew from the rows themselves, and checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, select, true, update

from shop.common.base import Archivable, Base
from shop.common.clock import Period, zone
from shop.common.stamps import ChangeStamp, Topic, touch
from shop.common.transaction import transaction
from shop.customers.models import Customer
from shop.extensions import db
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.ops.models import RANKING_ZONE, ShopFact
from shop.tickets import tallies
from shop.tickets.lifecycle import Status
from shop.tickets.models import Assignment, Tally, Ticket


def _listed(kind: type[Archivable], *conditions: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).where(kind.archived_at.is_(None), *conditions)


#: What is kept beside the stamps; accounts and places are too few to be counted.
SUMS: dict[Topic, Select[int]] = {
    Topic.CUSTOMERS: _listed(Customer),
    Topic.MECHANICS: _listed(Mechanic),
    Topic.PARTS: _listed(Part),
    Topic.TICKETS: _listed(Ticket),
    Topic.LOW_PARTS: _listed(Part, Part.is_short == true()),
    Topic.OPEN_TICKETS: _listed(Ticket, Ticket.is_open == true()),
    Topic.SHELF_COST: select(func.coalesce(func.sum(Part.on_hand * Part.cost_cents), 0)),
}


_AT_A_TIME = 5_000

#: A sum of the ranking as a row: period, first day and mechanic, then what they completed, did not, and got back.
Sums = dict[tuple[Period, date, int], tuple[int, ...]]


def recount() -> None:
    """Count every list and every sum of the ranking again, and let everybody read them anew."""
    with transaction():
        recount_lists()
        write_sums(db.session.connection())
        db.session.expire_all()


def recount_ranking() -> None:
    """Count every sum of the ranking again, by the days of the shop's zone as it is now."""
    with transaction():
        touch(Topic.MECHANICS)
        write_sums(db.session.connection())
        db.session.expire_all()


def former_zone(connection: Connection) -> str | None:
    """The zone by whose days the ranking was counted, where it is another one than the shop's."""
    counted_in = connection.scalar(select(ShopFact.value).where(ShopFact.name == RANKING_ZONE))
    return counted_in if counted_in != zone().key else None


def recount_lists() -> None:
    """Count every list again, in the caller's transaction, and let everybody read them anew."""
    touch(*Topic)
    for topic, kept, counted in kept_and_counted(db.session.connection()):
        touch(topic, listed=counted - kept)


def write_sums(connection: Connection) -> None:
    """Make the sums of the ranking from the tickets, in the caller's transaction, and note by whose days they are."""
    ticket = _table(Ticket)
    again, kept = _comebacks(connection), _kept_comebacks(connection)
    for ticket_id in again.keys() | kept.keys():
        if again.get(ticket_id) != kept.get(ticket_id):
            connection.execute(update(ticket).where(ticket.c.id == ticket_id).values(comebacks=again.get(ticket_id, 0)))
    connection.execute(delete(Tally))
    names = ("period", "starts_on", "mechanic_id", *tallies.COLUMNS)
    rows = [dict(zip(names, (*key, *numbers), strict=True)) for key, numbers in _sums(connection).items()]
    for first in range(0, len(rows), _AT_A_TIME):
        connection.execute(insert(_table(Tally)), rows[first : first + _AT_A_TIME])
    connection.execute(delete(ShopFact).where(ShopFact.name == RANKING_ZONE))
    connection.execute(insert(_table(ShopFact)).values(name=RANKING_ZONE, value=zone().key))


def kept_and_counted(connection: Connection) -> Iterator[tuple[Topic, int, int]]:
    """Both in one statement, so that nobody's change comes between them."""
    kept = (select(ChangeStamp.listed).where(ChangeStamp.name == topic.value) for topic in SUMS)
    numbers = connection.execute(select(*(each.scalar_subquery() for each in (*kept, *SUMS.values())))).one()
    for place, topic in enumerate(SUMS):
        yield topic, int(numbers[place] or 0), int(numbers[len(SUMS) + place])


def sums_are_counted(connection: Connection) -> Iterator[str]:
    for topic, kept, counted in kept_and_counted(connection):
        if kept != counted:
            yield f"What is kept of {topic.value} says {kept:,}; counted again it is {counted:,}."


def comebacks_are_counted(connection: Connection) -> Iterator[str]:
    again, kept = Counter(_comebacks(connection)), Counter(_kept_comebacks(connection))
    for ticket_id in sorted(again.keys() | kept.keys()):
        if again[ticket_id] != kept[ticket_id]:
            yield f"The ticket with id {ticket_id} came back {again[ticket_id]} times, {kept[ticket_id]} are kept."


def ranking_is_counted(connection: Connection) -> Iterator[str]:
    if former := former_zone(connection):
        yield (
            f"The ranking is counted by the days of {former}, and SHOP_TIMEZONE is {zone().key} now. "
            "Start the shop anew, or run: flask --app wsgi recount"
        )
        return
    tally = _table(Tally)
    kept = {tuple(row[:3]): tuple(row[3:]) for row in connection.execute(select(tally)) if any(row[3:])}
    again = _sums(connection)
    for key in sorted(again.keys() | kept.keys(), key=str):
        if again.get(key) != kept.get(key):
            period, starts_on, mechanic_id = key
            yield (
                f"Mechanic {mechanic_id}, {period.value} from {starts_on}: {kept.get(key)} are kept as completed, "
                f"unfinished and come back, the tickets make {again.get(key)}."
            )


def _sums(connection: Connection) -> Sums:
    """The sums of the ranking, from the tickets and who is on them; those of nothing are left out."""
    ticket, assignment = _table(Ticket), _table(Assignment)
    worth = (ticket.c.status, ticket.c.archived_at, ticket.c.created_at, ticket.c.completed_at, ticket.c.comebacks)
    counting = (
        select(assignment.c.mechanic_id, *worth)
        .join_from(assignment, ticket, ticket.c.id == assignment.c.ticket_id)
        .where(ticket.c.status != Status.CANCELLED, ticket.c.archived_at.is_(None))
    )
    by_day: Counter[tuple[int, tallies.Worth]] = Counter()
    for mechanic_id, status, archived_at, created_at, completed_at, comebacks in connection.execute(
        counting.execution_options(yield_per=_AT_A_TIME)
    ):
        moments = {"archived_at": archived_at, "created_at": created_at, "completed_at": completed_at}
        worth_now = tallies.worth_of(status, comebacks=comebacks, **moments)
        if worth_now:
            by_day[mechanic_id, worth_now] += 1
    sums: dict[Any, list[int]] = {}
    for (mechanic_id, worth_now), times in by_day.items():
        for span in worth_now.spans:
            numbers = sums.setdefault((*span, mechanic_id), [0] * len(tallies.COLUMNS))
            for place, column in enumerate(tallies.COLUMNS):
                numbers[place] += times * getattr(worth_now, column)
    return {key: tuple(sums[key]) for key in sorted(sums, key=str)}


def _comebacks(connection: Connection) -> dict[int, int]:
    """How often each ticket came back, for those that did."""
    ticket = _table(Ticket)
    counting = (ticket.c.status != Status.CANCELLED, ticket.c.archived_at.is_(None))
    counted = select(ticket.c.comeback_of_id, func.count()).where(ticket.c.comeback_of_id > 0, *counting)
    return dict(connection.execute(counted.group_by(ticket.c.comeback_of_id)).all())


def _kept_comebacks(connection: Connection) -> dict[int, int]:
    ticket = _table(Ticket)
    return dict(connection.execute(select(ticket.c.id, ticket.c.comebacks).where(ticket.c.comebacks > 0)).all())


def _table(kind: type[Base]) -> Table:
    return Base.metadata.tables[kind.__tablename__]
