"""The board: today's open tickets in columns, by where they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import case, func, select

from shop.common.stamps import Topic, kept
from shop.extensions import db
from shop.mechanics.models import Mechanic
from shop.tickets.lifecycle import Status
from shop.tickets.models import Ticket
from shop.tickets.queries import TicketRow, count_tickets, filled, list_tickets, projected
from shop.tickets.selection import Scope, Sort, TicketFilter, is_waiting, matching, segments_of


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column of the board: the most pressing cards, and how many there are in all."""

    title: str
    statuses: tuple[Status, ...]
    is_waiting: bool
    cards: Sequence[TicketRow] = ()
    total: int = 0
    minutes: int = 0  # billed time of all of them

    @property
    def list_status(self) -> str:
        """What the list of tickets is narrowed to, to show the whole column: all that is open where it has several."""
        if self.is_waiting:
            return "waiting"
        return self.statuses[0].value if len(self.statuses) == 1 else Scope.OPEN.value

    @property
    def hidden(self) -> int:
        return self.total - len(self.cards)


BOARD = (
    BoardColumn("Not approved", (Status.DRAFT, Status.ESTIMATE), is_waiting=False),
    BoardColumn("Approved", (Status.APPROVED,), is_waiting=False),
    BoardColumn("Waiting for parts", (), is_waiting=True),
    BoardColumn("In progress", (Status.IN_PROGRESS,), is_waiting=False),
    BoardColumn("Quality check", (Status.QUALITY_CHECK,), is_waiting=False),
    BoardColumn("Ready", (Status.READY, Status.INVOICED), is_waiting=False),
)
_WAITING = next(index for index, column in enumerate(BOARD) if column.is_waiting)
CARDS_A_COLUMN = 20
MOST_JOBS = 100


def board(*, mechanic_id: int | None = None) -> list[BoardColumn]:
    """Today's open tickets by where they are, the earliest promise first: four statements.

    A ticket whose work waits for parts stands in that column instead of its status's.
    """
    return kept(Topic.TICKETS, "board", mechanic_id, build=lambda: _board(mechanic_id))


def _board(mechanic_id: int | None) -> list[BoardColumn]:
    column = case(
        (is_waiting(), _WAITING),
        *((Ticket.status.in_(each.statuses), index) for index, each in enumerate(BOARD) if each.statuses),
    ).label("board_column")
    wanted = TicketFilter(scope=Scope.OPEN, mechanic_id=mechanic_id, sort=Sort.PROMISED_FIRST)
    (whole,) = segments_of(wanted, None)
    place = func.row_number().over(partition_by=column, order_by=[key.ordered for key in whole.keys])
    opened = matching(wanted, None)
    placed = opened.with_only_columns(
        Ticket.id.label("ticket_id"), Ticket.minutes, column, place.label("place")
    ).subquery()
    counts = select(placed.c.board_column, func.count(), func.sum(placed.c.minutes)).group_by(placed.c.board_column)
    totals = {index: (total, int(minutes)) for index, total, minutes in db.session.execute(counts)}
    chosen = (
        projected(select(Ticket).join(placed, placed.c.ticket_id == Ticket.id))
        .add_columns(placed.c.board_column)
        .where(placed.c.place <= CARDS_A_COLUMN)
        .order_by(placed.c.board_column, placed.c.place)
    )
    found = db.session.execute(chosen).all()
    rows = [*map(filled(), found)]
    cards = defaultdict(list)
    for row, card in zip(found, rows, strict=True):
        cards[row.board_column].append(card)
    return [_filled(each, cards[index], *totals.get(index, (0, 0))) for index, each in enumerate(BOARD)]


def _filled(column: BoardColumn, cards: Sequence[TicketRow], total: int, minutes: int) -> BoardColumn:
    return replace(column, cards=tuple(cards), total=total, minutes=minutes)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Some of the floor's work under a title."""

    title: str
    tickets: Sequence[TicketRow]


@dataclass(frozen=True, slots=True)
class Work:
    """The floor's work: the tickets that are promised first, in groups, and how many are not shown."""

    groups: Sequence[Jobs]
    hidden: int


def jobs_of(mechanic: Mechanic) -> Work:
    """A mechanic's open tickets, the earliest promise first: what is in work, what may come, what is done."""
    rows, hidden = _jobs(TicketFilter(scope=Scope.OPEN, mechanic_id=mechanic.id, sort=Sort.PROMISED_FIRST))
    groups = [
        Jobs("Now", [row for row in rows if row.status.is_work]),
        Jobs("Not approved yet", [row for row in rows if row.status in (Status.DRAFT, Status.ESTIMATE)]),
        Jobs("Done, still here", [row for row in rows if row.status in (Status.READY, Status.INVOICED)]),
    ]
    return Work([group for group in groups if group.tickets], hidden)


def jobs_by_mechanic() -> Work:
    """All tickets in work, mechanic by mechanic, those of several under each; at last what nobody is on."""
    rows, hidden = _jobs(TicketFilter(scope=Scope.WORK, sort=Sort.PROMISED_FIRST))
    people = sorted({(each.name, each.id) for row in rows for each in row.mechanics})
    groups = [Jobs(name, [row for row in rows if id_ in {each.id for each in row.mechanics}]) for name, id_ in people]
    spare = [row for row in rows if not row.mechanics]
    return Work([*groups, Jobs("Nobody yet", spare)] if spare else groups, hidden)


def _jobs(wanted: TicketFilter) -> tuple[Sequence[TicketRow], int]:
    found = list_tickets(wanted, size=MOST_JOBS)
    return found.items, count_tickets(wanted) - MOST_JOBS if found.after else 0
