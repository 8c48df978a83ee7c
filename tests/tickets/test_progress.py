"""What a customer is told: where the repair is, and what comes next."""

from __future__ import annotations

import pytest

from shop.accounts.models import Account
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Ticket
from shop.tickets.progress import tracked
from tests.cast import Cast
from tests.factories import make_job, make_ticket


@pytest.fixture
def desk_account(context: None, cast: Cast) -> Account:
    return cast.account("desk")


def told(ticket: Ticket) -> tuple[str, str]:
    track = tracked([ticket])[ticket.id]
    return track.sentence, track.next


def offered(by: Account) -> Ticket:
    ticket = make_ticket()
    commands.write_estimate(ticket, by=by)
    return ticket


def say(ticket: Ticket, approval: Approval, *, by: Account) -> None:
    answers = {job.id: approval for job in ticket.undecided_jobs}
    commands.note_consent(ticket, answers=answers, name="Joy", channel=Channel.PHONE, by=by)


def test_an_estimate_asks_for_an_answer(desk_account: Account) -> None:
    assert told(offered(desk_account)) == ("Your estimate is ready.", "Next you tell us what we may do.")


@pytest.mark.parametrize(
    ("status", "following"),
    [
        (Status.IN_PROGRESS, "The rest of the work goes on."),
        (Status.READY, "Next you tell us what we may do."),
    ],
)
def test_what_is_found_later_is_asked_about(desk_account: Account, status: Status, following: str) -> None:
    ticket = offered(desk_account)
    say(ticket, Approval.APPROVED, by=desk_account)
    ticket.status = status
    make_job(ticket)
    commands.write_estimate(ticket, by=desk_account)
    assert told(ticket) == ("We found something and need your word.", following)


def test_nothing_is_approved_only_where_nothing_is(desk_account: Account) -> None:
    ticket = offered(desk_account)
    say(ticket, Approval.DECLINED, by=desk_account)
    assert told(ticket)[1].startswith("Nothing is approved")
    ticket = offered(desk_account)
    say(ticket, Approval.APPROVED, by=desk_account)
    ticket.status = Status.ESTIMATE
    assert "Nothing is approved" not in told(ticket)[1]
