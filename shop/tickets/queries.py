"""Reading tickets: one at a time as entities, lists as plain rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import defaultload, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from shop.accounts.models import Account
from shop.common import stamps
from shop.common.base import MAX_ID
from shop.common.paging import DEFAULT_SIZE, Reading, Slice, rows_of
from shop.common.roles import Role
from shop.common.stamps import Topic, kept, remembered
from shop.common.text import initials
from shop.common.words import Hits, How, how_many_have
from shop.customers.models import Customer, Vehicle, vehicle_label
from shop.extensions import db
from shop.inventory.models import Part
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import PROMISE_KEPT, Approval, Move, Status, moves_for
from shop.tickets.models import (
    Assignment,
    CannedJob,
    CannedLine,
    Consent,
    EstimateVersion,
    Job,
    Line,
    Ticket,
    TicketWords,
)
from shop.tickets.selection import (
    Scope,
    Sort,
    TicketFilter,
    hits_of,
    is_bounded,
    is_lacking,
    matching,
    moment_of,
    segments_of,
    worked_by,
)

MOST_COUNTED, MOST_COUNTED_OF_ALL = 1000, 100
#: In a shop with more tickets those with a common word are not counted beyond the page.
MOST_READ_TO_COUNT = 2000
FIGURES = range(1, 10)


def visible_to(account: Account) -> Select[Ticket]:
    """The tickets that this account may read: staff all of them, customers their own."""
    tickets = select(Ticket).where(Ticket.archived_at.is_(None))
    return tickets if account.is_staff else tickets.where(Ticket.customer_id == account.customer_id)


def known_to(account: Account) -> Select[Ticket]:
    """Those that are archived as well, for the desk: they can be looked at and brought back."""
    return select(Ticket) if account.works_the_desk else visible_to(account)


def owned_by(account: Account) -> Select[Ticket]:
    """The tickets of the customer that this account is, whatever else it may see."""
    return select(Ticket).where(Ticket.archived_at.is_(None), Ticket.customer_id == account.customer_id)


def workable_by(account: Account) -> Select[Ticket]:
    """The tickets whose parts this account may take and give back: the desk all, a mechanic those they are on."""
    tickets = visible_to(account)
    if account.works_the_desk:
        return tickets
    return tickets.where(worked_by(account.mechanic_id))


def under_way(tickets: Select[Ticket]) -> Select[Ticket]:
    """Those that are open, the newest first."""
    return tickets.where(Ticket.is_open == true()).order_by(Ticket.id.desc())


def whole(tickets: Select[Ticket]) -> list[Ticket]:
    """These tickets with all that their customer is shown, in three statements."""
    decisions = defaultload(Ticket.versions).defaultload(EstimateVersion.consents).selectinload(Consent.decisions)
    return list(db.session.scalars(tickets.options(*_everything(), decisions)).unique())


def whole_one(tickets: Select[Ticket]) -> Ticket | None:
    """The only one of these tickets, in the same way; None if there is none."""
    return next(iter(whole(tickets)), None)


def whole_for_staff(tickets: Select[Ticket]) -> Ticket | None:
    """The only one of these tickets with all that staff are shown, in two statements; None if there is none."""
    return db.session.scalars(tickets.options(*_everything(), joinedload(Ticket.comeback_of))).unique().one_or_none()


@cache
def _everything() -> tuple[ExecutableOption, ...]:
    lines = joinedload(Job.every_line).options(joinedload(Line.part), joinedload(Line.mechanic))
    return (
        joinedload(Ticket.customer),
        joinedload(Ticket.vehicle),
        joinedload(Ticket.assignments).joinedload(Assignment.mechanic),
        joinedload(Ticket.rates),
        joinedload(Ticket.versions).joinedload(EstimateVersion.consents),
        selectinload(Ticket.every_job).options(lines),
    )


def jobs_on(ticket: Ticket) -> Sequence[Job]:
    """The ticket's jobs in their order with their lines, in two statements; without those that were taken off."""
    jobs = select(Job).where(Job.ticket_id == ticket.id, Job.removed_at.is_(None))
    return db.session.scalars(jobs.order_by(Job.position, Job.id).options(selectinload(Job.every_line))).all()


