"""Filling an empty database with the demo shop."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select, text

from shop.accounts.models import Account
from shop.accounts.passwords import hashed
from shop.audit.models import Event, EventChange
from shop.common.base import Base
from shop.common.clock import now
from shop.common.transaction import transaction
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.inventory.models import Part, StockMove
from shop.mechanics.models import Mechanic
from shop.ops import schema
from shop.ops.demo import people, story
from shop.ops.demo.books import Books
from shop.ops.models import ShopFact
from shop.ops.recount import recount
from shop.settings.models import Rates, ShopRules
from shop.tickets.models import (
    FIRST_NUMBER,
    Assignment,
    CannedJob,
    CannedLine,
    Consent,
    Decision,
    EstimateVersion,
    Job,
    Line,
    RepairLink,
    Ticket,
    TicketNumber,
)

#: In the order in which they refer to one another.
_THINGS: tuple[type[Base], ...] = (
    Customer,
    Vehicle,
    Mechanic,
    Account,
    Rates,
    ShopRules,
    Part,
    CannedJob,
    CannedLine,
    Ticket,
    Job,
    Line,
    EstimateVersion,
    Consent,
    Decision,
    RepairLink,
)
_ROWS: tuple[type[Base], ...] = (Assignment, StockMove, Event, EventChange)


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much there is in the demo shop."""

    customers: int
    vehicles: int
    tickets: int
    parts: int


def is_empty() -> bool:
    """Whether nobody has used this database yet."""
    tables = (kind.__table__ for kind in (*_THINGS, *_ROWS))
    return not any(db.session.scalar(select(func.count()).select_from(table)) for table in tables)


def load_demo() -> Loaded | None:
    """Write the demo shop's books, whole or not at all; None when the database is not empty."""
    if not is_empty():
        return None
    books = story.tell(now(), password_hash=hashed(people.PASSWORD))
    with schema.one_at_a_time(), transaction():
        if not is_empty():  # somebody else was quicker
            return None
        _write(books)
        recount()
    return Loaded(
        customers=len(books.things[Customer]),
        vehicles=len(books.things[Vehicle]),
        tickets=len(books.things[Ticket]),
        parts=len(books.things[Part]),
    )


def _write(books: Books) -> None:
    db.session.add(ShopFact(name="demo", value="1"))
    for thing in _THINGS:
        db.session.add_all(books.things[thing])
        db.session.flush()
    for row in _ROWS:
        db.session.execute(insert(Base.metadata.tables[row.__tablename__]), books.rows[row])
    db.session.add(TicketNumber(id=1, next=FIRST_NUMBER + len(books.things[Ticket])))
    db.session.flush()
    if db.engine.dialect.name == "postgresql":
        for each in (*_THINGS, *_ROWS):
            _go_on_counting(each)
        db.session.execute(text("ANALYZE"))  # else it plans as for empty tables until its housekeeping comes round


def _go_on_counting(kind: type[Base]) -> None:
    """PostgreSQL hands out ids from a sequence, which has not noticed the ones that were given."""
    table = kind.__tablename__
    highest = select(func.max(kind.__table__.c.id)).scalar_subquery()
    db.session.execute(select(func.setval(text(f"pg_get_serial_sequence('{table}', 'id')"), highest)))
