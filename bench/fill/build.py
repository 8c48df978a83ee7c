"""Filling an empty database, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import chain, islice
from random import Random
from typing import Any

from sqlalchemy import URL, ColumnElement, Connection, String, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from bench.fill import copies
from bench.fill.copies import stored, vehicle_name
from bench.fill.database import clean_up, drop_indexes, finish, in_a_hurry, index_words, leave_words_alone, write
from bench.fill.patterns import patterns_of
from bench.fill.people import Newcomers, Sizes
from bench.fill.plan import Planner, days_for
from bench.fill.progress import Tell, step
from bench.fill.shelf import Shelf
from shop.accounts.models import Account
from shop.accounts.passwords import hashed
from shop.audit.actions import Action
from shop.audit.models import Event
from shop.common.base import Base
from shop.common.clock import start_of_day
from shop.common.stamps import ChangeStamp, Topic
from shop.common.words import everything, right_words
from shop.customers.models import Customer, Vehicle
from shop.inventory.models import Part, StockMove
from shop.mechanics.models import Mechanic
from shop.ops.demo import people, story
from shop.ops.demo.books import Books
from shop.ops.recount import kept_and_counted, write_sums
from shop.settings.models import Rates, ShopRules
from shop.tickets.models import FIRST_NUMBER, CannedJob, CannedLine, TicketNumber

#: What is taken from the demo shop as it is, in the order in which it is referred to.
_FIRST_ONES: tuple[type[Base], ...] = (Customer, Vehicle, Mechanic, Account, Rates, ShopRules)
_CANNED: tuple[type[Base], ...] = (CannedJob, CannedLine)
_DAYS_AHEAD = 60  # for which tickets may be promised
_SEED = 1967
_DAYS_AT_ONCE = 40
_SHARES = 20  # in which a table is copied
_BRANDS = ("Bosch", "Mahle", "Valeo", "Brembo", "Denso", "Škoda", "Hella", "Lemförder", "NGK", "Sachs")


def fill(url: URL, *, size: int, day: date) -> None:
    """Write a shop with ``size`` tickets into an empty database that has the newest schema."""
    with step("The demo shop's books"):
        building = _Building(size, day)
    with in_a_hurry(url) as connection:
        building.put_up(connection)
    with step("Cleaning up"):
        clean_up(url)


class _Building:
    def __init__(self, size: int, day: date) -> None:
        end = start_of_day(day)
        self._books: Books = story.tell(end, password_hash=hashed(people.PASSWORD))
        self._patterns = patterns_of(self._books)
        self._parts: list[Part] = self._books.things[Part]
        self._sizes = Sizes.of(size, parts=len(self._parts))
        self._days = days_for(size)
        self._first_day = end.date() - timedelta(self._days)
        self._dates = [str(self._first_day + timedelta(number)) for number in range(self._days + _DAYS_AHEAD)]
        self._chance = Random(_SEED)
        self._shelf = Shelf(self._parts, self._sizes.makes, self._dates)

    def put_up(self, connection: Connection) -> None:
        with step("Indexes off"):
            indexes = drop_indexes(connection)
            leave_words_alone(connection)
        with step("People and vehicles"):
            self._write_people(connection)
        with step("Plan and stock moves") as tell:
            copies.lay_out(connection, self._patterns, self._dates)
            self._write_plan(connection, tell)
        with step("Parts"):
            self._write_parts(connection)
        for kind in copies.COPIED:
            with step(_told(kind.__tablename__)) as tell:
                self._copy(connection, kind, tell)
        with step("The rest"):
            copies.clear_away(connection)
            self._write_additions(connection)
            self._write_counters(connection)
        with step("Indexes on") as tell:
            for number, index in enumerate(indexes):
                tell(number / len(indexes))
                index.create(connection)
        with step("Statistics"):
            finish(connection)
        with step("Sums of the ranking"):
            write_sums(connection)
        with step("Words for the search") as tell:
            self._write_words(connection, tell)
        with step("Indexes of words") as tell:
            index_words(connection, tell)

    def _write_people(self, connection: Connection) -> None:
        self._take_over(connection, _FIRST_ONES)
        known = self._books.things
        newcomers = Newcomers(self._sizes, known=known, begin=self._first_day, days=self._days, chance=self._chance)
        _write_rows(connection, Customer, newcomers.customers())
        _write_rows(connection, Vehicle, newcomers.vehicles())
        _write_rows(connection, Mechanic, newcomers.mechanics())

    def _take_over(self, connection: Connection, kinds: Iterable[type[Base]]) -> None:
        with Session(connection) as session:
            for kind in kinds:
                session.add_all(self._books.things[kind])
                session.flush()

    def _write_plan(self, connection: Connection, tell: Tell) -> None:
        owners = [0, *connection.scalars(select(Vehicle.customer_id).order_by(Vehicle.id))]
        planner = Planner(
            self._patterns, self._sizes, owners, self._shelf, self._chance, self._first_day, days=self._days
        )
        stock_move = Base.metadata.tables[StockMove.__tablename__]
        write(connection, stock_move, self._shelf.first_moves())
        plan = planner.plan()
        done = 0
        while days := list(islice(plan, _DAYS_AT_ONCE)):
            write(connection, copies.PLAN, chain.from_iterable(day.plan for day in days))
            write(connection, stock_move, chain.from_iterable(day.moves for day in days))
            done += len(days)
            tell(done / (self._days + 2))

    def _write_parts(self, connection: Connection) -> None:
        _write_rows(connection, Part, self._part_rows())
        self._take_over(connection, _CANNED)

    def _part_rows(self) -> Iterator[dict[str, Any]]:
        for make in range(self._sizes.makes):
            for like in self._parts:
                number = make * len(self._parts) + like.id
                part = Part(name=_made_by(make, like.name), sku=f"{like.sku}-M{make}" if make else like.sku)
                yield {
                    "id": number,
                    "name": part.name,
                    "name_key": part.name_key,
                    "sku": part.sku,
                    "sku_key": part.sku_key,
                    "price_cents": like.price_cents,
                    "cost_cents": like.cost_cents,
                    "minimum": like.minimum,
                    "location": like.location,
                    "on_hand": self._shelf.on_hand[number],
                    "reserved": self._shelf.reserved[number],
                    "version": 1,
                    "created_at": f"{self._dates[0]} 00:00:00.000000",
                    "archived_at": None,
                }

    def _copy(self, connection: Connection, kind: type[Base], tell: Tell) -> None:
        for share in range(_SHARES):
            first, last = (self._sizes.tickets * (share + more) // _SHARES for more in (0, 1))
            copies.copy(connection, kind, first=first + 1, last=last)
            tell((share + 1) / _SHARES)

    def _write_additions(self, connection: Connection) -> None:
        """The events by which those whom tickets are about came on the lists."""
        vehicle = literal('{"vehicle": "', String) + vehicle_name() + literal('"}', String)
        _record(connection, Action.CUSTOMER_ADDED, Customer)
        _record(connection, Action.VEHICLE_ADDED, Vehicle, facts=vehicle)
        _record(connection, Action.MECHANIC_ADDED, Mechanic)
        _record(connection, Action.PART_ADDED, Part)

    def _write_words(self, connection: Connection, tell: Tell) -> None:
        pieces = list(everything(connection))
        for number, (kept, which) in enumerate(pieces):
            write(connection, kept.table.__table__, right_words(connection, kept, which).items())
            tell((number + 1) / len(pieces))

    def _write_counters(self, connection: Connection) -> None:
        connection.execute(insert(TicketNumber).values(id=1, next=FIRST_NUMBER + self._sizes.tickets))
        listed = {topic: counted for topic, _, counted in kept_and_counted(connection)}
        stamps = ({"name": topic.value, "mark": "filled", "listed": listed.get(topic, 0)} for topic in Topic)
        connection.execute(delete(ChangeStamp))
        connection.execute(insert(ChangeStamp), list(stamps))


def _record(connection: Connection, action: Action, kind: Any, *, facts: ColumnElement[str] | None = None) -> None:
    last = select(func.coalesce(func.max(Event.id), 0)).scalar_subquery()
    values: dict[str, ColumnElement[Any]] = {
        "id": kind.id + (connection.scalar(select(last)) or 0),
        "at": kind.created_at,
        "action": literal(action.value),
        "subject_kind": literal(kind.__tablename__),
        "subject_id": kind.id,
        "by_id": literal(people.DESK),
        "facts": literal("{}", String) if facts is None else facts,
    }
    labelled = (value.label(f"new_{name}") for name, value in values.items())
    connection.execute(insert(Event).from_select(list(values), select(*labelled), include_defaults=False))


def _write_rows(connection: Connection, kind: type[Base], rows: Iterator[dict[str, Any]]) -> None:
    columns = [column.name for column in stored(kind)]
    table = Base.metadata.tables[kind.__tablename__]
    write(connection, table, ([row[column] for column in columns] for row in rows), columns)


def _made_by(make: int, name: str) -> str:
    """What a part of another make is called; those of the first one are called as in the demo shop."""
    brand, series = _BRANDS[make % len(_BRANDS)], make // len(_BRANDS)
    return name if make == 0 else f"{name}, {brand}{f' {series + 1}' if series else ''}"


def _told(table: str) -> str:
    return f"{table.capitalize().replace('_', ' ')}s"
