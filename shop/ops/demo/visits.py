"""Which tickets stand in the demo shop today, and what is fixed about those of the past."""

from __future__ import annotations

from typing import NamedTuple

from shop.tickets.lifecycle import Status

TICKETS = 400
CANCELLED = 24
DAYS = 730

#: Ids of vehicles: the owner's project, and the cars of the two customers who have accounts.
PROJECT_CAR = 1
OWNERS_OTHER_CAR = 2
JOYS_CARS = (3, 4)
TOMAS_CARS = (5, 6)

#: Id of the mechanic who has an account.
MIA = 1


class OpenTicket(NamedTuple):
    """``vehicle`` None is any; ``waits_for`` is the SKU of a part that the shelf lacks.

    ``about`` is how the complaint begins, and ``found`` how many more jobs come to light; None leaves it to chance.
    With ``grows`` the work takes more than the customer has approved. ``mechanic`` is one who is on it for certain.
    """

    status: Status
    hours_open: float  # working hours since it was opened
    promised_in: float | None  # hours from now; None when nothing is promised
    vehicle: int | None = None
    waits_for: str | None = None
    about: str | None = None
    found: int | None = None
    grows: bool = False
    mechanic: int | None = None


TODAY = (
    OpenTicket(Status.READY, 14, -1.5, JOYS_CARS[1]),
    OpenTicket(Status.IN_PROGRESS, 9, 3, JOYS_CARS[0], mechanic=MIA),
    OpenTicket(Status.ESTIMATE, 3, None, JOYS_CARS[0], about="Brakes squeal at low speed", found=2),
    OpenTicket(Status.APPROVED, 6, 7, TOMAS_CARS[0], "STR-FL-72"),
    OpenTicket(Status.DRAFT, 0.2, None),
    OpenTicket(Status.DRAFT, 0.7, 26),
    OpenTicket(Status.DRAFT, 1.6, 30),
    OpenTicket(Status.DRAFT, 4, None),
    OpenTicket(Status.ESTIMATE, 2, 24),
    OpenTicket(Status.ESTIMATE, 5, 28),
    OpenTicket(Status.ESTIMATE, 8, None),
    OpenTicket(Status.ESTIMATE, 13, 48),
    OpenTicket(Status.ESTIMATE, 31, -20),
    OpenTicket(Status.APPROVED, 3, 5),
    OpenTicket(Status.APPROVED, 5, 24),
    OpenTicket(Status.APPROVED, 9, 27, waits_for="O2S-U-41"),
    OpenTicket(Status.APPROVED, 12, 6),
    OpenTicket(Status.APPROVED, 26, -3, waits_for="BRK-PR-1108"),
    OpenTicket(Status.IN_PROGRESS, 4, 0.6),
    OpenTicket(Status.IN_PROGRESS, 5, 1.4),
    OpenTicket(Status.IN_PROGRESS, 7, 4),
    OpenTicket(Status.IN_PROGRESS, 8, 5, about="Pulls to the right when braking", grows=True),
    OpenTicket(Status.IN_PROGRESS, 10, 8),
    OpenTicket(Status.IN_PROGRESS, 12, -0.8),
    OpenTicket(Status.IN_PROGRESS, 17, -26, waits_for="WHB-R-5124"),
    OpenTicket(Status.IN_PROGRESS, 22, 24),
    OpenTicket(Status.IN_PROGRESS, 38, -52, waits_for="FLX-2X6"),
    OpenTicket(Status.QUALITY_CHECK, 7, 1.1),
    OpenTicket(Status.QUALITY_CHECK, 9, 2.5),
    OpenTicket(Status.QUALITY_CHECK, 15, -2),
    OpenTicket(Status.READY, 8, 0.9),
    OpenTicket(Status.READY, 10, 3.5),
    OpenTicket(Status.READY, 16, 6),
    OpenTicket(Status.READY, 33, -30),
    OpenTicket(Status.READY, 74, -150),
    OpenTicket(Status.INVOICED, 11, 2),
    OpenTicket(Status.INVOICED, 18, -4),
    OpenTicket(Status.INVOICED, 25, 4.5),
)

#: What nobody can deliver: it goes to none of the other tickets of these days.
HELD_UP = frozenset(ticket.waits_for for ticket in TODAY if ticket.waits_for)

#: Which of the past tickets, counted from the first, were for the cars of people with accounts.
REGULARS = {
    20: OWNERS_OTHER_CAR,
    60: JOYS_CARS[0],
    110: TOMAS_CARS[0],
    160: JOYS_CARS[1],
    210: OWNERS_OTHER_CAR,
    250: TOMAS_CARS[1],
    290: JOYS_CARS[0],
    330: TOMAS_CARS[0],
    350: JOYS_CARS[1],
}

#: Which of the past tickets were comebacks, where a repair of the weeks before can be one.
COMEBACKS = frozenset((35, 78, 125, 170, 205, 240, 276, 305, 340))

#: What the project has taken so far: days ago, SKU, quantity.
PROJECT_PARTS = ((500, "OPG-27", 1), (320, "FCS-35", 1), (90, "RTV-GRY-3", 2), (8, "SPK-PFR6Q", 4))

#: Working hours that a ticket usually takes to reach a status from the one before.
HOURS = {
    Status.ESTIMATE: (0.2, 2.0),
    Status.APPROVED: (0.3, 8.0),
    Status.IN_PROGRESS: (0.3, 7.0),
    Status.QUALITY_CHECK: (0.8, 7.0),
    Status.READY: (0.2, 0.8),
    Status.INVOICED: (0.2, 4.0),
    Status.PICKED_UP: (0.1, 9.0),
    Status.CANCELLED: (0.5, 6.0),
}
