"""What must be so before a car is handed over: the work is done, and what was charged has left the shelf."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shop.accounts.models import Account
from shop.common.errors import Conflict, RuleBroken
from shop.common.transaction import transaction
from shop.customers.commands import add_vehicle
from shop.ops.checks import problems
from shop.tickets import commands
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import Channel, Supply, Ticket
from tests.cast import Cast
from tests.factories import make_customer, make_job, make_part, make_part_line, make_ticket, make_vehicle, settled

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def desk(cast: Cast) -> Account:
    return cast.account("desk")


def consent(ticket: Ticket, by: Account) -> None:
    answers = {job.id: Approval.APPROVED for job in ticket.undecided_jobs}
    commands.note_consent(ticket, answers=answers, name="Joy", channel=Channel.COUNTER, by=by)


def _add_to_a_ready_car(desk: Account) -> Ticket:
    ticket = make_ticket(status=Status.READY)
    commands.use_part(ticket, part=make_part(on_hand=5), quantity=2, by=desk)
    consent(ticket, desk)
    return ticket


def _swap_on_finished_work(desk: Account) -> Ticket:
    ticket = make_ticket(status=Status.QUALITY_CHECK)
    line = make_part_line(ticket, make_part(on_hand=5), quantity=2)
    settled(ticket)
    commands.remove_line(line, by=desk)
    commands.restore_line(line, by=desk)
    return ticket


def _archive_and_restore(desk: Account) -> Ticket:
    ticket = make_ticket(status=Status.QUALITY_CHECK)
    line = make_part_line(ticket, make_part(on_hand=5), quantity=2)
    settled(ticket)
    commands.archive_ticket(ticket, by=desk)
    commands.restore_ticket(ticket, by=desk)
    commands.take_wanted(line, by=desk)
    return ticket


@pytest.mark.parametrize("story", [_add_to_a_ready_car, _swap_on_finished_work, _archive_and_restore])
def test_what_was_charged_has_left_the_shelf(desk: Account, story: Callable[[Account], Ticket]) -> None:
    ticket = story(desk)
    (line,) = ticket.part_lines
    in_the_car = story is _swap_on_finished_work  # the undo of a removal puts it back where it was
    assert (line.supply, line.stocked.reserved) == ((Supply.FITTED, 0) if in_the_car else (Supply.RESERVED, 2))
    for to in (Status.READY, Status.INVOICED, Status.PICKED_UP):
        if ticket.status is not to:
            commands.move(ticket, to=to, by=desk)
    assert (line.supply, line.stocked.reserved, line.stocked.on_hand) == (Supply.FITTED, 0, 3)
    assert not [each for each in problems() if each.startswith(("Part", "Line", "Stock"))]


def test_parts_on_finished_work_are_not_fitted_before_they_are_approved(desk: Account) -> None:
    ticket = make_ticket(status=Status.QUALITY_CHECK)
    commands.use_part(ticket, part=make_part(on_hand=5), quantity=2, by=desk)
    with pytest.raises(Conflict, match="over what the customer approved"):
        commands.move(ticket, to=Status.READY, by=desk)
    assert ticket.status is Status.QUALITY_CHECK


def test_a_job_that_came_late_is_to_be_done_first(desk: Account) -> None:
    ticket = make_ticket(status=Status.READY)
    make_job(ticket, complaint="Wipers")
    consent(ticket, desk)
    with pytest.raises(Conflict, match="“Wipers” is not done yet"):
        commands.move(ticket, to=Status.INVOICED, by=desk)
    for to in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY, Status.INVOICED):
        commands.move(ticket, to=to, by=desk)
    assert ticket.is_every_job_done


def test_a_job_that_was_reopened_is_to_be_done_first(desk: Account) -> None:
    ticket = make_ticket(status=Status.READY)
    commands.reopen_job(ticket.jobs[0], by=desk)
    with pytest.raises(Conflict, match="is not done yet"):
        commands.move(ticket, to=Status.INVOICED, by=desk)


def test_charged_parts_that_are_still_kept_are_a_problem(desk: Account) -> None:
    ticket = make_ticket(status=Status.READY)
    line = make_part_line(ticket, make_part(on_hand=5), supply=Supply.RESERVED)
    settled(ticket)
    with transaction():
        ticket.status = Status.PICKED_UP
    assert f"Line {line.id}: charged, and its parts are still on the shelf." in " ".join(problems())


class TestACancelledTicketThatIsReopened:
    def test_is_no_longer_completed(self, desk: Account) -> None:
        ticket = make_ticket(status=Status.READY)
        commands.move(ticket, to=Status.CANCELLED, reason="They sold it.", by=desk)
        commands.move(ticket, to=Status.DRAFT, by=desk)
        assert ticket.completed_at is None
        assert not [each for each in problems() if "as completed" in each]

    def test_has_nothing_that_could_come_back(self, desk: Account) -> None:
        ticket = make_ticket(status=Status.READY)
        commands.move(ticket, to=Status.CANCELLED, reason="They sold it.", by=desk)
        with pytest.raises(Conflict, match="has not been finished yet"):
            commands.open_comeback(ticket, by=desk)


def test_the_odometer_goes_with_the_ticket_to_the_vehicle_that_it_is_about(desk: Account) -> None:
    golf = make_vehicle(odometer=84_000)
    polo = make_vehicle(golf.customer, odometer=50_000)
    ticket = make_ticket(vehicle=golf)
    commands.edit_ticket(ticket, odometer_in=90_000, by=desk)
    commands.edit_ticket(ticket, vehicle=polo, by=desk)
    assert (golf.odometer, polo.odometer) == (84_000, 90_000)


def test_the_odometer_goes_with_it_when_it_is_read_anew_at_once(desk: Account) -> None:
    golf = make_vehicle(odometer=84_000)
    polo = make_vehicle(golf.customer, odometer=50_000)
    ticket = make_ticket(vehicle=golf)
    commands.edit_ticket(ticket, odometer_in=85_000, by=desk)
    commands.edit_ticket(ticket, vehicle=polo, odometer_in=50_100, by=desk)
    assert (golf.odometer, polo.odometer) == (84_000, 50_100)


def test_an_odometer_that_was_read_twice_by_mistake_is_what_it_was(desk: Account) -> None:
    golf = make_vehicle(odometer=None)
    ticket = make_ticket(vehicle=golf)
    commands.edit_ticket(ticket, odometer_in=100, by=desk)
    commands.edit_ticket(ticket, odometer_in=200, by=desk)
    commands.edit_ticket(ticket, vehicle=None, by=desk)
    assert golf.odometer is None


@pytest.mark.parametrize("instead", [None, 85_000])
def test_a_slip_in_the_odometer_is_taken_back_without_a_reason(desk: Account, instead: int | None) -> None:
    golf = make_vehicle(odometer=84_000)
    ticket = make_ticket(vehicle=golf)
    commands.edit_ticket(ticket, odometer_in=850_000, by=desk)
    commands.edit_ticket(ticket, odometer_in=instead, by=desk)
    assert golf.odometer == (instead or 84_000)


def test_an_odometer_that_was_read_on_another_ticket_as_well_stays(desk: Account) -> None:
    golf = make_vehicle(odometer=84_000)
    ticket, other = make_ticket(vehicle=golf), make_ticket(vehicle=golf)
    for each in (ticket, other):
        commands.edit_ticket(each, odometer_in=85_000, by=desk)
    commands.edit_ticket(ticket, vehicle=None, by=desk)
    assert golf.odometer == 85_000


@pytest.mark.parametrize("instead", [None, 8_400])
def test_an_odometer_that_was_known_before_stays(desk: Account, instead: int | None) -> None:
    golf = add_vehicle(make_customer(), make="VW", model="Golf", odometer=84_000, by=desk)
    ticket = make_ticket(vehicle=golf)
    commands.edit_ticket(ticket, odometer_in=84_000, by=desk)
    if instead:
        with pytest.raises(RuleBroken, match="Say why it is lower"):
            commands.edit_ticket(ticket, odometer_in=instead, by=desk)
    else:
        commands.edit_ticket(ticket, odometer_in=None, by=desk)
    assert golf.odometer == 84_000
