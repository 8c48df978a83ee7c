"""The copying itself: a plan of who comes when, the patterns, and one ``INSERT … SELECT`` for each table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.sql.elements import KeyedColumnElement

from bench.fill.database import write
from bench.fill.patterns import MOST_JOBS, MOST_MECHANICS, PARTS_OF_A_TICKET, Patterns
from shop.audit.models import Event, EventChange
from shop.common.base import Base, Moment, table_args
from shop.customers.models import Customer, Vehicle
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.tickets.models import FIRST_NUMBER, Consent, EstimateVersion, Job, Ticket

COPIED: tuple[type[Base], ...] = (Ticket, *PARTS_OF_A_TICKET)

#: Where the marks of ``patterns`` are, and which of them; the ticket's number may be everywhere.
_MARKED: dict[tuple[str, str], tuple[str, ...]] = {
    (Event.__tablename__, "facts"): tuple(
        f"{mark}{place}" for mark in ("name", "mechanic") for place in range(MOST_MECHANICS)
    ),
    (EventChange.__tablename__, "after"): ("customer",),
    (Consent.__tablename__, "name"): ("customer",),
    (EstimateVersion.__tablename__, "content"): ("vehicle", "plate", *(f"job{place}" for place in range(MOST_JOBS))),
}
_REFERENCES = {"job_id": Job, "event_id": Event, "version_id": EstimateVersion, "consent_id": Consent}
_ORDERED_EVERY = 25  # one ticket in so many carries the number of a customer's own order

_temporary = MetaData()
_options: dict[str, Any] = {"prefixes": ["TEMPORARY"], **table_args()[-1]}


def _first(kind: type[Base]) -> str:
    return f"first_{kind.__tablename__}"


#: One row for each ticket: ``id`` is the ticket's, ``first_…`` are the ids of the first rows that belong to it.
PLAN = Table(
    "fill_plan",
    _temporary,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("pattern", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("customer_id", Integer, nullable=False),
    Column("vehicle_id", Integer, nullable=False),
    Column("part_shift", Integer, nullable=False),
    *(Column(f"mechanic{place}", Integer) for place in range(MOST_MECHANICS)),
    *(Column(_first(kind), Integer, nullable=False) for kind in PARTS_OF_A_TICKET),
    **_options,
)
DAY = Table(
    "fill_day",
    _temporary,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("text", String(10), nullable=False),
    **_options,
)


def stored(kind: type[Base]) -> list[KeyedColumnElement[Any]]:
    """Its columns, but for those that the database works out itself."""
    return [column for column in kind.__table__.columns if not column.computed]


def _pattern_table(kind: type[Base]) -> Table:
    columns: list[Column[Any]] = []
    for column in stored(kind):
        if isinstance(column.type, Moment):
            columns += [Column(f"{column.name}_days", Integer), Column(f"{column.name}_time", String(15))]
        elif isinstance(column.type, (Integer, BigInteger, Boolean)):
            columns.append(Column(column.name, BigInteger, primary_key=False))
        else:
            columns.append(Column(column.name, Text))
    return Table(
        f"fill_{kind.__tablename__}",
        _temporary,
        Column("pattern", Integer, primary_key=True, autoincrement=False),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("marks", Integer, nullable=False),
        *(column for column in columns if column.name != "id"),
        sqlite_with_rowid=False,
        **_options,
    )


_PATTERNS = {kind: _pattern_table(kind) for kind in COPIED}


def lay_out(connection: Connection, patterns: Patterns, dates: Sequence[str]) -> None:
    """Write down the patterns and the days; the plan is still empty."""
    _temporary.create_all(connection)
    write(connection, DAY, enumerate(dates))
    for kind, table in _PATTERNS.items():
        write(connection, table, _pattern_rows(kind, table, patterns))


def clear_away(connection: Connection) -> None:
    _temporary.drop_all(connection)


def copy(connection: Connection, kind: type[Base], *, first: int, last: int) -> None:
    """Write the rows of this kind for these tickets of the plan."""
    pattern = _PATTERNS[kind]
    columns = [column.name for column in stored(kind)]
    copier = _Copier(kind, pattern, connection.dialect.name)
    values = [copier.value(name).label(f"new_{name}") for name in columns]
    rows = select(*values).select_from(PLAN).join(pattern, pattern.c.pattern == PLAN.c.pattern)
    rows = rows.where(PLAN.c.id >= first, PLAN.c.id <= last)
    connection.execute(insert(kind).from_select(columns, rows, include_defaults=False))


def _pattern_rows(kind: type[Base], table: Table, patterns: Patterns) -> Iterator[Sequence[Any]]:
    columns = [column.name for column in table.columns][3:]
    marked = [column for name, column in _MARKED if name == kind.__tablename__]
    for pattern in patterns:
        for place, row in enumerate(pattern.rows[kind]):
            marks = max((_marks(row[column]) for column in marked), default=int(pattern.is_told))
            yield (pattern.number, place, marks, *(row.get(column) for column in columns))


def _marks(text: str | None) -> int:
    """Which marks there are: 0 none, 1 the ticket's number alone, 2 others."""
    without = (text or "").replace("«number»", "")
    return 2 if "«" in without else int(without != (text or ""))


