"""Which tickets a list is about, and in which order: what people choose, and the SQL of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, select, true

from shop.common.clock import now, start_of_day, today
from shop.common.paging import Segment, SortKey
from shop.common.words import Hits, How, find
from shop.inventory.models import Part
from shop.tickets.lifecycle import OPEN, PROMISE_KEPT, ROAD, Approval, Status
from shop.tickets.models import Assignment, Job, Line, Supply, Ticket, TicketWords


class Scope(Enum):
    """Which part of the shop's tickets a list is about."""

    OPEN = "open"
    WORK = "work"
    CLOSED = "closed"
    ALL = "all"
    ARCHIVED = "archived"

    @property
    def statuses(self) -> frozenset[Status]:
        match self:
            case Scope.OPEN:
                return OPEN
            case Scope.WORK:
                return frozenset(status for status in Status if status.is_work)
            case Scope.CLOSED:
                return frozenset(Status) - OPEN
            case Scope.ALL | Scope.ARCHIVED:
                return frozenset(Status)


class Due(Enum):
    """Narrowed by the promised time; only open tickets that are not ready can be late."""

    TODAY = "today"
    LATE = "late"


class Sort(Enum):
    """The orders of a list; a minus means the other way round. Tickets without a promised time come last."""

    NEWEST = "-number"
    OLDEST = "number"
    PROMISED_FIRST = "promised"
    PROMISED_LAST = "-promised"
    EARLY_STATUS = "status"
    LATE_STATUS = "-status"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets a list shows, and in which order."""

    q: str = ""
    status: Status | None = None
    mechanic_id: int | None = None
    customer_id: int | None = None
    vehicle_id: int | None = None
    scope: Scope = Scope.ALL
    due: Due | None = None
    is_waiting: bool = False
    sort: Sort = Sort.NEWEST


def hits_of(wanted: TicketFilter, *, enough: int | None = None) -> Hits:
    """What has the words of a filter, looked up now; ``enough`` where no more than so many of the first are wanted."""
    if not wanted.q.strip():
        return Hits()
    is_by_words_alone = replace(wanted, q="") in (TicketFilter(), TicketFilter(scope=Scope.CLOSED))
    enough = enough if is_by_words_alone else None
    return find(TicketWords, Ticket.id, wanted.q, among_few=is_bounded(wanted), enough=enough)


def matching(wanted: TicketFilter, how: How | None) -> Select[Ticket]:
    """The tickets that a filter finds, in no order; ``how`` its words are found is told by ``hits_of``."""
    is_archived = Ticket.archived_at.is_not(None) if wanted.scope is Scope.ARCHIVED else Ticket.archived_at.is_(None)
    tickets = select(Ticket).where(is_archived, *_within(wanted.scope), *_promised(wanted.due))
    for column, value in (
        (Ticket.status, wanted.status),
        (Ticket.customer_id, wanted.customer_id),
        (Ticket.vehicle_id, wanted.vehicle_id),
    ):
        if value is not None:
            tickets = tickets.where(column == value)
    if not _is_by_ticket(wanted):
        tickets = tickets.join(Assignment).where(Assignment.mechanic_id == wanted.mechanic_id)
    elif wanted.mechanic_id is not None:
        tickets = tickets.where(worked_by(wanted.mechanic_id))
    if wanted.is_waiting:
        tickets = tickets.where(is_waiting())
    return tickets if how is None else tickets.where(how.condition)


def moment_of(wanted: TicketFilter) -> str | None:
    """What a kept list depends on besides the data: the minute when it asks who is late, the day for today."""
    return f"{now():%Y-%m-%d %H:%M} {today()}" if wanted.due else None


def segments_of(wanted: TicketFilter, how: How | None) -> list[Segment]:
    """The order of a list, in as many segments as it takes for an index to hold each of them.

    What ``is_bounded`` is one segment whatever its order: so few tickets are sorted as they are found.
    """
    newest = SortKey((Ticket.id if _is_by_ticket(wanted) else Assignment.ticket_id).expression, descending=True)
    match wanted.sort:
        case Sort.NEWEST:
            return [Segment([newest], runs=how.runs if how else ())]
        case Sort.OLDEST:
            return [Segment([newest.reversed])]
        case Sort.PROMISED_FIRST | Sort.PROMISED_LAST:
            keys = [SortKey(Ticket.promised_at.expression), newest.reversed]
            unpromised = Ticket.promised_at.is_(None)
            if wanted.sort is Sort.PROMISED_LAST:
                keys = [key.reversed for key in keys]
            if is_bounded(wanted):
                return [Segment([SortKey(case((unpromised, 1), else_=0)), _promise(keys[0]), keys[1]])]
            return [Segment(keys, Ticket.promised_at.is_not(None)), Segment(keys[1:], unpromised)]
        case Sort.EARLY_STATUS | Sort.LATE_STATUS:
            road = [status for status in (*ROAD, Status.CANCELLED) if status in wanted.scope.statuses]
            if wanted.sort is Sort.LATE_STATUS:
                road.reverse()
            if is_bounded(wanted):
                step = case(*((Ticket.status == status, position) for position, status in enumerate(road)))
                return [Segment([SortKey(step), newest])]
            return [Segment([newest], Ticket.status == status) for status in road]


def is_bounded(wanted: TicketFilter) -> bool:
    """Whether the list is short in the shop's tenth year as well: what is open, archived, or one vehicle's."""
    narrow = (wanted.due, wanted.is_waiting, wanted.customer_id, wanted.vehicle_id)
    return wanted.scope in (Scope.OPEN, Scope.WORK, Scope.ARCHIVED) or any(narrow)


def _is_by_ticket(wanted: TicketFilter) -> bool:
    """Tickets are walked, not all the assignments of one mechanic."""
    return wanted.mechanic_id is None or is_bounded(wanted)


def _promise(key: SortKey) -> SortKey:
    # A cursor knows no NULL; and two columns, for MariaDB makes text of a column beside a literal.
    return SortKey(func.coalesce(Ticket.promised_at, Ticket.created_at), key.descending)


def worked_by(mechanic_id: int | None) -> ColumnElement[bool]:
    """On the ticket now; nobody for None."""
    return exists().where(Assignment.ticket_id == Ticket.id, Assignment.mechanic_id == mechanic_id)


def is_waiting() -> ColumnElement[bool]:
    """``Ticket.is_waiting_for_parts`` in SQL."""
    missing = exists().where(Line.ticket_id == Ticket.id, Job.id == Line.job_id, Part.id == Line.part_id, *is_lacking())
    return and_(*_within(Scope.WORK), missing)


def is_lacking() -> tuple[ColumnElement[bool], ...]:
    """``Line.is_missing`` in SQL, beside the line's job and part: the work is approved, and the shelf lacks it."""
    return (
        Line.supply == Supply.WANTED,
        Line.removed_at.is_(None),
        Job.approval == Approval.APPROVED,
        Job.removed_at.is_(None),
        Part.on_hand - Part.reserved < Line.quantity,
    )


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    match scope:
        case Scope.OPEN:
            return [Ticket.is_open == true()]
        case Scope.WORK:
            return [Ticket.is_open == true(), Ticket.status.in_(scope.statuses)]
        case Scope.CLOSED:
            return [Ticket.is_open == false()]
        case Scope.ALL | Scope.ARCHIVED:
            return []


def _promised(due: Due | None) -> list[ColumnElement[bool]]:
    match due:
        case None:
            return []
        case Due.TODAY:
            day = today()
            return [Ticket.promised_at >= start_of_day(day), Ticket.promised_at < start_of_day(day + timedelta(days=1))]
        case Due.LATE:
            return [Ticket.is_open == true(), Ticket.promised_at < now(), Ticket.status.not_in(PROMISE_KEPT)]