def canned_by_name() -> Select[CannedJob]:
    """The canned jobs that are on the list."""
    return select(CannedJob).where(CannedJob.name_key.is_not(None)).order_by(CannedJob.name_key)


@dataclass(frozen=True, slots=True)
class CannedRow:
    """A canned job as the desk chooses it; the first nine end with the figure that inserts them."""

    id: int
    label: str


def canned_rows(*, limit: int) -> list[CannedRow]:
    """The first canned jobs by name."""
    shown = canned_by_name().with_only_columns(CannedJob.id, CannedJob.name).limit(limit)

    def build() -> list[CannedRow]:
        found = enumerate(rows_of(shown), start=1)
        return [CannedRow(row.id, f"{row.name} ({place})" if place in FIGURES else row.name) for place, row in found]

    return remembered(Topic.SETTINGS, "canned", build=build)


def canned_with_lines() -> Sequence[CannedJob]:
    """All of them with their lines and parts, in two statements."""
    with_lines = selectinload(CannedJob.lines).joinedload(CannedLine.part)
    return db.session.scalars(canned_by_name().options(with_lines)).all()


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of an estimate as lists show it."""

    number: int
    at: datetime
    total_cents: int
    is_answered: bool


def versions_of(ticket: Ticket) -> list[VersionRow]:
    """What was offered on the ticket, the newest first."""
    is_answered = exists().where(Consent.version_id == EstimateVersion.id)
    found = db.session.execute(
        select(EstimateVersion.number, EstimateVersion.at, EstimateVersion.total_cents, is_answered)
        .where(EstimateVersion.ticket_id == ticket.id)
        .order_by(EstimateVersion.number.desc())
    )
    return [VersionRow(number, at, total_cents, bool(answered)) for number, at, total_cents, answered in found]


@dataclass(frozen=True, slots=True)
class RowMechanic:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class RowPart:
    """Some of one part on a ticket; ``id`` is the part's, not the line's."""

    id: int
    name: str
    quantity: int
    price_cents: int


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as lists and cards show it, its parts as programs are told of them besides (see ``with_parts``)."""

    id: int
    number: int
    status: Status
    complaint: str
    customer_id: int
    customer: str
    vehicle_id: int | None
    plate: str | None
    year: int | None
    make: str | None
    model: str | None
    vin: str | None
    promised_at: datetime | None
    created_at: datetime
    completed_at: datetime | None
    touched_at: datetime
    total_cents: int
    tax_cents: int
    over_cents: int
    minutes: int
    odometer_in: int | None
    odometer_out: int | None
    comeback_of_id: int | None
    lacking: int  # lines of approved jobs whose parts the shelf lacks, whatever the status
    has_work: bool  # there are jobs that the customer wants or may want; not looked at once something was approved
    has_refusals: bool  # some job was declined or put off, as far as that was looked at
    mechanics: tuple[RowMechanic, ...] = ()
    parts: tuple[RowPart, ...] = ()

    @property
    def vehicle(self) -> str:
        if self.vehicle_id is None:
            return "No vehicle yet"
        return vehicle_label(self.year, self.make or "", self.model or "", self.vin)

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """The mechanics as pairs of name and initials."""
        return tuple((each.name, initials(each.name)) for each in self.mechanics)

    @property
    def first_line(self) -> str:
        return self.complaint.partition("\n")[0]

    @property
    def is_turned_down(self) -> bool:
        """The estimate has its answer, and nothing was approved."""
        return self.has_refusals and not self.has_work

    def moves(self, role: Role) -> list[Move]:
        return moves_for(self.status, role, has_work=self.has_work)

    @property
    def waiting_for_parts(self) -> bool:
        return self.status.is_work and self.lacking > 0

    @property
    def missing_parts(self) -> int:
        """How many kinds of parts the work waits for."""
        return self.lacking if self.status.is_work else 0

    def is_untouched_since(self, moment: datetime) -> bool:
        """The work is under way or waits, and nobody has done anything to it since then."""
        return self.touched_at < moment and self.status not in PROMISE_KEPT

    @property
    def is_promise_open(self) -> bool:
        """Whether time still runs against the promise."""
        return self.promised_at is not None and self.status not in PROMISE_KEPT


