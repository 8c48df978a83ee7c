"""What is written, by sixteen clients at once: a part for a ticket, its status, its mechanics; and a shelf sold out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.data import Shop
from bench.figures import Sample, medians
from bench.servers import App
from bench.sitting import Sitting, driven
from bench.table import Row
from bench.targets import Form, Who
from bench.visitor import Visitor, with_body
from bench.wrk import Call, Load, drive
from tools.front_door.database import FLASK
from tools.front_door.processes import captured, run, text_of
from tools.front_door.speech import Refused, say

CLIENTS = 16

ADD_A_PART = "writes: add a part"
CHANGE_THE_STATUS = "writes: change the status"
ASSIGN = "writes: assign"
ASSIGN_ON_ONE = "writes: assign, all on one ticket"
WRITES = (ADD_A_PART, CHANGE_THE_STATUS, ASSIGN, ASSIGN_ON_ONE)

_TICKETS = 400
_HOT_PARTS = 50
_PLENTY = 1_000_000
_STOCK = 500
_SELLING_SECONDS = (5, 20, 60)


@dataclass
class Write:
    """A write that is repeated: each run goes on in its calls where the one before it ended."""

    title: str
    calls: Sequence[Call]
    _done: int = field(default=0)

    def sample(self, here: Sitting, seconds: int) -> Sample:
        place = self._done % len(self.calls)
        calls = [*self.calls[place:], *self.calls[:place]]
        sample = driven(here.servers[App.SHOP], Load(calls, seconds, CLIENTS))
        self._done += round(sample.per_second * seconds)
        return sample


def writes(here: Sitting) -> list[Write]:
    """All of them, on tickets that are opened for it and parts of which there are plenty."""
    worker = Worker(here)
    tickets, parts, mechanics = worker.tickets(_TICKETS), worker.parts(_HOT_PARTS), worker.mechanics()
    one = tickets[0]
    return [
        Write(ADD_A_PART, worker.adding(tickets, parts)),
        Write(
            CHANGE_THE_STATUS,
            [worker.put(f"/service_tickets/{each}", status=to) for to in ("estimate", "draft") for each in tickets],
        ),
        Write(
            ASSIGN,
            [
                worker.put(f"/service_tickets/{each}/edit", **{change: [mechanics[each % len(mechanics)]]})
                for change in ("add_ids", "remove_ids")
                for each in tickets
            ],
        ),
        Write(
            ASSIGN_ON_ONE,
            [
                worker.put(f"/service_tickets/{one}/edit", **{change: [mechanic]})
                for change in ("add_ids", "remove_ids")
                for mechanic in mechanics
            ],
        ),
    ]


def written(here: Sitting, *, rounds: int, seconds: int) -> list[Row]:
    """The writes by turns, the shelf that is sold out, and the shop's own check of its books after all of it."""
    say("Writing")
    everything = writes(here)
    samples: dict[str, list[Sample]] = {each.title: [] for each in everything}
    for number in range(1, rounds + 1):
        say(f"  round {number} of {rounds}")
        for each in everything:
            samples[each.title].append(each.sample(here, seconds))
    rows = [
        Row(each.title, medians(samples[each.title]), here.inside.statements(each.calls[0], afresh=True))
        for each in everything
    ]
    rows.append(sold_out(here))
    check_books(here.shop)
    return rows


def sold_out(here: Sitting) -> Row:
    """Sixteen clients take the last parts of a shelf until long after there are none."""
    worker = Worker(here)
    tickets = worker.tickets(CLIENTS)
    for seconds in _SELLING_SECONDS:
        part = worker.new_part(on_hand=_STOCK)
        load = Load(worker.adding(tickets, [part]), seconds, CLIENTS, counts_statuses=True)
        told = drive(load, here.servers[App.SHOP].port)
        statuses = dict(told.statuses)
        sold, refused = statuses.pop("201", 0), statuses.pop("422", 0) + statuses.pop("409", 0)
        if statuses or told.lost:
            raise Refused(f"Selling out a shelf was answered with {statuses}, and {told.lost} requests were lost.")
        if refused:
            left = worker.available(part)
            wrong = abs(sold - _STOCK) + abs(left)
            words = f"{sold} of {_STOCK} sold, {refused:,} refused, {left} left"
            return Row("writes: sell a shelf out", figures={"wrongly sold": wrong}, words=words)
    raise Refused(f"{_STOCK} parts could not be sold within {_SELLING_SECONDS[-1]} seconds.")


def check_books(shop: Shop) -> None:
    """The shop's own check of its books; raises Refused with what it found."""
    say("Checking the books ...")
    with captured() as output:
        if run([*FLASK, "check"], env=shop.environment, output=output) != 0:
            raise Refused(f"After the writes the books are wrong:\n{text_of(output)}")


class Worker:
    """The owner's program, which makes the things that are written on."""

    def __init__(self, here: Sitting) -> None:
        self._visitor: Visitor = here.visitor(App.SHOP)
        self._token = here.signed_in(Who.OWNER, Form.JSON)
        self._customer = here.facts.customer
        self._parts = here.facts.parts

    def tickets(self, count: int) -> list[int]:
        values = {"description": "Brakes squeal.", "customer_id": self._customer}
        return [self._made("/service_tickets/", **values) for _ in range(count)]

    def parts(self, count: int) -> list[int]:
        """Parts that nobody will run out of."""
        parts = list(self._parts[:count])
        for part in parts:
            self._visitor.expect(self.put(f"/inventory/{part}", on_hand=_PLENTY), 200)
        return parts

    def new_part(self, *, on_hand: int) -> int:
        number = len(self._visitor.expect(self.get("/inventory/?q=Measured"), 200).json)
        return self._made("/inventory/", name=f"Measured part {number + 1}", price=14.99, on_hand=on_hand)

    def available(self, part: int) -> int:
        return int(self._visitor.expect(self.get(f"/inventory/{part}"), 200).json["available"])

    def mechanics(self) -> list[int]:
        return [row["id"] for row in self._visitor.expect(self.get("/mechanics/"), 200).json]

    def adding(self, tickets: Sequence[int], parts: Sequence[int]) -> list[Call]:
        return [
            self._signed(with_body(f"/service_tickets/{ticket}/add-part/{parts[place % len(parts)]}", {"quantity": 1}))
            for place, ticket in enumerate(tickets)
        ]

    def get(self, path: str) -> Call:
        return Call(path, headers=self._token)

    def put(self, path: str, **values: Any) -> Call:
        return self._signed(with_body(path, values, method="PUT"))

    def _made(self, path: str, **values: Any) -> int:
        return int(self._visitor.expect(self._signed(with_body(path, values)), 201).json["id"])

    def _signed(self, call: Call) -> Call:
        return replace(call, headers=(*call.headers, *self._token))
