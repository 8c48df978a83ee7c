"""The customers, vehicles and mechanics who come after those of the demo shop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from math import isqrt
from random import Random
from typing import Any, NamedTuple

from shop.common.base import Base
from shop.common.text import digits, email_key, folded
from shop.customers.models import Customer, Vehicle
from shop.mechanics.models import Mechanic
from shop.ops.demo import people, vehicles

_FLEET_EVERY = 500  # one customer in so many is a firm
_FIRST_FLEET = 100
_MOST_VANS = 60
_FROM_THE_START = 0.2  # how much of all vehicles
_TRADES = ("Plumbing", "Bakery", "Courier Service", "Gärtnerei", "Roofing", "Électricité", "Taxi", "Catering")
_AREAS = ("415", "510", "650", "408", "707", "628", "925", "669")
_PLATE_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_PLATES = 9 * 23**3 * 1000
_PLATE_STEP = 48_271_993  # has no divisor in common with it: plates look as if drawn

_PRIVATE = [person.name.split(" ", 1) for person in people.CUSTOMERS if person.vehicles < people.FLEET]
_FIRST_NAMES = [first for first, _ in _PRIVATE]
_LAST_NAMES = [last for _, last in _PRIVATE]


class Sizes(NamedTuple):
    """How many there are of each for so many tickets."""

    tickets: int
    customers: int
    vehicles: int
    mechanics: int
    makes: int  # of each of the demo's parts

    @classmethod
    def of(cls, tickets: int, *, parts: int) -> Sizes:
        return cls(
            tickets=tickets,
            customers=max(tickets // 5, len(people.CUSTOMERS)),
            vehicles=max(tickets // 4, sum(person.vehicles for person in people.CUSTOMERS)),
            mechanics=max(isqrt(tickets) // 5, 20),
            makes=max(-(-tickets // 50 // parts), 4),
        )


class Newcomers:
    """Rows of those who come after the first ones, who are the demo's. ``owners`` says whose each vehicle is."""

    def __init__(
        self, sizes: Sizes, *, known: Mapping[type[Base], list[Any]], begin: date, days: int, chance: Random
    ) -> None:
        self._sizes = sizes
        self._known = known
        self._begin = begin
        self._days = days
        self._chance = chance
        self._taken = {key for vehicle in known[Vehicle] for key in (vehicle.plate_key, vehicle.vin_key)}

    def customers(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self._known[Customer]) + 1, self._sizes.customers + 1):
            name = self._firm() if _is_fleet(number) else self._person()
            email = f"customer{number}@mail.example" if number % 11 else None
            phone = f"+1 {_AREAS[number % len(_AREAS)]} {200 + number // 10_000 % 800} {number % 10_000:04}"
            yield {
                "id": number,
                "name": name,
                "name_key": _name_key(name),
                "email": email,
                "email_key": email and email_key(email),
                "phone": phone,
                "phone_key": digits(phone),
                "notes": "",
                "version": 1,
                "created_at": self._day(0 if _is_fleet(number) else number / self._sizes.customers - 0.2),
                "archived_at": None,
                "merged_into_id": None,
            }

    def vehicles(self) -> Iterator[dict[str, Any]]:
        owners = self._owners()
        for number in range(len(self._known[Vehicle]) + 1, self._sizes.vehicles + 1):
            owner = next(owners)
            model = self._chance.choice(vehicles.VANS if _is_fleet(owner) else vehicles.CARS)
            year = self._chance.randint(model.first_year, model.last_year)
            plate = self._free(_plate(number))
            vin = self._free(vehicles.vin(model, year, number % 1_000_000)) if number % 9 else None
            yield {
                "id": number,
                "customer_id": owner,
                "plate": plate,
                "plate_key": plate,
                "vin": vin,
                "vin_key": vin,
                "make": model.make,
                "model": model.model,
                "year": year,
                "odometer": self._chance.randint(5_000, 220_000),
                "version": 1,
                "created_at": self._day((number / self._sizes.vehicles - _FROM_THE_START) / (1 - _FROM_THE_START)),
                "archived_at": None,
            }

    def mechanics(self) -> Iterator[dict[str, Any]]:
        for number in range(len(self._known[Mechanic]) + 1, self._sizes.mechanics + 1):
            name = self._person()
            email = f"mechanic{number}@cornergarage.example"
            keys = {"name_key": _name_key(name), "email": email, "email_key": email_key(email)}
            dates = {"created_at": self._day(0), "archived_at": None}
            yield {"id": number, "name": name, **keys, "version": 1, **dates}

    def _free(self, key: str) -> str | None:
        """A plate or VIN, unless a vehicle of the demo shop has it."""
        return None if key in self._taken else key

    def _owners(self) -> Iterator[int]:
        """Firms bring many vehicles at once, other people one each and at last a second one."""
        fleets = [
            number for number in range(len(self._known[Customer]) + 1, self._sizes.customers + 1) if _is_fleet(number)
        ]
        for fleet in fleets:
            for _ in range(min(_MOST_VANS, self._sizes.vehicles // 10)):
                yield fleet
        while True:
            for number in range(len(self._known[Customer]) + 1, self._sizes.customers + 1):
                if not _is_fleet(number):
                    yield number

    def _day(self, share: float) -> str:
        """The morning of a day, by how much of all the time had passed then."""
        return f"{self._begin + timedelta(max(0, int(share * self._days)))} 08:00:00.000000"

    def _person(self) -> str:
        return f"{self._chance.choice(_FIRST_NAMES)} {self._chance.choice(_LAST_NAMES)}"

    def _firm(self) -> str:
        return f"{self._chance.choice(_LAST_NAMES)} {self._chance.choice(_TRADES)}"


def known_share(day: int, days: int) -> float:
    """How much of all vehicles is there on a day, counted from the first; their owners came before them."""
    return _FROM_THE_START + (1 - _FROM_THE_START) * day / days


def _is_fleet(customer: int) -> bool:
    return customer % _FLEET_EVERY == _FIRST_FLEET


@cache
def _name_key(name: str) -> str:
    return folded(name)


def _plate(number: int) -> str:
    number = number * _PLATE_STEP % _PLATES
    number, digits_ = divmod(number, 1000)
    letters = ""
    for _ in range(3):
        number, letter = divmod(number, len(_PLATE_LETTERS))
        letters += _PLATE_LETTERS[letter]
    return f"{number + 1}{letters}{digits_:03}"