def list_tickets(
    wanted: TicketFilter,
    *,
    size: int = DEFAULT_SIZE,
    after: str | None = None,
    before: str | None = None,
    parts: bool = False,
    counted: bool = False,
) -> Slice[TicketRow]:
    """A stretch of the list in the filter's order: one statement, however many rows and however deep.

    With ``parts`` the rows tell those as well, with ``counted`` the slice its total, or that it is more than its
    ``most``. Raises RuleBroken on ``after`` or ``before`` for a cursor that is not of this order.
    """

    def build() -> Slice[TicketRow]:
        is_first, most = after is None and before is None, most_counted(wanted)
        reading, hits = _reading_of(wanted, enough=max(size, most) + 1 if is_first else None)
        is_endless = hits.are_common and stamps.listed(Topic.TICKETS) > MOST_READ_TO_COUNT
        counts = asks and not is_endless
        found = reading.read(filled(), size=size, after=after, before=before, counted=counts, values=hits.values)
        if asks and is_endless:
            is_whole, most = is_first and found.after is None, size
            total = len(found.items) if is_whole else size + 1 if len(found.items) == size else None
            found = replace(found, total=total, most=most)
        if asks and found.total is None:  # the place is near an end of the list, or nothing is there
            found = replace(found, total=count_tickets(wanted, at_most=most + 1))
        return replace(found, items=with_parts(found.items)) if parts else found

    topic = _topic_counting(wanted)
    asks = counted and topic is None
    rows = kept(Topic.TICKETS, "list", wanted, size, after, before, parts, asks, moment_of(wanted), build=build)
    if not counted:
        return rows
    return replace(rows, total=stamps.listed(topic) if topic else rows.total, most=rows.most or most_counted(wanted))


def page_of_tickets(wanted: TicketFilter, *, number: int, size: int) -> list[TicketRow]:
    """One numbered page of a list by number, with the parts; ``list_tickets`` and its cursor are the way to go deep."""

    def build() -> list[TicketRow]:
        reading, hits = _reading_of(wanted)
        return with_parts(reading.numbered(filled(), number=number, size=size, values=hits.values))

    return kept(Topic.TICKETS, "page", wanted, number, size, moment_of(wanted), build=build)


def _reading_of(wanted: TicketFilter, *, enough: int | None = None) -> tuple[Reading, Hits]:
    hits = hits_of(wanted, enough=enough)
    return _reading(replace(wanted, q=""), hits.how, most_counted(wanted), moment_of(wanted)), hits


@lru_cache(500)
def _reading(wanted: TicketFilter, how: How | None, most: int, moment: str | None) -> Reading:
    """Made once for each filter and way to find words, whichever the words are."""
    ids, counting = matching(wanted, how).with_only_columns(Ticket.id), _counting(wanted, how, most + 1, moment)
    nothing = how is not None and how.finds_nothing
    return Reading(ids, segments_of(wanted, how), complete=_completed, counting=counting, finds_nothing=nothing)


def count_tickets(wanted: TicketFilter, *, at_most: int | None = None) -> int:
    """How many tickets the filter finds; counting stops at ``at_most``."""
    if topic := _topic_counting(wanted):
        return min(stamps.listed(topic), at_most or MAX_ID)

    def build() -> int:
        hits = hits_of(wanted)
        if at_most is None and hits.are_many and wanted == TicketFilter(wanted.q, sort=wanted.sort):
            return how_many_have(TicketWords, wanted.q, but=_ARCHIVED)
        counting = _counting(replace(wanted, q=""), hits.how, at_most, moment_of(wanted))
        ((number,),) = rows_of(counting, **hits.values)
        return int(number)

    return kept(Topic.TICKETS, "count", wanted, at_most, moment_of(wanted), build=build)


