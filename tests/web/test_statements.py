"""How many statements a page asks of the database, when no list is kept from before: the same in every year."""

from __future__ import annotations

from shop.common.transaction import transaction
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Consent, Decision
from tests.browser import Browser
from tests.factories import (
    keep,
    make_customer,
    make_job,
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
#: Besides who asks and how lists stand: the ticket with its estimates, its jobs, and what happened.
TICKET = 5
#: What stands beside it: what is open or was declined for the same car, and how the repair came back.
TICKET_AMONG_OTHERS = 6

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
    most = dict.fromkeys(DESK, LIST) | {f"/desk/tickets/{done}": TICKET, f"/desk/tickets/{ready}": TICKET_AMONG_OTHERS}
    costs = {url: cost(desk, url) for url in most}
    assert {url: asked for url, asked in costs.items() if asked > most[url]} == {}
    assert min(costs.values()) > 0


def test_a_ticket_that_everything_is_to_be_said_about(desk: Browser) -> None:
    with desk.app.app_context(), transaction():
        vehicle, mechanics = make_vehicle(make_customer()), [make_mechanic(), make_mechanic()]
        first = make_ticket(vehicle=vehicle, status=Status.PICKED_UP, comebacks=1)
        make_job(make_ticket(vehicle=vehicle), approval=Approval.DECLINED, complaint="Shocks leak")
        ticket = make_ticket(vehicle=vehicle, status=Status.READY, mechanics=mechanics, comeback_of_id=first.id)
        for _ in range(2):
            version = make_version(ticket)
            consent = Consent(version_id=version.id, channel=Channel.PHONE, name="Joy")
            consent.decisions.append(Decision(job_id=ticket.jobs[0].id, approval=Approval.APPROVED, amount_cents=0))
            keep(consent)
        make_ticket(vehicle=vehicle, comeback_of_id=ticket.id)
        ticket.comebacks = 1
        keep(ticket)
        url = f"/desk/tickets/{ticket.id}"
    page = desk.get(url)
    for words in (
        "2 other open tickets , the newest #1004",
        "Comeback of #1001",
        "Came back as #1004",
        "Shocks leak",
        "Joy answered",
    ):
        assert words in page.text
    assert cost(desk, url) <= TICKET_AMONG_OTHERS


def cost(desk: Browser, url: str) -> int:
    assert desk.get(url).status == 200  # what a process remembers, it knows now
    with counted(desk.app) as statements:
        desk.get(url)
    return sum(not statement.startswith("BEGIN") for statement in statements)
