"""What is copied: the tickets of the demo shop, taken out of its books with all that belongs to them.

Moments become pairs: so many days after the ticket was opened, and the time of the day. Ids of rows that belong to the
ticket become places, counted from 0 on each ticket. What differs from copy to copy is marked, such as ``«number»``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

from shop.audit.actions import Action
from shop.audit.models import Event, EventChange
from shop.common.base import Base
from shop.inventory.models import StockMove
from shop.ops.demo import people, visits
from shop.ops.demo.books import Books
from shop.tickets.models import Assignment, Consent, Decision, EstimateVersion, Job, Line, Supply, Ticket

Row = dict[str, Any]

#: What is copied with each ticket, in the order in which it is written.
PARTS_OF_A_TICKET: tuple[type[Base], ...] = (
    Job,
    Line,
    Assignment,
    EstimateVersion,
    Consent,
    Decision,
    Event,
    EventChange,
)
MOST_MECHANICS = 3
MOST_JOBS = 6  # more than any ticket of the demo shop has

_TOLD_EVERY = 12  # one ticket in so many has its whole history
_OPEN_COPIES = 3  # of each open ticket of the demo shop
_COPY_LATER = timedelta(minutes=7)
_WITH_ACCOUNT = {person.customer for person in people.ACCOUNTS if person.customer}
_BRIEFLY = (Action.TICKET_OPENED.value, Action.TICKET_MOVED.value)


@dataclass(frozen=True, slots=True)
class Move:
    """Parts that leave the shelf for the ticket (a quantity below nothing), or come back."""

    days: int
    time: str
    part: int
    kind: str
    quantity: int
    by: int | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """One ticket to copy. ``days`` is how long it took; ``rows`` are what belongs to it, the ticket itself included.

    ``vehicle`` and ``crew`` say whose it is and who works on it, where copies must not choose for themselves.
    """

    number: int
    opened: datetime
    days: int
    is_told: bool  # with its whole history
    is_open: bool
    rows: dict[type[Base], list[Row]]
    moves: list[Move]
    reserved: list[tuple[int, int]]  # parts and quantities
    mechanics: int
    vehicle: int | None = None
    crew: tuple[int, ...] = ()

    @property
    def opened_at(self) -> str:
        return _time(self.opened)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(self.rows[kind]) for kind in PARTS_OF_A_TICKET)


@dataclass(frozen=True, slots=True)
class Patterns:
    closed: list[Pattern]
    open: list[Pattern]

    def __iter__(self) -> Iterator[Pattern]:
        yield from self.closed
        yield from self.open


def patterns_of(books: Books) -> Patterns:
    """The tickets of the demo shop, but for the owner's project, which takes two years."""
    tickets = [ticket for ticket in books.things[Ticket] if ticket.vehicle_id != visits.PROJECT_CAR]
    found = _Belongings(books)
    closed: list[Pattern] = []
    for ticket in tickets:
        if not ticket.status.is_open and ticket.customer_id not in _WITH_ACCOUNT:
            is_told = len(closed) % _TOLD_EVERY == 0
            closed.append(found.pattern(ticket, len(closed), is_told=is_told))
    today: list[Pattern] = []
    for ticket in tickets:
        if ticket.status.is_open:
            has_account = ticket.customer_id in _WITH_ACCOUNT
            for copy in range(1 if has_account else _OPEN_COPIES):
                pattern = found.pattern(ticket, len(closed) + len(today), is_told=True, earlier=copy * _COPY_LATER)
                crew = tuple(row["mechanic_id"] for row in found.rows[Assignment][ticket.id])
                vehicle = ticket.vehicle_id if has_account else None
                today.append(replace(pattern, vehicle=vehicle, crew=crew))
    return Patterns(closed, today)