def most_counted(wanted: TicketFilter) -> int:
    """Where counting for a page stops: soon among all that the shop ever had, for it reads what it counts."""
    return MOST_COUNTED if _topic_counting(wanted) or is_bounded(wanted) else MOST_COUNTED_OF_ALL


_ARCHIVED = select(Ticket.id).where(Ticket.archived_at.is_not(None))


@lru_cache(500)
def _counting(wanted: TicketFilter, how: How | None, at_most: int | None, moment: str | None) -> Select[int]:
    ids = matching(wanted, how).with_only_columns(Ticket.id).limit(at_most)
    runs = [select(ids.where(run).subquery().c.id) for run in how.runs] if how and at_most else []
    some = union_all(*runs).limit(at_most) if runs else ids
    return select(func.count()).select_from(some.subquery())


def _topic_counting(wanted: TicketFilter) -> Topic | None:
    """Where the length of the list is kept, if it is."""
    return _COUNTED.get(replace(wanted, sort=Sort.NEWEST))


#: Lists whose length is kept.
_COUNTED = {TicketFilter(): Topic.TICKETS, TicketFilter(scope=Scope.OPEN): Topic.OPEN_TICKETS}


def open_count() -> int:
    """How many tickets are open, for the menu; capped."""
    return count_tickets(TicketFilter(scope=Scope.OPEN), at_most=MOST_COUNTED)


def open_tickets_of(vehicle_ids: Iterable[int]) -> dict[int, Ticket]:
    """By vehicle, its newest open ticket: to warn before a second one is written."""
    asked = {"vehicles": list(vehicle_ids)}
    if not asked["vehicles"]:
        return {}
    return {ticket.vehicle_id: ticket for ticket in db.session.scalars(_open_ones(), asked) if ticket.vehicle_id}


@cache
def _open_ones() -> Select[Ticket]:
    return (
        select(Ticket)
        .where(Ticket.vehicle_id.in_(bindparam("vehicles", expanding=True)))
        .where(Ticket.is_open == true(), Ticket.archived_at.is_(None))
        .order_by(Ticket.id)
    )


def _completed(page: Subquery) -> Select[*tuple[Any, ...]]:
    """The columns that ``filled`` takes, of the few tickets whose ids are in ``page``."""
    return projected(select(Ticket).join(page, page.c.id == Ticket.id))


def row_with_everything(ticket: Ticket) -> TicketRow:
    """One ticket as lists show it, as it is now, with its parts."""
    (row,) = with_parts([filled()(row) for row in rows_of(_one(), id=ticket.id)])
    return row


@cache
def _one() -> Select[*tuple[Any, ...]]:
    return projected(select(Ticket).where(Ticket.id == bindparam("id")))


def projected(tickets: Select[Any]) -> Select[*tuple[Any, ...]]:
    """The columns that ``filled`` takes: those of a ``TicketRow``, at last who is on the ticket as text."""
    return (
        tickets.join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(Vehicle, Vehicle.id == Ticket.vehicle_id)
        .with_only_columns(
            Ticket.id,
            Ticket.number,
            Ticket.status,
            Ticket.complaint,
            Ticket.customer_id,
            Customer.name,
            Ticket.vehicle_id,
            Vehicle.plate,
            Vehicle.year,
            Vehicle.make,
            Vehicle.model,
            Vehicle.vin,
            Ticket.promised_at,
            Ticket.created_at,
            Ticket.completed_at,
            Ticket.touched_at,
            Ticket.total_cents,
            Ticket.tax_cents,
            Ticket.over_cents,
            Ticket.minutes,
            Ticket.odometer_in,
            Ticket.odometer_out,
            Ticket.comeback_of_id,
            _lacking(),
            _has_jobs(Approval.PENDING, Approval.APPROVED, once_approved=true()),
            _has_jobs(Approval.DECLINED, Approval.DEFERRED, once_approved=false()),
            _people(),
        )
    )


