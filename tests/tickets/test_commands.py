"""What people do with tickets, called directly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from shop.audit.models import Event
from shop.common.clock import now
from shop.common.errors import Conflict, RuleBroken, StaleEdit
from shop.customers import commands as customers
from shop.extensions import db
from shop.inventory.models import Part
from shop.mechanics import commands as roster
from shop.tickets import commands
from shop.tickets.lifecycle import MOVES, Approval, Status
from shop.tickets.models import FIRST_NUMBER, MAX_COMPLAINT, Supply, Ticket
from tests.cast import Cast
from tests.factories import make_customer, make_mechanic, make_part, make_part_line, make_ticket, make_vehicle

pytestmark = pytest.mark.usefixtures("context")


def actions(ticket: Ticket) -> list[str]:
    about = select(Event.action).where(Event.subject_kind == "ticket", Event.subject_id == ticket.id)
    return list(db.session.scalars(about.order_by(Event.id)))


class TestOpening:
    def test_takes_the_next_number_and_leaves_events(self, cast: Cast) -> None:
        vehicle, mia = make_vehicle(), make_mechanic()
        desk = cast.account("desk")
        ticket = commands.open_ticket(
            customer=vehicle.customer, vehicle=vehicle, complaint="Squeals.", mechanics=[mia, mia], by=desk
        )
        other = commands.open_ticket(customer=vehicle.customer, complaint="Rattles.", by=desk)
        assert (ticket.number, other.number) == (FIRST_NUMBER, FIRST_NUMBER + 1)
        assert (ticket.status, ticket.mechanics) == (Status.DRAFT, [mia])
        assert actions(ticket) == ["ticket.opened", "ticket.mechanic_assigned"]

    def test_a_refused_one_takes_no_number(self, cast: Cast) -> None:
        customer = make_customer()
        with pytest.raises(RuleBroken):
            commands.open_ticket(customer=customer, complaint=" ", by=cast.account("desk"))
        ticket = commands.open_ticket(customer=customer, complaint="Rattles.", by=cast.account("desk"))
        assert ticket.number == FIRST_NUMBER

    def test_refuses_what_does_not_belong_together(self, cast: Cast) -> None:
        desk, customer, vehicle = cast.account("desk"), make_customer(), make_vehicle()
        gone_vehicle = make_vehicle(customer, archived_at=now())
        gone_mechanic = make_mechanic(archived_at=now())
        for field, values in (
            ("vehicle", {"vehicle": vehicle}),
            ("vehicle", {"vehicle": gone_vehicle}),
            ("mechanics", {"mechanics": [gone_mechanic]}),
            ("complaint", {"complaint": ""}),
            ("complaint", {"complaint": "x" * (MAX_COMPLAINT + 1)}),
            ("customer", {"customer": make_customer(archived_at=now())}),
        ):
            with pytest.raises(RuleBroken) as refusal:
                commands.open_ticket(**{"customer": customer, "complaint": "Rattles.", "by": desk, **values})
            assert refusal.value.field == field
        assert db.session.scalar(select(Ticket)) is None

    def test_takes_in_a_new_customer_with_a_new_car_all_at_once(self, cast: Cast) -> None:
        ticket = take_in(cast, new_customer={"name": "Nia New"}, new_vehicle={"plate": "NEW 1", "make": "Kia"})
        assert (ticket.customer.name, ticket.vehicle and ticket.vehicle.plate) == ("Nia New", "NEW 1")

    def test_keeps_nothing_of_a_customer_whose_ticket_was_refused(self, cast: Cast) -> None:
        make_vehicle(plate="NEW 1")
        with pytest.raises(RuleBroken) as refusal:
            take_in(cast, new_customer={"name": "Nia New"}, new_vehicle={"plate": "new-1"})
        assert refusal.value.field == "plate"
        names = db.session.scalars(select(customers.Customer.name))
        assert "Nia New" not in list(names)

    def test_asks_for_one_customer_and_one_car(self, cast: Cast) -> None:
        cast.account("desk")
        vehicle = make_vehicle()
        for field, values in (
            ("q", {}),
            ("name", {"new_customer": {"phone": "555"}}),
            ("name", {"customer": vehicle.customer, "new_customer": {"name": "Nia"}}),
            ("plate", {"customer": vehicle.customer, "vehicle": vehicle, "new_vehicle": {"plate": "NEW 1"}}),
        ):
            with pytest.raises(RuleBroken) as refusal:
                take_in(cast, **values)
            assert refusal.value.field == field


def take_in(cast: Cast, **values: object) -> Ticket:
    nothing = {"customer": None, "new_customer": None, "vehicle": None, "new_vehicle": None}
    return commands.take_in(**{**nothing, "complaint": "Rattles.", "by": cast.account("desk"), **values})


class TestEditing:
    def test_changes_what_is_given_and_tells_what_it_was(self, cast: Cast) -> None:
        ticket = make_ticket(complaint="Squeals.")
        vehicle = make_vehicle(ticket.customer)
        later = now() + timedelta(days=1)
        commands.edit_ticket(ticket, complaint="Rattles.", promised_at=later, vehicle=vehicle, by=cast.account("desk"))
        assert (ticket.complaint, ticket.promised_at, ticket.vehicle, ticket.version) == ("Rattles.", later, vehicle, 2)
        event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
        assert event is not None
        told = {change.field: (change.before, change.after) for change in event.changes}
        assert told["complaint"] == ("Squeals.", "Rattles.")
        assert told["vehicle"] == (None, vehicle.label)

    def test_the_same_again_changes_nothing(self, cast: Cast) -> None:
        ticket = make_ticket(complaint="Squeals.")
        commands.edit_ticket(ticket, complaint="Squeals.", version=1, by=cast.account("desk"))
        assert (ticket.version, actions(ticket)) == (1, [])

    def test_refuses_an_edit_of_an_older_version(self, cast: Cast) -> None:
        ticket = make_ticket()
        commands.edit_ticket(ticket, complaint="First.", version=1, by=cast.account("desk"))
        with pytest.raises(StaleEdit):
            commands.edit_ticket(ticket, complaint="Second.", version=1, by=cast.account("owner"))
        assert ticket.complaint == "First."

    def test_an_older_ticket_does_not_turn_the_odometer_back(self, cast: Cast) -> None:
        vehicle, desk = make_vehicle(odometer=31_000), cast.account("desk")
        old = make_ticket(vehicle=vehicle, status=Status.PICKED_UP, odometer_in=31_000)
        newest = make_ticket(vehicle=vehicle)
        commands.edit_ticket(newest, odometer_in=50_000, by=desk)
        commands.edit_ticket(old, odometer_in=31_500, by=desk)
        assert (old.odometer_in, vehicle.odometer) == (31_500, 50_000)

    def test_refuses_somebody_elses_vehicle(self, cast: Cast) -> None:
        with pytest.raises(RuleBroken) as refusal:
            commands.edit_ticket(make_ticket(), vehicle=make_vehicle(), by=cast.account("desk"))
        assert refusal.value.field == "vehicle"


class TestMoving:
    @pytest.mark.parametrize("status", Status)
    def test_every_move_of_the_desk(self, cast: Cast, status: Status) -> None:
        for step in MOVES[status]:
            ticket = make_ticket(status=status)
            reason = "They sold it." if step.needs_reason else ""
            commands.move(ticket, to=step.to, reason=reason, seen=status, by=cast.account("desk"))
            assert (ticket.status, actions(ticket)[-1]) == (step.to, "ticket.moved")
            assert ticket.cancel_reason == reason

    @pytest.mark.parametrize("status", Status)
    def test_every_other_move_is_refused_in_plain_words(self, cast: Cast, status: Status) -> None:
        ticket = make_ticket(status=status)
        for to in set(Status) - {step.to for step in MOVES[status]}:
            with pytest.raises(Conflict, match=f"can't become {to.title.lower()}. It can become: "):
                commands.move(ticket, to=to, reason="x", by=cast.account("desk"))
        assert ticket.status is status

    @pytest.mark.parametrize("status", Status)
    def test_mechanics_make_the_moves_of_the_workshop_alone(self, cast: Cast, status: Status) -> None:
        rui = cast.account("mechanic")
        for step in MOVES[status]:
            ticket = make_ticket(status=status)
            if rui.role in step.roles:
                commands.move(ticket, to=step.to, by=rui)
                continue
            with pytest.raises(RuleBroken) as refusal:
                commands.move(ticket, to=step.to, reason="x", by=rui)
            assert refusal.value.field == "to"

    def test_refuses_a_move_from_a_page_that_is_out_of_date(self, cast: Cast) -> None:
        ticket = make_ticket(status=Status.READY)
        with pytest.raises(Conflict, match="it is ready now"):
            commands.move(ticket, to=Status.INVOICED, seen=Status.QUALITY_CHECK, by=cast.account("desk"))

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_cancelling_asks_why(self, cast: Cast, reason: str) -> None:
        with pytest.raises(RuleBroken) as refusal:
            commands.move(make_ticket(), to=Status.CANCELLED, reason=reason, by=cast.account("desk"))
        assert refusal.value.field == "reason"

    def test_cancelling_gives_every_part_back(self, cast: Cast) -> None:
        ticket, filters, discs = make_ticket(status=Status.APPROVED), make_part(on_hand=5), make_part(on_hand=0)
        desk = cast.account("desk")
        commands.use_part(ticket, part=filters, quantity=3, by=desk)
        commands.want_part(ticket, part=discs, quantity=2, by=desk)
        commands.move(ticket, to=Status.CANCELLED, reason="They sold it.", by=desk)
        assert (filters.available, discs.available) == (5, 0)
        assert [line.supply for line in ticket.part_lines] == [Supply.WANTED, Supply.WANTED]
        assert actions(ticket)[-2:] == ["ticket.part_returned", "ticket.moved"]

    def test_reopening_forgets_the_reason(self, cast: Cast) -> None:
        ticket = make_ticket(status=Status.CANCELLED)
        commands.move(ticket, to=Status.DRAFT, by=cast.account("desk"))
        assert ticket.cancel_reason == ""

    def test_it_is_completed_when_it_is_ready_for_the_first_time(self, cast: Cast) -> None:
        desk, rui = cast.account("desk"), cast.account("mechanic")
        ticket = make_ticket(status=Status.QUALITY_CHECK)
        commands.move(ticket, to=Status.READY, by=rui)
        first = ticket.completed_at
        assert first is not None
        for to in (Status.IN_PROGRESS, Status.QUALITY_CHECK, Status.READY):
            commands.move(ticket, to=to, by=desk)
        assert ticket.completed_at == first

    @pytest.mark.parametrize("status", [Status.PICKED_UP, Status.CANCELLED])
    @pytest.mark.parametrize("gone", ["customer", "vehicle"])
    def test_nothing_opens_again_for_who_is_archived(self, cast: Cast, status: Status, gone: str) -> None:
        ticket, desk = make_ticket(vehicle=make_vehicle(), status=status), cast.account("desk")
        if gone == "customer":
            customers.archive_customer(ticket.customer, by=desk)
        else:
            customers.archive_vehicle(ticket.vehicle, by=desk)
        with pytest.raises(Conflict, match="archived"):
            commands.move(ticket, to=MOVES[status][0].to, by=desk)
        assert ticket.status is status

    def test_what_was_changed_since_it_was_shown_is_not_approved(self, cast: Cast) -> None:
        ticket, desk = make_ticket(), cast.account("desk")
        shown = ticket.total_cents
        commands.add_labour(ticket.jobs[0], description="New engine", minutes=600, price_cents=10_000, by=desk)
        with pytest.raises(Conflict, match="meanwhile"):
            commands.move(ticket, to=Status.APPROVED, total=shown, by=desk)
        assert (ticket.status, ticket.versions) == (Status.DRAFT, [])
        commands.move(ticket, to=Status.APPROVED, total=ticket.total_cents, by=desk)
        assert ticket.approved_cents == 100_000


class TestMechanics:
    def test_adds_and_removes_what_differs(self, cast: Cast) -> None:
        mia, jo, ticket = make_mechanic(), make_mechanic(), make_ticket()
        desk = cast.account("desk")
        commands.change_mechanics(ticket, add=[mia], by=desk)
        commands.change_mechanics(ticket, add=[mia, jo], by=desk)
        commands.change_mechanics(ticket, remove=[mia], by=desk)
        commands.change_mechanics(ticket, remove=[mia], by=desk)
        assert ticket.mechanics == [jo]
        assert actions(ticket) == [*["ticket.mechanic_assigned"] * 2, "ticket.mechanic_unassigned"]

    def test_is_all_or_nothing(self, cast: Cast) -> None:
        mia, gone = make_mechanic(), make_mechanic(archived_at=now())
        ticket = make_ticket(mechanics=[mia])
        with pytest.raises(RuleBroken) as refusal:
            commands.change_mechanics(ticket, add=[make_mechanic(), gone], remove=[mia], by=cast.account("desk"))
        assert refusal.value.field == "add"
        assert ticket.mechanics == [mia]

    def test_one_who_left_can_be_taken_off(self, cast: Cast) -> None:
        gone = make_mechanic()
        ticket = make_ticket(mechanics=[gone])
        gone.archived_at = now()
        db.session.commit()
        commands.change_mechanics(ticket, remove=[gone], by=cast.account("desk"))
        assert ticket.mechanics == []

    def test_nobody_comes_and_goes_at_once(self, cast: Cast) -> None:
        mia = make_mechanic()
        with pytest.raises(RuleBroken) as refusal:
            commands.change_mechanics(make_ticket(), add=[mia], remove=[mia], by=cast.account("desk"))
        assert refusal.value.field == "remove"


class TestParts:
    def test_each_taking_is_a_line_at_the_price_of_its_day(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(), make_part(on_hand=5, price_cents=1000), cast.account("desk")
        commands.use_part(ticket, part=part, quantity=2, by=desk)
        part.price_cents = 1200
        db.session.commit()
        commands.use_part(ticket, part=part, quantity=1, by=desk)
        assert [(line.quantity, line.price_cents) for line in ticket.part_lines] == [(2, 1000), (1, 1200)]
        assert (part.on_hand, part.available, ticket.total_cents) == (5, 2, 3200)

    @pytest.mark.parametrize("quantity", [0, -1, 6, 1_000_001])
    def test_refuses_what_is_not_there(self, cast: Cast, quantity: int) -> None:
        ticket, part = make_ticket(), make_part(on_hand=5)
        with pytest.raises(RuleBroken) as refusal:
            commands.use_part(ticket, part=part, quantity=quantity, by=cast.account("desk"))
        assert refusal.value.field == "quantity"
        assert (part.available, ticket.part_lines, actions(ticket)) == (5, [], [])

    def test_refuses_a_part_that_is_no_longer_kept(self, cast: Cast) -> None:
        with pytest.raises(RuleBroken) as refusal:
            commands.use_part(make_ticket(), part=make_part(archived_at=now()), quantity=1, by=cast.account("desk"))
        assert refusal.value.field == "part"

    def test_a_wanted_part_holds_the_work_up_until_the_shelf_has_it(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(status=Status.APPROVED), make_part(on_hand=1), cast.account("desk")
        line = commands.want_part(ticket, part=part, quantity=2, by=desk)
        assert (part.on_hand, ticket.is_waiting_for_parts) == (1, True)
        with pytest.raises(RuleBroken):
            commands.take_wanted(line, by=desk)
        part.on_hand = 3
        db.session.commit()
        assert not ticket.is_waiting_for_parts
        commands.take_wanted(line, by=desk)
        assert (part.available, line.is_wanted) == (1, False)
        with pytest.raises(Conflict):
            commands.take_wanted(line, by=desk)

    def test_what_is_not_approved_waits_for_nothing(self, cast: Cast) -> None:
        ticket = make_ticket(status=Status.ESTIMATE)
        commands.want_part(ticket, part=make_part(on_hand=0), quantity=1, by=cast.account("desk"))
        assert not ticket.is_waiting_for_parts

    def test_removing_gives_back_what_was_taken_and_no_more(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(), make_part(on_hand=5), cast.account("desk")
        taken = commands.use_part(ticket, part=part, quantity=2, by=desk)
        wanted = commands.want_part(ticket, part=part, quantity=9, by=desk)
        commands.remove_line(taken, by=desk)
        commands.remove_line(wanted, by=desk)
        assert (part.available, ticket.part_lines, ticket.total_cents) == (5, [], 0)

    def test_what_was_taken_off_comes_back_though_its_part_is_archived(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(status=Status.IN_PROGRESS), make_part(on_hand=1), cast.account("desk")
        line = commands.use_part(ticket, part=part, quantity=1, by=desk)
        commands.remove_line(line, by=desk)
        part.archived_at = now()
        db.session.commit()
        commands.restore_line(line, by=desk)
        assert (line.removed_at, line.supply) == (None, Supply.WANTED)

    def test_nothing_is_taken_for_a_declined_job(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(), make_part(on_hand=0), cast.account("desk")
        line = commands.want_part(ticket, part=part, quantity=1, by=desk)
        ticket.jobs[0].approval = Approval.DECLINED
        part.on_hand = 1
        db.session.commit()
        with pytest.raises(Conflict, match="declined"):
            commands.take_wanted(line, by=desk)
        assert (line.supply, part.reserved) == (Supply.WANTED, 0)

    def test_mechanics_take_off_parts_alone(self, cast: Cast) -> None:
        ticket, desk, rui = make_ticket(status=Status.IN_PROGRESS), cast.account("desk"), cast.account("mechanic")
        line = commands.add_labour(ticket.jobs[0], description="Pads", minutes=60, price_cents=10_000, by=desk)
        with pytest.raises(RuleBroken):
            commands.remove_line(line, by=rui)
        assert line.removed_at is None

    def test_what_was_taken_off_can_be_put_back(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(), make_part(on_hand=5), cast.account("desk")
        line = commands.remove_line(commands.use_part(ticket, part=part, quantity=2, by=desk), by=desk)
        commands.restore_line(line, by=desk)
        assert (part.available, line.supply) == (3, Supply.RESERVED)
        commands.remove_line(line, by=desk)
        commands.use_part(ticket, part=part, quantity=4, by=desk)
        commands.restore_line(line, by=desk)
        assert (part.available, line.supply) == (1, Supply.WANTED)

    @pytest.mark.parametrize("status", [status for status in Status if not status.takes_work])
    def test_closed_work_is_not_changed(self, cast: Cast, status: Status) -> None:
        ticket, part, desk = make_ticket(status=status), make_part(), cast.account("desk")
        line = make_part_line(ticket, part)
        for attempt in (
            lambda: commands.use_part(ticket, part=part, quantity=1, by=desk),
            lambda: commands.want_part(ticket, part=part, quantity=1, by=desk),
            lambda: commands.take_wanted(line, by=desk),
            lambda: commands.remove_line(line, by=desk),
            lambda: commands.change_mechanics(ticket, add=[make_mechanic()], by=desk),
        ):
            with pytest.raises(Conflict, match="Reopen it"):
                attempt()


class TestArchiving:
    def test_an_open_ticket_gives_its_parts_back(self, cast: Cast) -> None:
        ticket, part, desk = make_ticket(), make_part(on_hand=5), cast.account("desk")
        commands.use_part(ticket, part=part, quantity=2, by=desk)
        commands.archive_ticket(ticket, by=desk)
        assert (part.available, ticket.is_archived) == (5, True)
        with pytest.raises(Conflict):
            commands.move(ticket, to=Status.APPROVED, by=desk)

    def test_none_comes_out_of_the_bin_for_a_vehicle_that_is_archived(self, cast: Cast) -> None:
        ticket, desk = make_ticket(vehicle=make_vehicle()), cast.account("desk")
        commands.archive_ticket(ticket, by=desk)
        customers.archive_vehicle(ticket.vehicle, by=desk)
        with pytest.raises(Conflict, match="archived"):
            commands.restore_ticket(ticket, by=desk)
        assert ticket.is_archived

    def test_a_customer_keeps_a_car_that_somebody_else_has_left_here(self, cast: Cast) -> None:
        ticket, buyer, desk = make_ticket(vehicle=make_vehicle()), make_customer(), cast.account("desk")
        customers.change_owner(ticket.vehicle, to=buyer, by=desk)
        with pytest.raises(Conflict, match="still open"):
            customers.archive_customer(buyer, by=desk)
        assert not buyer.is_archived
        assert not ticket.vehicle.is_archived

    def test_a_finished_one_keeps_them(self, cast: Cast) -> None:
        ticket, part = make_ticket(status=Status.PICKED_UP), make_part(on_hand=5)
        make_part_line(ticket, part, quantity=2)
        commands.archive_ticket(ticket, by=cast.account("desk"))
        assert db.session.get_one(Part, part.id).on_hand == 3

    def test_who_has_an_open_ticket_is_not_archived(self, cast: Cast) -> None:
        desk, vehicle = cast.account("desk"), make_vehicle()
        ticket = make_ticket(vehicle=vehicle)
        for attempt in (
            lambda: customers.archive_customer(vehicle.customer, by=desk),
            lambda: customers.archive_vehicle(vehicle, by=desk),
        ):
            with pytest.raises(Conflict, match=ticket.label):
                attempt()


def test_a_mechanic_who_leaves_stays_on_what_they_did(cast: Cast) -> None:
    mia = make_mechanic()
    ticket = make_ticket(status=Status.PICKED_UP, mechanics=[mia])
    roster.archive_mechanic(mia, by=cast.account("owner"))
    assert ticket.mechanics == [mia]
