"""Jobs and their lines."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from shop.audit.queries import timeline
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.extensions import db
from shop.inventory.models import StockMove
from shop.mechanics.commands import archive_mechanic
from shop.ops.checks import problems
from shop.settings.models import Rates
from shop.tickets import commands
from shop.tickets.beside import beside
from shop.tickets.commands.jobs import MAX_JOBS
from shop.tickets.lifecycle import Approval, Status
from shop.tickets.models import CannedJob, Channel, Job, LineKind, Supply, Ticket
from tests.cast import Cast
from tests.factories import keep, make_job, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle, settled

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def job() -> Job:
    return make_ticket(complaint="Brakes grind.").jobs[0]


def labour(job: Job, cast: Cast, minutes: int = 60, price_cents: int = 10_000) -> None:
    commands.add_labour(job, description="Labour", minutes=minutes, price_cents=price_cents, by=cast.account("desk"))


class TestLines:
    def test_labour_is_charged_at_the_shops_rate_by_book_time(self, cast: Cast) -> None:
        keep(Rates(labour_cents=13_500))
        desk = cast.account("desk")
        ticket = commands.open_ticket(customer=make_vehicle().customer, complaint="Brakes grind.", by=desk)
        rui = make_mechanic()
        line = commands.add_labour(ticket.jobs[0], description="Pads", minutes=72, mechanic=rui, by=desk)
        assert (line.price_cents, line.total_cents, ticket.total_cents, ticket.minutes) == (13_500, 16_200, 16_200, 72)

    def test_a_fee_a_sublet_and_a_part_from_elsewhere(self, cast: Cast, job: Job) -> None:
        desk = cast.account("desk")
        for kind, cents in ((LineKind.FEE, 500), (LineKind.SUBLET, 9_900), (LineKind.PART, 2_000)):
            commands.add_item(job, kind=kind, description=kind.title, quantity=2, price_cents=cents, by=desk)
        core = commands.add_item(
            job, kind=LineKind.PART, description="Alternator", price_cents=30_000, core_cents=5_000, by=desk
        )
        assert (core.total_cents, job.ticket.total_cents) == (35_000, 2 * (500 + 9_900 + 2_000) + 35_000)

    @pytest.mark.parametrize(
        ("field", "values"),
        [
            ("description", {"description": " "}),
            ("description", {"description": "x" * 201}),
            ("quantity", {"quantity": 0}),
            ("price_cents", {"price_cents": -1}),
            ("price_cents", {"price_cents": 9_999_999_999, "quantity": 2}),
            ("core_cents", {"core_cents": -1}),
        ],
    )
    def test_what_will_not_do_is_said_at_its_field(self, cast: Cast, job: Job, field: str, values: dict) -> None:  # type: ignore[type-arg]
        given = {"kind": LineKind.FEE, "description": "Fee", "price_cents": 100, **values}
        with pytest.raises(RuleBroken) as refusal:
            commands.add_item(job, **given, by=cast.account("desk"))
        assert (refusal.value.field, job.lines) == (field, [])

    def test_is_changed_in_place_and_keeps_what_it_needs_on_the_shelf(self, cast: Cast, job: Job) -> None:
        part, desk = make_part(on_hand=5, price_cents=1_000), cast.account("desk")
        line = commands.use_part(job.ticket, part=part, quantity=2, by=desk)
        commands.edit_line(line, quantity=4, price_cents=900, version=1, by=desk)
        assert (part.available, job.ticket.total_cents, line.version) == (1, 3_600, 2)
        commands.edit_line(line, quantity=1, by=desk)
        assert part.available == 4
        with pytest.raises(RuleBroken) as refusal:
            commands.edit_line(line, quantity=6, by=desk)
        assert (refusal.value.field, part.available) == ("quantity", 4)
        with pytest.raises(StaleEdit):
            commands.edit_line(line, quantity=2, version=1, by=desk)

    def test_what_is_in_the_vehicle_keeps_its_quantity(self, cast: Cast) -> None:
        ticket = make_ticket(status=Status.IN_PROGRESS)
        line = make_part_line(ticket, make_part())
        with pytest.raises(Conflict, match="in the vehicle already"):
            commands.edit_line(line, quantity=2, by=cast.account("desk"))
        commands.edit_line(line, price_cents=1, by=cast.account("desk"))

    def test_a_mechanic_who_left_is_refused(self, cast: Cast, job: Job) -> None:
        gone = make_mechanic(archived_at=now())
        with pytest.raises(RuleBroken) as refusal:
            commands.add_labour(job, description="x", minutes=1, mechanic=gone, by=cast.account("desk"))
        assert refusal.value.field == "mechanic"


class TestJobs:
    def test_are_added_changed_and_put_in_order(self, cast: Cast, job: Job) -> None:
        desk, ticket = cast.account("desk"), job.ticket
        second = commands.add_job(ticket, complaint="Oil service", by=desk)
        third = commands.add_job(ticket, complaint="Wipers", by=desk)
        commands.move_job(third, up=True, by=desk)
        commands.move_job(job, up=True, by=desk)
        assert [each.complaint for each in ticket.jobs] == ["Brakes grind.", "Wipers", "Oil service"]
        commands.edit_job(second, complaint="Oil and filter", cause="Due", correction="Changed", version=1, by=desk)
        with pytest.raises(StaleEdit):
            commands.edit_job(second, complaint="Mine", version=1, by=desk)
        assert (second.complaint, second.cause) == ("Oil and filter", "Due")

    @pytest.mark.parametrize(
        ("discount", "total"), [({"discount_ppm": 100_000}, 9_000), ({"discount_cents": 1_500}, 8_500)]
    )
    def test_a_discount_is_taken_off(self, cast: Cast, job: Job, discount: dict, total: int) -> None:  # type: ignore[type-arg]
        labour(job, cast)
        commands.edit_job(job, **discount, by=cast.account("desk"))
        assert (job.charge_cents, job.ticket.total_cents) == (total, total)

    def test_two_discounts_are_refused(self, cast: Cast, job: Job) -> None:
        with pytest.raises(RuleBroken) as refusal:
            commands.edit_job(job, discount_ppm=1, discount_cents=1, by=cast.account("desk"))
        assert refusal.value.field == "discount_cents"

    def test_taken_off_and_put_back_with_its_parts(self, cast: Cast, job: Job) -> None:
        part, desk = make_part(on_hand=5), cast.account("desk")
        commands.use_part(job.ticket, part=part, quantity=2, by=desk)
        commands.remove_job(job, by=desk)
        assert (part.available, job.ticket.jobs, job.ticket.total_cents) == (5, [], 0)
        commands.restore_job(job, by=desk)
        assert (part.available, job.ticket.jobs) == (3, [job])
        commands.remove_job(job, by=desk)
        line = commands.use_part(job.ticket, part=part, quantity=1, by=desk)
        assert line.job in job.ticket.jobs

    @pytest.mark.parametrize("taken_off", ["line", "job"])
    def test_put_back_when_it_was_finished_has_its_parts_in_the_car(self, cast: Cast, job: Job, taken_off: str) -> None:
        part, desk = make_part(on_hand=5), cast.account("desk")
        job.ticket.status, job.approval = Status.IN_PROGRESS, Approval.APPROVED
        line = commands.use_part(job.ticket, part=part, quantity=2, by=desk)
        job.approved_cents = job.charge_cents
        commands.finish_job(job, by=desk)
        commands.reopen_job(job, by=desk)  # so that the ticket takes work
        job.done_at = now()
        if taken_off == "line":
            commands.remove_line(line, by=desk)
            assert part.on_hand == 5
            commands.restore_line(line, by=desk)
        else:
            commands.remove_job(job, by=desk)
            assert part.on_hand == 5
            commands.restore_job(job, by=desk)
        assert (line.supply, part.on_hand, part.reserved) == (Supply.FITTED, 3, 0)

    def test_put_back_has_no_part_in_the_car_that_nobody_agreed_to(self, cast: Cast, job: Job) -> None:
        part, desk = make_part(on_hand=5), cast.account("desk")
        job.ticket.status, job.approval, job.approved_cents = Status.IN_PROGRESS, Approval.APPROVED, 0
        job.done_at = now()
        line = commands.use_part(job.ticket, part=part, quantity=1, job=job, by=desk)
        with pytest.raises(Conflict, match="over what the customer approved"):
            commands.fit_part(line, by=desk)
        commands.remove_line(line, by=desk)
        commands.restore_line(line, by=desk)
        assert (line.supply, part.on_hand) == (Supply.RESERVED, 5)

    def test_put_back_to_be_asked_about_is_not_done(self, cast: Cast, job: Job) -> None:
        part, desk, ticket = make_part(on_hand=5), cast.account("desk"), job.ticket
        first = make_job(ticket)
        commands.use_part(ticket, part=part, quantity=1, job=job, by=desk)
        said = {"name": "Joy", "channel": Channel.PHONE, "by": desk}
        answers = {job.id: Approval.APPROVED, first.id: Approval.APPROVED}
        commands.note_consent(ticket, answers=answers, **said)  # type: ignore[arg-type]
        job.done_at = now()
        commands.remove_job(job, by=desk)
        commands.add_item(first, kind=LineKind.FEE, description="Tow", price_cents=100, by=desk)
        commands.note_consent(ticket, answers={first.id: Approval.APPROVED}, **said)  # type: ignore[arg-type]
        commands.restore_job(job, by=desk)
        assert (job.approval, job.is_done) == (Approval.PENDING, False)
        assert [line.supply for line in job.lines] == [Supply.RESERVED]

    def test_the_last_one_that_is_done_sends_the_ticket_on(self, cast: Cast) -> None:
        ticket, rui = make_ticket(status=Status.IN_PROGRESS), cast.account("mechanic")
        second = make_job(ticket, approval=Approval.APPROVED)
        make_job(ticket, approval=Approval.DECLINED)
        line = make_part_line(ticket, make_part(), supply=Supply.RESERVED, job=second)
        commands.finish_job(ticket.jobs[0], by=rui)
        assert ticket.status is Status.IN_PROGRESS
        commands.finish_job(second, by=rui)
        assert (ticket.status, line.supply) == (Status.QUALITY_CHECK, Supply.FITTED)

    def test_is_not_done_before_its_parts_are_there_and_it_is_approved(self, cast: Cast) -> None:
        ticket, rui = make_ticket(status=Status.IN_PROGRESS), cast.account("mechanic")
        make_part_line(ticket, make_part(on_hand=0), supply=Supply.WANTED)
        with pytest.raises(Conflict, match="is still to come"):
            commands.finish_job(ticket.jobs[0], by=rui)
        with pytest.raises(Conflict, match="has not approved"):
            commands.finish_job(make_job(ticket), by=rui)
        with pytest.raises(Conflict, match="Start the work first"):
            commands.finish_job(make_ticket(status=Status.APPROVED).jobs[0], by=rui)

    def test_a_part_is_fitted_only_into_what_was_approved_as_it_is(self, cast: Cast) -> None:
        ticket, desk = make_ticket(status=Status.APPROVED), cast.account("desk")
        line = commands.use_part(ticket, part=make_part(price_cents=1_000), quantity=1, by=desk)
        with pytest.raises(Conflict, match=r"10\.00 over"):
            commands.fit_part(line, by=desk)
        settled(ticket)
        commands.fit_part(line, by=desk)
        assert line.supply is Supply.FITTED
        with pytest.raises(Conflict, match="not waiting to be fitted"):
            commands.fit_part(line, by=desk)

    def test_a_part_is_taken_out_again_and_stays_kept_for_it(self, cast: Cast) -> None:
        ticket, desk = make_ticket(status=Status.IN_PROGRESS), cast.account("desk")
        part = make_part(on_hand=5)
        line = make_part_line(ticket, part, quantity=2)
        commands.take_part_out(line, by=desk)
        assert (line.supply, part.on_hand, part.reserved) == (Supply.RESERVED, 5, 2)
        moves = select(StockMove.quantity).where(StockMove.part_id == part.id).order_by(StockMove.id)
        assert db.session.scalars(moves).all()[-2:] == [-2, 2]
        with pytest.raises(Conflict, match="is not in the vehicle"):
            commands.take_part_out(line, by=desk)
        commands.edit_line(line, quantity=3, by=desk)
        settled(ticket)
        commands.fit_part(line, by=desk)
        assert (line.supply, part.on_hand, part.reserved) == (Supply.FITTED, 2, 0)
        assert not [wrong for wrong in problems() if not wrong.startswith("Ticket 1001: ")]  # it has no history

    def test_no_part_is_taken_out_of_what_is_done_or_for_a_part_that_is_gone(self, cast: Cast) -> None:
        ticket, desk = make_ticket(status=Status.IN_PROGRESS), cast.account("desk")
        part = make_part()
        line = make_part_line(ticket, part)
        line.job.done_at = now()
        with pytest.raises(Conflict, match="Reopen it"):
            commands.take_part_out(line, by=desk)
        line.job.done_at, part.archived_at = None, now()
        with pytest.raises(Conflict, match="Give it back instead"):
            commands.take_part_out(line, by=desk)
        assert line.supply is Supply.FITTED


class TestCanned:
    def test_is_kept_and_used_again_at_todays_prices(self, cast: Cast, job: Job) -> None:
        part, desk = make_part(on_hand=5, price_cents=1_000), cast.account("desk")
        labour(job, cast, minutes=30)
        commands.use_part(job.ticket, part=part, quantity=1, by=desk)
        commands.save_canned(job, name="Oil service", by=desk)
        part.price_cents = 1_100
        keep(Rates(labour_cents=20_000))
        other = commands.open_ticket(customer=make_vehicle().customer, complaint="Service", by=desk)
        again = commands.add_canned(other, canned=db.session.query(CannedJob).one(), by=desk)
        assert [line.price_cents for line in again.lines] == [20_000, 1_100]
        assert (part.available, other.total_cents) == (3, 11_100)

    def test_keeps_the_deposits_on_old_parts(self, cast: Cast, job: Job) -> None:
        part, desk = make_part(on_hand=5), cast.account("desk")
        commands.use_part(job.ticket, part=part, quantity=1, core_cents=5_500, by=desk)
        commands.add_item(job, kind=LineKind.PART, description="Calliper", price_cents=9_000, core_cents=4_500, by=desk)
        canned = commands.save_canned(job, name="Front brakes", by=desk)
        again = commands.add_canned(make_ticket(), canned=canned, by=desk)
        assert [line.core_cents for line in canned.lines] == [5_500, 4_500]
        assert [line.core_cents for line in again.lines] == [5_500, 4_500]

    def test_of_the_same_name_there_is_one(self, cast: Cast, job: Job) -> None:
        for _ in range(2):
            commands.save_canned(job, name="Oil Service", by=cast.account("desk"))
        assert db.session.query(CannedJob).filter(CannedJob.name_key.is_not(None)).count() == 1


class TestComeback:
    def test_is_linked_and_its_labour_is_at_nothing(self, cast: Cast) -> None:
        desk = cast.account("desk")
        first = make_ticket(status=Status.PICKED_UP, vehicle=make_vehicle())
        back = commands.open_comeback(first, by=desk)
        line = commands.add_labour(back.jobs[0], description="Again", minutes=60, by=desk)
        assert (back.comeback_of, back.vehicle, line.total_cents) == (first, first.vehicle, 0)
        assert back.complaint == f"Came back: {first.complaint}"
        back.status, back.completed_at = Status.PICKED_UP, first.completed_at
        assert commands.open_comeback(back, by=desk).complaint == back.complaint

    def test_is_of_what_was_done(self, cast: Cast) -> None:
        desk = cast.account("desk")
        first = make_ticket(status=Status.PICKED_UP, vehicle=make_vehicle())
        first.jobs[0].approval = Approval.DECLINED
        make_job(first, approval=Approval.APPROVED, complaint="Oil service")
        assert commands.open_comeback(first, by=desk).complaint == "Came back: Oil service"

    def test_of_what_is_in_the_workshop_again_there_is_none(self, cast: Cast) -> None:
        first = make_ticket(status=Status.PICKED_UP, vehicle=make_vehicle())
        commands.move(first, to=Status.IN_PROGRESS, by=cast.account("desk"))
        with pytest.raises(Conflict, match="not been finished"):
            commands.open_comeback(first, by=cast.account("desk"))

    def test_of_what_was_never_finished_there_is_none(self, cast: Cast) -> None:
        with pytest.raises(Conflict, match="not been finished"):
            commands.open_comeback(make_ticket(), by=cast.account("desk"))

    def test_of_a_vehicle_that_is_archived_has_none(self, cast: Cast) -> None:
        desk = cast.account("desk")
        ticket = make_ticket(vehicle=make_vehicle(archived_at=now()), status=Status.PICKED_UP)
        assert commands.open_comeback(ticket, by=desk).vehicle is None


class TestDeclinedBefore:
    def test_stays_with_the_vehicle_until_it_is_taken_up(self, cast: Cast) -> None:
        desk, vehicle = cast.account("desk"), make_vehicle()
        first = make_ticket(status=Status.PICKED_UP, vehicle=vehicle)
        declined = make_job(first, approval=Approval.DECLINED, complaint="Shock absorbers leak")
        make_job(first, approval=Approval.DEFERRED, complaint="Wipers streak")
        make_ticket(vehicle=make_vehicle())
        ticket = make_ticket(vehicle=vehicle)
        assert [job.complaint for job in beside(ticket).declined] == ["Wipers streak", "Shock absorbers leak"]
        again = commands.offer_again(ticket, job=declined, by=desk)
        assert (again.complaint, again.approval) == ("Shock absorbers leak", Approval.PENDING)
        assert [job.complaint for job in beside(ticket).declined] == ["Wipers streak"]
        with pytest.raises(Conflict):
            commands.offer_again(ticket, job=declined, by=desk)

    def test_is_offered_again_with_its_deposits(self, cast: Cast) -> None:
        desk, vehicle = cast.account("desk"), make_vehicle()
        first = make_ticket(vehicle=vehicle)
        declined = make_job(first, complaint="Alternator whines")
        commands.use_part(first, job=declined, part=make_part(on_hand=5), quantity=1, core_cents=7_500, by=desk)
        declined.approval = Approval.DECLINED
        again = commands.offer_again(make_ticket(vehicle=vehicle), job=declined, by=desk)
        assert [line.core_cents for line in again.lines] == [7_500]
        assert again.charge_cents == declined.charge_cents

    def test_of_this_ticket_or_taken_off_is_no_business_here(self, cast: Cast) -> None:
        desk, vehicle = cast.account("desk"), make_vehicle()
        first = make_ticket(vehicle=vehicle)
        declined = make_job(first, approval=Approval.DECLINED)
        with pytest.raises(Conflict):
            commands.offer_again(first, job=declined, by=desk)
        commands.remove_job(declined, by=desk)
        with pytest.raises(Conflict):
            commands.offer_again(make_ticket(vehicle=vehicle), job=declined, by=desk)

    def test_of_another_vehicle_is_no_business_here(self, cast: Cast) -> None:
        other = make_job(make_ticket(vehicle=make_vehicle()), approval=Approval.DECLINED)
        with pytest.raises(Conflict):
            commands.offer_again(make_ticket(vehicle=make_vehicle()), job=other, by=cast.account("desk"))


def test_a_line_of_a_mechanic_who_has_left_can_be_put_right(cast: Cast, job: Job) -> None:
    desk, rui = cast.account("desk"), make_mechanic()
    line = commands.add_labour(job, description="Pads", minutes=60, mechanic=rui, by=desk)
    archive_mechanic(rui, by=cast.account("owner"))
    commands.edit_line(line, description="Pads, front", by=desk)
    assert (line.description, line.mechanic) == ("Pads, front", rui)
    commands.edit_line(line, mechanic=None, by=desk)
    with pytest.raises(RuleBroken) as refusal:
        commands.edit_line(line, mechanic=rui, by=desk)
    assert refusal.value.field == "mechanic"


def test_a_job_is_put_back_only_where_there_is_room(cast: Cast, job: Job) -> None:
    desk, ticket = cast.account("desk"), job.ticket
    removed = make_job(ticket)
    commands.remove_job(removed, by=desk)
    for _ in range(MAX_JOBS - 1):
        make_job(ticket)
    with pytest.raises(RuleBroken, match="at most 50 jobs"):
        commands.restore_job(removed, by=desk)


def test_a_first_job_that_is_made_for_a_part_leaves_an_event(cast: Cast, job: Job) -> None:
    desk, ticket = cast.account("desk"), job.ticket
    commands.remove_job(job, by=desk)
    commands.use_part(ticket, part=make_part(on_hand=5), quantity=1, by=desk)
    assert "added a job" in [entry.sentence for entry in timeline(ticket)]


@pytest.mark.parametrize("status", [status for status in Status if not status.takes_work])
def test_closed_work_is_not_changed(cast: Cast, status: Status) -> None:
    ticket, desk = make_ticket(status=status), cast.account("desk")
    job = ticket.jobs[0]
    for attempt in (
        lambda: commands.add_job(ticket, complaint="x", by=desk),
        lambda: commands.edit_job(job, complaint="x", by=desk),
        lambda: commands.remove_job(job, by=desk),
        lambda: commands.add_labour(job, description="x", minutes=1, by=desk),
        lambda: commands.write_estimate(ticket, by=desk),
        lambda: commands.finish_job(job, by=desk),
    ):
        with pytest.raises(Conflict, match="Reopen it"):
            attempt()


def test_the_books_agree_after_a_day(cast: Cast) -> None:
    desk = cast.account("desk")
    part = make_part(on_hand=9)
    ticket = commands.open_ticket(customer=make_vehicle().customer, complaint="Brakes grind.", by=desk)
    commands.use_part(ticket, part=part, quantity=2, by=desk)
    labour(ticket.jobs[0], cast)
    for to in (Status.APPROVED, Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY, Status.INVOICED):
        commands.move(ticket, to=to, by=desk)
    cancelled: Ticket = commands.open_ticket(customer=ticket.customer, complaint="Wipers", by=desk)
    commands.use_part(cancelled, part=part, quantity=1, by=desk)
    commands.move(cancelled, to=Status.CANCELLED, reason="Sold it.", by=desk)
    assert (part.on_hand, part.available) == (7, 7)
    assert problems() == []
