"""Two years in the demo shop, the same ones each time, ending now."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from shop.accounts.models import Account
from shop.customers.models import Vehicle
from shop.ops.demo import canned, people, prices, vehicles, visits
from shop.ops.demo.agenda import Agenda
from shop.ops.demo.books import Books
from shop.ops.demo.canned import DemoCannedJob
from shop.ops.demo.dashboards import Dashboards
from shop.ops.demo.people import DESK, OWNER, DemoAccount, DemoCustomer
from shop.ops.demo.repair import Shop
from shop.ops.demo.stockroom import Stockroom
from shop.ops.demo.workshop import Workshop
from shop.tickets.models import LineKind

_SEED = 1967
_THERE_FROM_THE_START = 3  # the customers who have accounts


def tell(end: datetime, *, password_hash: str) -> Books:
    """Everything that was written down until ``end``."""
    return _Story(end, password_hash).tell()


class _Story:
    """Who works in the shop and who comes to it; the rest is the stockroom's and the workshop's."""

    def __init__(self, end: datetime, password_hash: str) -> None:
        self._begin = end - timedelta(days=visits.DAYS)
        self._password_hash = password_hash
        self._chance = Random(_SEED)  # noqa: S311 - no secret, and the same each time
        self._books = Books()
        self._agenda = Agenda(end, self._chance)
        self._stockroom = Stockroom(self._books, self._agenda, self._chance)
        self._workshop = Workshop(Shop(self._books, self._agenda, self._chance, self._stockroom, Dashboards()))

    def tell(self) -> Books:
        self._open_the_shop(at=self._begin - timedelta(days=10))
        self._plan_customers()
        self._stockroom.plan()
        self._workshop.plan(self._begin)
        self._agenda.run()
        self._books.close()
        return self._books

    def _open_the_shop(self, *, at: datetime) -> None:
        self._add_account(people.ACCOUNTS[0], by=None, at=at)
        self._books.set_rates(**prices.RATES, at=at, by=OWNER)
        self._books.set_rules()
        self._stockroom.fill(at=at)
        for each in canned.CANNED:
            self._save_canned(each, at=at)
        for name, email in people.MECHANICS:
            self._books.add_mechanic(name=name, email=email, at=at, by=OWNER)
        for person in people.ACCOUNTS[1:]:
            self._add_account(person, by=OWNER, at=at)

    def _add_account(self, person: DemoAccount, *, by: int | None, at: datetime) -> Account:
        values: dict[str, Any] = {"email": person.email, "name": person.name, "role": person.role}
        links = {}
        if person.customer:
            values["customer_id"] = person.customer
            links["customer"] = people.CUSTOMERS[person.customer - 1].name
        if person.mechanic:
            values["mechanic_id"] = person.mechanic
            links["mechanic"] = people.MECHANICS[person.mechanic - 1][0]
        return self._books.add_account(**values, password_hash=self._password_hash, links=links, at=at, by=by)

    def _save_canned(self, canned_job: DemoCannedJob, *, at: datetime) -> None:
        labour = {"kind": LineKind.LABOUR, "description": canned_job.labour, "minutes": canned_job.minutes}
        lines: list[dict[str, Any]] = [{**labour, "quantity": 1, "price_cents": prices.RATES["labour_cents"]}]
        for sku, quantity in canned_job.parts:
            part = self._stockroom.part(sku)
            costs = {"price_cents": part.price_cents, "cost_cents": part.cost_cents, "core_cents": prices.core_of(sku)}
            kept = {"kind": LineKind.PART, "description": part.name, "part_id": part.id}
            lines.append({**kept, "quantity": quantity, **costs})
            lines += [
                {
                    "kind": charge.kind,
                    "description": charge.description,
                    "quantity": quantity if charge.is_each else 1,
                    "price_cents": charge.price_cents,
                    "cost_cents": charge.cost_cents,
                }
                for charge in prices.charges_with(sku)
            ]
        self._books.save_canned(canned_job.name, lines, at=at, by=OWNER)

    def _plan_customers(self) -> None:
        """Some come with the opening, the others one by one over twenty months."""
        first, others = people.CUSTOMERS[:_THERE_FROM_THE_START], people.CUSTOMERS[_THERE_FROM_THE_START:]
        for person in first:
            self._add_customer(person, at=self._begin)
        for person, days in zip(others, sorted(self._chance.uniform(110, 729) for _ in others)[::-1], strict=True):
            self._agenda.plan(self._agenda.days_ago(days), self._add_customer, person)

    def _add_customer(self, person: DemoCustomer, *, at: datetime) -> None:
        values = {"name": person.name, "email": person.email, "phone": person.phone, "notes": person.notes}
        customer = self._books.add_customer(**values, at=at, by=DESK)
        for _ in range(person.vehicles):
            is_first = not self._books.things[Vehicle]
            car = vehicles.PROJECT_CAR if is_first else self._make_vehicle(person)
            self._books.add_vehicle(customer, **car, at=at, by=DESK)

    def _make_vehicle(self, person: DemoCustomer) -> dict[str, Any]:
        is_van = person.vehicles >= people.FLEET
        is_european = person.phone is not None and not person.phone.startswith("+1")
        kinds = vehicles.VANS if is_van else vehicles.EUROPEANS if is_european else vehicles.CARS
        model = self._chance.choice(kinds)
        year = self._chance.randint(model.first_year, model.last_year)
        age = max(self._agenda.end.year - year, 1)
        return {
            "plate": vehicles.plate(self._chance, person.phone, is_van=is_van),
            "vin": vehicles.vin(model, year, self._chance.randint(10_000, 899_999)),
            "make": model.make,
            "model": model.model,
            "year": year,
            "odometer": age * self._chance.randint(7_000, 14_000) + self._chance.randint(0, 999),
        }
