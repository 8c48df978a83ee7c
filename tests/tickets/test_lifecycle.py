"""Every status, every move, every role."""

from __future__ import annotations

from itertools import pairwise

import pytest

from shop.common.roles import Role
from shop.tickets.lifecycle import CUSTOMER_ROAD, MOVES, OPEN, ROAD, Status, find_move, moves_for

pytestmark = pytest.mark.single

#: What may follow what, and who may do it: d the desk and the owner, m mechanics as well, r with a reason.
TABLE = {
    Status.DRAFT: {"estimate": "d", "approved": "d", "cancelled": "dr"},
    Status.ESTIMATE: {"approved": "d", "draft": "d", "cancelled": "dr"},
    Status.APPROVED: {"in_progress": "dm", "estimate": "d", "cancelled": "dr"},
    Status.IN_PROGRESS: {"quality_check": "dm", "approved": "dm", "cancelled": "dr"},
    Status.QUALITY_CHECK: {"ready": "dm", "in_progress": "dm", "cancelled": "dr"},
    Status.READY: {"invoiced": "d", "in_progress": "d", "cancelled": "dr"},
    Status.INVOICED: {"picked_up": "d", "ready": "d"},
    Status.PICKED_UP: {"in_progress": "d"},
    Status.CANCELLED: {"draft": "d"},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("to", Status)
@pytest.mark.parametrize("status", Status)
def test_who_may_move_what_where(status: Status, to: Status, role: Role) -> None:
    mark = TABLE[status].get(to.value, "")
    who = {Role.OWNER: "d", Role.DESK: "d", Role.MECHANIC: "m", Role.CUSTOMER: "-"}[role]
    assert (to in [move.to for move in moves_for(status, role)]) == (who in mark)
    step = find_move(status, to)
    assert (step is not None) == bool(mark)
    assert step is None or step.needs_reason == ("r" in mark)


def test_every_status_has_a_face_and_a_way_on() -> None:
    for status in Status:
        assert status.title
        assert status.customer_words.endswith((".", "travels."))
        assert status.stage
        assert status.icon
        assert MOVES[status]


def test_the_usual_next_step_leads_along_the_road() -> None:
    for here, following in pairwise(ROAD):
        assert MOVES[here][0].to is following


def test_open_tickets_are_those_on_the_road_and_still_here() -> None:
    assert set(ROAD) - OPEN == {Status.PICKED_UP}
    assert Status.CANCELLED not in OPEN
    assert set(CUSTOMER_ROAD) == set(ROAD) - {Status.INVOICED}


def test_work_is_closed_once_it_is_invoiced() -> None:
    assert {status for status in Status if not status.takes_work} == {
        Status.INVOICED,
        Status.PICKED_UP,
        Status.CANCELLED,
    }