class _Belongings:
    """The rows of the books, by the ticket that they belong to."""

    def __init__(self, books: Books) -> None:
        self.rows: dict[type[Base], dict[int, list[Row]]] = {kind: defaultdict(list) for kind in PARTS_OF_A_TICKET}
        self._moves: dict[int, list[Row]] = defaultdict(list)
        versions = {version.id: version.ticket_id for version in books.things[EstimateVersion]}
        consents = {consent.id: versions[consent.version_id] for consent in books.things[Consent]}
        for kind in (Job, Line, EstimateVersion):
            self._sort(kind, books, lambda row: row["ticket_id"])
        self._sort(Consent, books, lambda row: versions[row["version_id"]])
        self._sort(Decision, books, lambda row: consents[row["consent_id"]])
        events = {}
        for row in books.rows[Event]:
            if row["subject_kind"] == Ticket.__tablename__:
                events[row["id"]] = row["subject_id"]
                self.rows[Event][row["subject_id"]].append(row)
        for row in books.rows[EventChange]:
            if row["event_id"] in events:
                self.rows[EventChange][events[row["event_id"]]].append(row)
        for row in books.rows[Assignment]:
            self.rows[Assignment][row["ticket_id"]].append(row)
        for row in books.rows[StockMove]:
            self._moves[row["ticket_id"]].append(row)

    def pattern(self, ticket: Ticket, number: int, *, is_told: bool, earlier: timedelta = timedelta()) -> Pattern:
        rows = {kind: [dict(row) for row in self.rows[kind][ticket.id]] for kind in PARTS_OF_A_TICKET}
        crew = list(dict.fromkeys(row["mechanic_id"] for kind in (Assignment, Line) for row in rows[kind]))
        crew = [mechanic for mechanic in crew if mechanic is not None][:MOST_MECHANICS]
        if not is_told:
            _tell_briefly(rows)
        _mark(rows, crew)
        _count_places(rows, crew)
        rows[Ticket] = [_values(ticket) | {"comeback_of_id": None}]  # that one was another car's, or is not there yet
        opened = ticket.created_at - earlier
        rows = {kind: [_from_day(row, opened.date(), earlier) for row in each] for kind, each in rows.items()}
        lines = rows[Line]
        return Pattern(
            number=number,
            opened=opened,
            days=(ticket.touched_at.date() - opened.date()).days,
            is_told=is_told,
            is_open=ticket.status.is_open,
            rows=rows,
            moves=[_move(row, opened.date(), earlier) for row in self._moves[ticket.id]],
            reserved=[(row["part_id"], row["quantity"]) for row in lines if row["supply"] == Supply.RESERVED.value],
            mechanics=len(crew),
        )

    def _sort(self, kind: type[Base], books: Books, ticket_of: Any) -> None:
        for thing in books.things[kind]:
            row = _values(thing)
            self.rows[kind][ticket_of(row)].append(row)


def _values(thing: Base) -> Row:
    return {column.name: getattr(thing, column.name) for column in thing.__table__.columns}


def _tell_briefly(rows: dict[type[Base], list[Row]]) -> None:
    rows[Event] = [row for row in rows[Event] if row["action"] in _BRIEFLY]
    for kind in (EstimateVersion, Consent, Decision, EventChange):
        rows[kind] = []


def _mark(rows: dict[type[Base], list[Row]], crew: list[int]) -> None:
    """Put marks where copies differ."""
    actions = {row["id"]: row["action"] for row in rows[Event]}
    places = _places(rows[Job])
    for row in rows[Event]:
        facts = dict(row["facts"])
        if row["action"] == Action.TICKET_OPENED.value:
            facts["number"] = "«number»"
        elif row["action"] == Action.MECHANIC_ASSIGNED.value:
            place = crew.index(facts["mechanic_id"])
            facts |= {"mechanic": f"«name{place}»", "mechanic_id": f"«mechanic{place}»"}
        row["facts"] = _json(facts)
    for row in rows[EventChange]:
        if actions[row["event_id"]] == Action.CONSENT_GIVEN.value and row["field"] == "name":
            row["after"] = "«customer»"
    for row in rows[Consent]:
        row["name"] = "«customer»"
    for row in rows[EstimateVersion]:
        jobs = [job | {"id": f"«job{places[job['id']]}»"} for job in row["content"]["jobs"]]
        row["content"] = _json(row["content"] | {"vehicle": "«vehicle»", "plate": "«plate»", "jobs": jobs})


def _json(values: Row) -> str:
    """As ``Facts`` writes it; marks in the place of numbers stand without quotation marks."""
    text = json.dumps(values, ensure_ascii=False, sort_keys=True)
    for mark in ("number", *(f"{kind}{place}" for kind in ("job", "mechanic") for place in range(MOST_JOBS))):
        text = text.replace(f'"«{mark}»"', f"«{mark}»")
    return text


def _count_places(rows: dict[type[Base], list[Row]], crew: list[int]) -> None:
    """Replace ids by places, and mechanics by their places in the crew."""
    references = {"job_id": Job, "event_id": Event, "version_id": EstimateVersion, "consent_id": Consent}
    known = {column: _places(rows[kind]) for column, kind in references.items()}
    known["mechanic_id"] = {mechanic: place for place, mechanic in enumerate(crew)}
    for belonging in rows.values():
        for row in belonging:
            for column in known.keys() & row.keys():
                row[column] = known[column].get(row[column])


def _places(rows: Iterable[Row]) -> dict[int, int]:
    return {row["id"]: place for place, row in enumerate(rows)}


def _from_day(row: Row, opened: date, earlier: timedelta) -> Row:
    plain: Row = {}
    for column, value in row.items():
        match value:
            case datetime():
                moment = value - earlier
                plain[f"{column}_days"] = (moment.astimezone(UTC).date() - opened).days
                plain[f"{column}_time"] = _time(moment)
            case Enum():
                plain[column] = value.value
            case _:
                plain[column] = value
    return plain


def _move(row: Row, opened: date, earlier: timedelta) -> Move:
    moment = row["at"] - earlier
    days = (moment.astimezone(UTC).date() - opened).days
    return Move(days, _time(moment), row["part_id"], row["kind"].value, row["quantity"], row["by_id"])


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M:%S.%f}"
