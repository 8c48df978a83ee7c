"""What stands beside a ticket on its page."""

from __future__ import annotations

import pytest

from shop.common.clock import now
from shop.customers.models import Vehicle
from shop.tickets.beside import MOST_DECLINED, beside
from shop.tickets.lifecycle import Approval, Status
from tests.factories import make_job, make_ticket, make_vehicle

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def vehicle() -> Vehicle:
    return make_vehicle()


def test_other_open_tickets_of_the_vehicle(vehicle: Vehicle) -> None:
    ticket = make_ticket(vehicle=vehicle)
    assert beside(ticket).others == []
    older, newest = make_ticket(vehicle=vehicle), make_ticket(vehicle=vehicle)
    make_ticket(vehicle=vehicle, archived_at=now())
    make_ticket(vehicle=vehicle, status=Status.PICKED_UP)
    make_ticket(vehicle=make_vehicle())
    assert beside(ticket).others == [older, newest]
    assert beside(make_ticket()).others == []


def test_of_the_vehicle_nothing_once_the_ticket_is_closed(vehicle: Vehicle) -> None:
    make_job(make_ticket(vehicle=vehicle), approval=Approval.DECLINED)
    ticket = make_ticket(vehicle=vehicle, status=Status.PICKED_UP, comebacks=1)
    back = make_ticket(vehicle=vehicle, comeback_of_id=ticket.id)
    around = beside(ticket)
    assert (around.others, around.comebacks, around.declined) == ([], [back], [])


def test_comebacks_that_count_in_their_order(vehicle: Vehicle) -> None:
    ticket = make_ticket(vehicle=vehicle, status=Status.READY, comebacks=2)
    backs = [make_ticket(vehicle=vehicle, comeback_of_id=ticket.id) for _ in range(2)]
    make_ticket(comeback_of_id=ticket.id, status=Status.CANCELLED)
    make_ticket(comeback_of_id=ticket.id, archived_at=now())
    around = beside(ticket)
    assert (around.others, around.comebacks) == (backs, backs)


def test_the_last_that_were_declined(vehicle: Vehicle) -> None:
    earlier = make_ticket(vehicle=vehicle)
    jobs = [make_job(earlier, approval=Approval.DEFERRED) for _ in range(MOST_DECLINED + 1)]
    around = beside(make_ticket(vehicle=vehicle))
    assert (around.others, around.declined) == ([earlier], jobs[:0:-1])
    assert beside(make_ticket(vehicle=vehicle, status=Status.INVOICED)).declined == []
