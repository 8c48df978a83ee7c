"""One repair from the call to the keys, told once: everybody who lives through it does so in a way of their own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from shop.tickets.lifecycle import Status
from shop.tickets.models import CannedJob, CannedLine, LineKind
from tests import factories

COMPLAINT = "Squeals when braking."
TYPED = "Front pads are worn"
LABOUR, HOURS, MINUTES = "Change the pads", "1.2", 72
OIL_MINUTES = 48
CORRECTION = "New pads, discs are fine."
WHO = "Joy"

#: What is done, in order, and where the ticket is afterwards.
STEPS = (
    ("open_the_ticket", Status.DRAFT),
    ("insert_a_canned_job", Status.DRAFT),
    ("type_a_job", Status.DRAFT),
    ("send_the_estimate", Status.ESTIMATE),
    ("note_the_answer", Status.APPROVED),
    ("put_a_mechanic_on", Status.APPROVED),
    ("start_the_work", Status.IN_PROGRESS),
    ("fit_the_part", Status.IN_PROGRESS),
    ("write_down_the_correction", Status.IN_PROGRESS),
    ("finish_the_job", Status.IN_PROGRESS),
    ("send_it_to_the_check", Status.QUALITY_CHECK),
    ("find_it_ready", Status.READY),
    ("invoice_it", Status.INVOICED),
    ("hand_over_the_keys", Status.PICKED_UP),
)


@dataclass(frozen=True)
class Props:
    """What the shop has of it in the morning. The canned job takes a filter; five of each part are on the shelf."""

    customer: int
    vehicle: int
    plate: str
    mechanic: int
    mechanic_name: str
    canned: int
    canned_name: str
    pads: int
    pads_name: str
    filter: int


@dataclass(frozen=True)
class Evening:
    """What is there when the keys are handed over. Parts are counted on the shelf and as not kept for a ticket."""

    total_cents: int
    pads: tuple[int, int]
    filter: tuple[int, int]


#: At the demo shop's rates: 1.2 hours at 135.00 and pads at 89.00, 3 % of both for supplies, 8.63 % tax on all but the
#: labour. The filter stays on the shelf.
EVENING = Evening(total_cents=26_686, pads=(4, 4), filter=(5, 5))


class Person(Protocol):
    """Has a method for each step."""

    spent: Counter[str]  # what it took so far: keys, clicks, page loads, requests

    def sees(self, status: Status) -> None: ...

    def evening(self) -> Evening: ...


def live_through(person: Person) -> None:
    """Do it all, look where the ticket is after each step, and tell what each of them took."""
    print()
    for name, status in STEPS:
        before = person.spent.copy()
        getattr(person, name)()
        person.sees(status)
        print(_told(name, person.spent - before))
    print(_told("all of it", person.spent))
    assert (evening := person.evening()) == EVENING, evening


def prepare(mark: str) -> Props:
    """Set the scene; a shop may have it several times, each under a mark of its own."""
    customer = factories.make_customer(name=f"{mark} Okafor", email=f"{mark}@example.net".lower())
    vehicle = factories.make_vehicle(customer, plate=f"{mark} 1")
    mechanic = factories.make_mechanic(name=f"{mark} Mia", email=f"{mark}.mia@example.net".lower())
    pads = factories.make_part(name=f"{mark} pads", sku=f"{mark}-P", price_cents=8900)
    oil_filter = factories.make_part(name=f"{mark} filter", sku=f"{mark}-F")
    canned = CannedJob(
        name=f"{mark} oil service",
        lines=[
            CannedLine(kind=LineKind.LABOUR, description="Oil service", minutes=OIL_MINUTES, price_cents=0),
            CannedLine(kind=LineKind.PART, description=oil_filter.name, part=oil_filter, price_cents=0),
        ],
    )
    factories.keep(canned)
    return Props(
        customer=customer.id,
        vehicle=vehicle.id,
        plate=f"{mark} 1",
        mechanic=mechanic.id,
        mechanic_name=mechanic.name,
        canned=canned.id,
        canned_name=canned.name,
        pads=pads.id,
        pads_name=pads.name,
        filter=oil_filter.id,
    )


def _told(name: str, spent: Counter[str]) -> str:
    return f"{name.replace('_', ' '):28}" + "".join(f"{number:5} {what}" for what, number in sorted(spent.items()))
