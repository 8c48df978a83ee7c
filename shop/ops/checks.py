"""Whether the books agree with themselves: what must be true of the data whatever was done to them.

Each check answers a sentence for each thing that is wrong, so that no answer at all means that all is well. It is
asked about a stretch of ids at a time, so that ten years need no more memory, and no longer statements, than one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from shop.audit.actions import Action
from shop.audit.models import Event
from shop.audit.sealing import seals_hold
from shop.common.base import Base
from shop.common.words import differences
from shop.customers.models import Customer, Vehicle
from shop.extensions import db
from shop.inventory.models import MoveKind, Part, StockMove
from shop.ops.recount import comebacks_are_counted, ranking_is_counted, sums_are_counted
from shop.tickets.lifecycle import Status
from shop.tickets.models import FIRST_NUMBER, Assignment, Job, Line, Supply, Ticket, TicketNumber


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some ids that follow each other."""

    first: int
    last: int

    def has(self, ids: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        return ids.between(self.first, self.last)


Check = Callable[[Connection], Iterator[str]]
CheckOfSome = Callable[[Connection, Stretch], Iterator[str]]

_COMPLETED = (Status.READY, Status.INVOICED, Status.PICKED_UP)
_AT_A_TIME: dict[type[Base], int] = {Part: 50, StockMove: 10_000, Ticket: 500, Vehicle: 10_000}
_FOR_TICKETS = (MoveKind.USED, MoveKind.RETURNED)


def problems() -> list[str]:
    """Everything that is wrong in the books, as sentences; an empty list is the good news.

    All is read as of one moment, so that it may be asked while the shop works.
    """
    with one_moment() as connection:
        of_some = (*_STOCK_CHECKS, *_TICKET_CHECKS, *_HISTORY_CHECKS, *_ARCHIVE_CHECKS)
        return [*_found(of_some, connection), *(wrong for check in _WHOLE for wrong in check(connection))]


def _found(checks: tuple[_Some, ...], connection: Connection) -> list[str]:
    return [
        sentence
        for check, kind in checks
        for some in _stretches(connection, kind)
        for sentence in check(connection, some)
    ]


def _stretches(connection: Connection, kind: Any) -> Iterator[Stretch]:
    last, size = connection.scalar(select(func.max(kind.id))) or 0, _AT_A_TIME[kind]
    return (Stretch(first, first + size - 1) for first in range(1, last + 1, size))


@contextmanager
def one_moment() -> Iterator[Connection]:
    """A connection that sees the database as it was when it began to read."""
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":  # whose readers always see one moment
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _shelf_equals_moves(connection: Connection, some: Stretch) -> Iterator[str]:
    total = func.coalesce(func.sum(StockMove.quantity), 0)
    sums = (
        select(Part.id, Part.on_hand, total)
        .outerjoin(StockMove, StockMove.part_id == Part.id)
        .where(some.has(Part.id))
        .group_by(Part.id, Part.on_hand)
        .having(Part.on_hand != total)
    )
    for part_id, on_hand, moved in connection.execute(sums):
        yield f"Part {part_id}: {on_hand} on the shelf, but its moves add up to {moved}."


def _balances_run(connection: Connection, some: Stretch) -> Iterator[str]:
    """Each move's balance is the one before it and its own quantity, and none is below nothing."""
    running = func.sum(StockMove.quantity).over(partition_by=StockMove.part_id, order_by=StockMove.id)
    columns = (StockMove.id, StockMove.part_id, StockMove.balance, running.label("running"))
    moves = select(*columns).where(some.has(StockMove.part_id)).subquery()
    wrong = select(moves).where(or_(moves.c.balance != moves.c.running, moves.c.balance < 0)).order_by(moves.c.id)
    for move_id, part_id, balance, expected in connection.execute(wrong):
        yield f"Stock move {move_id} of part {part_id}: its balance is {balance}, counted up it is {expected}."


def _moves_have_their_signs(connection: Connection, some: Stretch) -> Iterator[str]:
    upwards = [kind for kind in MoveKind if kind.sign > 0]
    downwards = [kind for kind in MoveKind if kind.sign < 0]
    wrong_way = or_(
        and_(StockMove.kind.in_(upwards), StockMove.quantity <= 0),
        and_(StockMove.kind.in_(downwards), StockMove.quantity >= 0),
    )
    for move_id, kind, quantity in connection.execute(
        select(StockMove.id, StockMove.kind, StockMove.quantity).where(some.has(StockMove.id), wrong_way)
    ):
        yield f"Stock move {move_id}: {kind.value} {quantity:+}."
    belongs = StockMove.kind.in_(_FOR_TICKETS)
    astray = or_(and_(belongs, StockMove.ticket_id.is_(None)), and_(~belongs, StockMove.ticket_id.is_not(None)))
    for move_id, kind, ticket_id in connection.execute(
        select(StockMove.id, StockMove.kind, StockMove.ticket_id).where(some.has(StockMove.id), astray)
    ):
        yield f"Stock move {move_id}: {kind.value} for {f'ticket {ticket_id}' if ticket_id else 'no ticket'}."


def _moves_equal_lines(connection: Connection, some: Stretch) -> Iterator[str]:
    """What left the shelf for a ticket and was not brought back is what its lines have in the vehicle."""
    nothing = literal(0)
    moves = select(StockMove.ticket_id, StockMove.part_id, nothing.label("fitted"), (-StockMove.quantity).label("gone"))
    lines = select(Line.ticket_id, Line.part_id, Line.quantity, nothing).where(Line.supply == Supply.FITTED)
    both = union_all(moves.where(some.has(StockMove.ticket_id)), lines.where(some.has(Line.ticket_id))).subquery()
    pair, fitted, gone = (both.c.ticket_id, both.c.part_id), func.sum(both.c.fitted), func.sum(both.c.gone)
    unlike = select(*pair, fitted, gone).group_by(*pair).having(fitted != gone).order_by(*pair)
    for ticket_id, part_id, charged, left in connection.execute(unlike):
        yield f"Ticket {ticket_id}, part {part_id}: its lines have {charged} fitted, but {left} left the shelf for it."


def _reserved_equals_lines(connection: Connection, some: Stretch) -> Iterator[str]:
    kept = func.coalesce(func.sum(Line.quantity), 0)
    sums = (
        select(Part.id, Part.reserved, kept)
        .outerjoin(Line, and_(Line.part_id == Part.id, Line.supply == Supply.RESERVED))
        .where(some.has(Part.id))
        .group_by(Part.id, Part.reserved)
        .having(Part.reserved != kept)
    )
    for part_id, reserved, on_tickets in connection.execute(sums):
        yield f"Part {part_id}: {reserved} are kept for tickets, whose lines ask for {on_tickets}."


def _removed_hold_nothing(connection: Connection, some: Stretch) -> Iterator[str]:
    """A line that was taken off, or whose job was, has given its parts back."""
    removed = or_(Line.removed_at.is_not(None), Job.removed_at.is_not(None))
    holding = (
        select(Line.id)
        .join(Line.job)
        .where(some.has(Line.ticket_id), removed, Line.supply.in_((Supply.RESERVED, Supply.FITTED)))
    )
    for line_id in connection.scalars(holding.order_by(Line.id)):
        yield f"Line {line_id}: taken off, and still has its parts."


def _charged_parts_are_fitted(connection: Connection, some: Stretch) -> Iterator[str]:
    """What was charged has left the shelf."""
    charged = Ticket.status.in_((Status.INVOICED, Status.PICKED_UP))
    keeping = select(Line.id).join(Line.ticket).where(some.has(Line.ticket_id), charged)
    for line_id in connection.scalars(keeping.where(Line.supply == Supply.RESERVED).order_by(Line.id)):
        yield f"Line {line_id}: charged, and its parts are still on the shelf. Reopen its ticket and invoice it anew."


def _sums_are_true(connection: Connection, some: Stretch) -> Iterator[str]:
    """What is kept of a ticket's money is what its lines come to."""
    tickets = select(Ticket).options(
        joinedload(Ticket.rates), selectinload(Ticket.every_job).selectinload(Job.every_line)
    )
    with Session(connection) as session:
        for ticket in session.scalars(tickets.where(some.has(Ticket.id)).order_by(Ticket.id)):
            yield from _untrue_sums(ticket)


def _untrue_sums(ticket: Ticket) -> Iterator[str]:
    bill = ticket.bill
    kept, comes_to = (ticket.total_cents, ticket.tax_cents), (bill.total, bill.tax)
    if kept != comes_to:
        yield f"Ticket {ticket.number}: {kept} cents and tax are kept, its lines come to {comes_to}."
    if ticket.over_cents != ticket.growth_cents:
        yield f"Ticket {ticket.number}: {ticket.over_cents} cents over what was approved are kept, not true."
    if ticket.minutes != sum(job.minutes for job in ticket.jobs if job.is_charged):
        yield f"Ticket {ticket.number}: its billed time is not that of its lines."
    for job in ticket.jobs:
        if job.charge_cents != job.charges.net:
            yield f"Job {job.id}: {job.charge_cents} cents are kept, its lines come to {job.charges.net}."


def _numbers_are_gapless(connection: Connection) -> Iterator[str]:
    count, first, last = connection.execute(
        select(func.count(), func.min(Ticket.number), func.max(Ticket.number))
    ).one()
    following = connection.scalar(select(TicketNumber.next))
    if count and (first != FIRST_NUMBER or last - first + 1 != count):
        yield f"{count} tickets have numbers from {first} to {last}."
    if count and following != last + 1:
        yield f"The last ticket is {last}, but the next one would get {following}."


def _completed_is_true(connection: Connection, some: Stretch) -> Iterator[str]:
    lacks = and_(Ticket.status.in_(_COMPLETED), Ticket.completed_at.is_(None))
    early = and_(Ticket.completed_at.is_not(None), Ticket.completed_at < Ticket.created_at)
    for number, status, completed_at in connection.execute(
        select(Ticket.number, Ticket.status, Ticket.completed_at)
        .where(some.has(Ticket.id), or_(lacks, early))
        .order_by(Ticket.id)
    ):
        when = f"completed {completed_at:%Y-%m-%d %H:%M}, before it was opened" if completed_at else "never completed"
        yield f"Ticket {number}: {status.value} and {when}."


def _cancelled_are_empty(connection: Connection, some: Stretch) -> Iterator[str]:
    holding = and_(Line.ticket_id == Ticket.id, Line.supply.in_((Supply.RESERVED, Supply.FITTED)))
    lines = select(func.count()).where(holding).scalar_subquery()
    cancelled = select(Ticket.number, lines).where(some.has(Ticket.id), Ticket.status == Status.CANCELLED, lines > 0)
    for number, left in connection.execute(cancelled.order_by(Ticket.id)):
        yield f"Ticket {number}: cancelled, and {left} of its lines still have their parts."
    is_cancelled = Ticket.status == Status.CANCELLED
    unlike = or_(and_(is_cancelled, Ticket.cancel_reason == ""), and_(~is_cancelled, Ticket.cancel_reason != ""))
    tickets = select(Ticket.number, Ticket.status).where(some.has(Ticket.id), unlike).order_by(Ticket.id)
    for number, status in connection.execute(tickets):
        yield f"Ticket {number}: {status.value} {'without' if status is Status.CANCELLED else 'with'} a cancel reason."


def _nobody_is_twice_on_it(connection: Connection, some: Stretch) -> Iterator[str]:
    pair = (Assignment.ticket_id, Assignment.mechanic_id)
    pairs = select(*pair, func.count()).where(some.has(Assignment.ticket_id)).group_by(*pair)
    for ticket_id, mechanic_id, count in connection.execute(pairs.having(func.count() > 1)):
        yield f"Ticket {ticket_id}: mechanic {mechanic_id} is on it {count} times."


def _every_ticket_was_opened(connection: Connection, some: Stretch) -> Iterator[str]:
    opened = select(Event.subject_id, func.count().label("times")).where(
        Event.subject_kind == Ticket.__tablename__,
        some.has(Event.subject_id),
        Event.action == Action.TICKET_OPENED.value,
    )
    openings = opened.group_by(Event.subject_id).subquery()
    times = func.coalesce(openings.c.times, 0)
    unlike = select(Ticket.number, times).outerjoin(openings, openings.c.subject_id == Ticket.id)
    for number, found in connection.execute(unlike.where(some.has(Ticket.id), times != 1).order_by(Ticket.id)):
        yield f"Ticket {number}: {found} events say that it was opened."


def _status_is_where_it_was_moved(connection: Connection, some: Stretch) -> Iterator[str]:
    """The last move leads to the status that the ticket has, each begins where the one before it ended."""
    reached, completed, astray = _played_back(connection, some)
    yield from astray
    tickets = select(Ticket.id, Ticket.number, Ticket.status, Ticket.completed_at).where(some.has(Ticket.id))
    for ticket_id, number, status, completed_at in connection.execute(tickets.order_by(Ticket.id)):
        told = reached.get(ticket_id, Status.DRAFT.value)
        if told != status.value:
            yield f"Ticket {number}: {status.value}, but its history ends at {told}."
        if (completed_at is None) != (ticket_id not in completed):
            yield f"Ticket {number}: completed {completed_at or 'never'}, its history says otherwise."


def _played_back(connection: Connection, some: Stretch) -> tuple[dict[int, str], set[int], list[str]]:
    """By ticket: the status that its moves lead to; which were ready since they began; moves that begin elsewhere."""
    moves = select(Event.subject_id, Event.facts).where(
        Event.subject_kind == Ticket.__tablename__,
        some.has(Event.subject_id),
        Event.action == Action.TICKET_MOVED.value,
    )
    reached: dict[int, str] = {}
    completed: set[int] = set()
    astray = []
    facts: dict[str, Any]
    for ticket_id, facts in connection.execute(moves.order_by(Event.id)):
        before = reached.get(ticket_id, Status.DRAFT.value)
        if facts["was"] != before:
            astray.append(f"Ticket {ticket_id}: moved from {facts['was']} when it was {before}.")
        reached[ticket_id] = facts["to"]
        if facts["to"] == Status.READY.value:
            completed.add(ticket_id)
        elif facts["was"] == Status.CANCELLED.value:  # it begins anew
            completed.discard(ticket_id)
    return reached, completed, astray


def _nothing_is_open_for_the_archived(connection: Connection, some: Stretch) -> Iterator[str]:
    is_open = and_(Ticket.archived_at.is_(None), Ticket.status.in_([status for status in Status if status.is_open]))
    open_tickets = select(Ticket.number, Customer.archived_at, Vehicle.archived_at)
    open_tickets = open_tickets.join(Customer, Ticket.customer_id == Customer.id)
    open_tickets = open_tickets.outerjoin(Vehicle, Ticket.vehicle_id == Vehicle.id)
    archived = or_(Customer.archived_at.is_not(None), Vehicle.archived_at.is_not(None))
    for number, customer_left, _ in connection.execute(
        open_tickets.where(some.has(Ticket.id), is_open, archived).order_by(Ticket.id)
    ):
        yield f"Ticket {number}: open, but its {'customer' if customer_left else 'vehicle'} is archived."


def _vehicles_go_with_their_customers(connection: Connection, some: Stretch) -> Iterator[str]:
    left_behind = select(Vehicle.id, Customer.id).join(Customer, Vehicle.customer_id == Customer.id)
    left_behind = left_behind.where(
        some.has(Vehicle.id), Vehicle.archived_at.is_(None), Customer.archived_at.is_not(None)
    )
    for vehicle_id, customer_id in connection.execute(left_behind.order_by(Vehicle.id)):
        yield f"Vehicle {vehicle_id}: on the list, but its customer {customer_id} is archived."


def _nothing_is_left_with_the_merged(connection: Connection) -> Iterator[str]:
    """Whoever was written down twice has all that is theirs in one place."""
    merged = select(Customer.id).where(Customer.merged_into_id.is_not(None))
    for name, belongs_to, label in (
        ("Ticket", Ticket.customer_id, Ticket.number),
        ("Vehicle", Vehicle.customer_id, Vehicle.id),
        ("Customer", Customer.merged_into_id, Customer.id),
    ):
        left = select(label, belongs_to).where(belongs_to.in_(merged)).order_by(label)
        for number, customer_id in connection.execute(left):
            yield f"{name} {number}: belongs to customer {customer_id}, who was merged into another."


def _references_lead_somewhere(connection: Connection) -> Iterator[str]:
    """The databases hold this themselves, but not while a dump is loaded."""
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            other = constraint.referred_table.alias()
            met = [element.parent == other.c[element.column.name] for element in constraint.elements]
            said = [element.parent.is_not(None) for element in constraint.elements]
            lost = select(func.count()).select_from(table).outerjoin(other, and_(*met))
            count = connection.scalar(lost.where(*said, *(column.is_(None) for column in other.primary_key)))
            if count:
                yield f"{count} rows of {table.name} refer to a {constraint.referred_table.name} that is not there."


def _everything_is_found(connection: Connection) -> Iterator[str]:
    for table, thing_id in differences(connection):
        thing = table.removesuffix("_words").capitalize()
        yield f"{thing} {thing_id}: not found by the words it has now. Run rebuild-search."


#: A check, and of which kind of things it takes some at a time.
_Some = tuple[CheckOfSome, type[Base]]

_STOCK_CHECKS: tuple[_Some, ...] = (
    (_shelf_equals_moves, Part),
    (_balances_run, Part),
    (_moves_have_their_signs, StockMove),
    (_moves_equal_lines, Ticket),
    (_reserved_equals_lines, Part),
    (_removed_hold_nothing, Ticket),
    (_charged_parts_are_fitted, Ticket),
)
_TICKET_CHECKS: tuple[_Some, ...] = (
    (_sums_are_true, Ticket),
    (_completed_is_true, Ticket),
    (_cancelled_are_empty, Ticket),
    (_nobody_is_twice_on_it, Ticket),
)
_HISTORY_CHECKS: tuple[_Some, ...] = (
    (_every_ticket_was_opened, Ticket),
    (_status_is_where_it_was_moved, Ticket),
)
_ARCHIVE_CHECKS: tuple[_Some, ...] = (
    (_nothing_is_open_for_the_archived, Ticket),
    (_vehicles_go_with_their_customers, Vehicle),
)
#: What is read in stretches of its own, or counted at once.
_WHOLE: tuple[Check, ...] = (
    seals_hold,
    _nothing_is_left_with_the_merged,
    _references_lead_somewhere,
    _numbers_are_gapless,
    sums_are_counted,
    comebacks_are_counted,
    ranking_is_counted,
    _everything_is_found,
)
