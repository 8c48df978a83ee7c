"""Hands that repair cars over HTTP, note all that was acknowledged, and know what must be there afterwards.

What is there is either what was acknowledged last or, where the answer was cut off, what had been asked for: a thing
done whole or not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import and_, func, select

from shop.extensions import db
from shop.inventory.models import MoveKind, Part, StockMove
from shop.tickets.models import Assignment, Line, Ticket
from tests.faults.caller import Answer, Caller, NoAnswer, SignedIn

_DONE_BEFORE = 409


@dataclass(frozen=True)
class TicketState:
    """What a hand does to a ticket, in so far as a lost write would show."""

    complaint: str
    status: str = "draft"
    mechanics: int = 0
    parts: int = 0


#: By the name of the thing: a ticket's is the first word of its complaint, a part's is its SKU, with what it received.
Book = dict[str, "TicketState | int"]


@dataclass(frozen=True)
class Step:
    """A request that changes one thing, and what the thing is like when it is done."""

    key: str
    method: str
    path: str
    body: dict[str, Any]
    thing: str
    after: TicketState | int

    def take(self, caller: Caller) -> Answer:
        if self.method == "FORM":
            return caller.post(self.path, self.body, key=self.key)
        return caller.send(self.method, self.path, self.body, key=self.key)


@dataclass(frozen=True)
class Shelf:
    """What a hand works with: the customer, the mechanic, a part that all take from, and a part of its own."""

    customer: int
    mechanic: int
    common_part: int
    own_part: int
    own_sku: str


class Hand:
    def __init__(self, name: str, shelf: Shelf) -> None:
        self.book: Book = {shelf.own_sku: 0}
        self.under_way: Step | None = None
        self.acknowledged = 0
        self.refused: list[str] = []
        self._name, self._shelf = name, shelf
        self._numbers, self._steps = count(1), iter(())
        self._opened = ""  # where the ticket is that was opened last

    def work(self, port: int, who: SignedIn, most: int | None = None) -> None:
        """Work until nobody answers, or for so many steps; what was cut off before is sent once more, first."""
        caller = Caller(port, who)
        try:
            if self.under_way and not self._send_again(caller):
                self._steps = iter(())  # done, but where the ticket is was told to nobody
            for _ in range(most) if most else count():
                self._take_next(caller)
        except NoAnswer:
            return
        finally:
            caller.close()

    def agrees_with(self, found: Book) -> list[str]:
        """A sentence for each thing that is not as it must be."""
        wrong, maybe = [], self.under_way
        for thing, state in self.book.items():
            allowed = (state, maybe.after) if maybe and maybe.thing == thing else (state,)
            if found.get(thing) not in allowed:
                wrong.append(f"{thing} was acknowledged as {state} and is {found.get(thing, 'gone')}.")
        return wrong

    def forget_what_was_cut_off(self) -> str | None:
        """Take it for not begun, and go on with another car; answers what it was to change, None for nothing."""
        step, self.under_way, self._steps = self.under_way, None, iter(())
        return step.thing if step else None

    @property
    def may_have(self) -> set[str]:
        """The names of all things that it made or was about to make."""
        return {*self.book, *({self.under_way.thing} if self.under_way else ())}

    def _take_next(self, caller: Caller) -> None:
        step = next(self._steps, None)
        if step is None:
            self._steps = iter(self._repair())
            step = next(self._steps)
        self.under_way = step
        self._note(step, step.take(caller))

    def _send_again(self, caller: Caller) -> bool:
        """Whether the rest of the repair can go on. A program hears that it was done before, if nothing else."""
        step = self.under_way
        assert step
        answer = step.take(caller)
        if answer.status == _DONE_BEFORE and step.method != "FORM":
            answer = Answer(200, answer.headers, b"")
        self._note(step, answer)
        return not step.path.endswith("/new") or "/desk/tickets/" in answer.location

    def _note(self, step: Step, answer: Answer) -> None:
        self.under_way = None
        if answer.status >= 400:
            self.refused.append(f"{step.method} {step.path} was answered {answer.status}.")
            self._steps = iter(())
            return
        self.acknowledged += 1
        self.book[step.thing] = step.after
        if step.path.endswith("/new"):
            self._opened = answer.location.rpartition("/")[2]

    def _repair(self) -> Iterator[Step]:
        """All of one car, and a part that comes in for the shelf."""
        token, shelf = f"{self._name}-{next(self._numbers)}", self._shelf
        step = partial(Step, thing=token)
        state = TicketState(f"{token} rattles.")
        opened = {"whose": str(shelf.customer), "complaint": state.complaint}
        yield step(f"{token}-open", "FORM", "/desk/tickets/new", opened, after=state)
        url = f"/service_tickets/{self._opened}"
        state = TicketState(state.complaint, mechanics=1)
        yield step(f"{token}-who", "PUT", f"{url}/edit", {"add_ids": [shelf.mechanic]}, after=state)
        for number in (1, 2):
            state = TicketState(state.complaint, mechanics=1, parts=number)
            yield step(f"{token}-part-{number}", "POST", f"{url}/add-part/{shelf.common_part}", {}, after=state)
        received = self.book[shelf.own_sku]
        assert isinstance(received, int)
        receive = f"/desk/inventory/{shelf.own_part}/receive"
        yield Step(f"{token}-in", "FORM", receive, {"quantity": "1", "reason": token}, shelf.own_sku, received + 1)
        state = TicketState(f"{token} rattles, and squeals.", mechanics=1, parts=2)
        yield step(f"{token}-words", "PUT", url, {"description": state.complaint}, after=state)
        for status in ("estimate", "approved", "in_progress", "quality_check", "ready"):
            state = TicketState(state.complaint, status, mechanics=1, parts=2)
            yield step(f"{token}-{status}", "PUT", url, {"status": status}, after=state)


def all_at_work(hands: list[Hand], port: int, who: SignedIn, most: int | None = None) -> list[threading.Thread]:
    threads = [threading.Thread(target=hand.work, args=(port, who, most), daemon=True) for hand in hands]
    for thread in threads:
        thread.start()
    return threads


def found_there() -> tuple[Book, list[str]]:
    """What the database holds of all that hands do, and what is there twice."""
    book: Book = {}
    parts = select(Line.ticket_id, func.sum(Line.quantity)).group_by(Line.ticket_id)
    parts_on = {ticket_id: int(quantity) for ticket_id, quantity in db.session.execute(parts)}
    mechanics = select(Assignment.ticket_id, func.count()).group_by(Assignment.ticket_id)
    mechanics_on = {ticket_id: int(number) for ticket_id, number in db.session.execute(mechanics)}
    twice = []
    for ticket_id, complaint, status in db.session.execute(select(Ticket.id, Ticket.complaint, Ticket.status)):
        token = complaint.partition(" ")[0]
        if token in book:
            twice.append(f"{token} is there twice.")
        book[token] = TicketState(complaint, status.value, mechanics_on.get(ticket_id, 0), parts_on.get(ticket_id, 0))
    came_in = and_(StockMove.part_id == Part.id, StockMove.kind == MoveKind.RECEIVED)
    received = select(Part.sku, func.count(StockMove.id)).outerjoin(StockMove, came_in).group_by(Part.sku)
    book |= {str(sku): number for sku, number in db.session.execute(received)}
    db.session.rollback()
    return book, twice
