"""The demo shop's tickets, from the complaint to the keys handed back."""

from __future__ import annotations

from datetime import datetime, timedelta

from shop.customers.models import Vehicle
from shop.mechanics.models import Mechanic
from shop.ops.demo import visits
from shop.ops.demo.complaints import COMPLAINTS, DID_NOT_HOLD, FOUND, PROJECT, PROJECT_LATER, REMARKS, Work
from shop.ops.demo.opening_hours import earlier, later
from shop.ops.demo.people import OWNER
from shop.ops.demo.prices import MACHINE_SHOP
from shop.ops.demo.repair import Repair, Shop
from shop.ops.demo.visits import OpenTicket
from shop.tickets.lifecycle import ROAD, Approval, Status
from shop.tickets.models import Ticket

_PRESSING_HOURS = 5
_BUSY_MECHANICS = (26, 22, 18, 16, 12, 6)  # how much of the work each of them gets
_MOST_JOBS = 3
_FINDS_MORE = 0.08  # how many repairs bring something else to light in the middle of the work
_NOT_DONE_BEFORE = 1.25  # times the hours that a ticket has been open: after the end of the story
_OF_LATE = timedelta(days=13)
_COMES_BACK_WITHIN = timedelta(days=60)


class Workshop:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._books = shop.books
        self._agenda = shop.agenda
        self._chance = shop.chance
        self._deck: list[Work] = []
        self._in_the_shop: set[int] = set()  # ids of vehicles

    def plan(self, begin: datetime) -> None:
        self._agenda.plan(begin + timedelta(minutes=20), self._open_project)
        self._plan_past()
        for ticket in visits.TODAY:
            opened = earlier(self._agenda.end, ticket.hours_open * self._chance.uniform(1.01, 1.1))
            self._agenda.plan(opened, self._open_todays, ticket, promised_at=self._promised(ticket.promised_in))

    def _plan_past(self) -> None:
        finished = visits.TICKETS - len(visits.TODAY) - 1
        ends = [Status.CANCELLED] * visits.CANCELLED + [Status.PICKED_UP] * (finished - visits.CANCELLED)
        self._chance.shuffle(ends)
        for number, end in enumerate(ends):
            ago = 8 + (visits.DAYS - 10) * (1 - (number + self._chance.random()) / finished) ** 1.2  # busier of late
            vehicle = visits.REGULARS.get(number)
            opened = self._agenda.days_ago(ago)
            if number in visits.COMEBACKS:
                self._agenda.plan(opened, self._open_comeback)
            else:
                self._agenda.plan(opened, self._open_past, Status.PICKED_UP if vehicle else end, vehicle)

    def _promised(self, hours: float | None) -> datetime | None:
        """So many hours from now on a quarter of an hour; what is not pressing is promised within opening hours."""
        if hours is None:
            return None
        moment = self._agenda.end + timedelta(hours=hours)
        if hours >= _PRESSING_HOURS:
            moment = later(moment, self._chance.uniform(0.5, 6))
        elif hours <= -_PRESSING_HOURS:
            moment = earlier(moment, self._chance.uniform(0.5, 3))
        return _on_the_quarter(moment)

    def _open_project(self, *, at: datetime) -> None:
        """Ticket 1: the owner's own car, worked on now and then for two years."""
        plan, days_ago = self._agenda.plan, self._agenda.days_ago
        car = self._books.thing(Vehicle, visits.PROJECT_CAR)
        ticket = self._books.open_ticket(car, complaint=PROJECT.complaint, promised_at=None, at=at, by=OWNER)
        repair = Repair(self._shop, ticket, [PROJECT, PROJECT_LATER], [self._books.thing(Mechanic, 4)])
        plan(later(at, 0.5), repair.look)
        plan(later(at, 0.7), repair.price)
        plan(later(at, 0.8), repair.charge, MACHINE_SHOP)
        plan(later(at, 1), repair.offer)
        plan(later(at, 1.1), repair.agree, (Approval.APPROVED, Approval.DEFERRED))
        plan(later(at, 1.2), repair.assign)
        plan(later(at, 6), repair.move, Status.IN_PROGRESS)
        for days, sku, quantity in visits.PROJECT_PARTS:
            plan(days_ago(days), repair.add_part, sku, quantity)
        self._in_the_shop.add(car.id)

    def _open_past(self, end: Status, vehicle_id: int | None, *, at: datetime) -> None:
        promised_at = _on_the_quarter(later(at, self._chance.uniform(8, 34)))
        repair = self._open(self._works(self._next_complaint(at)), vehicle_id, promised_at, at=at)
        if len(repair.works) < _MOST_JOBS and self._chance.random() < _FINDS_MORE:
            repair.extra = self._more_than(repair.works, 1)[-1]
        self._plan_way(repair, self._way(end), at)

    def _open_comeback(self, *, at: datetime) -> None:
        """A repair of the last weeks did not hold; nobody is asked to pay for it, so no estimate goes out."""
        first = self._first_repair(at)
        if first is None:
            self._open_past(Status.PICKED_UP, None, at=at)
            return
        ticket = self._books.open_comeback(first, at=at, by=self._shop.clerk())
        self._in_the_shop.add(ticket.vehicle_id or 0)
        cause, correction = self._chance.choice(DID_NOT_HOLD)
        labour = f"{first.jobs[0].lines[0].description}, once more"
        work = Work(ticket.jobs[0].complaint, "", labour, self._chance.randint(4, 12), cause, correction)
        way = [step for step in self._way(Status.PICKED_UP) if step[0] is not Status.ESTIMATE]
        self._plan_way(Repair(self._shop, ticket, [work], self._crew()), way, at)

    def _open_todays(self, kind: OpenTicket, *, promised_at: datetime | None, at: datetime) -> None:
        """A ticket that has come as far as ``kind`` says by now."""
        works = self._works(self._complaint_of(kind, at), kind.found)
        repair = self._open(works, kind.vehicle, promised_at, mechanic_id=kind.mechanic, at=at)
        repair.waits_for = kind.waits_for
        way = self._way(kind.status)
        total = sum(hours for _, hours in way)
        scale = min(1.0, kind.hours_open * 0.95 / total) if total else 1.0
        passed = self._plan_way(repair, [(status, hours * scale) for status, hours in way], at)
        if kind.grows:
            self._agenda.plan(later(at, passed + 0.02), repair.grow)
        if kind.status is Status.DRAFT and kind.hours_open > 1:
            self._agenda.plan(later(at, kind.hours_open / 2), repair.look)
        elif kind.status is Status.APPROVED:
            self._agenda.plan(later(at, passed + 0.08), repair.fetch)
        elif kind.status is Status.IN_PROGRESS and not kind.waits_for:
            to_go = kind.hours_open * _NOT_DONE_BEFORE - passed
            self._agenda.plan(later(at, passed + 0.04), repair.work, hours=to_go)

    def _open(
        self,
        works: list[Work],
        vehicle_id: int | None,
        promised_at: datetime | None,
        *,
        mechanic_id: int | None = None,
        at: datetime,
    ) -> Repair:
        vehicle = self._vehicle(vehicle_id)
        self._in_the_shop.add(vehicle.id)
        complaint = works[0].complaint
        if self._chance.random() < 0.3:
            complaint = f"{complaint}\n{self._chance.choice(REMARKS)}"
        by = self._shop.clerk()
        ticket = self._books.open_ticket(vehicle, complaint=complaint, promised_at=promised_at, at=at, by=by)
        return Repair(self._shop, ticket, works, self._crew(mechanic_id))

    def _plan_way(self, repair: Repair, way: list[tuple[Status, float]], opened: datetime) -> float:
        """Plan the moves and what is done between them; answers how many working hours it all takes."""
        plan, passed = self._agenda.plan, 0.0
        is_offered = any(status is Status.ESTIMATE for status, _ in way)
        for status, hours in way:
            begin, passed = passed, passed + hours
            at = later(opened, passed)
            if status is Status.ESTIMATE or (status is Status.APPROVED and not is_offered):
                plan(later(opened, begin + hours * 0.4), repair.look)
                plan(later(opened, begin + hours * 0.8), repair.price)
            match status:
                case Status.ESTIMATE:
                    plan(at, repair.offer)
                case Status.APPROVED:
                    plan(at, repair.answer if is_offered else repair.approve)
                    plan(later(opened, passed + 0.05), repair.assign)
                case Status.IN_PROGRESS:
                    plan(later(opened, passed - 0.02), repair.fetch)
                    plan(at, repair.move, status)
                case Status.QUALITY_CHECK:
                    plan(later(opened, begin + 0.02), repair.work, hours=hours * 0.9)
                    plan(at, repair.check)
                case _:
                    plan(at, repair.move, status)
                    if not status.is_open:
                        plan(at, self._leave, repair.ticket)
        return passed

    def _leave(self, ticket: Ticket, *, at: datetime) -> None:
        self._in_the_shop.discard(ticket.vehicle_id or 0)

    def _way(self, end: Status) -> list[tuple[Status, float]]:
        """The statuses on the way to ``end``, and the working hours from each to the next."""
        chance = self._chance
        if end is Status.CANCELLED:
            way = [*ROAD[1 : chance.choice((1, 2, 2, 2, 3, 4))], end]
        else:
            way = list(ROAD[1 : ROAD.index(end) + 1])
        if Status.APPROVED in way and chance.random() < 0.15:
            way.remove(Status.ESTIMATE)  # approved at the counter
        if Status.READY in way and chance.random() < 0.06:
            ready = way.index(Status.READY)
            way[ready:ready] = [Status.IN_PROGRESS, Status.QUALITY_CHECK]  # sent back once
        return [(status, chance.uniform(*visits.HOURS[status])) for status in way]

    def _works(self, first: Work, found: int | None = None) -> list[Work]:
        """What a car came for, and what comes to light when somebody looks at it."""
        if found is None:
            found = self._chance.choices((0, 1, 2), (42, 38, 20))[0]
        return self._more_than([first], found)

    def _more_than(self, works: list[Work], more: int) -> list[Work]:
        """These works and so many others, of which none touches the same parts."""
        works = [*works]
        for work in self._chance.sample(FOUND, len(FOUND)):
            if more and all(work.families.isdisjoint(other.families) for other in works):
                works.append(work)
                more -= 1
        return works

    def _next_complaint(self, at: datetime) -> Work:
        """Each one comes up once before any comes up again; none of late that would take what nobody can deliver."""
        if not self._deck:
            self._deck = self._chance.sample(COMPLAINTS, len(COMPLAINTS))
        is_of_late = self._agenda.end - at < _OF_LATE
        for work in reversed(self._deck):
            if not (is_of_late and any(sku in visits.HELD_UP for sku, _ in work.parts)):
                self._deck.remove(work)
                return work
        return self._chance.choice([work for work in COMPLAINTS if not work.parts])

    def _complaint_of(self, kind: OpenTicket, at: datetime) -> Work:
        """The one that the ticket is about, or one whose job takes the part that it waits for."""
        if kind.about:
            return next(work for work in COMPLAINTS if work.complaint.startswith(kind.about))
        if kind.waits_for:
            return self._chance.choice([work for work in COMPLAINTS if work.takes(kind.waits_for)])
        return self._next_complaint(at)

    def _vehicle(self, vehicle_id: int | None) -> Vehicle:
        """That vehicle, or one that is not in the shop and whose owner's story is not told elsewhere."""
        if vehicle_id is not None:
            return self._books.thing(Vehicle, vehicle_id)
        known: list[Vehicle] = self._books.things[Vehicle]
        others = known[visits.TOMAS_CARS[-1] :] or known
        return self._chance.choice([each for each in others if each.id not in self._in_the_shop] or others)

    def _first_repair(self, at: datetime) -> Ticket | None:
        """One that left the shop in the last weeks and whose car is not here."""
        tickets: list[Ticket] = self._books.things[Ticket]
        again = {ticket.comeback_of_id for ticket in tickets}
        left = [
            ticket
            for ticket in tickets
            if ticket.status is Status.PICKED_UP
            and ticket.completed_at
            and at - ticket.completed_at < _COMES_BACK_WITHIN
            and ticket.comeback_of_id is None
            and ticket.id not in again
            and (ticket.vehicle_id or 0) > visits.TOMAS_CARS[-1]
            and ticket.vehicle_id not in self._in_the_shop
        ]
        return self._chance.choice(left) if left else None

    def _crew(self, first_id: int | None = None) -> list[Mechanic]:
        roster: list[Mechanic] = self._books.things[Mechanic]
        size = self._chance.choices((1, 2, 3), (76, 21, 3))[0]
        first = [] if first_id is None else [self._books.thing(Mechanic, first_id)]
        return list(dict.fromkeys([*first, *self._chance.choices(roster, _BUSY_MECHANICS, k=size)]))


def _on_the_quarter(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