COLUMNS = 27


def _lacking() -> ColumnElement[int]:
    missing = (
        select(func.count())
        .select_from(Line)
        .join(Job, Job.id == Line.job_id)
        .join(Part, Part.id == Line.part_id)
        .where(Line.ticket_id == Ticket.id, *is_lacking())
    )
    return missing.correlate(Ticket).scalar_subquery()


def _has_jobs(*approvals: Approval, once_approved: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the customer has said one of these to some job, as long as the ticket is still to be approved."""
    said = or_(*(Job.approval == each for each in approvals))
    some = exists().where(Job.ticket_id == Ticket.id, Job.removed_at.is_(None), said).correlate(Ticket)
    return case((or_(Ticket.status == Status.DRAFT, Ticket.status == Status.ESTIMATE), some), else_=once_approved)


def _people() -> ColumnElement[str]:
    """``12:3,13:5``: assignments and mechanics, for no order can be relied on here."""
    pair = cast(Assignment.id, String(12)) + ":" + cast(Assignment.mechanic_id, String(12))
    people = select(func.aggregate_strings(pair, ",")).where(Assignment.ticket_id == Ticket.id)
    return people.correlate(Ticket).scalar_subquery()


def filled() -> Callable[[Sequence[Any]], TicketRow]:
    """What makes a row of the columns of ``projected``; more columns may follow."""
    fill = remembered(Topic.MECHANICS, "rows", build=_filler)
    return lambda row: fill(row[:COLUMNS])


def _filler() -> Callable[[Sequence[Any]], TicketRow]:
    """What makes a row, or finds the one that it made of the same columns before."""
    roster = _names()

    @lru_cache(1000)
    def fill(columns: Sequence[Any]) -> TicketRow:
        people = columns[-1]
        values: tuple[Any, ...] = (*columns[:-1], _mechanics(people, roster) if people else ())
        return TicketRow(*values)

    return fill


def _names() -> dict[int, RowMechanic]:
    """Everybody who works here or did."""
    everybody = db.session.execute(select(Mechanic.id, Mechanic.name))
    return {mechanic_id: RowMechanic(mechanic_id, name) for mechanic_id, name in everybody}


def _mechanics(people: str, roster: dict[int, RowMechanic]) -> tuple[RowMechanic, ...]:
    pairs = sorted(tuple(map(int, pair.split(":"))) for pair in people.split(","))
    if not all(mechanic_id in roster for _, mechanic_id in pairs):  # hired since the names were read
        roster = _names()
    return tuple(roster[mechanic_id] for _, mechanic_id in pairs)


def with_parts(rows: Sequence[TicketRow]) -> list[TicketRow]:
    """The rows with the parts from stock on jobs that count, in the order in which they were put there."""
    parts: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for ticket_id, *part in rows_of(_select_parts(), ids=[row.id for row in rows]):
        parts[ticket_id].append(tuple(part))
    return [_having(row, tuple(parts[row.id])) if row.id in parts else row for row in rows]


@lru_cache(1000)
def _having(row: TicketRow, parts: tuple[tuple[Any, ...], ...]) -> TicketRow:
    return replace(row, parts=tuple(RowPart(*part) for part in parts))


@cache
def _select_parts() -> Select[*tuple[Any, ...]]:
    return (
        select(Line.ticket_id, Line.part_id, Line.description, Line.quantity, Line.price_cents)
        .join(Job, Job.id == Line.job_id)
        .where(Line.ticket_id.in_(bindparam("ids", expanding=True)), Line.part_id.is_not(None))
        .where(Line.removed_at.is_(None), Job.removed_at.is_(None))
        .where(Job.approval.in_((Approval.PENDING, Approval.APPROVED)))
        .order_by(Line.id)
    )