class _Copier:
    """What each column of a copy is."""

    def __init__(self, kind: type[Base], pattern: Table, dialect: str) -> None:
        self._kind = kind
        self._pattern = pattern
        self._dialect = dialect

    def value(self, name: str) -> ColumnElement[Any]:
        column = self._kind.__table__.columns[name]
        special = getattr(self, f"_{self._kind.__tablename__}_{name}", None) or getattr(self, f"_any_{name}", None)
        if special:
            made: ColumnElement[Any] = special()
            return made
        if isinstance(column.type, Moment):
            return self._moment(name)
        if (self._kind.__tablename__, name) in _MARKED:
            return self._filled(name)
        if name in _REFERENCES:
            return PLAN.c[_first(_REFERENCES[name])] + self._pattern.c[name]
        if self._dialect == "postgresql":
            return cast(self._pattern.c[name], column.type)
        return self._pattern.c[name]

    def _any_id(self) -> ColumnElement[Any]:
        return PLAN.c[_first(self._kind)] + self._pattern.c.place

    def _any_ticket_id(self) -> ColumnElement[Any]:
        return PLAN.c.id

    def _any_mechanic_id(self) -> ColumnElement[Any]:
        return case(
            {place: PLAN.c[f"mechanic{place}"] for place in range(MOST_MECHANICS)}, value=self._pattern.c.mechanic_id
        )

    def _ticket_id(self) -> ColumnElement[Any]:
        return PLAN.c.id

    def _ticket_number(self) -> ColumnElement[Any]:
        return PLAN.c.id + (FIRST_NUMBER - 1)

    def _ticket_customer_id(self) -> ColumnElement[Any]:
        return PLAN.c.customer_id

    def _ticket_vehicle_id(self) -> ColumnElement[Any]:
        return PLAN.c.vehicle_id

    def _ticket_complaint(self) -> ColumnElement[Any]:
        """Some customers have orders of their own; where an estimate has been kept, it says what the ticket says."""
        complaint = self._pattern.c.complaint
        order = literal("\nOur order ", Text) + cast(PLAN.c.id * 7 + 10_000, String)
        has_order = (PLAN.c.id % _ORDERED_EVERY == 0) & (self._pattern.c.marks == 0)
        return case((has_order, complaint + order), else_=complaint)

    def _event_subject_id(self) -> ColumnElement[Any]:
        return PLAN.c.id

    def _line_part_id(self) -> ColumnElement[Any]:
        return self._pattern.c.part_id + PLAN.c.part_shift

    def _line_description(self) -> ColumnElement[Any]:
        """A line with a part from stock is called as the part is."""
        name = select(Part.name).where(Part.id == self._line_part_id()).scalar_subquery()
        return case(
            (PLAN.c.part_shift == 0, self._pattern.c.description),
            else_=func.coalesce(name, self._pattern.c.description),
        )

    def _moment(self, name: str) -> ColumnElement[Any]:
        day = select(DAY.c.text).where(DAY.c.id == PLAN.c.day + self._pattern.c[f"{name}_days"]).scalar_subquery()
        text = day + literal(" ", String) + self._pattern.c[f"{name}_time"]
        return cast(text, Moment) if self._dialect == "postgresql" else text

    def _filled(self, name: str) -> ColumnElement[Any]:
        text, number = self._pattern.c[name], cast(PLAN.c.id + (FIRST_NUMBER - 1), String)
        numbered = func.replace(text, "«number»", number)
        known, made = _marked_values(), numbered
        for mark in _MARKED[self._kind.__tablename__, name]:
            made = func.replace(made, f"«{mark}»", known[mark])
        return case((self._pattern.c.marks == 0, text), (self._pattern.c.marks == 1, numbered), else_=made)


def _marked_values() -> dict[str, ColumnElement[Any]]:
    vehicle = select(vehicle_name()).where(Vehicle.id == PLAN.c.vehicle_id).scalar_subquery()
    plate = select(Vehicle.plate).where(Vehicle.id == PLAN.c.vehicle_id).scalar_subquery()
    customer = select(Customer.name).where(Customer.id == PLAN.c.customer_id).scalar_subquery()
    values: dict[str, ColumnElement[Any]] = {
        "vehicle": vehicle,
        "plate": func.coalesce(plate, ""),
        "customer": customer,
        **{f"job{place}": cast(PLAN.c.first_job + place, String) for place in range(MOST_JOBS)},
    }
    for place in range(MOST_MECHANICS):
        mechanic = PLAN.c[f"mechanic{place}"]
        name = select(Mechanic.name).where(Mechanic.id == mechanic).scalar_subquery()
        values |= {
            f"name{place}": func.coalesce(name, ""),
            f"mechanic{place}": func.coalesce(cast(mechanic, String), ""),
        }
    return values


def vehicle_name() -> ColumnElement[str]:
    """``Vehicle.label`` in SQL, where the year, the maker and the model are known."""
    return cast(Vehicle.year, String) + literal(" ") + Vehicle.make + literal(" ") + Vehicle.model
