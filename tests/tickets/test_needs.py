"""Every state, every move, every role, and everything that a move can lack."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.common.errors import Conflict, RuleBroken
from shop.common.roles import Role
from shop.extensions import db
from shop.settings.models import ShopRules
from shop.tickets import commands
from shop.tickets.commands.shared import settle
from shop.tickets.lifecycle import MOVES, Approval, Move, Need, Status
from shop.tickets.models import Supply, Ticket
from tests.cast import Cast
from tests.factories import keep, make_job, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle, settled

pytestmark = pytest.mark.usefixtures("context")

ACTORS = {Role.OWNER: "owner", Role.DESK: "desk", Role.MECHANIC: "mechanic", Role.CUSTOMER: "customer"}


def _grow(ticket: Ticket) -> None:
    ticket.jobs[0].approved_cents = 0
    ticket.approved_cents = 0
    make_part_line(ticket, make_part(), quantity=1)
    ticket.jobs[0].approved_cents = ticket.approved_cents = 0
    settle(ticket)


def _decline(ticket: Ticket) -> None:
    ticket.jobs[0].approval = Approval.DECLINED


#: What makes a ticket lack something, and how the refusal begins or which field it names.
LACKS: dict[Need, tuple[Callable[[Ticket], object], str]] = {
    Need.REASON: (lambda ticket: None, "reason"),
    Need.CONSENT: (_grow, "over what the customer approved"),
    Need.DECISIONS: (make_job, "has not decided about"),
    Need.PARTS: (
        lambda ticket: make_part_line(ticket, make_part(on_hand=0), supply=Supply.WANTED),
        "is still to come",
    ),
    Need.DONE: (lambda ticket: setattr(ticket.jobs[0], "done_at", None), "is not done yet"),
    Need.ODOMETER_IN: (lambda ticket: setattr(ticket, "odometer_in", None), "odometer_in"),
    Need.ODOMETER_OUT: (lambda ticket: setattr(ticket, "odometer_out", None), "odometer_out"),
    Need.MECHANIC: (lambda ticket: ticket.assignments.clear(), "mechanic"),
    Need.CORRECTION: (lambda ticket: setattr(ticket.jobs[0], "correction", ""), "correction"),
}

EVERY_MOVE = [(status, move) for status, moves in MOVES.items() for move in moves]


def complete(status: Status) -> Ticket:
    """A ticket that lacks nothing."""
    ticket = make_ticket(
        status=status, vehicle=make_vehicle(), mechanics=[make_mechanic()], odometer_in=84_000, odometer_out=84_010
    )
    ticket.jobs[0].correction = "Replaced the pads."
    make_part_line(ticket, make_part(on_hand=3), quantity=1)
    settled(ticket)
    return ticket


def strict() -> None:
    keep(ShopRules(id=1, needs_odometer_in=True, needs_odometer_out=True, needs_mechanic=True, needs_correction=True))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("status", "move"), EVERY_MOVE, ids=lambda each: getattr(each, "label", None) or each.value)
def test_a_complete_ticket_moves_for_those_who_may(cast: Cast, status: Status, move: Move, role: Role) -> None:
    strict()
    ticket, by = complete(status), cast.account(ACTORS[role])
    reason = "They sold it." if move.needs_reason else ""
    if role in move.roles:
        commands.move(ticket, to=move.to, reason=reason, by=by)
        assert ticket.status is move.to
        return
    with pytest.raises(RuleBroken) as refusal:
        commands.move(ticket, to=move.to, reason=reason, by=by)
    assert (refusal.value.field, ticket.status) == ("to", status)


@pytest.mark.parametrize(
    ("status", "move", "need"),
    [(status, move, need) for status, move in EVERY_MOVE for need in move.needs],
    ids=lambda each: getattr(each, "label", None) or each.value,
)
def test_what_a_move_lacks_is_said(cast: Cast, status: Status, move: Move, need: Need) -> None:
    strict()
    ticket = complete(status)
    lack, words = (_decline, "wants none of it") if move.notes_consent(status) else LACKS[need]
    lack(ticket)
    db.session.commit()
    reason = "" if need is Need.REASON else "They sold it."
    with pytest.raises((RuleBroken, Conflict)) as refusal:
        commands.move(ticket, to=move.to, reason=reason if move.needs_reason else "", by=cast.account("desk"))
    if isinstance(refusal.value, RuleBroken):
        assert refusal.value.field == words
    else:
        assert words in refusal.value.message
    db.session.expire_all()
    assert ticket.status is status


@pytest.mark.parametrize("need", [need for need in Need if need.setting])
def test_what_the_shop_does_not_ask_for_is_not_needed(cast: Cast, need: Need) -> None:
    for status, move in EVERY_MOVE:
        if need in move.needs:
            ticket = complete(status)
            LACKS[need][0](ticket)
            db.session.commit()
            commands.move(ticket, to=move.to, by=cast.account("desk"))
            assert ticket.status is move.to


@pytest.mark.parametrize(
    ("approval", "words"),
    [
        (Approval.PENDING, "has not approved anything"),
        (Approval.DECLINED, "wants none of it"),
        (Approval.DEFERRED, "wants none of it"),
    ],
)
def test_work_does_not_start_on_what_is_not_approved(cast: Cast, approval: Approval, words: str) -> None:
    ticket = complete(Status.APPROVED)
    ticket.jobs[0].approval = approval
    db.session.commit()
    with pytest.raises(Conflict, match=words):
        commands.move(ticket, to=Status.IN_PROGRESS, by=cast.account("desk"))


def test_the_shop_may_allow_a_little_more(cast: Cast) -> None:
    ticket, desk = complete(Status.APPROVED), cast.account("desk")
    commands.add_labour(ticket.jobs[0], description="A bit more", minutes=1, price_cents=60_00, by=desk)
    assert ticket.over_cents == 100
    with pytest.raises(Conflict, match=r"is \$1\.00 over"):
        commands.move(ticket, to=Status.IN_PROGRESS, by=desk)
    keep(ShopRules(id=1, tolerance_cents=100))
    for to in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY, Status.INVOICED):
        commands.move(ticket, to=to, by=desk)


def test_what_outgrew_its_consent_is_not_fitted_on_the_way(cast: Cast) -> None:
    ticket = complete(Status.IN_PROGRESS)
    line = commands.use_part(ticket, part=make_part(price_cents=100_000), quantity=1, by=cast.account("desk"))
    with pytest.raises(Conflict, match="over what the customer approved"):
        commands.move(ticket, to=Status.QUALITY_CHECK, by=cast.account("desk"))
    assert (line.supply, ticket.jobs[0].is_done) == (Supply.RESERVED, False)
