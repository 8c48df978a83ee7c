"""The demo shop's shelf: deliveries, counts and breakage, and the parts that go to tickets."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from shop.inventory.models import Part
from shop.ops.demo import parts
from shop.ops.demo.agenda import Agenda
from shop.ops.demo.books import Books
from shop.ops.demo.complaints import SCRAP_REASONS
from shop.ops.demo.opening_hours import later
from shop.ops.demo.people import DESK, OWNER
from shop.ops.demo.prices import core_of
from shop.ops.demo.visits import HELD_UP
from shop.tickets.models import Job, Line, Ticket

_LAST_DELIVERIES = timedelta(days=10)  # of what has to look short today


class Stockroom:
    def __init__(self, books: Books, agenda: Agenda, chance: Random) -> None:
        self._books = books
        self._agenda = agenda
        self._chance = chance
        self._awaited: set[int] = set()  # parts that a delivery is on its way for
        self._known: dict[str, list[Part]] = {}  # by SKU or its beginning

    def fill(self, *, at: datetime) -> None:
        for part in parts.PARTS:
            on_hand = part.minimum + self._chance.randint(1, 4) if part.minimum else 0
            self._books.add_part(**part._asdict(), on_hand=on_hand, at=at, by=OWNER)

    def plan(self) -> None:
        """Prices rise once, the shelf is counted every year, some things break, and today it is short of some."""
        agenda, chance = self._agenda, self._chance
        shelf: list[Part] = self._books.things[Part]
        for part in shelf:
            dearer = part.price_cents * 106 // 10_000 * 100 - 10  # such as $144.90
            if dearer > part.price_cents and chance.random() < 0.3:
                agenda.plan(agenda.days_ago(400), self._books.change_price, part, dearer, by=OWNER)
            for days in (371, 12):
                agenda.plan(agenda.days_ago(days), self._take_stock, part)
        for reason in SCRAP_REASONS * 3:
            agenda.plan(agenda.days_ago(chance.uniform(30, 700)), self._scrap, chance.choice(shelf), reason)
        for sku, left in parts.SHORT.items():
            agenda.plan(agenda.days_ago(chance.uniform(7, 9)), self._run_short, self.part(sku), left)

    def part(self, sku: str, quantity: int = 1) -> Part:
        """The part whose SKU is or begins with this: one of those that are there, if any is."""
        fitting = self._fitting(sku)
        return self._chance.choice([part for part in fitting if part.available >= quantity] or fitting)

    def put_on(self, job: Job, part: Part, quantity: int, *, at: datetime, by: int) -> Line:
        """Keep parts for a job; what the shelf lacks is only listed."""
        core_cents = core_of(part.sku or "")
        if part.available < quantity:
            return self._books.want_part(job, part, quantity, core_cents=core_cents, at=at, by=by)
        line = self._books.use_part(job, part, quantity, core_cents=core_cents, at=at, by=by)
        self._order_soon(part, at=at)
        return line

    def fetch(self, ticket: Ticket, *, at: datetime) -> None:
        """Order what is still to come for a ticket's approved jobs and keep it for them, unless nobody can deliver."""
        for line in [line for job in ticket.jobs if job.is_approved for line in job.lines if line.is_wanted]:
            part = line.stocked
            if part.sku in HELD_UP:
                continue
            if line.is_missing:
                lacking = line.quantity - part.available
                stays_short = part.id in self._awaited and part.sku in parts.SHORT
                more = lacking if stays_short else lacking + part.minimum
                self._books.receive(part, more, reason=f"Ordered for {ticket.label}", at=at, by=DESK)
            self._books.take_wanted(line, at=at, by=DESK)
            self._order_soon(part, at=at)

    def _fitting(self, sku: str) -> list[Part]:
        if sku not in self._known:
            shelf: list[Part] = self._books.things[Part]
            fitting = [part for part in shelf if (part.sku or "").startswith(sku)]
            self._known[sku] = [part for part in fitting if part.sku == sku or part.sku not in HELD_UP]
        return self._known[sku]

    def _order_soon(self, part: Part, *, at: datetime) -> None:
        if part.is_low and part.id not in self._awaited:
            self._awaited.add(part.id)
            self._agenda.plan(later(at, self._chance.uniform(4, 16)), self._deliver, part)

    def _deliver(self, part: Part, *, at: datetime) -> None:
        if part.sku in parts.SHORT and self._agenda.end - at < _LAST_DELIVERIES:
            return
        self._awaited.discard(part.id)
        quantity = part.minimum * 2 - part.available + self._chance.randint(0, 3)
        if quantity > 0:
            self._books.receive(part, quantity, reason=f"Delivery {at:%y%m}-{part.id:03}", at=at, by=DESK)

    def _take_stock(self, part: Part, *, at: datetime) -> None:
        missing = self._chance.choices((0, 1, 2), (90, 8, 2))[0]
        counted = max(part.on_hand - missing, part.reserved)
        self._books.count(part, counted, reason="Yearly count", at=at, by=OWNER)

    def _scrap(self, part: Part, reason: str, *, at: datetime) -> None:
        if part.available:
            self._books.scrap(part, 1, reason=reason, at=at, by=DESK)

    def _run_short(self, part: Part, left: int, *, at: datetime) -> None:
        self._awaited.add(part.id)  # the delivery that does not come
        if part.available != left:
            self._books.count(part, part.reserved + left, reason="Shelf check", at=at, by=DESK)
