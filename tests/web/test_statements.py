"""How many statements a page asks of the database, when no list is kept from before: the same in every year."""

from __future__ import annotations

from shop.common.transaction import transaction
from shop.tickets.lifecycle import Status
from tests.browser import Browser
from tests.factories import (
    make_customer,
    make_mechanic,
    make_part,
    make_part_line,
    make_ticket,
    make_vehicle,
    make_version,
)
from tests.statements import counted

#: Who asks, how lists stand, and the rows.
LIST = 3
#: Besides who asks and how lists stand: the ticket, its jobs, its estimates, and what happened.
TICKET = 6
#: An open one is laid beside what is open or was declined for the same car.
OPEN_TICKET = 8

MORE_THAN_A_PAGE = 26

LISTS = [
    *("", "?status=all", "?status=closed", "?status=ready", "?status=waiting", "?status=archived", "?mechanic=1"),
    *("?sort=number", "?sort=-number", "?sort=status", "?sort=promised", "?due=late", "?q=grinding", "?q=nothing"),
]
DESK = [f"/desk/tickets{query}" for query in LISTS]
DESK += ["/desk/customers", "/desk/customers?sort=-id", "/desk/customers?archived=y"]
DESK += ["/desk/inventory", "/desk/inventory?sort=stock", "/desk/inventory?stock=low"]


def test_lists_and_tickets(desk: Browser) -> None:
    with desk.app.app_context(), transaction():
        mechanics = [make_mechanic(), make_mechanic()]
        for _ in range(MORE_THAN_A_PAGE):
            make_part()
            vehicle = make_vehicle(make_customer())
            done = make_ticket(vehicle=vehicle, status=Status.PICKED_UP, mechanics=mechanics).id
        for _ in range(MORE_THAN_A_PAGE):
            ticket = make_ticket(vehicle=vehicle, status=Status.READY, mechanics=mechanics)
        for _ in range(3):
            make_part_line(ticket, make_part())
            make_version(ticket)
        ready = ticket.id
    most = dict.fromkeys(DESK, LIST) | {f"/desk/tickets/{done}": TICKET, f"/desk/tickets/{ready}": OPEN_TICKET}
    costs = {url: cost(desk, url) for url in most}
    assert {url: asked for url, asked in costs.items() if asked > most[url]} == {}
    assert min(costs.values()) > 0


def cost(desk: Browser, url: str) -> int:
    assert desk.get(url).status == 200  # what a process remembers, it knows now
    with counted(desk.app) as statements:
        desk.get(url)
    return sum(not statement.startswith("BEGIN") for statement in statements)
